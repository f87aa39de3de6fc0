"""What happens while a mapping runs: target by target, where its value came from.

The mapping runs as it always does, with a recorder in every source and cast. It is compiled
without shortcuts for that, so that each cast is a step of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final

from gateway_core.errors import MappingError
from gateway_core.mapping import paths
from gateway_core.mapping.afterwards import late_casts
from gateway_core.mapping.casts import UNSET, Cast, compile_cast
from gateway_core.mapping.entries import Entry
from gateway_core.mapping.mapping import DEFAULT_LIMITS, CompiledMapping, Limits, compile_mapping
from gateway_core.mapping.reads import CONTEXT
from gateway_core.mapping.run import Frame, Run, Services
from gateway_core.mapping.settings import Settings, TargetCasts
from gateway_core.mapping.value_maps import Bodies, no_bodies
from gateway_core.mapping.values import is_array
from gateway_core.types import Json, Reference

ABSENT: Final = object()
"""Stands for no value at all, in ``made`` and in ``Change.value``."""
VALUE_MAP: Final = "values"


@dataclass(frozen=True, slots=True)
class Change:
    """A cast by its name, or the value map, and the value that it left; ABSENT when it took it away."""

    cast: str
    value: Json


@dataclass(slots=True)
class Target:
    """A target: its source, the input paths that it reads, the value made, and the casts that ran.

    ``how`` is ``path``, ``template``, or ``text`` for a path that the input lacks and that is
    copied as text; ``absent`` for one that is left out.
    """

    key: str
    source: str
    how: str
    reads: tuple[str, ...]
    made: Json
    changes: list[Change] = field(default_factory=list)

    @property
    def value(self) -> Json:
        """The value after its casts."""
        return self.changes[-1].value if self.changes else self.made


@dataclass(frozen=True, slots=True)
class Trace:
    """A run: its result or the error that ended it, and the targets of each document mapped.

    ``documents`` has one list of targets; in list mode one for each element.
    """

    result: Json
    error: MappingError | None
    documents: tuple[tuple[Target, ...], ...]


def trace(
    reference: Reference,
    body: Mapping[str, Any],
    document: Json,
    services: Services,
    *,
    as_list: bool = False,
    limits: Limits = DEFAULT_LIMITS,
    bodies: Bodies = no_bodies,
) -> Trace:
    """Run a mapping and record it. Raises MappingError only where it cannot be compiled."""
    compiled = compile_mapping(reference, body, limits=limits, plain=True, bodies=bodies)
    recorder = _Recorder(compiled)
    try:
        result, error = recorder.mapping.apply(document, services, as_list=as_list), None
    except MappingError as failure:
        result, error = None, failure
    return Trace(result, error, tuple(tuple(targets.values()) for targets in recorder.documents))


class _Recorder:
    """``mapping`` is the compiled mapping with a recorder in every source and cast."""

    def __init__(self, compiled: CompiledMapping) -> None:
        self.documents: list[dict[str, Target]] = []
        entries = tuple(self._entry(number, entry) for number, entry in enumerate(compiled.entries))
        casts = tuple(self._casts(compiled.settings, compiled.casts))
        late = late_casts(casts, compiled.settings, apart=False)
        # Targets that are not apart are made from the entries, the one way that is recorded.
        self.mapping = replace(compiled, entries=entries, apart=False, casts=casts, late=late)

    def _entry(self, number: int, entry: Entry) -> Entry:
        reads = tuple(sorted(".".join(path) for path in entry.reads.written))
        reads += (CONTEXT,) * entry.reads.everything
        get = paths.getter(paths.split(entry.source))

        def evaluate(frame: Frame) -> Any:
            if number == 0:
                self.documents.append({})
            target = Target(entry.key, entry.source, entry.how, reads, ABSENT)
            self.documents[-1][entry.key] = target
            value = get(frame.document)
            if entry.how == "template" and value is not paths.MISSING:
                target.how, target.made = "path", _spelt(value)
                return value
            if entry.how == "path" and value is paths.MISSING:
                target.how = "text"
            value = entry.evaluate(frame)
            if value is paths.MISSING:
                target.how = "absent"
            else:
                target.made = _spelt(value)
            return value

        return replace(entry, evaluate=evaluate, look_up=None)

    def _casts(self, settings: Settings, casts: tuple[TargetCasts, ...]) -> list[TargetCasts]:
        tables = len(casts) - len(settings.value_maps)
        recorded: list[TargetCasts] = []
        for number, (key, path, steps) in enumerate(casts):
            names = [name for name in settings.cast_names.get(key, ()) if compile_cast(name, key) is not None]
            named = zip([VALUE_MAP] if number >= tables else names, steps, strict=True)
            recorded.append((key, path, tuple(self._cast(key, name, cast) for name, cast in named)))
        return recorded

    def _cast(self, key: str, name: str, cast: Cast) -> Callable[[Json, Json, Run], Any]:
        def record(value: Json, result: Json, run: Run) -> Any:
            changed = cast(value, result, run)
            if not self.documents:
                self.documents.append({})
            passed = Target(key, "", "passTrough", (key,), _spelt(value))
            target = self.documents[-1].setdefault(key, passed)
            target.changes.append(Change(name, ABSENT if changed is UNSET else _spelt(changed)))
            return changed

        return record


def _spelt(value: Json) -> Json:
    """The value with the dots within its keys as they are in documents."""
    return paths.decode_keys(value, lambda size: None) if is_array(value) else value
