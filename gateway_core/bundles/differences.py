"""What differs between two JSON documents, member by member. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from enum import Enum
from typing import Any, Final

from gateway_core.schema.walk import pointer_text
from gateway_core.types import Json, Pointer

HIDDEN: Final = "(not shown)"
MAX_LIST = 1_000
_SECRET: Final = ("password", "secret", "apikey", "token", "jwt", "credential", "privatekey", "authorization")


class Nothing(Enum):
    """A side of a difference where the member is absent (null is a value)."""

    NOTHING = "nothing"


NOTHING: Final = Nothing.NOTHING


@dataclass(frozen=True, slots=True)
class Difference:
    """One member, by its JSON pointer, as it was and as it is to be."""

    pointer: str
    before: Json
    after: Json


def differences(
    before: Mapping[str, Any], after: Mapping[str, Any], *, values: bool = True
) -> tuple[Difference, ...]:
    """Every member that differs, in the order of the documents. Of members whose name says that they
    are secret, and with ``values`` false of all, the values are left out."""
    return tuple(_shown(difference, values) for difference in _below((), before, after))


def _below(place: Pointer, before: Json, after: Json) -> Iterator[tuple[Pointer, Json, Json]]:
    if isinstance(before, Mapping) and isinstance(after, Mapping):
        for name in [*before, *(name for name in after if name not in before)]:
            yield from _below((*place, name), before.get(name, NOTHING), after.get(name, NOTHING))
    elif isinstance(before, list | tuple) and isinstance(after, list | tuple):
        yield from _lists(place, before, after)
    elif not _equal(before, after):
        yield place, before, after


def _lists(
    place: Pointer, before: Sequence[Json], after: Sequence[Json]
) -> Iterator[tuple[Pointer, Json, Json]]:
    """Element by element when there are as many; else what came and went, wherever it stands."""
    if len(before) == len(after):
        for index, pair in enumerate(zip(before, after, strict=True)):
            yield from _below((*place, index), *pair)
        return
    if max(len(before), len(after)) > MAX_LIST:
        yield place, before, after
        return
    old, new = ([json.dumps(item, sort_keys=True) for item in side] for side in (before, after))
    for what, first, last, start, end in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "replace" and last - first == end - start:
            for offset in range(last - first):
                yield from _below((*place, start + offset), before[first + offset], after[start + offset])
        elif what != "equal":
            yield from (((*place, index), before[index], NOTHING) for index in range(first, last))
            yield from (((*place, index), NOTHING, after[index]) for index in range(start, end))


def _equal(before: Json, after: Json) -> bool:
    """As JSON has it: true is not 1. (Python holds them for equal.)"""
    return bool(before == after) and isinstance(before, bool) == isinstance(after, bool)


def _shown(found: tuple[Pointer, Json, Json], values: bool) -> Difference:
    place, before, after = found
    names = [str(step).casefold().replace("_", "").replace("-", "") for step in place]
    if values and not any(word in name for name in names for word in _SECRET):
        return Difference(pointer_text(place), before, after)
    hidden = [side if side is NOTHING else HIDDEN for side in (before, after)]
    return Difference(pointer_text(place), *hidden)
