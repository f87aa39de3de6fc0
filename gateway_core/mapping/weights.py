"""How much a value may hold, counted before it is made.

A value that would be written as JSON and read again may stay as it is when writing it for a look
cannot take long: parts of the input, texts of a bounded length, and what other mappings make of
such. The weight is how many of them there are at most; each is no larger than the input, or than
a text may be.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Final

from gateway_core.mapping.calls import is_constant_true
from gateway_core.mapping.nodes import (
    Array,
    Arrow,
    Binary,
    Call,
    Concatenation,
    Conditional,
    Constant,
    Expression,
    Filter,
    For,
    Hash,
    Member,
    Name,
    Set,
    Spread,
    Template,
    Test,
    Unary,
)
from gateway_core.mapping.parts import HANDING_ON, SCALARS
from gateway_core.mapping.reads import CONTEXT, WITH, assigned_names, constant_path, walk

MOST: Final = 16
_LETTERS: Final = 64  # of a constant that weighs nothing, and that a function may add to each element
_TRUTHS: Final = frozenset({"==", "!=", "<", ">", "<=", ">=", "in", "not in", "and", "or", "matches"})
_NO_NAMES: Final = MappingProxyType[str, int]({})


class Weights:
    """Weighs the expressions of one template."""

    def __init__(self, template: Template) -> None:
        assigned = assigned_names(template)
        self._open = WITH in assigned
        nodes = list(walk(template))
        loops = any(isinstance(node, For) for node in nodes)  # what they assign may grow in every round
        sets = [node for node in nodes if isinstance(node, Set) and not loops]
        self._unknown = assigned - {name for node in sets for name in node.names}
        self._held: dict[str, int | None] = {}
        for node in sorted(sets, key=lambda node: (node.position.line, node.position.column)):
            for name, value in zip(node.names, node.values, strict=True):
                weight, known = self.of(value), self._held.get(name, 1)
                self._held[name] = None if weight is None or known is None else max(weight, known)

    def of(self, node: Expression, own: Mapping[str, int] = _NO_NAMES) -> int | None:
        """The weight of a value; None where it cannot be told. ``own`` are a function's parameters."""
        path = constant_path(node)
        if path is not None:
            return self._of_name(path[0], own)
        if isinstance(node, Constant):
            return int(isinstance(node.value, str) and len(node.value) > _LETTERS)
        if isinstance(node, Binary | Test | Unary):
            return self._of_operation(node, own)
        if isinstance(node, Filter):
            return self._of_filter(node, own)
        if isinstance(node, Call):
            return self._of_call(node, own)
        if isinstance(node, Conditional):
            then = node.condition if node.then is None else node.then
            return _heaviest(self.of(then, own), self.of(node.otherwise, own))
        return self._of_collection(node, own)

    def _of_name(self, name: str, own: Mapping[str, int]) -> int | None:
        if name in own:
            return own[name]
        if self._open or name in self._unknown:
            return None
        return self._held.get(name, 1)  # the input's own until it is assigned

    def _of_operation(self, node: Binary | Test | Unary, own: Mapping[str, int]) -> int | None:
        if isinstance(node, Test):
            return 0
        if isinstance(node, Unary):
            return 0 if node.operator == "not" else None
        if node.operator == "??":
            return _heaviest(self.of(node.left, own), self.of(node.right, own))
        if node.operator == "~":
            return 1
        return 0 if node.operator in _TRUTHS else None

    def _of_filter(self, node: Filter, own: Mapping[str, int]) -> int | None:
        if node.name in SCALARS:
            return 1
        if node.name == "map" and len(node.arguments) == 1:
            return self._of_each(node, node.arguments[0].value, own)
        if node.name not in HANDING_ON:
            return None
        given = (item.value for item in node.arguments if not isinstance(item.value, Arrow))
        return _sum(self.of(item, own) for item in (node.target, *given))

    def _of_each(self, node: Filter, arrow: Expression, own: Mapping[str, int]) -> int | None:
        """``list|map(item => …)`` of a function that knows only its items and adds few letters."""
        if not isinstance(arrow, Arrow) or not _knows_only(arrow) or _letters(arrow) > _LETTERS:
            return None
        each = self.of(arrow.body, dict.fromkeys(arrow.parameters, 1))
        weight = self.of(node.target, own)
        return None if weight is None or each is None else weight * max(each, 1)

    def _of_call(self, node: Call, own: Mapping[str, int]) -> int | None:
        if node.name == "arrayValues" and len(node.arguments) == 1:
            return self.of(node.arguments[0].value, own)
        if node.name != "map" or any(item.name or item.spread for item in node.arguments):
            return None
        if not 2 <= len(node.arguments) <= 3 or not _is_reference(node.arguments[0].value):
            return None
        if len(node.arguments) == 3 and not is_constant_true(node.arguments[2]):
            return None
        return self.of(node.arguments[1].value, own)

    def _of_collection(self, node: Expression, own: Mapping[str, int]) -> int | None:
        if isinstance(node, Array):
            values = [item.value if isinstance(item, Spread) else item for item in node.items]
            return _sum(self.of(value, own) for value in values)
        if isinstance(node, Hash):
            keys = (key for key, _ in node.pairs if key is not None)
            return _sum(self.of(value, own) for value in (*keys, *(value for _, value in node.pairs)))
        if isinstance(node, Member):
            return self.of(node.target, own) if node.arguments is None else None
        if isinstance(node, Concatenation):
            return 1
        return None


def references_in(node: Expression) -> Iterator[str]:
    """The mappings that a value which has a weight comes from."""
    for found in walk(node):
        if isinstance(found, Call) and found.name == "map":
            reference = found.arguments[0].value
            if isinstance(reference, Constant):
                yield str(reference.value)


def _is_reference(node: Expression) -> bool:
    return isinstance(node, Constant) and isinstance(node.value, str)


def _knows_only(arrow: Arrow) -> bool:
    names = (node.name for node in walk(arrow.body) if isinstance(node, Name))
    return all(name in arrow.parameters and name != CONTEXT for name in names)


def _letters(arrow: Arrow) -> int:
    constants = (node.value for node in walk(arrow.body) if isinstance(node, Constant))
    return sum(len(value) for value in constants if isinstance(value, str))


def _heaviest(first: int | None, second: int | None) -> int | None:
    return None if first is None or second is None else max(first, second)


def _sum(weights: Iterator[int | None]) -> int | None:
    total = 0
    for weight in weights:
        if weight is None:
            return None
        total += weight
    return total
