"""Places in documents, written with dots."""

from __future__ import annotations

from typing import Any

from gateway_core.types import Json


def at(value: Json, place: str) -> Any:
    """What stands at a dotted place, "" the whole, numbers counting into lists; None when nothing does."""
    for step in filter(None, place.split(".")):
        if isinstance(value, list) and step.isascii() and step.isdigit():
            value = value[int(step)] if int(step) < len(value) else None
        else:
            value = value.get(step) if isinstance(value, dict) else None
    return value
