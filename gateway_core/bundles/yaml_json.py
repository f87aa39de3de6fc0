"""The part of YAML that says what JSON says. Pure.

YAML can build objects, refer to itself until memory is full, and read ``no`` as false. None of that
is configuration: here are mappings with text for keys, sequences, and the scalars of JSON.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from gateway_core.types import Json, JsonObject, Position

MAX_TEXT: Final = 2 * 1024 * 1024
_CONSTANTS: Final = {"null": None, "": None, "~": None, "true": True, "false": False}
_NUMBER: Final = re.compile(r"-?(0|[1-9][0-9]{0,30})(\.[0-9]+)?([eE][+-]?[0-9]+)?")


class YamlFault(Exception):
    """What is no JSON in YAML's clothes, and where."""

    def __init__(self, message: str, mark: Any) -> None:
        super().__init__(message)
        self.message = message
        self.place = Position(mark.line + 1, mark.column + 1) if mark is not None else None


def read_yaml(text: str) -> Json:
    """The value of one document. Raises ``YamlFault`` for anchors, aliases, tags, keys that are no text or
    stand twice, a second document, and what is no YAML; ``RecursionError`` for what nests too deep."""
    if len(text) > MAX_TEXT:
        raise YamlFault(f"YAML of more than {MAX_TEXT} letters is not read; write it as JSON", None)
    try:
        return _document(yaml.parse(text, Loader=yaml.SafeLoader))
    except yaml.MarkedYAMLError as error:
        raise YamlFault(f"this is no YAML: {error.problem}", error.problem_mark) from None
    except yaml.YAMLError as error:  # letters that YAML cannot hold; its text is of the library
        raise YamlFault(f"this is no YAML: {str(error).splitlines()[0]}", None) from None


def _document(events: Iterator[yaml.Event]) -> Json:
    value: Json = None
    seen = False
    for event in events:
        if isinstance(event, yaml.StreamStartEvent | yaml.StreamEndEvent | yaml.DocumentEndEvent):
            continue
        if isinstance(event, yaml.DocumentStartEvent):
            if seen:
                raise YamlFault("a file holds one document", event.start_mark)
            seen = True
            continue
        value = _value(event, events)
    return value


def _value(event: yaml.Event, events: Iterator[yaml.Event]) -> Json:
    if isinstance(event, yaml.AliasEvent):
        raise YamlFault("an alias is no JSON: write the value out", event.start_mark)
    if isinstance(event, yaml.NodeEvent) and event.anchor is not None:
        raise YamlFault("an anchor is no JSON: write the value out", event.start_mark)
    if getattr(event, "tag", None) is not None:
        raise YamlFault("a tag is no JSON", event.start_mark)
    if isinstance(event, yaml.ScalarEvent):
        return _scalar(event)
    if isinstance(event, yaml.SequenceStartEvent):
        return list(_elements(events))
    return _members(events)


def _elements(events: Iterator[yaml.Event]) -> Iterator[Json]:
    for event in events:
        if isinstance(event, yaml.SequenceEndEvent):
            return
        yield _value(event, events)


def _members(events: Iterator[yaml.Event]) -> JsonObject:
    found: JsonObject = {}
    for event in events:
        if isinstance(event, yaml.MappingEndEvent):
            return found
        key = _key(event)
        if key is None:
            raise YamlFault("a key must be text, without anchor, alias, tag or merge", event.start_mark)
        if key in found:
            raise YamlFault(f"key '{key}' occurs twice", event.start_mark)
        found[key] = _value(next(events), events)
    return found


def _key(event: yaml.Event) -> str | None:
    if not isinstance(event, yaml.ScalarEvent) or event.tag is not None or event.anchor is not None:
        return None
    text: str = event.value
    return None if text == "<<" else text


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if event.style is not None:
        return text
    if text in _CONSTANTS:
        return _CONSTANTS[text]
    if _NUMBER.fullmatch(text):
        number = json.loads(text)
        if isinstance(number, float) and not math.isfinite(number):
            raise YamlFault("a number that is too large", event.start_mark)
        return number
    return text
