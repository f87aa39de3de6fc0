"""The operations of one endpoint in the OpenAPI document."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType

from gateway_core.catalog.endpoints import VERSIONS, Accepts, Endpoint, Unknown
from gateway_core.catalog.openapi_answers import JSON, MERGE_PATCH, errors, headers, page
from gateway_core.catalog.openapi_examples import Examples, body_of_shape, page_of, patch_of, sample
from gateway_core.catalog.openapi_parameters import path_parameters
from gateway_core.catalog.openapi_past import DESCRIPTIONS, RESTORE_BODY, VERSION_EXAMPLE
from gateway_core.catalog.openapi_schemas import Form, Mode, SchemaForms
from gateway_core.catalog.snapshot import Entity
from gateway_core.query.describe import (
    ParameterInfo,
    parameters,
    past_parameter,
    shape_parameters,
    window_parameters,
)
from gateway_core.query.parse import QuerySettings
from gateway_core.query.shape import REMOVED, VERSION
from gateway_core.schema import FORMATS
from gateway_core.types import Json, JsonObject, Reference

SUMMARIES: Mapping[str, str] = MappingProxyType(
    {
        "list": "{title}: list",
        "find": "{title}: list, with the query in the body",
        "create": "{title}: create",
        "read": "{title}: read",
        "replace": "{title}: replace",
        "patch": "{title}: change",
        "delete": "{title}: delete",
        "versions": "{title}: list the versions of one",
        "restore": "{title}: bring a version of one back",
    }
)
_ON_ITEM = {"read": "get", "replace": "put", "patch": "patch", "delete": "delete"}
_ON_VERSIONS = {"versions": "get", "restore": "post"}
FIND_TEXT = (
    "The parameters of the list are the members of the body, a list of values for one that is repeated. "
    "Page and shape may stand in the URL too."
)
_UNIT = {"type": "string", "enum": ["asc", "desc"]}


class Shared:
    """Parameters and examples that several operations use: components, made once."""

    def __init__(self) -> None:
        self.parameters: JsonObject = {
            "id": {
                "name": "id",
                "in": "path",
                "required": True,
                "description": "The id of the object.",
                "schema": {"type": "string", "format": "uuid"},
                "example": FORMATS["uuid"].example,
            },
            "If-Match": _header("If-Match", "Only when the object is in one of these states."),
            "If-None-Match": _header("If-None-Match", "Only when the object is in none of these states."),
        }
        self.examples: JsonObject = {}

    def parameter(self, name: str) -> JsonObject:
        return {"$ref": f"#/components/parameters/{name}"}

    def query(self, info: ParameterInfo) -> JsonObject:
        """A query parameter; those that all collections have are referred to."""
        described: JsonObject = {
            "name": info.name,
            "in": "query",
            "description": info.description,
            "schema": info.schema,
        }
        if info.example is not None:
            described["example"] = info.example
        if not info.name.startswith("_"):
            return described
        known = self.parameters.setdefault(info.name, described)
        return self.parameter(info.name) if known == described else described

    def example(self, name: str, value: Json) -> JsonObject:
        """``examples`` of a media type that hold one value; nothing for None."""
        if value is None:
            return {}
        self.examples[name] = {"value": value}
        return {"examples": {"example": {"$ref": f"#/components/examples/{name}"}}}


class Operations:
    """The path items of one endpoint; an alias path gets the same with other operation ids."""

    def __init__(
        self,
        endpoint: Endpoint,
        entities: Mapping[Reference, Entity],
        forms: SchemaForms,
        shared: Shared,
        query: QuerySettings,
    ) -> None:
        self._endpoint, self._entity = endpoint, entities[endpoint.entity]
        self._forms, self._shared, self._query = forms, shared, query
        self._entities = entities
        self._examples = Examples(entities)
        self._slug = slug(endpoint.path)
        self._request = self._source(endpoint.request_shape, "write")
        self._response = self._source(endpoint.response_shape, "read")

    def items(self, path: str, suffix: str) -> Iterator[tuple[str, JsonObject]]:
        """The paths below ``path`` that have operations. ``suffix`` keeps operation ids apart."""
        collection, item = self._on_collection(suffix), self._on_item(path, suffix)
        within = path_parameters(self._endpoint)
        named = [*within, self._shared.parameter("id")]
        shared = {"parameters": within} if within else {}
        if collection:
            yield path, {**shared, **collection}
        if "GET" in self._endpoint.methods:
            place = f"{path}/{self._endpoint.collection.find_words[0]}"
            yield place, {**shared, "post": self._find(suffix)}
        if item and self._endpoint.has_items:
            yield f"{path}/{{id}}", {"parameters": named, **item}
        versions = self._on_versions(suffix)
        if versions:
            yield f"{path}/{{id}}/{VERSIONS}", {"parameters": named, **versions}

    def operation_ids(self, suffix: str) -> dict[str, str]:
        """The ids of the operations that this endpoint has, by name."""
        items = {n: m.upper() for n, m in _ON_ITEM.items()} if self._endpoint.has_items else {}
        methods = {"list": "GET", "create": "POST", **items}
        present = (name for name, method in methods.items() if method in self._endpoint.methods)
        past = (name for name, method in _ON_VERSIONS.items() if method.upper() in self._endpoint.on_versions)
        found = ["find"] if "GET" in self._endpoint.methods else []
        return {name: f"{self._slug}-{name}{suffix}" for name in (*present, *past, *found)}

    def _on_collection(self, suffix: str) -> JsonObject:
        ids = self.operation_ids(suffix)
        item: JsonObject = {}
        if "list" in ids:
            listed = self._operation("list", ids, {"200": self._page()})
            item["get"] = listed | {"parameters": list(self._filters())}
        if "create" in ids:
            made = self._answer("The object as stored.", self._shown(), self._item_example())
            made |= {"headers": headers("ETag", "Location"), **self._links(ids)}
            operation = self._operation("create", ids, {"201": made})
            item["post"] = operation | {"parameters": self._shapes(), "requestBody": self._body(Mode.WRITE)}
        return item

    def _page(self) -> JsonObject:
        example = self._shared.example(f"{self._slug}.page", page_of(self._answer_example()))
        if not self._endpoint.paginated:
            return self._answer("Objects.", {"type": "array", "items": self._shown()}, {})
        if self._endpoint.pipeline.answer_out is not None:
            return self._answer("What the mapping makes of a page.", {}, {})
        if self._endpoint.others:
            return self._answer("A page of objects.", page({"type": "object"}), {})
        return self._answer("A page of objects.", page(self._shown()), example)

    def _find(self, suffix: str) -> JsonObject:
        """The list again, its parameters as the members of a body: nothing personal in a URL."""
        operation = self._operation("find", self.operation_ids(suffix), {"200": self._page()})
        sentences = (self._endpoint.description, FIND_TEXT)
        operation["description"] = " ".join(filter(None, sentences))
        window = shape_parameters(window=True, settings=self._query)
        known: dict[str, Json] = {
            str(name): {"description": text} for name, text in self._described_filters()
        }
        schema: JsonObject = {"type": "object", "properties": known}
        content: JsonObject = {JSON: {"schema": schema, "example": {"_limit": 10}}}
        body = {"required": True, "content": content}
        return operation | {"parameters": [self._shared.query(info) for info in window], "requestBody": body}

    def _described_filters(self) -> Iterator[tuple[Json, Json]]:
        for given in self._filters():
            named = (
                self._shared.parameters[str(given["$ref"]).rpartition("/")[2]] if "$ref" in given else given
            )
            yield named["name"], named.get("description", "")

    def _on_item(self, path: str, suffix: str) -> JsonObject:
        ids = self.operation_ids(suffix)
        return {
            method: self._item_operation(name, ids, path) for name, method in _ON_ITEM.items() if name in ids
        }

    def _item_operation(self, name: str, ids: Mapping[str, str], path: str) -> JsonObject:
        reads = name == "read"
        conditions = ["If-None-Match"] if reads else ["If-Match", "If-None-Match"]
        listed = [*map(self._shared.parameter, conditions), *self._shapes()]
        if reads:
            listed.append(self._query_parameter(past_parameter(VERSION)))
        if name == "delete":
            answers: JsonObject = {"204": {"description": "The object is gone.", "headers": headers()}}
        else:
            shown = self._answer("The object.", self._shown(), self._item_example())
            answers = {"200": shown | {"headers": headers("ETag")}}
        if reads:
            text = "The object is in the state that the client has."
            answers["304"] = {"description": text, "headers": headers("ETag")}
        operation = self._operation(name, ids, answers) | {"parameters": listed}
        operation["description"] = self._described(name, path)
        if name in ("replace", "patch"):
            patches = name == "patch" or self._endpoint.merge_put
            media = (MERGE_PATCH, JSON) if name == "patch" else (JSON,)
            operation["requestBody"] = self._body(Mode.PATCH if patches else Mode.WRITE, *media)
        return operation

    def _on_versions(self, suffix: str) -> JsonObject:
        ids, item = self.operation_ids(suffix), dict[str, Json]()
        if "versions" in ids:
            schema = page({"$ref": "#/components/schemas/Version"})
            example = self._shared.example("versions", page_of(dict(VERSION_EXAMPLE)))
            found = self._answer("A page of versions, newest first.", schema, example)
            item["get"] = self._operation("versions", ids, {"200": found})
            item["get"]["parameters"] = [self._query_parameter(i) for i in window_parameters(self._query)]
        if "restore" in ids:
            shown = self._answer("The object as it is now.", self._shown(), self._item_example())
            item["post"] = self._operation("restore", ids, {"200": shown | {"headers": headers("ETag")}})
            conditions = map(self._shared.parameter, ("If-Match", "If-None-Match"))
            item["post"]["parameters"] = [*conditions, *self._shapes()]
            content = {JSON: {"schema": dict(RESTORE_BODY), "example": {"version": 1}}}
            item["post"]["requestBody"] = {"required": True, "content": content}
        return item

    def _operation(self, name: str, ids: Mapping[str, str], answers: JsonObject) -> JsonObject:
        endpoint = self._endpoint
        summary = endpoint.collection.summaries.get(name, SUMMARIES[name])
        return {
            "operationId": ids[name],
            "summary": summary.replace("{title}", endpoint.title),
            "description": DESCRIPTIONS.get(name, endpoint.description),
            "tags": list(tags_of(endpoint)),
            "responses": {
                **answers,
                **errors(name, endpoint.collection.errors, *(("404",) if endpoint.above else ())),
            },
        }

    def _described(self, name: str, path: str) -> str:
        endpoint = self._endpoint
        sentences = [endpoint.description]
        if name == "replace":
            rest = "stays as it is" if endpoint.merge_put else "goes"
            sentences.append(f"What the body does not name {rest}.")
        if name == "patch":
            lists = "join those that are there" if endpoint.append_arrays else "replace those that are there"
            sentences.append(f"A merge patch (RFC 7396). Related objects in a list {lists}.")
        if name != "read" and Accepts.ID_IN_QUERY in endpoint.collection.accepts:
            sentences.append(f"Also as `{_ON_ITEM[name].upper()} {path}?id={{id}}`.")
        return " ".join(filter(None, sentences))

    def _links(self, ids: Mapping[str, str]) -> JsonObject:
        """What can be done with the object that was made."""
        shape = self._endpoint.response_shape
        if self._endpoint.is_mapped and (shape is None or "id" not in shape.get("properties", {})):
            return {}
        links = {
            name: {"operationId": ids[name], "parameters": {"id": "$response.body#/id"}}
            for name in _ON_ITEM
            if name in ids
        }
        return {"links": links} if links else {}

    def _source(self, shape: JsonObject | None, side: str) -> str | None:
        """Where the schema of one side is found; None when nobody describes it."""
        if shape is not None:
            return self._forms.add_shape(self._endpoint.path, shape)
        pipeline = self._endpoint.pipeline
        mapping = pipeline.body_in if side == "write" else pipeline.of_one
        return self._endpoint.entity if mapping is None else None

    def _shown(self) -> JsonObject:
        known = self._response is not None
        return self._forms.ref(str(self._response), Form(Mode.READ)) if known else {"type": "object"}

    def _body(self, mode: Mode, *media: str) -> JsonObject:
        schema: JsonObject = {"type": "object"}
        if self._request is not None:
            schema = self._forms.ref(
                self._request, Form(mode, open=self._endpoint.unknown is not Unknown.REJECT)
            )
        example = self._body_example(mode)
        content = {name: {"schema": schema, **example} for name in media or (JSON,)}
        return {"required": True, "content": content}

    def _body_example(self, mode: Mode) -> JsonObject:
        shape = self._endpoint.request_shape
        if shape is not None:
            body = body_of_shape(shape)
        else:
            body = self._examples.body(self._entity) if self._request is not None else None
        if body is None:
            return {}
        if mode is Mode.PATCH:
            return self._shared.example(f"{self._slug}.patch", patch_of(body))
        return self._shared.example(f"{self._slug}.write", body)

    def _answer_example(self) -> Json:
        shape = self._endpoint.response_shape
        if shape is not None:
            return sample(shape)
        return self._examples.answer(self._entity) if self._response is not None else {}

    def _item_example(self) -> JsonObject:
        return self._shared.example(f"{self._slug}.read", self._answer_example())

    def _answer(self, description: str, schema: JsonObject, example: JsonObject) -> JsonObject:
        content = {JSON: {"schema": schema, **example}}
        return {"description": description, "headers": headers(), "content": content}

    def _filters(self) -> Iterator[JsonObject]:
        if self._endpoint.is_mapped and self._endpoint.pipeline.query_in is not None:
            yield from self._mapped_filters()
            infos: Iterable[ParameterInfo] = shape_parameters(window=True, settings=self._query)
        else:
            specs = {reference: entity.spec for reference, entity in self._entities.items()}
            infos = parameters(self._entity.spec, specs.get, self._query)
        yield from map(self._query_parameter, (*infos, past_parameter(REMOVED)))

    def _mapped_filters(self) -> Iterator[JsonObject]:
        """The parameters that the configuration describes, and the others that its mapping reads."""
        mapping = self._endpoint.pipeline.query_in
        described: set[tuple[str, ...]] = set()
        for given in self._endpoint.parameters:
            name, _, key = str(given.get("name")).partition("[")
            described.add((name, key.removesuffix("]")) if name == "_order" else (name,))
            schema = _UNIT if name == "_order" else {"type": "string"}
            yield {"in": "query", "schema": schema, **given}
        for path in sorted(mapping.reads if mapping is not None else ()):
            ordered = path[0] == "_order" and len(path) > 1
            if path in described or (path[0],) in described:
                continue
            name = path[0] + "".join(f"[{key}]" for key in path[1:])
            yield {"name": name, "in": "query", "schema": _UNIT if ordered else {"type": "string"}}

    def _shapes(self) -> list[JsonObject]:
        return [self._query_parameter(info) for info in shape_parameters(window=False)]

    def _query_parameter(self, info: ParameterInfo) -> JsonObject:
        """A parameter, under the name that the collection has for it."""
        alias = self._endpoint.collection.words.get(info.name)
        if alias is not None:
            info = replace(info, name=alias, description=f"{info.description} Also as `{info.name}`.")
        return self._shared.query(info)


def tags_of(endpoint: Endpoint) -> tuple[str, ...]:
    """The tags of an endpoint; its own title when it has none."""
    return endpoint.tags or (endpoint.title,)


def _header(name: str, description: str) -> JsonObject:
    tag = r'(W/)?"[^"]*"'
    return {
        "name": name,
        "in": "header",
        "description": f"{description} Entity tags of earlier answers, or `*`.",
        "schema": {"type": "string", "pattern": rf"^(\*|{tag}( ?, ?{tag})*)$"},
    }


def slug(path: str) -> str:
    """A path as a part of operation ids."""
    return "".join(c if c.isascii() and c.isalnum() else "-" for c in path.removeprefix("/api/"))
