"""What collections, endpoints and applications of a manifest may say: every key with its meaning.

The reference page is printed from these tables, and a key that is not among them is found when
the bundle is installed: it would have no effect, and whoever wrote it believes that it has.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from types import MappingProxyType

from gateway_core.catalog.computed_read import COMPUTED_KEYS
from gateway_core.catalog.endpoints import METHODS, Accepts, ErrorShape, UrlFilters
from gateway_core.catalog.original import is_original
from gateway_core.schema.vocabulary import suggestion
from gateway_core.types import Artifact, Finding, Kind, Severity

COLLECTION_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "$id": "its reference; needed",
        "title": "heads its endpoints on the start page",
        "description": "for people",
        "version": "for people",
        "prefix": "its endpoints are found under `/api/<prefix>/`",
        "aliasPrefixes": 'further prefixes that serve the same; `""` is `/api/` itself',
        "schemaPrefix": "endpoints without a `collection` belong here when the reference of their schema "
        "begins so",
        "errors": "how errors are printed, see below (default `problem`)",
        "unknownProperties": "`reject` (default), `ignore` or `store`, for endpoints that do not say",
        "accepts": "a list of oddities of clients to put up with, see below",
        "tags": "a list of `name` and `description`: the groups of the API document, in order",
        "words": "names in the language of its clients for the gateway's own query parameters and `_find`, "
        'by these: `{"_version": "versie", "_find": "_zoek"}`; both work',
        "filtersInUrl": "whether personal data may stand in the query of a URL, see below (default `allow`)",
        "summaries": "words for the operations of the API document, by what they do, see below",
    }
)

ENDPOINT_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "$id": "its reference; made from that of its schema when absent",
        "reference": "the `$id` of the schema whose objects it serves; needed",
        "source": "instead of `reference`, the `$id` of the source that requests are handed on to, with "
        "every path that begins like its own",
        "to": "with `source`, the path there under which requests arrive; the rest of theirs follows",
        "collection": "the `$id` of its collection",
        "path": "the last part of its path; `…/{id}` serves one object; needed",
        "methods": f"of {', '.join(f'`{method}`' for method in METHODS)}; all of them when absent",
        "title": "what its objects are called together",
        "description": "for people",
        "version": "for people",
        "tags": "its groups in the API document",
        "put": "`replace` (default): what a PUT leaves out is gone; `merge`: it stays",
        "patchArrays": "`replace` (default), or `append`: a PATCH of a list of related objects adds to it",
        "unknownProperties": "members of a body that no schema declares, at any depth, and behind mappings "
        "those that neither their `input` nor their `output` names: `reject` (400), `ignore` (dropped) or "
        "`store` (kept as they are; behind mappings as these decide); that of the collection when absent",
        "mappings": "between the client's shape and the stored one, see below",
        "parameters": "a list of `name`, `description` and `example`: the query parameters that `in.query` "
        "reads, for the API document",
        "throws": "names of events that are thrown, with those of its objects, by what it does",
        "receives": "instead of `reference`: it takes messages with POST, keeps no objects, and throws. An "
        "object with `identity`, the members whose equal values make two messages one, and `keep`, the "
        "members that an event holds; both may be left out",
    }
)

PIPELINE_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "in.query": "the `$id` of the mapping from the query parameters of a client to those of the schema",
        "in.body": "the `$id` of the mapping from the body that a client sends to a document of the schema",
        "out.item": "the `$id` of the mapping from a stored object to what a client is shown",
    }
)

APPLICATION_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "$id": "its reference; needed",
        "title": "its name, under which `gateway app add` makes its credentials",
        "description": "for people",
        "version": "for people",
        "scopes": "for people: what it needs, of `read`, `write` and `own`",
        "configuration": "mappings of endpoints for this application, see below",
        "limits": "what it may do that sees only what is its user's own, see below",
    }
)

ACTION_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "$id": "its reference; needed",
        "title": "for people",
        "name": "for people, where there is no `title`",
        "description": "for people",
        "version": "for people",
        "listens": "the names of the events on which it is done, whole; needed",
        "conditions": "a rule in JSON Logic on the event and its object, see below; without it always",
        "schemas": "a list of the `$id`s of schemas: only events about their objects count; those that the "
        "configuration names, or else all, when absent",
        "handler": "the name of what does the work, see below; needed",
        "class": "in bundles of Common Gateway, instead of `handler`: the class that did the work there",
        "configuration": "what the handler needs to know; checked when the bundle is installed",
        "throws": "names of events that are thrown when it is done, about the same object",
        "priority": "a whole number (default 1): of the actions on one event, those with a higher one come "
        "first",
        "async": "`true` (default): done soon after, and again until it succeeds; `false`: first tried "
        "before the request is answered (default for actions with a `class`)",
        "isEnabled": "`false`: it is not done",
        "isLockable": "kept for bundles of Common Gateway; has no effect: an action is never lost in a lock",
    }
)

ERROR_SHAPES: Mapping[ErrorShape, str] = MappingProxyType(
    {
        ErrorShape.PROBLEM: "problem details (RFC 9457), with `code`, `requestId` and `invalidParams`",
        ErrorShape.MESSAGE: "`message`, `data` and `path`, as Common Gateway printed them",
    }
)

URL_FILTERS: Mapping[UrlFilters, str] = MappingProxyType(
    {
        UrlFilters.ALLOW: "every filter may",
        UrlFilters.REFUSE_SENSITIVE: "a filter or search on a member whose format is personal data (`bsn` "
        "and others), or that the schema marks `x-sensitive`, is 400; such members are asked for in the body "
        "of `POST …/_find`",
    }
)

ODDITIES: Mapping[Accepts, str] = MappingProxyType(
    {
        Accepts.ID_IN_QUERY: "`?id=` or `?uuid=` behind the collection's path names an object, for methods "
        "that a collection lacks; a slash at the end of a path is passed over",
        Accepts.UNTYPED_BODY: "a body without a media type, or with that of a form, is read as JSON",
        Accepts.DOUBLE_QUESTION_MARK: "a second `?` at the beginning of the query is passed over",
    }
)

# What is read of artifacts in Common Gateway's form (``common-gateway.md`` 1.5, 1.6, 3.1, 3.8). Its other
# kinds are kept whole, for those who run them.
ORIGINAL_COLLECTION_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "title": "heads its endpoints on the start page; `name` too",
        "name": "as `title`",
        "description": "for people",
        "version": "which of two with one `$id` holds",
        "prefix": "its endpoints are found under `/api/<prefix>/`",
        "schemaPrefixes": "made of `schemaPrefix` in manifests: the schemas that belong to it",
        "plugin": "ignored: the bundle it belongs to",
    }
)
ORIGINAL_ENDPOINT_KEYS: Mapping[str, str] = MappingProxyType(
    {
        "reference": "the `$id` of the schema, or among `sources` of the source; needed",
        "schemas": "among `multipleSchemas` the schemas; their objects are listed one after the other",
        "path": "text: behind the prefix of the collection, an id may follow; a list: the whole path, with "
        "`id` or `{id}` at its end when an id may follow",
        "pathRegex": "read for the path that it says, which counts before `path`",
        "methods": "all five when absent or empty; `GET` is one of them, and not always there",
        "title": "what its objects are called together; `name` too",
        "name": "as `title`",
        "description": "for people",
        "version": "which of two with one `$id` holds",
        "tag": "its group in the API document",
        "tags": "its groups in the API document",
        "throws": "events of later; where nothing else is configured, it answers 405 and names them",
        "enablePagination": "`false`: a list is a bare array, of as many objects as a page may hold",
        "federationProxies": "with more than one, it answers 405: several sources are not asked at one time",
    }
)
ORIGINAL_APPLICATION_KEYS: Mapping[str, str] = MappingProxyType(
    {
        **APPLICATION_KEYS,
        "name": "as `title`",
        "domains": "kept; who calls is told by credentials alone",
        "configuration": "mappings of endpoints for this application, see below",
        "organization": "kept",
    }
)

_ORIGINAL = {
    Kind.COLLECTION: ORIGINAL_COLLECTION_KEYS,
    Kind.ENDPOINT: ORIGINAL_ENDPOINT_KEYS,
    Kind.APPLICATION: ORIGINAL_APPLICATION_KEYS,
}
_BY_KIND = {
    Kind.COLLECTION: COLLECTION_KEYS,
    Kind.ENDPOINT: ENDPOINT_KEYS,
    Kind.APPLICATION: APPLICATION_KEYS,
    Kind.COMPUTED: COMPUTED_KEYS,
    Kind.ACTION: ACTION_KEYS,
}


def unknown_keys(artifacts: Iterable[Artifact]) -> Iterator[Finding]:
    """A warning for each key of a collection, endpoint, its mappings or application that means nothing."""
    for artifact in artifacts:
        known = (_ORIGINAL if is_original(artifact) else _BY_KIND).get(artifact.kind)
        if known is None:
            continue
        yield from _unknown(artifact, artifact.body, known, "")
        mappings = artifact.body.get("mappings")
        if artifact.kind is Kind.ENDPOINT and isinstance(mappings, Mapping):
            named = {
                f"{side}.{part}": reference
                for side, parts in mappings.items()
                for part, reference in (parts.items() if isinstance(parts, Mapping) else (("", parts),))
            }
            yield from _unknown(artifact, named, PIPELINE_KEYS, "mappings.")


def _unknown(
    artifact: Artifact, given: Mapping[str, object], known: Mapping[str, str], before: str
) -> Iterator[Finding]:
    for key in given:
        if key not in known and not key.startswith("$"):
            what = f"{artifact.kind.value} {artifact.reference}"
            text = f"{what}: '{before}{key}' means nothing here and has no effect"
            yield Finding(
                Severity.WARNING, "unknown-key", text, artifact.reference, hint=suggestion(key, known)
            )
