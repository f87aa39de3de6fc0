"""Collection artifacts to ``Collection``s, in our form and in Common Gateway's."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any, TypeVar

from gateway_core.catalog.endpoints import Accepts, Collection, ErrorShape, Unknown, UrlFilters
from gateway_core.catalog.openapi_operations import SUMMARIES
from gateway_core.catalog.original import LINK, is_original, original_collection, text
from gateway_core.catalog.words import words_of
from gateway_core.types import Artifact, Finding, Reference, Severity

Member = TypeVar("Member", bound=StrEnum)


def read_collections(artifacts: Iterable[Artifact], findings: list[Finding]) -> dict[Reference, Collection]:
    """The collections by reference. What is wrong with one is a finding."""
    read = {}
    for artifact in artifacts:
        original = is_original(artifact)
        read[artifact.reference] = (
            _original(artifact, findings) if original else _collection(artifact, findings)
        )
    return read


def _original(artifact: Artifact, findings: list[Finding]) -> Collection:
    """In Common Gateway's form: it has a ``prefix``, and manifests say which schemas belong to it."""
    body = artifact.body
    if body.get("$part") == LINK:
        message = f"collection {artifact.reference} is not installed, so its endpoints have no prefix"
        findings.append(Finding(Severity.WARNING, "collection", message, artifact.reference))
    listed = body.get("schemaPrefixes") or ()
    prefixes = [p for p in listed if isinstance(p, str) and p] if isinstance(listed, list | tuple) else []
    return original_collection(
        artifact.reference,
        text(body, "title", "name") or artifact.reference,
        description=text(body, "description"),
        prefix=text(body, "prefix").strip("/"),
        schema_prefixes=tuple(prefixes),
    )


def _collection(artifact: Artifact, findings: list[Finding]) -> Collection:
    body = artifact.body
    where = f"collection {artifact.reference}"
    accepts = [_member(Accepts, name, where, "accepts", findings) for name in body.get("accepts") or ()]
    words = words_of(body.get("words") or {}, where, findings)
    return Collection(
        reference=artifact.reference,
        title=str(body.get("title") or artifact.reference),
        description=str(body.get("description") or ""),
        prefix=str(body.get("prefix") or "").strip("/"),
        alias_prefixes=tuple(str(p).strip("/") for p in body.get("aliasPrefixes") or ()),
        schema_prefixes=tuple(filter(None, [str(body.get("schemaPrefix") or "")])),
        errors=_member(ErrorShape, body.get("errors") or "problem", where, "errors", findings)
        or ErrorShape.PROBLEM,
        accepts=frozenset(a for a in accepts if a is not None),
        unknown=_member(
            Unknown, body.get("unknownProperties") or "reject", where, "unknownProperties", findings
        )
        or Unknown.REJECT,
        tags=tuple(_tags(body.get("tags") or (), where, findings)),
        summaries=MappingProxyType(_summaries(body.get("summaries") or {}, where, findings)),
        words=MappingProxyType(words),
        aliases=MappingProxyType({alias: word for word, alias in words.items()}),
        url_filters=_member(UrlFilters, body.get("filtersInUrl") or "allow", where, "filtersInUrl", findings)
        or UrlFilters.ALLOW,
    )


def _tags(listed: Iterable[Any], where: str, findings: list[Finding]) -> Iterable[tuple[str, str]]:
    for tag in listed:
        if isinstance(tag, dict) and isinstance(tag.get("name"), str):
            yield tag["name"], str(tag.get("description") or "")
        else:
            findings.append(_error("collection", f"{where}: 'tags' holds an object without a 'name'"))


def _summaries(given: Mapping[str, Any], where: str, findings: list[Finding]) -> dict[str, str]:
    for unknown in sorted(given.keys() - SUMMARIES.keys()):
        names = ", ".join(SUMMARIES)
        findings.append(_error("collection", f"{where}: 'summaries' names '{unknown}'; it may hold {names}"))
    return {name: str(text) for name, text in given.items() if name in SUMMARIES}


def _member(
    kind: type[Member], value: object, where: str, key: str, findings: list[Finding]
) -> Member | None:
    try:
        return kind(str(value))
    except ValueError:
        names = ", ".join(kind)
        text = f"{where}: '{key}' holds '{value}'; it must be one of {names}"
        findings.append(_error("collection", text))
        return None


def _error(code: str, message: str, reference: Reference = "") -> Finding:
    return Finding(Severity.ERROR, code, message, reference)
