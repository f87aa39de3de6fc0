"""The inner loop: the targets of a mapping filled in, one after the other.

Straight entries that follow each other run in one loop without a call for each; everything
else is a call of the entry's function and of its casts.
"""

from __future__ import annotations

from itertools import groupby
from typing import Any, TypeAlias

from gateway_core.errors import MappingError
from gateway_core.mapping import paths
from gateway_core.mapping.casts import UNSET, Cast
from gateway_core.mapping.closures import START, place
from gateway_core.mapping.entries import Entry, Evaluate
from gateway_core.mapping.paths import MISSING
from gateway_core.mapping.run import Frame, Run
from gateway_core.mapping.straight import Odd, Straight, find
from gateway_core.types import Json, Reference

Move: TypeAlias = tuple[str, paths.Path | None, str, paths.Path, Any, Odd]
"""A straight entry: key, path if it has levels, head and further keys of the look-up, table, odd."""

Step: TypeAlias = tuple[tuple[Move, ...] | None, str, paths.Path, Evaluate, tuple[Cast, ...]]
"""A row of moves, or None and one entry: key, path, function, casts."""

Steps: TypeAlias = tuple[Step, ...]


class Positions(tuple[str, ...]):
    """The path of a target some of whose levels, or of its neighbours' levels, are lists."""

    __slots__ = ()


def steps_of(entries: tuple[Entry, ...]) -> Steps:
    """The entries in rows."""
    lists = frozenset(
        entry.path[0] for entry in entries if any(segment.isdigit() for segment in entry.path[1:])
    )
    steps: list[Step] = []
    for is_straight, row in groupby(entries, lambda entry: entry.straight is not None):
        listed = list(row)
        if is_straight:
            first = listed[0]
            moves = tuple(
                _move(entry, entry.straight, lists) for entry in listed if entry.straight is not None
            )
            steps.append((moves, first.key, first.path, first.evaluate, ()))
        else:
            steps.extend(
                (None, entry.key, _levels(entry, lists), entry.evaluate, entry.casts) for entry in listed
            )
    return tuple(steps)


def _move(entry: Entry, quick: Straight, lists: frozenset[str]) -> Move:
    levels = _levels(entry, lists) if len(entry.path) > 1 else None
    return entry.key, levels, quick.head, quick.keys, quick.table, quick.odd


def _levels(entry: Entry, lists: frozenset[str]) -> paths.Path:
    return Positions(entry.path) if entry.path[0] in lists else entry.path


def fill(steps: Steps, frame: Frame, reference: Reference) -> dict[str, Json]:
    """A new object with every target. An error names the mapping ``reference`` and the key."""
    result: dict[str, Json] = {}
    target = ""
    try:
        for moves, key, path, evaluate, casts in steps:
            if moves is not None:
                move_all(moves, result, frame.variables, frame.run, reference)
                continue
            target = key
            value = evaluate(frame)
            for cast in casts:
                if value is UNSET or value is MISSING:
                    break
                value = cast(value, result, frame.run)
            if value is not MISSING:
                _put(result, path, value, frame.run)
    except (MappingError, RecursionError) as error:
        raise failed(error, frame.run, reference, target) from None
    return result


def move_all(
    moves: tuple[Move, ...],
    result: dict[str, Json],
    variables: dict[str, Json],
    run: Run,
    reference: Reference,
) -> None:
    """Fill the targets of a row in."""
    missing, unset, text, null = MISSING, UNSET, str, type(None)
    key = ""
    try:
        for key, levels, head, keys, table, odd in moves:
            value = variables[head] if head in variables else missing  # noqa: SIM401 - no call, so quicker
            if keys:
                for name in keys:
                    value = value.get(name, missing) if type(value) is dict else find(value, name)
            kind = type(value)
            if table is not None and (kind is text or kind is null or value is missing):
                if value in table:
                    value = table[value]
            else:
                value = odd(value, run)
            if value is missing:
                continue
            if levels is not None:
                _put(result, levels, value, run)
            elif value is not unset:
                result[key] = value
    except (MappingError, RecursionError) as error:
        raise failed(error, run, reference, key) from None


def failed(error: MappingError | RecursionError, run: Run, reference: Reference, key: str) -> MappingError:
    """The error with the mapping and the target that failed, unless a mapping within told its own."""
    if isinstance(error, RecursionError):
        error = run.too_nested()
    if not error.mapping:
        place(error, START)
        error.mapping = reference
        error.key = key
    return error


def _put(result: dict[str, Json], path: paths.Path, value: Any, run: Run) -> None:
    """Put a value in its place; of one that is unset only the levels above stay."""
    if type(path) is Positions:
        head, rest = path[0], tuple(path[1:])
        if value is UNSET:
            result[head] = paths.drop(paths.put(result.get(head), rest, None, run.burn), rest, run.burn)
        else:
            result[head] = paths.put(result.get(head), rest, value, run.burn)
        return
    level = result
    for segment in path[:-1]:
        inner = level.get(segment)
        if inner is None:
            inner = level[segment] = {}
        level = inner
    if value is not UNSET:
        level[path[-1]] = value
