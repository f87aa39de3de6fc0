"""The inner loop: the targets of a mapping filled in, one after the other, by one flat row of operations.

A straight entry is looked up and put in its place without a call; everything else is a call of
the entry's function and of its casts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, TypeAlias

from gateway_core.errors import MappingError
from gateway_core.mapping import paths
from gateway_core.mapping.casts import UNSET, Cast
from gateway_core.mapping.closures import START, place
from gateway_core.mapping.entries import Entry, Evaluate
from gateway_core.mapping.paths import MISSING
from gateway_core.mapping.run import Frame, Run
from gateway_core.mapping.straight import REST, Odd, find
from gateway_core.mapping.values import as_dict, is_array, items_of
from gateway_core.types import Json, Reference

Operation: TypeAlias = tuple[str, paths.Path, str, bool, str | None, paths.Path, Any, Odd, Evaluate]
"""The target's key, the levels above it, its last segment, whether some of the levels are lists;
then where it comes from: head and further keys of a look-up, table, odd, and the function that
is called where there is no head, or where the look-up does not tell."""

Operations: TypeAlias = tuple[Operation, ...]
_FIRST: Final = tuple(map(str, range(10)))  # positions of a list that are changed in place


def operations_of(entries: tuple[Entry, ...]) -> Operations:
    """The entries as operations. Targets side by side share the very same levels above them."""
    lists = {entry.path[0] for entry in entries if any(segment.isdigit() for segment in entry.path[1:])}
    shared: dict[paths.Path, paths.Path] = {}
    operations: list[Operation] = []
    for entry in entries:
        *levels, last = entry.path
        above = shared.setdefault(tuple(levels), tuple(levels))
        quick = entry.straight
        look = (None, (), None, _never) if quick is None else (quick.head, quick.keys, quick.table, quick.odd)
        function = _with_casts(entry.evaluate, entry.casts)
        operations.append((entry.key, above, last, entry.path[0] in lists, *look, function))
    return tuple(operations)


def _never(value: Any, run: Run) -> Any:
    return value


def _with_casts(evaluate: Evaluate, casts: tuple[Cast, ...]) -> Evaluate:
    """The function of an entry, with casts that look at nothing but the value."""
    if not casts:
        return evaluate
    first, *others = casts

    def evaluate_and_cast(frame: Frame) -> Any:
        value = evaluate(frame)
        if value is not MISSING:
            value = first(value, None, frame.run)
        for cast in others:
            if value is UNSET or value is MISSING:
                break
            value = cast(value, None, frame.run)
        return value

    return evaluate_and_cast


def fill(  # noqa: C901, PLR0912 - the innermost loop: a call for each of its parts would double its time
    operations: Operations, documents: Iterable[Json], run: Run, reference: Reference
) -> list[Json]:
    """A new object with every target for each document. An error names the mapping and the key."""
    missing, unset, rest, text = MISSING, UNSET, REST, str
    results: list[Json] = []
    key = ""
    try:
        for variables in documents:
            if type(variables) is not dict:
                variables = as_dict(element(variables, {}))  # noqa: PLW2901 - what is no object becomes one
            result: dict[str, Json] = {}
            level = result
            known: paths.Path = ()
            frame: Frame | None = None
            for key, above, last, listed, head, keys, table, odd, evaluate in operations:  # noqa: B007 - for errors
                if head is None:
                    value = rest
                else:
                    value = variables[head] if head in variables else missing  # noqa: SIM401 - quicker than get
                    if keys:
                        for name in keys:
                            value = value.get(name, missing) if type(value) is dict else find(value, name)
                    if table is not None and (type(value) is text or value is None or value is missing):
                        if value in table:
                            value = table[value]
                    else:
                        value = odd(value, run)
                if value is rest:
                    if frame is None:
                        frame = Frame(variables, run, variables)
                    value = evaluate(frame)
                if value is missing:
                    continue
                if above is not known:
                    if listed:
                        _put(result, above, last, value, run)
                        continue
                    level, known = _level(result, above), above
                if value is not unset:
                    level[last] = value
            results.append(result)
    except (MappingError, RecursionError) as error:
        raise failed(error, run, reference, key) from None
    return results


def element(item: Json, extra: dict[str, Json]) -> Json:
    """An element of a list as a document of its own."""
    if is_array(item) and not extra:
        return item
    merged: dict[str, Json] = {}
    own = items_of(item) if is_array(item) else () if item is None else ((0, item),)
    index = 0
    for key, inner in own:
        merged[str(index) if isinstance(key, int) else key] = inner
        index += isinstance(key, int)
    merged["value"] = item
    merged.update(extra)
    return merged


def failed(error: MappingError | RecursionError, run: Run, reference: Reference, key: str) -> MappingError:
    """The error with the mapping and the target that failed, unless a mapping within told its own."""
    if isinstance(error, RecursionError):
        error = run.too_nested()
    if not error.mapping:
        place(error, START)
        error.mapping = reference
        error.key = key
    return error


def _level(result: dict[str, Json], path: paths.Path) -> dict[str, Json]:
    """The object at a path of the result, made where it is not there yet."""
    level = result
    for segment in path:
        inner = level.get(segment)
        if inner is None:
            inner = level[segment] = {}
        level = inner
    return level


def _put(result: dict[str, Json], above: paths.Path, last: str, value: Any, run: Run) -> None:
    """Put a value in its place among lists; of one that is unset only the levels above stay."""
    level = _level_among_lists(result, above, last)
    if type(level) is dict and not last.isdigit():
        if value is not UNSET:
            level[last] = value
        return
    if type(level) is list and last == str(len(level)):
        if value is not UNSET:
            level.append(value)
        return
    head, path = above[0], (*above[1:], last)
    changed = paths.put(result.get(head), path, None if value is UNSET else value, run.burn)
    result[head] = paths.drop(changed, path, run.burn) if value is UNSET else changed


def _level_among_lists(result: dict[str, Json], above: paths.Path, last: str) -> Json:
    """The level at a path of the result, made where it is not there yet; None where that takes more."""
    level: Json = result
    for segment, following in zip(above, (*above[1:], last), strict=True):
        inner: Json = None
        if type(level) is dict:
            if segment.isdigit():
                return None
            inner = level.get(segment)
        elif segment != str(len(level)):
            inner = level[int(segment)] if segment in _FIRST[: len(level)] else None
            if inner is None:
                return None
        if inner is None:
            inner = [] if following == "0" else {}
            if type(level) is dict:
                level[segment] = inner
            else:
                level.append(inner)
        level = inner
    return level
