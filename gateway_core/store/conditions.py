"""Conditions of a query → SQL conditions. Pure text: values become named parameters.

Every condition compiles to an expression that is true or false and never NULL, so that
``Not`` is its opposite. Where an index can help, *candidates* come beside it: conditions
that no match breaks and that the index answers. The exact condition always stays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TypeAlias

from gateway_core.errors import BadRequest, InvalidQuery
from gateway_core.query.model import (
    SELF_FIELDS,
    All,
    AnyOf,
    Compare,
    Condition,
    Element,
    Hop,
    Not,
    Op,
    Path,
    Related,
    Scalar,
)
from gateway_core.store.dialect import Bound, Dialect, Operand
from gateway_core.store.documents import is_text
from gateway_core.store.known import Index, Indexes
from gateway_core.store.searches import Alternatives, alternatives
from gateway_core.store.terms import term_text

MAX_SOUGHT = 500  # values that are looked up in an index one by one

Test: TypeAlias = tuple[tuple[str, ...], Callable[[Operand], str]]

_COLUMNS = {
    "id": "id",
    "dateCreated": "created",
    "dateModified": "modified",
    "owner": "owner",
    "version": "version",
}
_SIGNS = {Op.GT: ">", Op.GE: ">=", Op.LT: "<", Op.LE: "<="}
_EXACT = frozenset({Op.EQ, Op.IN})
_CASELESS = frozenset({Op.LIKE, Op.EQ_NOCASE})
_OPPOSITES = {Op.NE: Op.EQ, Op.IS_NULL: Op.NOT_NULL}


@dataclass(frozen=True, slots=True)
class Place:
    """Where a condition is asked: the object ``row`` (an alias) of ``entity``, and in it the
    JSON ``doc`` (an expression) that stands at ``prefix``."""

    row: str
    entity: str
    doc: str
    prefix: Path = ()


@dataclass(frozen=True, slots=True)
class Step:
    """A hop in SQL: the aliases of the object reached and of the link to it, the column that
    holds the start's id, and the conditions without and with the start."""

    row: str
    link: str
    start: str
    reached: str
    joined: str


def column_of(path: Path) -> str:
    """The column of a path that begins with ``_self``."""
    if len(path) != 2 or path[1] not in SELF_FIELDS:
        detail = f"There is no {'.'.join(path)}; known are {', '.join(sorted(SELF_FIELDS))}."
        raise InvalidQuery(detail, parameter=".".join(path))
    return _COLUMNS[path[1]]


class Compiler:
    """Compiles the conditions of one statement and collects its parameters."""

    def __init__(self, dialect: Dialect, tenant: str, indexes: Indexes) -> None:
        self.params: dict[str, Bound] = {}
        self.dialect = dialect
        self.tenant = self.bind(tenant)
        self.indexes = indexes
        self._aliases = 0

    def bind(self, value: Bound) -> str:
        texts = value if isinstance(value, list) else [value]
        if any(isinstance(text, str) and not is_text(text) for text in texts):
            raise BadRequest("The query holds text that is not valid Unicode, or a NUL character.")
        name = f"p{len(self.params)}"
        self.params[name] = value
        return self.dialect.parameter(name, value)

    def path(self, path: Path) -> str:
        return self.dialect.path(path, self.bind)

    def place(self, row: str, entity: str) -> Place:
        """The object that the alias ``row`` stands for."""
        return Place(row, entity, f"{row}.{self.dialect.document_column}")

    def alias(self, letter: str) -> str:
        self._aliases += 1
        return f"{letter}{self._aliases}"

    def row(self, condition: Condition, place: Place) -> str:
        """A condition on an object as SQL, candidates included."""
        if isinstance(condition, All):
            return _joined("AND", [self.row(part, place) for part in condition.conditions], "TRUE")
        text = self._text_candidate(condition, place)
        if isinstance(condition, AnyOf) and not text:
            return _joined("OR", [self.row(part, place) for part in condition.conditions], "FALSE")
        decided = self._decided(condition, place)
        if decided is not None:
            return decided
        candidates = [*text, *self._candidates(condition, place)]
        return _joined("AND", [*candidates, self._exact(condition, place)], "TRUE")

    def _exact(self, condition: Condition, place: Place) -> str:
        match condition:
            case Compare(path=path) if path[:1] == ("_self",) and not place.prefix:
                return self._meta(condition, place)
            case Compare(path=path, op=op, values=values):
                return self._member(place.doc, path, op, values)
            case Element(path=path, where=where):
                return self._element(path, where, place)
            case Related(hop=hop, where=where):
                return self._related(hop, where, place)
            case All(conditions=parts):
                return _joined("AND", [self._exact(part, place) for part in parts], "TRUE")
            case AnyOf(conditions=parts):
                return _joined("OR", [self._exact(part, place) for part in parts], "FALSE")
            case Not(condition=inner):
                return f"NOT {self._exact(inner, place)}"

    # -- members of the document

    def _member(self, doc: str, path: Path, op: Op, values: tuple[Scalar, ...]) -> str:
        if op in _OPPOSITES:
            return f"NOT {self._member(doc, path, _OPPOSITES[op], values)}"
        bound = self.path(path)
        member, alias = self.dialect.member(doc, bound), self.alias("e")
        rows = self.dialect.elements(doc, bound, alias)
        if op is Op.NOT_NULL:
            found, whens = _present, ["WHEN 'null' THEN FALSE"]
            otherwise = f"{member.type} IS NOT NULL"
        else:
            tests = self._tests(op, values)
            found, otherwise = partial(_matched, tests), "FALSE"
            whens = [f"WHEN '{name}' THEN {test(member)}" for types, test in tests for name in types]
        some = f"EXISTS (SELECT 1 FROM {rows} WHERE {found(self.dialect.element(alias))})"
        if len(path) > 1:
            otherwise = f"({otherwise} OR {self._through_lists(doc, path, found)})"
        return f"CASE {member.type} {' '.join(whens)} WHEN 'array' THEN {some} ELSE {otherwise} END"

    def _through_lists(self, doc: str, path: Path, found: Callable[[Operand], str]) -> str:
        """The same for a member behind a list: a row for every value, step by step."""
        through = [self._is_list(doc, path[:length]) for length in range(1, len(path))]
        rows, alias = self.spread(doc, path)
        some = f"EXISTS (SELECT 1 FROM {', '.join(rows)} WHERE {found(self.dialect.element(alias))})"
        return f"CASE WHEN {' OR '.join(through)} THEN {some} ELSE FALSE END"

    def spread(self, doc: str, path: Path) -> tuple[list[str], str]:
        """FROM items with a row for each value at the path, and the last one's alias."""
        rows, alias = [], ""
        for name in path:
            doc = self.dialect.document(alias) if alias else doc
            alias = self.alias("e")
            rows.append(self.dialect.spread(doc, self.path((name,)), alias))
        return rows, alias

    def _is_list(self, doc: str, path: Path) -> str:
        return f"COALESCE({self.dialect.member(doc, self.path(path)).type} = 'array', FALSE)"

    def _element(self, path: Path, where: Condition, place: Place) -> str:
        holders, holder = self.spread(place.doc, path[:-1])
        doc = self.dialect.document(holder) if holder else place.doc
        last, alias = path[-1:], self.alias("e")
        rows = [*holders, self.dialect.elements(doc, self.path(last), alias)]
        inside = replace(place, doc=self.dialect.document(alias), prefix=place.prefix + path)
        exact = f"{self._is_list(doc, last)} AND {self._exact(where, inside)}"
        return f"EXISTS (SELECT 1 FROM {', '.join(rows)} WHERE {exact})"

    def _tests(self, op: Op, values: tuple[Scalar, ...]) -> list[Test]:
        """For each type of JSON value that can match: its names, and the test of a value."""
        d = self.dialect
        texts = [value for value in values if isinstance(value, str)]
        if op is Op.EQ_NOCASE and not texts:
            op = Op.EQ
        if op is Op.REGEX:
            return [self._pattern(texts)] if texts else []
        if op in _CASELESS:
            return [self._caseless(op, texts)] if texts else []
        numbers = [_number(value) for value in values if not isinstance(value, str | bool)]
        tests: list[Test] = []
        if texts:
            found = self._compared(op, texts)
            tests.append((d.text_types, lambda value: found(value.text)))
        if numbers:
            found_number = self._compared(op, numbers)
            tests.append((d.number_types, lambda value: found_number(value.number)))
        if op in _EXACT:
            tests += [(d.true_types, _always)] if any(value is True for value in values) else []
            tests += [(d.false_types, _always)] if any(value is False for value in values) else []
        return tests

    def _compared(self, op: Op, values: Sequence[Scalar]) -> Callable[[str], str]:
        if op in _EXACT:
            return partial(self._among, values)
        bound = [self.bind(value) for value in values]
        return lambda held: _joined("OR", [f"{held} {_SIGNS[op]} {each}" for each in bound], "FALSE")

    def _among(self, values: Sequence[Scalar], held: str) -> str:
        return self.dialect.among(held, values, self.bind)

    def _pattern(self, texts: Sequence[str]) -> Test:
        bound, test = [self.bind(text) for text in texts], self.dialect.matches
        return self.dialect.text_types, lambda value: _joined(
            "OR", [test(value.text, b) for b in bound], "FALSE"
        )

    def _caseless(self, op: Op, texts: Sequence[str]) -> Test:
        bound = [self.bind(text.casefold()) for text in texts]
        test = self.dialect.contains if op is Op.LIKE else "{} = {}".format

        def found(value: Operand) -> str:
            folded = self.dialect.folded(value.text)
            return _joined("OR", [test(folded, each) for each in bound], "FALSE")

        return self.dialect.text_types, found

    # -- what the register knows itself

    def _meta(self, compare: Compare, place: Place) -> str:
        column = f"{place.row}.{column_of(compare.path)}"
        if compare.op in _OPPOSITES:
            return f"NOT {self._meta(replace(compare, op=_OPPOSITES[compare.op]), place)}"
        if compare.op is Op.NOT_NULL:
            return f"{column} IS NOT NULL"
        types = self.dialect.number_types if column.endswith(".version") else self.dialect.text_types
        operand = Operand("", column, column)
        tests = self._tests(compare.op, compare.values)
        found = _joined("OR", [test(operand) for of, test in tests if of == types], "FALSE")
        # Only an owner may be absent; elsewhere a bare column lets the planner use its index.
        return f"COALESCE({found}, FALSE)" if column.endswith(".owner") else found

    # -- other objects

    def hop(self, hop: Hop, place: Place) -> Step:
        """The rows of links and objects that a hop from ``place`` reaches."""
        row, link = self.alias("o"), self.alias("l")
        here, there = ("source", "target") if hop.inverse is None else ("target", "source")
        name = self.bind(hop.property if hop.inverse is None else hop.inverse)
        found = [
            f"{link}.tenant = {self.tenant} AND {link}.property = {name} AND {link}.{there} = {row}.id",
            f"{row}.tenant = {self.tenant} AND {row}.entity = {self.dialect.literal(hop.entity)}",
        ]
        reached = " AND ".join(found)
        start = f"{link}.{here}"
        return Step(row, link, start, reached, f"{start} = {place.row}.id AND {reached}")

    def _related(self, hop: Hop, where: Condition, place: Place) -> str:
        """EXISTS over links and objects; when an index finds the other object, from there back."""
        step = self.hop(hop, place)
        other = self.row(where, self.place(step.row, hop.entity))
        if self._selective(where, hop.entity):
            rows = f"object {step.row} CROSS JOIN link {step.link}"
            sources = f"SELECT {step.start} FROM {rows} WHERE {other} AND {step.reached}"
            return f"{place.row}.id IN ({sources})"
        rows = f"link {step.link} CROSS JOIN object {step.row}"
        return f"EXISTS (SELECT 1 FROM {rows} WHERE {step.joined} AND {other})"

    def _selective(self, condition: Condition, entity: str, prefix: Path = ()) -> bool:
        """Whether an index finds the few objects that can satisfy the condition."""
        match condition:
            case All(conditions=parts):
                return any(self._selective(part, entity, prefix) for part in parts)
            case AnyOf(conditions=parts):
                return bool(parts) and all(self._selective(part, entity, prefix) for part in parts)
            case Element(path=path, where=where):
                return self._selective(where, entity, prefix + path)
            case Related(hop=hop, where=where):
                return self._selective(where, hop.entity)
            case Compare(path=path, op=op, values=values) if op in _EXACT and len(values) <= MAX_SOUGHT:
                index = self._index(entity, prefix + path)
                return path == ("_self", "id") or (index is not None and not index.few)
        return self._parts(condition, entity, prefix) is not None

    # -- indexes

    def _index(self, entity: str, path: Path) -> Index | None:
        if any("." in name for name in path):
            return None
        return self.indexes.members.get((entity, ".".join(path)))

    def _parts(self, condition: Condition, entity: str, prefix: Path) -> Alternatives | None:
        """What the index of the entity's texts is asked for a condition that it helps with."""
        index = self.indexes.texts.get(entity)
        return alternatives(condition, index.paths, prefix) if index is not None else None

    def _text_candidate(self, condition: Condition, place: Place) -> list[str]:
        wanted = self._parts(condition, place.entity, place.prefix)
        if wanted is None:
            return []
        within = f"tenant = {self.tenant} AND entity = {self.dialect.literal(place.entity)}"
        index = self.indexes.texts[place.entity]
        return [self.dialect.with_parts(place.row, within, index, wanted, self.bind)]

    def _candidates(self, condition: Condition, place: Place) -> list[str]:
        match condition:
            case All(conditions=parts):
                return [found for part in parts for found in self._candidates(part, place)]
            case Element(path=path, where=where):
                return self._candidates(where, replace(place, prefix=place.prefix + path))
            case Compare(path=path, op=op, values=values) if path[:1] != ("_self",):
                index = self._index(place.entity, place.prefix + path)
                if index is None or not 0 < len(values) <= MAX_SOUGHT:
                    return []
                found = self._by_term if index.array else self._by_expression
                return found(index, place, path, op, values)
        return []

    def _decided(self, condition: Condition, place: Place) -> str | None:
        """The whole condition, where an index tells of every object whether it holds."""
        if not isinstance(condition, Compare) or place.prefix or condition.path[:1] == ("_self",):
            return None
        index, op = self._index(place.entity, condition.path), condition.op
        many = not 0 < len(condition.values) <= MAX_SOUGHT
        if index is None or index.array or many or op not in _EXACT | _SIGNS.keys():
            return None
        expression, values = self._indexed(place, condition.path), [_number(v) for v in condition.values]
        return self.dialect.decided(expression, _SIGNS.get(op, "IN"), values, self.bind)

    def _indexed(self, place: Place, path: Path) -> str:
        return self.dialect.indexed(place.doc, self.dialect.path(path, self.dialect.literal))

    def _by_term(self, index: Index, place: Place, _: Path, op: Op, values: tuple[Scalar, ...]) -> list[str]:
        if op not in _EXACT:
            return []
        terms = ", ".join(self.bind(term_text(_number(value))) for value in values)
        at = f"tenant = {self.tenant} AND spec = {self.bind(index.number)} AND value IN ({terms})"
        return [f"{place.row}.seq IN (SELECT object FROM term WHERE {at})"]

    def _by_expression(
        self, _: Index, place: Place, path: Path, op: Op, values: tuple[Scalar, ...]
    ) -> list[str]:
        if place.prefix or op not in _EXACT | _SIGNS.keys() or any(isinstance(v, bool) for v in values):
            return []
        found = [_number(value) for value in values]
        return [self.dialect.candidate(self._indexed(place, path), _SIGNS.get(op, "IN"), found, self.bind)]


def _always(_: Operand) -> str:
    return "TRUE"


def _present(value: Operand) -> str:
    return f"{value.type} <> 'null'"


def _matched(tests: list[Test], value: Operand) -> str:
    return _joined("OR", [_typed(value, types, test) for types, test in tests], "FALSE")


def _typed(value: Operand, types: tuple[str, ...], test: Callable[[Operand], str]) -> str:
    names = ", ".join(f"'{name}'" for name in types)
    return f"{value.type} IN ({names}) AND {test(value)}"


def _joined(word: str, parts: list[str], empty: str) -> str:
    return f"({f' {word} '.join(parts)})" if parts else empty


def _number(value: Scalar) -> Scalar:
    """A number that a database can hold: integers beyond 64 bits become floats."""
    if isinstance(value, int) and not -(2**63) <= value < 2**63:
        try:
            return float(value)
        except OverflowError:
            return math.copysign(math.inf, value)
    return value
