"""Conditions of a query → SQL conditions. Pure text: values become named parameters.

Every condition compiles to an expression that is true or false and never NULL, so that
``Not`` is its opposite. Where an index can help, *candidates* come beside it: conditions
that no match breaks and that the index answers. The exact condition always stays.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TypeAlias

from gateway_core.errors import InvalidQuery
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
from gateway_core.store.dialect import Dialect, Operand
from gateway_core.store.terms import term_text

Bound: TypeAlias = Scalar | bytes | None
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


@dataclass(frozen=True, slots=True)
class Index:
    """An index that the store has: ``number`` names the rows of the term table (array paths)."""

    number: int
    array: bool


Indexes: TypeAlias = Mapping[tuple[str, str], Index]
"""(entity, dotted path) → its index."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a condition is asked: the object ``row`` (an alias) of ``entity``, and in it the
    JSON ``doc`` (an expression) that stands at ``prefix``."""

    row: str
    entity: str
    doc: str
    prefix: Path = ()


def place_of(row: str, entity: str) -> Place:
    return Place(row, entity, f"{row}.data")


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
        self._indexes = indexes
        self._aliases = 0

    def bind(self, value: Bound) -> str:
        name = f"p{len(self.params)}"
        self.params[name] = value
        return self.dialect.parameter(name)

    def path(self, path: Path) -> str:
        return self.bind(self.dialect.path(path))

    def alias(self, letter: str) -> str:
        self._aliases += 1
        return f"{letter}{self._aliases}"

    def sort_value(self, doc: str, path: Path) -> str:
        """What a member is ordered by: NULL unless it is a scalar."""
        return self.dialect.sortable(doc, self.path(path))

    def row(self, condition: Condition, place: Place) -> str:
        """A condition on an object as SQL, candidates included."""
        if isinstance(condition, All):
            return _joined("AND", [self.row(part, place) for part in condition.conditions], "TRUE")
        if isinstance(condition, AnyOf):
            return _joined("OR", [self.row(part, place) for part in condition.conditions], "FALSE")
        return _joined("AND", [*self._candidates(condition, place), self._exact(condition, place)], "TRUE")

    def _exact(self, condition: Condition, place: Place) -> str:
        match condition:
            case Compare(path=path) if path[:1] == ("_self",):
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
        if op in {Op.NE, Op.IS_NULL}:
            opposite = Op.EQ if op is Op.NE else Op.NOT_NULL
            return f"NOT {self._member(doc, path, opposite, values)}"
        last = self.path(path)
        member, alias = self.dialect.member(doc, last), self.alias("e")
        if op is Op.NOT_NULL:
            whens, otherwise = ["WHEN 'null' THEN FALSE"], f"{member.type} IS NOT NULL"

            def found(value: Operand) -> str:
                return f"{value.type} <> 'null'"
        else:
            tests = self._tests(op, values)
            whens = [f"WHEN '{name}' THEN {test(member)}" for types, test in tests for name in types]
            otherwise = "FALSE"

            def found(value: Operand) -> str:
                return _joined("OR", [_typed(value, types, test) for types, test in tests], "FALSE")

        rows = self.dialect.elements(doc, last, alias)
        inside = found(self.dialect.element(alias))
        whens.append(f"WHEN 'array' THEN EXISTS (SELECT 1 FROM {rows} WHERE {inside})")
        if len(path) > 1:
            otherwise = f"({otherwise} OR {self._through_arrays(doc, path, found)})"
        return f"CASE {member.type} {' '.join(whens)} ELSE {otherwise} END"

    def _through_arrays(self, doc: str, path: Path, found: Callable[[Operand], str]) -> str:
        """The same for a member behind an array: a row for every value, step by step."""
        ends = [path[:length] for length in range(1, len(path))]
        passes = _joined("OR", [self._is_array(doc, end) for end in ends], "FALSE")
        rows: list[str] = []
        for name in path:
            alias = self.alias("e")
            rows.append(self.dialect.spread(doc, self.path((name,)), alias))
            doc = self.dialect.document(alias)
        exists = f"EXISTS (SELECT 1 FROM {', '.join(rows)} WHERE {found(self.dialect.element(alias))})"
        return f"CASE WHEN {passes} THEN {exists} ELSE FALSE END"

    def _is_array(self, doc: str, path: Path) -> str:
        return f"COALESCE({self.dialect.member(doc, self.path(path)).type} = 'array', FALSE)"

    def _element(self, path: Path, where: Condition, place: Place) -> str:
        doc, rows = place.doc, []
        for name in path[:-1]:
            alias = self.alias("e")
            rows.append(self.dialect.spread(doc, self.path((name,)), alias))
            doc = self.dialect.document(alias)
        alias, last = self.alias("e"), self.path(path[-1:])
        rows.append(self.dialect.elements(doc, last, alias))
        array = self._is_array(doc, path[-1:])
        inner = replace(place, doc=self.dialect.document(alias), prefix=place.prefix + path)
        exact = self._exact(where, inner)
        return f"EXISTS (SELECT 1 FROM {', '.join(rows)} WHERE {array} AND {exact})"

    def _tests(self, op: Op, values: tuple[Scalar, ...]) -> list[Test]:
        """For each type of JSON value that can match: its names, and the test of a value."""
        d = self.dialect
        if op in _EXACT or op in _SIGNS:
            texts = [self.bind(v) for v in values if isinstance(v, str)]
            numbers = [self.bind(_number(v)) for v in values if not isinstance(v, str | bool)]
            sign = f"{_SIGNS[op]} {{}}" if op in _SIGNS else "IN ({})"
            of_text, of_number = sign.format(", ".join(texts)), sign.format(", ".join(numbers))
            tests: list[Test] = []
            if texts:
                tests.append((d.text_types, lambda v: f"{v.text} {of_text}"))
            if numbers:
                tests.append((d.number_types, lambda v: f"{v.number} {of_number}"))
            if op in _EXACT:
                tests += [(d.true_types, lambda _: "TRUE")] if any(v is True for v in values) else []
                tests += [(d.false_types, lambda _: "TRUE")] if any(v is False for v in values) else []
            return tests
        if not isinstance(values[0], str):
            return self._tests(Op.EQ, values) if op is Op.EQ_NOCASE else []
        wanted = self.bind(values[0].casefold())
        if op is Op.LIKE:
            return [(d.text_types, lambda v: d.contains(d.folded(v.text), wanted))]
        return [(d.text_types, lambda v: f"{d.folded(v.text)} = {wanted}")]

    # -- what the register knows itself

    def _meta(self, compare: Compare, place: Place) -> str:
        column = f"{place.row}.{column_of(compare.path)}"
        if compare.op is Op.IS_NULL:
            return f"{column} IS NULL"
        if compare.op is Op.NOT_NULL:
            return f"{column} IS NOT NULL"
        if compare.op is Op.NE:
            return f"NOT {self._meta(replace(compare, op=Op.EQ), place)}"
        tests = self._tests(compare.op, compare.values)
        types = self.dialect.number_types if column.endswith(".version") else self.dialect.text_types
        operand = Operand("", column, column)
        found = _joined("OR", [test(operand) for of, test in tests if of == types], "FALSE")
        return f"COALESCE({found}, FALSE)"

    # -- other objects

    def _related(self, hop: Hop, where: Condition, place: Place) -> str:
        """EXISTS over links and objects; when an index finds the other object, from there back."""
        o, link = self.alias("o"), self.alias("l")
        here, there = ("source", "target") if hop.inverse is None else ("target", "source")
        name = self.bind(hop.property if hop.inverse is None else hop.inverse)
        other = self.row(where, place_of(o, hop.entity))
        entity = f"{o}.entity = {self.dialect.literal(hop.entity)}"
        joined = f"{link}.tenant = {self.tenant} AND {link}.property = {name} AND {link}.{there} = {o}.id"
        target = f"{o}.tenant = {self.tenant} AND {entity} AND {other}"
        if self._selective(where, hop.entity):
            rows = f"object {o} CROSS JOIN link {link}"
            return f"{place.row}.id IN (SELECT {link}.{here} FROM {rows} WHERE {target} AND {joined})"
        rows = f"link {link} CROSS JOIN object {o}"
        at = f"{link}.{here} = {place.row}.id"
        return f"EXISTS (SELECT 1 FROM {rows} WHERE {at} AND {joined} AND {target})"

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
            case Compare(path=path, op=op) if op in _EXACT:
                return path == ("_self", "id") or self._index(entity, prefix + path) is not None
        return False

    # -- indexes

    def _index(self, entity: str, path: Path) -> Index | None:
        if any("." in name for name in path):
            return None
        return self._indexes.get((entity, ".".join(path)))

    def _candidates(self, condition: Condition, place: Place) -> list[str]:
        match condition:
            case All(conditions=parts):
                return [found for part in parts for found in self._candidates(part, place)]
            case Element(path=path, where=where):
                return self._candidates(where, replace(place, prefix=place.prefix + path))
            case Compare(path=path, op=op, values=values) if path[:1] != ("_self",):
                index = self._index(place.entity, place.prefix + path)
                if index is None:
                    return []
                found = self._by_term if index.array else self._by_expression
                return found(index, place, path, op, values)
        return []

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
        expression = self.dialect.indexed(place.doc, self.dialect.literal(self.dialect.path(path)))
        bound = ", ".join(self.bind(_number(value)) for value in values)
        return [f"{expression} {_SIGNS[op]} {bound}" if op in _SIGNS else f"{expression} IN ({bound})"]


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
