"""The entries of a mapping: each target with the function that makes its value.

Most sources never become text on the way: a bare path is a look-up, the common guards are
plain conditions (see ``shortcuts``), and a template whose result is read as JSON at once keeps
the results of ``map`` as values (see ``fragments``). A cast runs with its entry where nothing
else can see the difference.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway_core.errors import LimitExceeded, MappingError
from gateway_core.mapping import paths
from gateway_core.mapping.casts import Cast, changed_texts, compile_cast, json_to_array
from gateway_core.mapping.closures import START
from gateway_core.mapping.fragments import assemble, copied_by_fragments, prints_only_mapped
from gateway_core.mapping.native import native_json
from gateway_core.mapping.native_list import native_list
from gateway_core.mapping.nodes import Constant, Template, Text
from gateway_core.mapping.parser import parse
from gateway_core.mapping.parts import is_clean, joins_texts, prints_parts
from gateway_core.mapping.reads import Reads, assigned_names, walk
from gateway_core.mapping.remarks import is_template
from gateway_core.mapping.render import TemplateCompiler, compile_template
from gateway_core.mapping.run import Frame, Limits
from gateway_core.mapping.settings import Settings, TargetCasts
from gateway_core.mapping.shortcuts import simple_text
from gateway_core.mapping.straight import Look, Straight, first_look_of, look_at_path, look_of, straight
from gateway_core.types import Json, Reference

Evaluate = Callable[[Frame], Any]
_READS_RESULT: Final = "countValue:"
_JSON: Final = "jsonToArray"
_NATIVE: Final = frozenset({"map", "list", "value", "json"})
_SETTLED: Final = frozenset({"bool", "boolean", "int", "integer", _JSON})  # casts whose results are
_FEW_LEVELS: Final = 4  # of a target, as below a shallow document (see ``json_text.survey``)
_FREE_REPEATS: Final = 16
_MOST_LEVELS: Final = 50  # with the deepest value below it, a result can still be written as JSON


@dataclass(frozen=True, slots=True)
class Entry:
    """One target: ``evaluate(frame)`` gives its value, or MISSING to leave it out.

    ``casts`` run on the value at once. ``look_up`` is set for a template: the original reads
    even that as a path first, which matters where an input has such a key. ``how`` says what
    the source became, a key of ``explain.WAYS``. ``reads`` is what it can
    read and reach. ``straight``, where there is one, gives the outcome of both at once.
    ``cost`` are the steps of ``evaluate`` that are paid for beforehand, ``literal_casts`` what is
    to run on what ``look_up`` finds.
    """

    key: str
    path: paths.Path
    source: str
    how: str
    evaluate: Evaluate
    look_up: Callable[[Json], Any] | None
    casts: tuple[Cast, ...]
    reads: Reads
    straight: Straight | None = None
    cost: int = 0
    literal_casts: tuple[Cast, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """All entries in file order, the casts left for afterwards, and what is known of the whole.

    ``bounded``: no part of the input is copied twice, so that a result is about as large as
    its input and ``cost``, the steps that one document costs; ``faithful``: see ``Mappable``;
    ``apart``: every level of the result is made by this mapping for itself; ``heads``: the first
    segments of the templates, read as paths; ``repeats``: how many times the whole input a
    result may hold in texts, beyond a few that are free.
    """

    entries: tuple[Entry, ...]
    casts: tuple[TargetCasts, ...]
    reads: Reads
    bounded: bool
    faithful: bool
    apart: bool
    heads: frozenset[str]
    cost: int
    repeats: int


def compile_entries(reference: Reference, settings: Settings, limits: Limits, *, plain: bool = False) -> Plan:
    """Compile every source. Raises MappingError with mapping, key, position and the other faults.

    ``plain`` leaves every shortcut out: the same results, as text all the way.
    """
    sources: list[_Source] = []
    errors: list[MappingError] = []
    for key, text in settings.targets.items():
        try:
            sources.append(_read_source(key, text, limits))
        except MappingError as error:
            errors.append(_located(error, reference, key))
    bounded = not settings.pass_through and paths.apart([path for one in sources for path in one.copied])
    fused = {} if plain else _fused_casts(settings)
    entries = []
    for source in sources:
        try:
            entries.append(_entry(source, settings, fused.get(source.key), bounded=bounded, plain=plain))
        except (MappingError, RecursionError) as error:
            errors.append(_located(error, reference, source.key))
    if errors:
        first, *others = errors
        first.others = tuple(others)
        raise first from None
    reads = Reads()
    for source in sources:
        reads.add(source.reads)
    left = tuple(entry for entry in settings.casts if entry[0] not in fused)
    heads = frozenset(entry.source.split(".", 1)[0] for entry in entries if entry.look_up is not None)
    return Plan(
        entries=tuple(entries),
        casts=left,
        reads=reads,
        bounded=bounded,
        faithful=not plain and _is_faithful(sources, entries, settings),
        apart=_are_apart(settings),
        heads=heads,
        cost=sum(1 + entry.cost for entry in entries) + (_letters_of(settings, sources) >> 6),
        repeats=_repeats(sources),
    )


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
    levels = min(limits.depth, _MOST_LEVELS)
    if key.count(".") >= levels:
        raise LimitExceeded(f"A target has more than {levels} levels", limit="depth", position=START)
    if not is_template(text):
        path = paths.split(text)
        reads.path(path)
        return _Source(key, text, None, reads, (path,))
    template = parse(text, limits)
    reads.template(template)
    return _Source(key, text, template, reads, tuple(copied_by_fragments(template)))


def _repeats(sources: list[_Source]) -> int:
    read = Counter(path for source in sources for path in source.reads.written)
    read[()] = sum(source.reads.everything for source in sources)
    return max(0, max(read.values()) - _FREE_REPEATS)


def _letters_of(settings: Settings, sources: list[_Source]) -> int:
    """How many letters of its own a mapping may write: a bound on what each result holds of them."""
    names = (name for names in settings.cast_names.values() for name in names)
    return sum(map(_letters, sources)) + sum(map(len, names))


def _letters(source: _Source) -> int:
    if source.template is None:
        return len(source.key) + len(source.text)
    written = (node for node in walk(source.template) if isinstance(node, Text | Constant))
    texts = (node.text if isinstance(node, Text) else node.value for node in written)
    return len(source.key) + sum(len(text) for text in texts if isinstance(text, str))


def _are_apart(settings: Settings) -> bool:
    targets = [paths.split(key) for key in settings.targets]
    is_list = any(path[0].isdigit() for path in targets)
    return not settings.pass_through and not is_list and paths.apart(targets)


def _is_faithful(sources: list[_Source], entries: list[Entry], settings: Settings) -> bool:
    """Whether settled parts of an input always make a settled result (see ``json_text.survey``)."""
    keys = [*settings.targets, *(key for key, _, _ in settings.casts)]
    positions = any(segment.isdigit() for key in keys for segment in paths.split(key))
    deep = any(key.count(".") >= _FEW_LEVELS for key in keys)
    if settings.pass_through or settings.unset or positions or deep or not all(map(is_clean, keys)):
        return False
    names = settings.cast_names
    if not all(_is_harmless(key, casts, names.get(key, ())) for key, _, casts in settings.casts):
        return False
    pairs = zip(sources, entries, strict=True)
    return all(_prints_settled(source, entry, names.get(source.key, ())) for source, entry in pairs)


def _is_harmless(key: str, casts: tuple[Cast, ...], names: tuple[str, ...]) -> bool:
    """Whether the casts of a target leave settled what is settled. Other casts than those named do not."""
    known = [name for name in names if compile_cast(name, key) is not None]
    plain = all(changed_texts(name, key) is not None or name in _SETTLED for name in known)
    return plain and len(known) == len(casts)


def _prints_settled(source: _Source, entry: Entry, names: tuple[str, ...]) -> bool:
    if source.template is None:
        return _JSON not in names and is_clean(source.text)
    if _JSON in names:
        return entry.how in _NATIVE and _JSON not in names[1:] and prints_only_mapped(source.template)
    return prints_parts(source.template)


def _located(error: MappingError | RecursionError, reference: Reference, key: str) -> MappingError:
    if isinstance(error, RecursionError):
        error = LimitExceeded("A template is nested too deeply", limit="depth", position=START)
        error.kind = "syntax"
    error.mapping, error.key = reference, key
    return error


def _fused_casts(settings: Settings) -> dict[str, tuple[Cast, ...]]:
    """Casts that may run with their entry: nothing overlaps their target or counts the result, and no
    value map, which has no name to be known by, follows them."""
    names = (name for names in settings.cast_names.values() for name in names)
    if settings.pass_through or settings.unset or any(name.startswith(_READS_RESULT) for name in names):
        return {}
    keys = {*settings.targets, *(key for key, _, _ in settings.casts)}
    known = [paths.split(key) for key in keys]
    within = Counter(level for path in known for level in paths.levels(path))
    whole = set(known)
    # To remove a position of a list, or what stands beside one, moves the others.
    lists = {level[:-1] for level in within if level[-1].isdigit()}
    times = Counter(key for key, _, _ in settings.casts)
    fused: dict[str, tuple[Cast, ...]] = {}
    for key, path, casts in settings.casts:
        above = not whole.isdisjoint(paths.levels(path[:-1]))
        alone = within[path] == 1 and not above and path[:-1] not in lists
        free = key in settings.targets and key not in settings.value_maps
        if times[key] == 1 and alone and free:
            fused[key] = casts
    return fused


# -- one entry --------------------------------------------------------------------------------


def _entry(
    source: _Source, settings: Settings, casts: tuple[Cast, ...] | None, *, bounded: bool, plain: bool
) -> Entry:
    """The entry of a source. ``casts`` run with it; None when its casts run after all targets."""
    template, own = source.template, casts or ()
    names = settings.cast_names.get(source.key, ()) if casts is not None else ()
    if template is None:
        absent = paths.MISSING if settings.omit_absent else source.text
        look = look_at_path(paths.split(source.text), absent, weigh=not bounded)
        quick = None if plain else straight(look, own, names, source.key)
        return _make(source, "path", _look_up(look), own, quick)
    if plain:
        return _make(source, "template", _text(template), ())
    if names[:1] == (_JSON,):
        how, value, cost = _value(template)
        how = "value" if how == "map" and not source.reads.references else how
        return replace(_make(source, how, value, own[1:]), cost=cost, literal_casts=own)
    simple = simple_text(template)
    if simple is None:
        return _make(source, "template", _text(template), own)
    found = look_of(template)
    if found is not None:
        return _make(source, "text", simple, own, straight(found, own, names, source.key))
    first = first_look_of(template)
    quick = None if first is None else straight(first, own, names, source.key)
    return _make(source, "shortcut", simple, own, quick)


def _make(
    source: _Source, how: str, evaluate: Evaluate, casts: tuple[Cast, ...], quick: Straight | None = None
) -> Entry:
    return Entry(
        key=source.key,
        path=paths.split(source.key),
        source=source.text,
        how=how,
        evaluate=evaluate,
        look_up=None if source.template is None else paths.getter(paths.split(source.text)),
        casts=casts,
        reads=source.reads,
        straight=quick,
        literal_casts=casts,
    )


def _look_up(look: Look) -> Evaluate:
    """A value at a path; where it is absent the text of the path, or nothing at all."""
    get, absent, other = paths.getter(look.path), look.absent, look.other

    def evaluate(frame: Frame) -> Any:
        value = get(frame.document)
        return absent if value is paths.MISSING else other(value, frame.run)

    return evaluate


def _text(template: Template) -> Evaluate:
    render, assigns = compile_template(template), bool(assigned_names(template))
    return _watched((lambda frame: render(_own(frame))) if assigns else render, template)


def _watched(render: Evaluate, template: Template) -> Evaluate:
    """The same; where a template joins texts they may make an entity together, and the run is told."""
    if not joins_texts(template):
        return render

    def evaluate(frame: Frame) -> Any:
        text = render(frame)
        if "&" in text:
            frame.run.settled = False
        return text

    return evaluate


def _value(template: Template) -> tuple[str, Evaluate, int]:
    """How a template whose text would be read as JSON gets its value, the function and its cost."""
    native = native_json(template)
    if native is not None:
        return "map", *native
    native = native_list(template)
    if native is not None:
        return "list", *native
    return "json", _json(template), 0


def _json(template: Template) -> Evaluate:
    """A template whose text would be read as JSON at once."""
    write = TemplateCompiler(template, fragments=True).writer()
    assigns = bool(assigned_names(template))

    def evaluate(frame: Frame) -> Any:
        out: list[Any] = []
        write(_own(frame) if assigns else frame, out)
        return assemble(out, frame.run, json_to_array)

    return evaluate


def _own(frame: Frame) -> Frame:
    frame.run.items(len(frame.variables))
    return Frame(dict(frame.variables), frame.run)
