"""Members of collections and endpoints in our form that are of the wrong type: found, and left out."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final

from gateway_core.catalog.original import is_original
from gateway_core.types import Artifact, Finding, Json, Kind, Severity

Shape = tuple[str, Callable[[Json], bool]]


def _is_texts(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(each, str) for each in value)


def _is_objects(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(each, Mapping) for each in value)


def _is_object(value: Json) -> bool:
    return isinstance(value, Mapping)


def _is_pipeline(value: Json) -> bool:
    return isinstance(value, Mapping) and all(
        isinstance(part, Mapping) and all(isinstance(reference, str) for reference in part.values())
        for part in value.values()
    )


_TEXTS: Final[Shape] = ("a list of texts", _is_texts)
_OBJECTS: Final[Shape] = ("a list of objects", _is_objects)
_OBJECT: Final[Shape] = ("an object", _is_object)

SHAPES: Mapping[Kind, Mapping[str, Shape]] = MappingProxyType(
    {
        Kind.COLLECTION: {
            "aliasPrefixes": _TEXTS,
            "accepts": _TEXTS,
            "tags": _OBJECTS,
            "words": _OBJECT,
            "summaries": _OBJECT,
        },
        Kind.ENDPOINT: {
            "methods": _TEXTS,
            "throws": _TEXTS,
            "tags": _TEXTS,
            "parameters": _OBJECTS,
            "mappings": ("an object of objects that hold references", _is_pipeline),
        },
    }
)


def sound(artifacts: Iterable[Artifact], findings: list[Finding]) -> Iterator[Artifact]:
    """The artifacts, without the members that are not what they must be: an error for each of them."""
    for artifact in artifacts:
        shapes = SHAPES.get(artifact.kind, {})
        wrong = [] if is_original(artifact) else list(_wrong(artifact.body, shapes))
        for name in wrong:
            what = f"{artifact.kind.value} {artifact.reference}"
            message = f"{what}: '{name}' must be {shapes[name][0]}"
            path = artifact.origin.path
            code = artifact.kind.value
            findings.append(Finding(Severity.ERROR, code, message, artifact.reference, f"/{name}", path=path))
        left = {name: value for name, value in artifact.body.items() if name not in wrong}
        yield replace(artifact, body=left) if wrong else artifact


def _wrong(body: Mapping[str, Any], shapes: Mapping[str, Shape]) -> Iterator[str]:
    for name, (_, holds) in shapes.items():
        if body.get(name) is not None and not holds(body[name]):
            yield name
