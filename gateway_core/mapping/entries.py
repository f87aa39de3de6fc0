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

from gateway_core.errors import LimitExceeded, MappingError
from gateway_core.mapping import json_text, paths
from gateway_core.mapping.casts import Cast, json_to_array
from gateway_core.mapping.closures import START, place
from gateway_core.mapping.fragments import assemble, copied_by_fragments
from gateway_core.mapping.nodes import Template
from gateway_core.mapping.parser import parse
from gateway_core.mapping.reads import Reads, assigned_names
from gateway_core.mapping.render import TemplateCompiler, compile_template
from gateway_core.mapping.run import Frame, Limits
from gateway_core.mapping.settings import Settings, TargetCasts, is_template
from gateway_core.mapping.shortcuts import simple_text
from gateway_core.types import Json, Reference

Evaluate = Callable[[Frame], Any]
_READS_RESULT: Final = "countValue:"
_JSON: Final = "jsonToArray"
_MOST_LEVELS: Final = 50  # with the deepest value below it, a result can still be written as JSON


@dataclass(frozen=True, slots=True)
class Entry:
    """One target: ``evaluate(frame)`` gives its value, or MISSING to leave it out.

    ``casts`` run on the value at once. ``look_up`` is set for a template: the original reads
    even that as a path first, which matters where an input has such a key. ``how`` says what
    the source became, for people: path, shortcut, json or template.
    """

    key: str
    path: paths.Path
    source: str
    how: str
    evaluate: Evaluate
    look_up: Callable[[Json], Any] | None
    casts: tuple[Cast, ...]


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
    reads = Reads()
    copied: list[paths.Path] = []
    templates: dict[str, Template] = {}
    for key, source in settings.targets.items():
        levels = min(limits.depth, _MOST_LEVELS)
        if key.count(".") >= levels:
            detail = f"A target has more than {levels} levels"
            raise _located(LimitExceeded(detail, limit="depth", position=START), reference, key)
        if not is_template(source):
            reads.path(paths.split(source))
            copied.append(paths.split(source))
            continue
        try:
            templates[key] = parse(source, limits)
        except MappingError as error:
            raise _located(error, reference, key) from None
        reads.template(templates[key])
        copied.extend(copied_by_fragments(templates[key]))
    bounded = not settings.pass_through and paths.apart(copied)
    fused = {} if plain else _fused_casts(settings)
    entries = []
    for key, source in settings.targets.items():
        try:
            template = templates.get(key)
            if template is None:
                entries.append(_path_entry(key, source, fused.get(key, ()), settings, bounded))
            elif plain:
                entries.append(_template_entry(key, source, template, ()))
            else:
                names = settings.cast_names.get(key, ()) if key in fused else ()
                entries.append(_quick_entry(key, source, template, fused.get(key, ()), names[:1] == (_JSON,)))
        except MappingError as error:
            raise _located(error, reference, key) from None
        except RecursionError:
            nested = LimitExceeded("A template is nested too deeply", limit="depth", position=START)
            nested.kind = "syntax"
            raise _located(nested, reference, key) from None
    left = tuple(entry for entry in settings.casts if entry[0] not in fused)
    heads = frozenset(entry.source.split(".", 1)[0] for entry in entries if entry.look_up is not None)
    return Plan(tuple(entries), left, reads, bounded, _are_apart(settings), heads)


def _are_apart(settings: Settings) -> bool:
    targets = [paths.split(key) for key in settings.targets]
    positions = any(segment.isdigit() for path in targets for segment in path)
    return not settings.pass_through and not positions and paths.apart(targets)


def _located(error: MappingError, reference: Reference, key: str) -> MappingError:
    error.mapping, error.key = reference, key
    return error


def _fused_casts(settings: Settings) -> dict[str, tuple[Cast, ...]]:
    """Casts that may run with their entry: nothing overlaps their target or counts the result."""
    names = (name for names in settings.cast_names.values() for name in names)
    if settings.pass_through or settings.unset or any(name.startswith(_READS_RESULT) for name in names):
        return {}
    keys = [*settings.targets, *(key for key, _, _ in settings.casts)]
    fused: dict[str, tuple[Cast, ...]] = {}
    for key, path, casts in settings.casts:
        once = sum(key == other for other, _, _ in settings.casts) == 1
        alone = all(paths.apart([path, paths.split(other)]) for other in keys if other != key)
        positions = any(segment.isdigit() for segment in path)
        if once and alone and not positions and key in settings.targets:
            fused[key] = casts
    return fused


# -- one entry --------------------------------------------------------------------------------


def _path_entry(key: str, source: str, casts: tuple[Cast, ...], settings: Settings, bounded: bool) -> Entry:
    """A value at a path; where it is absent the text of the path, or nothing at all."""
    get = paths.getter(paths.split(source))
    absent = paths.MISSING if settings.omit_absent else source

    def evaluate(frame: Frame) -> Any:
        value = get(frame.document)
        if value is paths.MISSING:
            return absent
        if not bounded and isinstance(value, list | dict):
            try:
                json_text.weigh(value, frame.run)
            except MappingError as error:
                place(error, START)
                raise
        return value

    return Entry(key, paths.split(key), source, "path", evaluate, None, casts)


def _quick_entry(key: str, source: str, template: Template, casts: tuple[Cast, ...], as_json: bool) -> Entry:
    path, look_up = paths.split(key), paths.getter(paths.split(source))
    if as_json:
        return Entry(key, path, source, "json", _json(template), look_up, casts[1:])
    text = simple_text(template)
    if text is not None:
        return Entry(key, path, source, "shortcut", text, look_up, casts)
    return _template_entry(key, source, template, casts)


def _template_entry(key: str, source: str, template: Template, casts: tuple[Cast, ...]) -> Entry:
    render, assigns = compile_template(template), bool(assigned_names(template))

    def evaluate(frame: Frame) -> Any:
        try:
            return render(_own(frame) if assigns else frame)
        except MappingError as error:
            place(error, START)
            raise

    look_up = paths.getter(paths.split(source))
    return Entry(key, paths.split(key), source, "template", evaluate, look_up, casts)


def _json(template: Template) -> Evaluate:
    """A template whose text would be read as JSON at once."""
    write = TemplateCompiler(assigned_names(template), fragments=True).writer(template)
    assigns = bool(assigned_names(template))

    def evaluate(frame: Frame) -> Any:
        out: list[Any] = []
        try:
            write(_own(frame) if assigns else frame, out)
            return assemble(out, frame.run, json_to_array)
        except MappingError as error:
            place(error, START)
            raise

    return evaluate


def _own(frame: Frame) -> Frame:
    frame.run.items(len(frame.variables))
    return Frame(dict(frame.variables), frame.run)
