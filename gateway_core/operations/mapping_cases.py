"""Cases of mappings: run, and compared with what they expect.

A case file is a list of records: a mapping (or its reference), the related mappings that
``map`` may reach, and cases with a name, an input, and the output or the error expected. What
is equal is told as PHP sees it: every empty array is equal, an object with the keys 0 to n-1
in order is a list, the order of keys does not count, 1.0 is not 1.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from gateway_core.errors import ConfigurationError, MappingError
from gateway_core.mapping.mapping import (
    DEFAULT_LIMITS,
    CompiledMapping,
    Limits,
    Services,
    compile_mapping,
)
from gateway_core.types import Json, JsonObject, Reference

Bodies = Callable[[Reference], Mapping[str, Any] | None]
"""The body of an installed mapping, or None."""

WITHOUT_NOW: Final = datetime(2024, 6, 15, 12, tzinfo=UTC)
"""The clock of a case that does not set its own."""
NOTHING: Final = object()
"""In a difference: there is no value at that path."""


@dataclass(frozen=True, slots=True)
class Difference:
    """The first place where a result is not what was expected; ``path`` is dotted, "" the whole."""

    path: str
    expected: Json
    got: Json


@dataclass(frozen=True, slots=True)
class Failure:
    """A case that did not pass: where it stands, what is wrong, and the difference if it is one."""

    file: str
    mapping: Reference
    case: str
    message: str
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class Report:
    """How many cases passed, and those that did not."""

    passed: int
    failures: tuple[Failure, ...]


@dataclass(frozen=True, slots=True)
class Library:
    """Mappings by reference, compiled at most once each and run within ``limits``. ``body_of`` finds
    what is installed."""

    body_of: Bodies
    limits: Limits = DEFAULT_LIMITS
    compiled: dict[Reference, CompiledMapping] = field(default_factory=dict)

    def find(self, reference: Reference) -> CompiledMapping | None:
        """The mapping, or None where there is none. Raises MappingError where it is faulty."""
        body = self.body_of(reference)
        if body is not None and reference not in self.compiled:
            self.compiled[reference] = self.compile(reference, body)
        return self.compiled.get(reference)

    def compile(self, reference: Reference, body: Mapping[str, Any]) -> CompiledMapping:
        """A mapping among these. Raises MappingError where it is faulty."""
        return compile_mapping(reference, body, limits=self.limits, bodies=self.body_of)


def run_cases(
    file: str, records: Json, installed: Library, beside: Mapping[str, Any] | None = None
) -> Report:
    """Run all cases of a file. ``beside`` is the mapping that records without one are about.

    Raises ConfigurationError for what is no case file, with the place in it.
    """
    if not is_case_file(records):
        raise ConfigurationError(f"{file} is no case file: a list of objects with 'cases' is expected")
    failures: list[Failure] = []
    count = 0
    for number, record in enumerate(records):
        _check_record(f"{file}: record {number + 1}", record)
        subject = _Subject(file, record, installed, beside)
        found = [subject.run(case) for case in record["cases"]]
        failures += [failure for failure in found if failure is not None]
        count += len(found)
    return Report(count - len(failures), tuple(failures))


def is_case_file(records: Json) -> bool:
    """Whether a JSON value looks like the content of a case file."""
    return (
        isinstance(records, list)
        and bool(records)
        and all(isinstance(record, dict) and "cases" in record for record in records)
    )


def _check_record(place: str, record: JsonObject) -> None:
    cases = record["cases"]
    if not isinstance(cases, list) or not all(isinstance(case, dict) for case in cases):
        raise ConfigurationError(f"{place}: 'cases' must be a list of objects")
    for number, case in enumerate(cases):
        where = f"{place}, case {number + 1}"
        if not isinstance(case.get("name"), str) or "input" not in case:
            raise ConfigurationError(f"{where} needs a 'name' and an 'input'")
        if ("output" in case) == ("error" in case):
            raise ConfigurationError(f"{where} ({case['name']}) needs either an 'output' or an 'error'")
        if "error" in case and not isinstance(case["error"], dict):
            raise ConfigurationError(f"{where} ({case['name']}): 'error' must be an object with a 'kind'")
        if "now" in case:
            _moment(where, case["now"])


def _moment(place: str, text: Json) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise ConfigurationError(f"{place}: 'now' must be a date and time, as 2024-06-15T12:00:00Z") from None
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)


# -- one case ---------------------------------------------------------------------------------


class _Subject:
    """What a record is about: its mapping, compiled once, and the mappings that it may reach."""

    def __init__(
        self, file: str, record: JsonObject, installed: Library, beside: Mapping[str, Any] | None
    ) -> None:
        self.file = file
        self.reference, body = _subject(record, installed, beside)
        bodies = _related(record, installed)
        self.library = Library(bodies, installed.limits)
        self.compiled: CompiledMapping | None = None
        self.refused: MappingError | None = None
        self.lacking = ""
        missing = [name for name in _references(record) if bodies(name) is None]
        if body is None:
            self.lacking = f"mapping {self.reference}" if self.reference else "mapping for this record"
        elif missing:
            self.lacking = f"related mapping {missing[0]}"
        else:
            try:
                self.compiled = self.library.compile(self.reference, body)
            except MappingError as error:
                self.refused = error

    def run(self, case: JsonObject) -> Failure | None:
        """None when the case passes."""
        message, difference = self._judged(case)
        return Failure(self.file, self.reference, case["name"], message, difference) if message else None

    def _judged(self, case: JsonObject) -> tuple[str, Difference | None]:
        expected = case.get("error", {}).get("kind")
        if self.compiled is None:
            if self.lacking:
                return f"there is no {self.lacking}; name a bundle that has it with --bundle", None
            return "" if "error" in case else f"the mapping cannot be compiled: {self.refused}", None
        if expected == "syntax":
            return "an error of kind syntax was expected, and the mapping compiles", None
        services = _services(self.library, case)
        try:
            got = self.compiled.apply(case["input"], services, as_list=bool(case.get("list")))
        except MappingError as error:
            return _wrong_error(case, error), None
        if "error" in case:
            required = bool(case["error"].get("required"))
            return f"an error of kind {expected} was expected, and there is a result" * required, None
        difference = first_difference(case["output"], got)
        return "" if difference is None else "the result differs", difference


def _wrong_error(case: JsonObject, error: MappingError) -> str:
    """What is wrong with an error, or "" where one was expected."""
    expected = case.get("error")
    if expected is None:
        return f"a result was expected, and it failed with {error.kind}: {error}"
    kind = expected.get("kind")
    if expected.get("required") and kind != error.kind:
        return f"an error of kind {kind} was expected, and this is one of kind {error.kind}: {error}"
    return ""


def _subject(
    record: JsonObject, installed: Library, beside: Mapping[str, Any] | None
) -> tuple[Reference, Mapping[str, Any] | None]:
    """The reference and body of the mapping that a record is about."""
    named = record.get("reference", record.get("mapping"))
    if isinstance(record.get("mapping"), dict):
        return str(record["mapping"].get("$id") or named or "mapping"), record["mapping"]
    if named is None:
        return ("", None) if beside is None else (str(beside.get("$id") or "mapping"), beside)
    if beside is not None and beside.get("$id") == named:
        return str(named), beside
    return str(named), installed.body_of(str(named))


def _references(record: JsonObject) -> Iterable[Reference]:
    """The related mappings that are named and not written out."""
    related = record.get("related") or ()
    pairs = related.items() if isinstance(related, dict) else ((name, None) for name in related)
    return (str(name) for name, body in pairs if not isinstance(body, dict) and not isinstance(name, dict))


def _id(related: Json) -> Reference:
    return str(related.get("$id")) if isinstance(related, dict) else str(related)


def _related(record: JsonObject, installed: Library) -> Bodies:
    """Mappings by reference: those written out in the record first, then those of the bundle."""
    related = record.get("related") or ()
    own = (
        dict(related)
        if isinstance(related, dict)
        else {b.get("$id"): b for b in related if isinstance(b, dict)}
    )
    written = {name: body for name, body in own.items() if isinstance(body, dict)}
    return lambda reference: written.get(reference) or installed.body_of(reference)


def _services(library: Library, case: JsonObject) -> Services:
    """The world of a case: related mappings, objects, answers and clock. Time never runs out: the
    limit on steps makes the same end on every machine."""

    def call(_source: str, endpoint: str, _method: str, _config: JsonObject) -> Json:
        answers = case.get("calls") or {}
        if endpoint not in answers:
            raise MappingError("The case has no answer for this call", hint='put it under "calls"')
        return answers[endpoint]

    now = _moment("", case["now"]) if "now" in case else WITHOUT_NOW
    objects = case.get("objects") or {}
    return Services(library.find, objects.get if isinstance(objects, dict) else {}.get, call, lambda: now)


# -- comparison -------------------------------------------------------------------------------


def first_difference(expected: Json, got: Json) -> Difference | None:
    """The first place where two values differ, in the order of what is expected."""
    return _differ(_as_php(expected), _as_php(got), ())


def _as_php(value: Json) -> Json:
    """A value as PHP's single kind of array sees it."""
    if isinstance(value, list):
        return [_as_php(item) for item in value]
    if not isinstance(value, dict):
        return value
    items = {key: _as_php(item) for key, item in value.items()}
    return list(items.values()) if list(items) == [str(index) for index in range(len(items))] else items


def _differ(expected: Json, got: Json, path: tuple[str, ...]) -> Difference | None:
    if type(expected) is not type(got):
        return Difference(".".join(path), expected, got)
    if isinstance(expected, dict):
        keys: Iterable[Any] = [*expected, *(key for key in got if key not in expected)]
        return _differ_within(keys, expected.get, got.get, path)
    if isinstance(expected, list):
        longest = range(max(len(expected), len(got)))
        return _differ_within(longest, _item_of(expected), _item_of(got), path)
    return None if expected == got else Difference(".".join(path), expected, got)


def _item_of(listed: list[Json]) -> Callable[[int, Json], Json]:
    return lambda index, default: listed[index] if index < len(listed) else default


def _differ_within(
    keys: Iterable[Any],
    left: Callable[[Any, Json], Json],
    right: Callable[[Any, Json], Json],
    path: tuple[str, ...],
) -> Difference | None:
    for key in keys:
        found = _differ(left(key, NOTHING), right(key, NOTHING), (*path, str(key)))
        if found is not None:
            return found
    return None
