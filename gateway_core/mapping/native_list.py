"""A list of mapped values under ``jsonToArray``, put together without text.

``[{% if a %}{{ map('ref', a)|json_encode }}{% endif %}{% if a and b %}, {% endif %}…]``: for each
outcome of the few conditions it is worked out beforehand which values show, and whether the
brackets and commas between them are those of a list.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Final

from gateway_core.errors import MappingError
from gateway_core.mapping.casts import json_to_array
from gateway_core.mapping.closures import Evaluator, place
from gateway_core.mapping.evaluate import ExpressionCompiler
from gateway_core.mapping.fragments import Keeper, Mapped, MappedReader
from gateway_core.mapping.inline import inlined
from gateway_core.mapping.nodes import (
    Binary,
    Block,
    Constant,
    Expression,
    If,
    Print,
    Template,
    Text,
    Unary,
)
from gateway_core.mapping.parts import parts_of
from gateway_core.mapping.reads import without_default
from gateway_core.mapping.run import Frame, Run
from gateway_core.mapping.shortcuts import is_condition
from gateway_core.mapping.straight import variable_path
from gateway_core.types import Json

Holds = Callable[[int], bool]
"""Whether a condition holds, given the bits of the look-ups that are true."""

_STRUCTURE: Final = frozenset("[], \t\n\r")
_BLANK: Final = str.maketrans("", "", " \t\n\r")
_MOST_PARTS: Final = 16
_MOST_CONDITIONS: Final = 4


@dataclass(frozen=True, slots=True)
class _Part:
    """What shows while ``holds``: a text, or a mapped value with the function that gives it."""

    holds: Holds
    text: str = ""
    mapped: Mapped | None = None
    keep: Keeper | None = None


@dataclass(frozen=True, slots=True)
class _Shown:
    """What shows for one outcome of the conditions; ``listed``: the signs are those of a list."""

    parts: tuple[_Part, ...]
    keepers: tuple[Keeper, ...]
    listed: bool


def native_list(template: Template) -> tuple[Callable[[Frame], Json], int] | None:
    """The value of such a template and the steps that it costs, or None when it is none."""
    if template.macros:
        return None
    template = inlined(template)
    reader = _Reader(ExpressionCompiler(parts_of(template)), MappedReader(template))
    parts = reader.parts(template.body, _always)
    if parts is None or len(parts) > _MOST_PARTS or len(reader.conditions) > _MOST_CONDITIONS:
        return None
    shown = tuple(_shown(parts, bits) for bits in range(1 << len(reader.conditions)))
    conditions = tuple((1 << index, condition) for index, condition in enumerate(reader.conditions.values()))
    return _assembly(conditions, shown), reader.compiler.cost + len(parts)


def _always(bits: int) -> bool:
    return True


@dataclass(slots=True)
class _Reader:
    """Takes a template apart. ``conditions`` are those found, each once."""

    compiler: ExpressionCompiler
    mapped: MappedReader
    conditions: dict[object, Evaluator] = field(default_factory=dict)

    def parts(self, block: Block, holds: Holds) -> list[_Part] | None:
        parts: list[_Part] = []
        for node in block.statements:
            if isinstance(node, If) and holds is _always:
                inner = self._conditional(node)
                if inner is None:
                    return None
                parts.extend(inner)
                continue
            text, mapped = _text(node), self.mapped.read(node.value) if isinstance(node, Print) else None
            if mapped is not None:
                parts.append(_Part(holds, mapped=mapped, keep=mapped.keeper(self.compiler)))
            elif text is not None and _STRUCTURE.issuperset(text):
                parts.append(_Part(holds, text))
            else:
                return None
        return parts

    def _conditional(self, node: If) -> list[_Part] | None:
        condition, body = node.branches[0]
        if len(node.branches) > 1 or node.otherwise is not None or len(body.statements) != 1:
            return None
        return self.parts(body, self._holds(condition)) if is_condition(condition) else None

    def _holds(self, node: Expression) -> Holds:
        node = without_default(node)
        if isinstance(node, Binary) and node.operator in ("and", "or"):
            left, right = self._holds(node.left), self._holds(node.right)
            if node.operator == "and":
                return lambda bits: left(bits) and right(bits)
            return lambda bits: left(bits) or right(bits)
        if isinstance(node, Unary):
            operand = self._holds(node.operand)
            return lambda bits: not operand(bits)
        key = variable_path(node) or node
        if key not in self.conditions:
            self.conditions[key] = self.compiler.compile(node)
        bit = 1 << list(self.conditions).index(key)
        return lambda bits: bool(bits & bit)


def _text(node: Any) -> str | None:
    if isinstance(node, Text):
        return node.text
    value = node.value.value if isinstance(node, Print) and isinstance(node.value, Constant) else None
    return value if isinstance(value, str) else None


def _shown(parts: list[_Part], bits: int) -> _Shown:
    shown = tuple(part for part in parts if part.holds(bits))
    signs = "".join("0" if part.mapped else part.text.translate(_BLANK) for part in shown)
    keepers = tuple(part.keep for part in shown if part.keep is not None)
    return _Shown(shown, keepers, signs == f"[{','.join('0' * len(keepers))}]")


def _assembly(
    conditions: tuple[tuple[int, Evaluator], ...], shown: tuple[_Shown, ...]
) -> Callable[[Frame], Json]:
    def evaluate(frame: Frame) -> Json:
        bits = 0
        for bit, condition in conditions:
            value = condition(frame)
            if value and value != "0":
                bits |= bit
        choice = shown[bits]
        listed = choice.listed
        values: list[Json] = []
        for keep in choice.keepers:
            value, kept = keep(frame)
            values.append(value)
            if not kept:
                listed = False
        return values if listed else _as_text(choice.parts, values, frame.run)

    return evaluate


def _as_text(shown: tuple[_Part, ...], values: list[Json], run: Run) -> Json:
    """The same by way of text, whose signs are paid for before it is made."""
    run.text(sum(len(part.text) for part in shown))
    texts: list[str] = []
    rest = iter(values)
    for part in shown:
        if part.mapped is None:
            texts.append(part.text)
            continue
        try:
            texts.append(part.mapped.text_of(next(rest), run))
        except MappingError as error:
            place(error, part.mapped.value.position)
            raise
    run.text(sum(map(len, texts)))
    return json_to_array("".join(texts), run)
