"""Rules that JSON Schema has no words for: bounds of dates, and sizes and types of files."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime

from gateway_core.schema import bounds, files
from gateway_core.schema.spec import EntitySpec, PropertySpec, Rules
from gateway_core.types import Json, Pointer, Reference, Violation

FILE_MEMBER = "base64"


WORDS = ("x-fileTypes", "x-maxDate", "x-maxFileSize", "x-minDate", "x-minFileSize")


def rules_of(flag: Callable[[str], Json]) -> Rules | None:
    """The rules that the words of a property make; ``flag`` gives the value of a word."""
    types = flag("x-fileTypes")
    found = Rules(
        min_date=flag("x-minDate"),
        max_date=flag("x-maxDate"),
        min_size=flag("x-minFileSize"),
        max_size=flag("x-maxFileSize"),
        types=tuple(types) if isinstance(types, list) else (),
    )
    return found if found.has_dates or found.has_files else None


def keeps_to(value: Json, rules: Rules) -> bool:
    """Whether one value breaks none of the rules, but for bounds that move with time."""
    return not any(_broken(value, rules, (), None))


def ruled(specs: Mapping[Reference, EntitySpec]) -> frozenset[Reference]:
    """The entities whose documents can hold a value with rules, in themselves or in what they hold."""
    leads = {reference: _targets(spec.properties) for reference, spec in specs.items()}
    found = {reference for reference, spec in specs.items() if _has_rules(spec.properties)}
    while True:
        more = {reference for reference, targets in leads.items() if targets & found} - found
        if not more:
            return frozenset(found)
        found |= more


def broken(
    document: Json, spec: EntitySpec, specs: Mapping[Reference, EntitySpec], now: datetime | None
) -> Iterator[Violation]:
    """Every rule that a document breaks, in the objects that it holds too.

    Bounds that move with time are passed over without a ``now``. What has not the type of its
    property breaks no rule here.
    """
    pending: list[tuple[Pointer, Json, Mapping[str, PropertySpec]]] = [((), document, spec.properties)]
    while pending:
        pointer, node, properties = pending.pop()
        if not isinstance(node, dict):
            continue
        for name, value in node.items():
            known = properties.get(name)
            if known is None:
                continue
            for place, each in _elements(value, known, (*pointer, name)):
                if known.rules is not None:
                    yield from _broken(each, known.rules, place, now)
                target = specs.get(known.target) if known.target is not None else None
                below = target.properties if target is not None else known.properties
                if below and isinstance(each, dict):
                    pending.append((place, each, below))


def _elements(value: Json, known: PropertySpec, place: Pointer) -> Iterator[tuple[Pointer, Json]]:
    if known.many and isinstance(value, list):
        yield from (((*place, position), each) for position, each in enumerate(value))
    else:
        yield place, value


def _broken(value: Json, rules: Rules, place: Pointer, now: datetime | None) -> Iterator[Violation]:
    if rules.has_dates and isinstance(value, str):
        for code, bound, least in (("minDate", rules.min_date, True), ("maxDate", rules.max_date, False)):
            if bound is None or (now is None and bounds.is_relative(bound)):
                continue
            if bounds.breaks(value, bound, now or datetime.min, least=least):  # noqa: DTZ901 - not looked at
                yield Violation(place, code, {"limit": bound})
    if rules.has_files:
        yield from _broken_file(value, rules, place)


def _broken_file(value: Json, rules: Rules, place: Pointer) -> Iterator[Violation]:
    if isinstance(value, dict):
        value, place = value.get(FILE_MEMBER), (*place, FILE_MEMBER)
    if not isinstance(value, str):
        return
    file = files.read(value)
    if file is None:
        yield Violation(place, "format", {"format": "file"})
        return
    if rules.min_size is not None and file.size < rules.min_size:
        yield Violation(place, "minFileSize", {"limit": rules.min_size})
    if rules.max_size is not None and file.size > rules.max_size:
        yield Violation(place, "maxFileSize", {"limit": rules.max_size})
    if rules.types and not files.has_type(file, rules.types):
        yield Violation(place, "fileTypes", {"allowed": list(rules.types)})


def _has_rules(properties: Mapping[str, PropertySpec]) -> bool:
    return any(known.rules is not None or _has_rules(known.properties) for known in properties.values())


def _targets(properties: Mapping[str, PropertySpec]) -> set[Reference]:
    found = {known.target for known in properties.values() if known.target is not None}
    return found.union(*(_targets(known.properties) for known in properties.values()))
