"""The entries of a mapping: each target with the function that makes its value.

Most sources never become text on the way: a bare path is a look-up, the common guards are
plain conditions (see ``shortcuts``), and a template whose result is read as JSON at once keeps
the results of ``map`` as values (see ``fragments``). A cast runs with its entry where nothing
else can see the difference.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from gateway_core.errors import MappingError
from gateway_core.mapping import json_text, paths
from gateway_core.mapping.casts import Cast, json_to_array
from gateway_core.mapping.fragments import assemble, copied_by_fragments
from gateway_core.mapping.nodes import Template
from gateway_core.mapping.parser import parse
from gateway_core.mapping.reads import Reads, assigned_names
from gateway_core.mapping.remarks import is_template
from gateway_core.mapping.render import TemplateCompiler, compile_template
from gateway_core.mapping.run import Frame, Limits
from gateway_core.mapping.settings import Settings, TargetCasts
from gateway_core.mapping.shortcuts import simple_text
from gateway_core.types import Json, Reference

Evaluate = Callable[[Frame], Any]
_READS_RESULT: Final = "countValue:"
_JSON: Final = "jsonToArray"


@dataclass(frozen=True, slots=True)
class Entry:
    """One target: ``evaluate(frame)`` gives its value, or MISSING to leave it out.

    ``casts`` run on the value at once. ``look_up`` is set for a template: the original reads
    even that as a path first, which matters where an input has such a key. ``how`` says what
    the source became, for people: path, shortcut, json or template. ``reads`` is what it can
    read and reach.
    """

    key: str
    path: paths.Path
    source: str
    how: str
    evaluate: Evaluate
    look_up: Callable[[Json], Any] | None
    casts: tuple[Cast, ...]
    reads: Reads


@dataclass(frozen=True, slots=True)
class Plan:
    """All entries in file order, the casts left for afterwards, and what is known of the whole.

    ``bounded``: no part of the input is copied twice, so that a result is about as large as
    its input; ``apart``: every level of the result is made by this mapping for itself, and is
    an object; ``heads``: the first segments of the templates, read as paths.
    """

    entries: tuple[Entry, ...]
    casts: tuple[TargetCasts, ...]
    reads: Reads
    bounded: bool
    apart: bool
    heads: frozenset[str]


def compile_entries(reference: Reference, settings: Settings, limits: Limits, *, plain: bool = False) -> Plan:
    """Compile every source. Raises MappingError with mapping, key and position.

    ``plain`` leaves every shortcut out: the same results, as text all the way.
    """
    sources: list[_Source] = []
    for key, text in settings.targets.items():
        try:
            sources.append(_read_source(key, text, limits))
        except MappingError as error:
            raise _located(error, reference, key) from None
    bounded = not settings.pass_through and paths.apart([path for one in sources for path in one.copied])
    fused = {} if plain else _fused_casts(settings)
    entries = []
    for source in sources:
        try:
            entries.append(_entry(source, settings, fused.get(source.key), bounded=bounded, plain=plain))
        except MappingError as error:
            raise _located(error, reference, source.key) from None
    reads = Reads()
    for source in sources:
        reads.add(source.reads)
    left = tuple(entry for entry in settings.casts if entry[0] not in fused)
    heads = frozenset(entry.source.split(".", 1)[0] for entry in entries if entry.look_up is not None)
    return Plan(tuple(entries), left, reads, bounded, _are_apart(settings), heads)


@dataclass(frozen=True, slots=True)
class _Source:
    """A source as read: its template, or None for a bare path; ``copied``: paths it hands on whole."""

    key: str
    text: str
    template: Template | None
    reads: Reads
    copied: tuple[paths.Path, ...]


def _read_source(key: str, text: str, limits: Limits) -> _Source:
    reads = Reads()
    if not is_template(text):
        path = paths.split(text)
        reads.path(path)
        return _Source(key, text, None, reads, (path,))
    template = parse(text, limits)
    reads.template(template)
    return _Source(key, text, template, reads, tuple(copied_by_fragments(template)))


def _are_apart(settings: Settings) -> bool:
    targets = [paths.split(key) for key in settings.targets]
    positions = any(segment.isdigit() for path in targets for segment in path)
    return not settings.pass_through and not positions and paths.apart(targets)


def _located(error: MappingError, reference: Reference, key: str) -> MappingError:
    error.mapping, error.key = reference, key
    return error


def _fused_casts(settings: Settings) -> dict[str, tuple[Cast, ...]]:
    """Casts that may run with their entry: nothing overlaps their target or counts the result, and no
    value map, which has no name to be known by, follows them."""
    names = (name for names in settings.cast_names.values() for name in names)
    if settings.pass_through or settings.unset or any(name.startswith(_READS_RESULT) for name in names):
        return {}
    keys = [*settings.targets, *(key for key, _, _ in settings.casts)]
    fused: dict[str, tuple[Cast, ...]] = {}
    for key, path, casts in settings.casts:
        once = sum(key == other for other, _, _ in settings.casts) == 1
        alone = all(paths.apart([path, paths.split(other)]) for other in keys if other != key)
        positions = any(segment.isdigit() for segment in path)
        if once and alone and not positions and key in settings.targets and key not in settings.value_maps:
            fused[key] = casts
    return fused


# -- one entry --------------------------------------------------------------------------------


def _entry(
    source: _Source, settings: Settings, casts: tuple[Cast, ...] | None, *, bounded: bool, plain: bool
) -> Entry:
    """The entry of a source. ``casts`` run with it; None when its casts run after all targets."""
    template, own = source.template, casts or ()
    if template is None:
        return _make(source, "path", _look_up(source.text, settings, bounded), own)
    if plain:
        return _make(source, "template", _text(template), ())
    if casts is not None and settings.cast_names.get(source.key, ())[:1] == (_JSON,):
        return _make(source, "json", _json(template), own[1:])
    simple = simple_text(template)
    if simple is not None:
        return _make(source, "shortcut", simple, own)
    return _make(source, "template", _text(template), own)


def _make(source: _Source, how: str, evaluate: Evaluate, casts: tuple[Cast, ...]) -> Entry:
    look_up = None if source.template is None else paths.getter(paths.split(source.text))
    return Entry(
        source.key, paths.split(source.key), source.text, how, evaluate, look_up, casts, source.reads
    )


def _look_up(source: str, settings: Settings, bounded: bool) -> Evaluate:
    """A value at a path; where it is absent the text of the path, or nothing at all."""
    get = paths.getter(paths.split(source))
    absent = paths.MISSING if settings.omit_absent else source

    def evaluate(frame: Frame) -> Any:
        value = get(frame.document)
        if value is paths.MISSING:
            return absent
        if not bounded and isinstance(value, list | dict):
            json_text.weigh(value, frame.run)
        return value

    return evaluate


def _text(template: Template) -> Evaluate:
    render, assigns = compile_template(template), bool(assigned_names(template))
    return (lambda frame: render(_own(frame))) if assigns else render


def _json(template: Template) -> Evaluate:
    """A template whose text would be read as JSON at once."""
    write = TemplateCompiler(assigned_names(template), fragments=True).writer(template)
    assigns = bool(assigned_names(template))

    def evaluate(frame: Frame) -> Any:
        out: list[Any] = []
        write(_own(frame) if assigns else frame, out)
        return assemble(out, frame.run, json_to_array)

    return evaluate


def _own(frame: Frame) -> Frame:
    frame.run.items(len(frame.variables))
    return Frame(dict(frame.variables), frame.run)
