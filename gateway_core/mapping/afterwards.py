"""Casts that run after all targets, because their targets lie within each other or are counted.

Where the levels above a cast's target are surely objects that the mapping made for itself, they
are changed in place; elsewhere what changes is copied.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any, TypeAlias

from gateway_core.errors import MappingError
from gateway_core.mapping import paths
from gateway_core.mapping.casts import UNSET, Cast
from gateway_core.mapping.fill import failed
from gateway_core.mapping.run import Run
from gateway_core.mapping.settings import Settings, TargetCasts
from gateway_core.types import Json, Reference

Late: TypeAlias = tuple[str, paths.Path, tuple[Cast, ...], Callable[[Json], Any], bool]
"""Key and path of the target, casts, the look-up of its value, whether its levels are the mapping's own."""


def late_casts(casts: tuple[TargetCasts, ...], settings: Settings, *, apart: bool) -> tuple[Late, ...]:
    """The casts of ``settings`` that are left; ``apart`` tells that no target lies within another."""
    targets = [paths.split(key) for key in settings.targets]
    levels = {level for path in targets for level in paths.levels(path[:-1])}
    lists = {path[0] for path in targets if any(segment.isdigit() for segment in path)}
    replaced = {path for key, path, _ in casts if not _removes_only(key, settings)}

    def is_own(path: paths.Path) -> bool:
        above = list(paths.levels(path[:-1]))
        digits = path[0] in lists or any(segment.isdigit() for segment in path)
        return apart and not digits and levels.issuperset(above) and replaced.isdisjoint(above)

    return tuple((key, path, steps, paths.getter(path), is_own(path)) for key, path, steps in casts)


def _removes_only(key: str, settings: Settings) -> bool:
    """Whether the casts of a target leave its value as it is, take it away or make it null."""
    names: Collection[str] = settings.cast_names.get(key, ())
    plain = all(name.startswith(("unsetIfValue==", "setNullIfValue==")) for name in names)
    return plain and key not in settings.value_maps


def cast_late(late: tuple[Late, ...], result: Json, run: Run, reference: Reference) -> Json:
    """The result after its casts. An error names the mapping ``reference`` and the key."""
    for key, path, casts, get, own in late:
        value = get(result)
        if value is paths.MISSING:
            continue
        try:
            for cast in casts:
                run.burn(1)
                changed = cast(value, result, run)
                if changed is value:
                    continue
                result = _changed(result, path, changed, run, own=own)
                if changed is UNSET:
                    break
                value = changed
        except (MappingError, RecursionError) as error:
            raise failed(error, run, reference, key) from None
    return result


def _changed(result: Json, path: paths.Path, value: Any, run: Run, *, own: bool) -> Json:
    level = result
    if own:
        for segment in path[:-1]:
            level = level[segment]
        if value is UNSET:
            del level[path[-1]]
        else:
            level[path[-1]] = value
        return result
    return paths.drop(result, path, run.burn) if value is UNSET else store(result, path, value, run)


def store(result: Json, path: paths.Path, value: Json, run: Run) -> Json:
    """Put a value into the result; its top level is the run's own, so it is changed in place."""
    if type(result) is dict:
        head = path[0]
        result[head] = value if len(path) == 1 else paths.put(result.get(head), path[1:], value, run.burn)
        return result
    return paths.put(result, path, value, run.burn)
