"""How one database spells what the generated SQL needs. A record of functions on text, no connection."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import orjson

from gateway_core.errors import InvalidQuery
from gateway_core.query.model import Path, Scalar
from gateway_core.store.known import TextIndex
from gateway_core.store.searches import Alternatives, fts5_query

Bound: TypeAlias = Scalar | bytes | list[str] | None
Bind: TypeAlias = Callable[[Bound], str]
"""A value → its placeholder."""


@dataclass(frozen=True, slots=True)
class Operand:
    """SQL expressions for one JSON value: its type's name, and the value as text and as number.

    ``text`` and ``number`` mean something only where ``type`` says so.
    """

    type: str
    text: str
    number: str


@dataclass(frozen=True, slots=True)
class Dialect:
    """The differences between databases that keep JSON.

    ``doc`` arguments are SQL expressions of a JSON document (or NULL), ``path`` arguments what
    ``path`` made of a member path.
    """

    name: str
    document_column: str
    """The column of an object that holds its data as a document."""
    parameter: Callable[[str, Bound], str]
    """Name and value → placeholder."""
    literal: Callable[[str], str]
    """A text of the configuration (never of a request) → SQL literal."""
    path: Callable[[Path, Callable[[str], str]], str]
    """Member names → how the database reaches a member; the function given binds a text, or
    writes it as a literal."""
    member: Callable[[str, str], Operand]
    """(doc, path) → the member; the type of an absent one is NULL."""
    sortable: Callable[[str, str], str]
    """(doc, path) → the scalar member to order by, NULL when there is none."""
    trimmed: Callable[[str, str], str]
    """(sort value, literal) → the same, a text without any of the literal's characters at its end."""
    indexed: Callable[[str, str], str]
    """(doc, literal path) → the expression that an expression index is made of."""
    ordered: Callable[[str, str], tuple[str, ...]]
    """(doc, literal path) → the expressions to order by one after the other, so that an index on the first
    serves; the order is that of ``sortable``."""
    reads_skipped: bool
    """Whether the rows before a window are read, unless nothing but the index is asked for."""
    splits_descending: bool
    """Whether an index cannot be read backwards with what is NULL last."""
    candidate: Callable[[str, str, Sequence[Scalar], Bind], str]
    """(indexed expression, sign or IN, values, binding) → what the index can tell: a condition
    that holds wherever the member compares so with some value."""
    decided: Callable[[str, str, Sequence[Scalar], Bind], str | None]
    """As ``candidate``, where it holds nowhere else: then the document need not be read. Else None."""
    elements: Callable[[str, str, str], str]
    """(doc, path, alias) → FROM item with a row for each element of the array that is there."""
    spread: Callable[[str, str, str], str]
    """As ``elements``; a member that is no array counts as an array of itself."""
    element: Callable[[str], Operand]
    """Alias of a FROM item as above → its value."""
    document: Callable[[str], str]
    """Alias of a FROM item as above → its value as a document, NULL unless an object."""
    folded: Callable[[str], str]
    """Text expression → the same without case, as ``str.casefold`` does."""
    contains: Callable[[str, str], str]
    """(text expression, placeholder) → whether the text contains it."""
    matches: Callable[[str, str], str]
    """(text expression, placeholder) → whether the pattern finds a match in the text, by RE2."""
    with_parts: Callable[[str, str, TextIndex, Alternatives, Bind], str]
    """(alias of an object, condition on the columns of the objects meant, index, what is sought, binding) →
    whether the index has it for the object."""
    among: Callable[[str, Sequence[Scalar], Bind], str]
    """(text or number expression, values, binding) → whether it is one of them."""
    text_types: tuple[str, ...]
    number_types: tuple[str, ...]
    true_types: tuple[str, ...]
    false_types: tuple[str, ...]


def quoted(text: str) -> str:
    """A text as a literal of standard SQL."""
    if "\0" in text:
        raise ValueError("a name with a NUL character cannot be written as SQL")
    return "'" + text.replace("'", "''") + "'"


def check_names(path: Path) -> None:
    """Raise ``InvalidQuery`` for a member that one of the databases cannot name: so none does."""
    if any("\ud800" <= character <= "\udfff" for name in path for character in name):
        detail = "A filter or order names a member whose name is not valid Unicode."
        raise InvalidQuery(detail, parameter="")
    if not all(path) or any('"' in name or "\0" in name for name in path):
        detail = "A filter or order names a member whose name is empty or holds a quotation mark."
        raise InvalidQuery(detail, parameter=".".join(path))


def one_of(held: str, values: Sequence[Scalar], bind: Bind) -> str:
    """The list written out, as any SQL has it."""
    return f"{held} IN ({', '.join(map(bind, values))})"


def _sqlite_path(path: Path, write: Callable[[str], str]) -> str:
    check_names(path)
    # Labels are compared as they stand in the stored text, that is, as orjson escapes them.
    names = [orjson.dumps(name).decode()[1:-1] for name in path]
    return write("$" + "".join(f'."{name}"' for name in names))


def _sqlite_candidate(indexed: str, sign: str, values: Sequence[Scalar], bind: Bind) -> str:
    return f"{indexed} {sign} ({', '.join(map(bind, values))})"


def _sqlite_decided(indexed: str, sign: str, values: Sequence[Scalar], bind: Bind) -> str | None:
    # All numbers are before all text, and the reals 0 and 1 are booleans (``_sqlite_indexed``).
    found = _sqlite_candidate(indexed, sign, values, bind)
    if all(isinstance(value, str) for value in values):
        return f"({found} AND typeof({indexed}) = 'text')" if sign.startswith("<") else f"({found})"
    if all(isinstance(value, bool) for value in values):
        return f"({found} AND typeof({indexed}) = 'real')" if sign == "IN" else None
    if any(isinstance(value, str | bool) for value in values):
        return None
    number = f"typeof({indexed}) = 'integer' OR (typeof({indexed}) = 'real' AND {indexed} NOT IN (0, 1))"
    return f"({found} AND ({number}))"


def _sqlite_indexed(doc: str, path: str) -> str:
    """As ``_sqlite_sortable``, and in the same order; but true and false are the reals 1.0 and 0.0, which
    no number is: so an index tells them from the integers 1 and 0."""
    value = f"json_extract({doc}, {path})"
    real = f"WHEN 'real' THEN iif({value} IN (0, 1), CAST({value} AS INTEGER), {value})"
    some = f"WHEN 'text' THEN {value} WHEN 'true' THEN 1.0 WHEN 'false' THEN 0.0 WHEN 'integer' THEN {value}"
    return f"CASE json_type({doc}, {path}) {some} {real} END"


def _sqlite_spread(doc: str, path: str, alias: str) -> str:
    value = f"({doc}) -> {path}"  # unlike json_extract it leaves true and false what they are
    array = f"CASE json_type({doc}, {path}) WHEN 'array' THEN {value} ELSE json_array({value}) END"
    return f"json_each({array}) {alias}"


def _sqlite_member(doc: str, path: str) -> Operand:
    value = f"json_extract({doc}, {path})"
    return Operand(f"json_type({doc}, {path})", value, value)


def _sqlite_sortable(doc: str, path: str) -> str:
    nothing = "WHEN 'array' THEN NULL WHEN 'object' THEN NULL"
    return f"CASE json_type({doc}, {path}) {nothing} ELSE json_extract({doc}, {path}) END"


def _sqlite_with_parts(row: str, _: str, index: TextIndex, wanted: Alternatives, bind: Bind) -> str:
    table = f"text_{index.number}"
    known = f"SELECT rowid FROM {table} WHERE {table} MATCH {bind(fts5_query(wanted))}"
    new = "SELECT seq FROM object WHERE seq > (SELECT value FROM revision WHERE name = 'searched')"
    return f"{row}.seq IN ({known} UNION ALL {new})"


# ``casefold`` and ``has_match`` are functions that the store registers: SQLite's lower() knows ASCII only.
SQLITE = Dialect(
    name="sqlite",
    document_column="data",
    parameter=lambda name, _: f":{name}",
    literal=quoted,
    path=_sqlite_path,
    member=_sqlite_member,
    sortable=_sqlite_sortable,
    trimmed=lambda value, tail: f"rtrim({value}, {tail})",
    indexed=_sqlite_indexed,
    ordered=lambda doc, path: (_sqlite_indexed(doc, path),),
    reads_skipped=False,
    splits_descending=False,
    candidate=_sqlite_candidate,
    decided=_sqlite_decided,
    elements=lambda doc, path, alias: f"json_each({doc}, {path}) {alias}",
    spread=_sqlite_spread,
    element=lambda alias: Operand(f"{alias}.type", f"{alias}.value", f"{alias}.value"),
    document=lambda alias: f"CASE {alias}.type WHEN 'object' THEN {alias}.value END",
    folded=lambda text: f"casefold({text})",
    contains=lambda text, part: f"instr({text}, {part}) > 0",
    matches=lambda text, pattern: f"has_match({pattern}, {text})",
    with_parts=_sqlite_with_parts,
    among=one_of,
    text_types=("text",),
    number_types=("integer", "real"),
    true_types=("true",),
    false_types=("false",),
)
