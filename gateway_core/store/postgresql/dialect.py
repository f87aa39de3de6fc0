"""How PostgreSQL spells what the generated SQL needs, with the meaning of ``query.evaluate``.

Members are read with ``->``, which knows no index into an array, unlike ``#>``. Text is compared
by code point, numbers as decimals. Operands of a type of their own are NULL for other types,
because PostgreSQL may evaluate the parts of a condition in any order.
"""

from __future__ import annotations

import struct
import sys
import unicodedata
from collections.abc import Callable, Sequence

from gateway_core.query.model import Path, Scalar
from gateway_core.store.dialect import Bound, Dialect, Operand, check_names, one_of, quoted
from gateway_core.store.postgresql.texts import with_parts

KEY_LENGTH = 201
LONG_LIST = 50  # texts that are bound as one array from here on
FOLD = f"fold_{unicodedata.unidata_version.replace('.', '_')}"
"""The function that folds what is not ASCII: it follows the Unicode version of this Python."""

_COMPLEMENT = str.maketrans("0123456789abcdef", "fedcba9876543210")


def key_of(value: Scalar) -> str:
    """The same text as the SQL function ``member_key`` makes of an equal value."""
    if isinstance(value, str):
        return f"s{value}"[:KEY_LENGTH]
    bits = struct.pack(">d", float(value) + 0.0).hex()
    return f"m{bits.translate(_COMPLEMENT)}" if value < 0 else f"p{bits}"


def fold_definition() -> str:
    """A function that does to a text what ``str.casefold`` does, as this Python knows it.

    PostgreSQL before 18 has ``lower`` only, whose result depends on the server's locale.
    """
    folds = {chr(code): chr(code).casefold() for code in range(128, sys.maxunicode + 1) if _folds(code)}
    plain = {each: fold for each, fold in folds.items() if len(fold) == 1}
    one = f"{quoted(''.join(plain))}, {quoted(''.join(plain.values()))}"
    longer = {each: fold for each, fold in folds.items() if len(fold) > 1}
    statements = "".join(
        f"    t := replace(t, {quoted(each)}, {quoted(fold)});\n" for each, fold in longer.items()
    )
    return (
        f"CREATE OR REPLACE FUNCTION {FOLD}(t text) RETURNS text\n"
        "LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS $fold$\nBEGIN\n"
        f'    t := translate(lower(t COLLATE "C"), {one});\n'
        f"    IF t ~ {quoted('[' + ''.join(longer) + ']')} THEN\n{statements}    END IF;\n"
        "    RETURN t;\nEND\n$fold$"
    )


def _folds(code: int) -> bool:
    return not 0xD800 <= code <= 0xDFFF and chr(code).casefold() != chr(code)


def _parameter(name: str, value: Bound) -> str:
    kinds: tuple[tuple[type, str], ...] = (
        (bool, "boolean"),
        (int, "bigint"),
        (float, "numeric"),
        (bytes, "bytea"),
        (list, "text[]"),
    )
    kind = next((kind for of, kind in kinds if isinstance(value, of)), "text")
    return f"%({name})s::{kind}"


def _literal(text: str) -> str:
    return quoted(text).replace("%", "%%")


def _path(path: Path, write: Callable[[str], str]) -> str:
    check_names(path)
    return "".join(f" -> {write(name)}" for name in path)


def _operand(value: str) -> Operand:
    kind = f"jsonb_typeof({value})"
    return Operand(
        type=f"CASE {kind} WHEN 'boolean' THEN {value} #>> '{{}}' ELSE {kind} END",
        text=f"({value} #>> '{{}}') COLLATE \"C\"",
        number=f"CASE {kind} WHEN 'number' THEN ({value})::numeric END",
    )


def _candidate(indexed: str, sign: str, values: Sequence[Scalar], bind: Callable[[Bound], str]) -> str:
    if sign == "IN":
        return f"{indexed} IN ({', '.join(bind(key_of(value)) for value in values)})"
    # A key may be cut or rounded: what is beyond it may share it. Text lies from 's' on, below 't'.
    key = bind(key_of(values[0]))
    first, behind = ("'s'", "'t'") if isinstance(values[0], str) else ("'m'", "'s'")
    if sign in (">", ">="):
        return f"{indexed} >= {key} AND {indexed} < {behind}"
    return f"{indexed} <= {key} AND {indexed} >= {first}"


def _elements(doc: str, path: str, alias: str) -> str:
    value = f"({doc}{path})"
    return f"jsonb_array_elements(CASE jsonb_typeof({value}) WHEN 'array' THEN {value} END) {alias}(value)"


def _spread(doc: str, path: str, alias: str) -> str:
    value = f"({doc}{path})"
    array = f"CASE jsonb_typeof({value}) WHEN 'array' THEN {value} ELSE jsonb_build_array({value}) END"
    return f"jsonb_array_elements({array}) {alias}(value)"


def _no_pattern(*_: str) -> str:
    """A client's pattern is never run by the database, whose engine backtracks: see ``patterns``."""
    raise TypeError("a pattern reached PostgreSQL")


def _among(held: str, values: Sequence[Scalar], bind: Callable[[Bound], str]) -> str:
    texts = [value for value in values if isinstance(value, str)]
    if len(texts) < max(len(values), LONG_LIST):
        return one_of(held, values, bind)
    return f"{held} = ANY({bind(texts)})"


def _key(doc: str, path: str) -> str:
    return f'(member_key({doc}{path}) COLLATE "C")'


def _folded(text: str) -> str:
    ascii_only = f"octet_length({text}) = char_length({text})"
    return f"CASE WHEN {ascii_only} THEN lower({text}) ELSE {FOLD}({text}) END"


POSTGRESQL = Dialect(
    name="postgresql",
    document_column="doc",
    parameter=_parameter,
    literal=_literal,
    path=_path,
    member=lambda doc, path: _operand(f"({doc}{path})"),
    sortable=lambda doc, path: f'sort_key({doc}{path}) COLLATE "C"',
    # Of a number's key only zeros are cut, at the end of texts of one length: their order stays.
    trimmed=lambda value, tail: f"rtrim({value}, {tail})",
    indexed=_key,
    # A key is the beginning of what is ordered by: the index sorts, and what shares a key is sorted again.
    ordered=lambda doc, path: (_key(doc, path), f'sort_key({doc}{path}) COLLATE "C"'),
    reads_skipped=True,
    splits_descending=True,
    candidate=_candidate,
    decided=lambda *_: None,  # keys are cut, and rounded
    elements=_elements,
    spread=_spread,
    element=lambda alias: _operand(f"{alias}.value"),
    document=lambda alias: f"(CASE jsonb_typeof({alias}.value) WHEN 'object' THEN {alias}.value END)",
    folded=_folded,
    contains=lambda text, part: f"strpos({text}, {part}) > 0",
    matches=_no_pattern,
    with_parts=with_parts,
    among=_among,
    text_types=("string",),
    number_types=("number",),
    true_types=("true",),
    false_types=("false",),
)
