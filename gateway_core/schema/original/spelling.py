"""The keywords of a node under their proper names; what is misspelt is read as what it must be."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from difflib import get_close_matches

from gateway_core.schema.original import words
from gateway_core.schema.original.frame import Frame
from gateway_core.schema.vocabulary import DIALECT_SCHEMA
from gateway_core.types import Json, JsonObject

_LIKENESS = 0.85
_SHORTEST = 4
_MAX_LENGTH = 40  # a longer word is no slip, and comparing costs its length squared
_MAX_COMPARED = 200


def spelled(node: JsonObject, frame: Frame, known: Collection[str] = words.ON_NODES) -> JsonObject:
    """The node by proper keywords, without those that say null; what is not known stays as it is."""
    found: JsonObject = {}
    for count, (word, value) in enumerate(node.items()):
        if value is None and word not in ("const", "default", "example"):
            continue
        proper = word if _is_known(word, known) else ""
        if not proper and count < _MAX_COMPARED:
            proper = _meant(word, value, node, known, frame)
        if not proper:
            frame.info("schema-unknown-keyword", word, f"'{word}' is not a keyword and has no effect")
        found.setdefault(proper or word, value)
    return found


def not_kept(node: JsonObject, frame: Frame, reasons: Mapping[str, str] = words.NOT_KEPT) -> None:
    """Remark on the words that mean nothing here."""
    for word in node:
        if reasons.get(word):
            frame.info("schema-not-kept", word, f"'{word}' has no effect: {reasons[word]}")


def _is_known(word: str, known: Collection[str]) -> bool:
    return word in known or word in words.NOT_KEPT or word in DIALECT_SCHEMA["properties"]


def _meant(word: str, value: Json, node: JsonObject, known: Collection[str], frame: Frame) -> str:
    """The keyword that a misspelt word must be: alike, absent itself, and given a value it can have."""
    if not _SHORTEST <= len(word) <= _MAX_LENGTH:
        return ""
    for proper in get_close_matches(word, sorted(known), n=1, cutoff=_LIKENESS):
        if proper not in node and _fits(proper, value):
            frame.warn("schema-spelling", word, f"'{word}' is read as '{proper}'")
            return proper
    return ""


def _fits(proper: str, value: Json) -> bool:
    if proper in words.SCHEMAS:
        return isinstance(value, dict | list)
    if proper in words.TEXTS or proper in ("format", "pattern", "type", "inversedBy", "$ref"):
        return isinstance(value, str)
    if proper == "enum":
        return isinstance(value, list)
    return isinstance(value, str | int | float | bool) or proper in words.BASIC | words.RULES
