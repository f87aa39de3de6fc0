"""The OpenAPI 3.1 document of a set of endpoints. Nothing in it is written by hand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.openapi_answers import ERROR_SCHEMAS, HEADERS, error_responses
from gateway_core.catalog.openapi_computed import computed_paths
from gateway_core.catalog.openapi_operations import Operations, Shared, tags_of
from gateway_core.catalog.openapi_past import VERSION_SCHEMA
from gateway_core.catalog.openapi_schemas import SchemaForms
from gateway_core.catalog.openapi_waiting import bare_items
from gateway_core.catalog.snapshot import BundleInfo, Entity
from gateway_core.query.parse import QuerySettings
from gateway_core.types import JsonObject, Reference

USAGE = """\
**Filters.** A parameter with the name of a member keeps the objects in which it has that value: \
`a=x`, `a.b=x` for a member of `a`, also when `a` is a related object. `a[like]=x` and so on ask \
otherwise; each parameter names its operators. `IS NULL` and `IS NOT NULL` ask whether there is a \
value. A parameter given twice asks for any of its values. A parameter that does not exist is an error.

**Pages.** `_limit` and `_page`, or `_start`, choose the page and `_order` the order. The names \
work without the underscore too.

**Related objects** are ids, and stand as a whole under `embedded`; `_extend` embeds more of them \
and `_fields` shows less. When they are written, each is the id of an object that exists or an \
object that is stored too. What an answer adds (`_self`, `embedded`, `id`) may be sent back.

**States.** Answers carry an `ETag`. A change with `If-Match` happens only when the object is still \
in that state, and a read with `If-None-Match` answers 304 when it is.

**What was.** Every change leaves a version behind: `…/{id}/versions` lists them, `_version` shows one \
and a POST to the list brings one back. A DELETE removes an object from sight; `_removed=true` lists \
those that were, for applications that may write.

Generated from the installed configuration."""


def info(title: str, bundles: Sequence[BundleInfo]) -> JsonObject:
    """The head of the document; without a ``title`` the bundles give one."""
    described = [f"**{bundle.title}** {bundle.version}. {bundle.description}" for bundle in bundles]
    if len(bundles) == 1:
        described = [bundles[0].description]
    versions = [bundle.version for bundle in bundles]
    if len(bundles) > 1:
        versions = [f"{bundle.name} {bundle.version}" for bundle in bundles]
    return {
        "title": title or ", ".join(bundle.title for bundle in bundles) or "Gateway",
        "version": ", ".join(versions) or "0",
        "description": "\n\n".join(filter(None, [*described, USAGE])),
    }


def document(
    head: JsonObject,
    endpoints: Sequence[Endpoint],
    entities: Mapping[Reference, Entity],
    query: QuerySettings,
) -> JsonObject:
    """Every path with its parameters, bodies, answers and errors; aliases are paths of their own."""
    served = [e for e in endpoints if e.entity in entities and e.has_objects]
    usable = [e for e in endpoints if e.entity in entities or not e.has_objects or e.receives is not None]
    forms = SchemaForms({reference: dict(entity.spec.source) for reference, entity in entities.items()})
    shared = Shared()
    paths: JsonObject = {}
    for endpoint in served:
        if endpoint.computed is not None:
            paths.update(computed_paths([endpoint], forms, shared))
            continue
        operations = Operations(endpoint, entities, forms, shared, query)
        for number, path in enumerate(dict.fromkeys(endpoint.paths), start=1):
            paths.update(operations.items(path, f"-{number}" if number > 1 else ""))
    for endpoint in usable:
        if not endpoint.has_objects or endpoint.receives is not None:
            paths.update(bare_items(endpoint))
    shapes = sorted({endpoint.collection.errors for endpoint in usable})
    return {
        "openapi": "3.1.0",
        "info": head,
        "servers": [{"url": "/"}],
        "security": [{"apiKey": []}, {"token": []}],
        "tags": list(_tags(usable)),
        "paths": paths,
        "components": {
            "schemas": {**forms.components(), **ERROR_SCHEMAS, "Version": dict(VERSION_SCHEMA)},
            "parameters": shared.parameters,
            "responses": error_responses(shapes),
            "headers": dict(HEADERS),
            "examples": shared.examples,
            "securitySchemes": _security_schemes(),
        },
    }


def _tags(endpoints: Sequence[Endpoint]) -> Iterator[JsonObject]:
    """The tags in use: first those that collections put in order, then as endpoints bring them."""
    served: dict[str, list[Endpoint]] = {}
    for endpoint in endpoints:
        for tag in tags_of(endpoint):
            served.setdefault(tag, []).append(endpoint)
    collections = {endpoint.collection.reference: endpoint.collection for endpoint in endpoints}
    described = {name: text for known in collections.values() for name, text in known.tags if name in served}
    for name in dict.fromkeys((*described, *served)):
        yield {"name": name, "description": described.get(name) or _about(name, served[name])}


def _about(tag: str, endpoints: Iterable[Endpoint]) -> str:
    """A description from those of what stands under the tag."""
    listed = list(endpoints)
    collection = listed[0].collection
    if tag == collection.title and collection.description:
        return collection.description
    if len(listed) == 1:
        return listed[0].description
    return ", ".join(dict.fromkeys(endpoint.title for endpoint in listed))


def _security_schemes() -> JsonObject:
    return {
        "apiKey": {
            "type": "apiKey",
            "in": "header",
            "name": "X-API-Key",
            "description": "An application's API key; `Authorization: Token <key>` works too.",
        },
        "token": {
            "type": "http",
            "scheme": "bearer",
            "bearerFormat": "JWT",
            "description": "Signed by the application with its secret (HS256); has `client_id` and `iat`.",
        },
    }
