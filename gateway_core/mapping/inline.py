"""Assigned values written into the one place that uses them.

    {% set v = [] %}{% set v = v|merge(list) %}{{ v|filter(…) }}  ->  {{ []|merge(list)|filter(…) }}

What is left assigns nothing, so that it needs no variables of its own and the idioms of other
modules are seen in it. Only what can make no difference is moved: a value that is used once
where it is evaluated in any case, or one that cannot fail.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Any, Final

from gateway_core.mapping.nodes import (
    Argument,
    Array,
    Arrow,
    Binary,
    Block,
    Call,
    Conditional,
    Constant,
    Expression,
    Filter,
    Hash,
    If,
    Member,
    Name,
    Print,
    Set,
    Statement,
    Template,
    Test,
    Text,
    Unary,
)
from gateway_core.mapping.reads import CONTEXT, constant_path, walk

_BLANK: Final = " \t\n\r"
_LAZY: Final = frozenset({"and", "or", "??", "has some", "has every"})
_MOST_NODES: Final = 256


class _Refused(Exception):
    """An assignment has to stay where it is."""


def inlined(template: Template) -> Template:
    """The template without its assignments, where all of them can be moved; else the very same."""
    if template.macros or not any(isinstance(node, Set) for node in walk(template)):
        return template
    try:
        body = _block(template.body)
    except _Refused:
        return template
    moved = replace(template, body=body)
    nodes = list(walk(moved))
    if len(nodes) > _MOST_NODES or any(isinstance(node, Set) for node in nodes):
        return template
    return moved


def _block(block: Block) -> Block:
    """A block whose last statement alone prints."""
    statements = [node for node in block.statements if not is_blank(node)]
    if not statements:
        return block
    *before, last = statements
    if before:
        if not isinstance(last, Print):
            raise _Refused
        return replace(block, statements=(replace(last, value=_moved(before, last.value)),))
    if isinstance(last, If):
        branches = tuple((test, _block(body)) for test, body in last.branches)
        otherwise = None if last.otherwise is None else _block(last.otherwise)
        return replace(block, statements=(replace(last, branches=branches, otherwise=otherwise),))
    return block


def is_blank(node: Statement) -> bool:
    """Whether a statement prints nothing that matters in JSON."""
    return isinstance(node, Text) and not node.text.strip(_BLANK)


def _moved(before: Iterable[Statement], last: Expression) -> Expression:
    given = _Assigned()
    for statement in before:
        found = assignment(statement)
        if found is None:
            raise _Refused
        name, value = found
        given.assign(name, given.written_into(value))
    return given.finish(given.written_into(last))


def assignment(node: Statement) -> tuple[str, Expression] | None:
    """The name and value of ``set``; of one within a condition the value is the name's own otherwise."""
    if isinstance(node, Set) and len(node.names) == 1:
        return node.names[0], node.values[0]
    if not isinstance(node, If) or len(node.branches) > 1 or node.otherwise is not None:
        return None
    condition, body = node.branches[0]
    inner = [statement for statement in body.statements if not is_blank(statement)]
    given = assignment(inner[0]) if len(inner) == 1 else None
    if given is None or not isinstance(inner[0], Set) or isinstance(given[1], Arrow):
        return None
    name, value = given
    return name, Conditional(node.position, condition, value, Name(node.position, name))


@dataclass(slots=True)
class _Assigned:
    """The values of the names so far, and which of them stand somewhere already."""

    values: dict[str, Expression] = field(default_factory=dict)
    used: set[str] = field(default_factory=set)

    def assign(self, name: str, value: Expression) -> None:
        for other, known in self.values.items():
            if other != name and any(isinstance(node, Name) and node.name == name for node in walk(known)):
                raise _Refused  # it would be read after the change
        self._leave(name)
        self.values[name] = value

    def finish(self, value: Expression) -> Expression:
        for name in list(self.values):
            self._leave(name)
        return value

    def _leave(self, name: str) -> None:
        """Forget a value. One that was used nowhere must have been unable to fail."""
        value = self.values.pop(name, None)
        if value is not None and name not in self.used and not _is_sure(value):
            raise _Refused
        self.used.discard(name)

    def written_into(self, node: Expression, *, certain: bool = True) -> Any:
        """The expression with the values in the places of their names."""
        if isinstance(node, Name):
            return self._value_of(node, certain=certain)
        if isinstance(node, Arrow):
            if any(isinstance(found, Name) and self._is_concerned(found.name) for found in walk(node.body)):
                raise _Refused
            return node
        if isinstance(node, Test) and node.name == "defined":
            if any(isinstance(found, Name) and self._is_concerned(found.name) for found in walk(node)):
                raise _Refused
            return node
        rule = _PARTS.get(type(node))
        if rule is None:
            if isinstance(node, Constant):
                return node
            raise _Refused
        return rule(self, node, certain)

    def _is_concerned(self, name: str) -> bool:
        return name in self.values or name == CONTEXT

    def _value_of(self, node: Name, *, certain: bool) -> Expression:
        if node.name == CONTEXT:
            raise _Refused
        value = self.values.get(node.name)
        if value is None:
            return node
        if not isinstance(value, Constant) and constant_path(value) is None:
            # A second evaluation would cost twice; one that may not happen would hide a failure.
            if node.name in self.used or not (certain or _is_sure(value)):
                raise _Refused
            self.used.add(node.name)
        return value


def _is_sure(node: Expression) -> bool:
    """Whether an expression only looks up, chooses and puts together: it cannot fail."""
    if isinstance(node, Constant) or constant_path(node) is not None:
        return True
    if isinstance(node, Array):
        return not node.items
    if isinstance(node, Conditional):
        parts = (node.condition, node.condition if node.then is None else node.then, node.otherwise)
        return all(map(_is_sure, parts))
    if isinstance(node, Binary):
        return node.operator in ("??", "and", "or") and _is_sure(node.left) and _is_sure(node.right)
    return isinstance(node, Unary) and node.operator == "not" and _is_sure(node.operand)


def _of_arguments(given: _Assigned, arguments: tuple[Argument, ...], certain: bool) -> tuple[Argument, ...]:
    return tuple(replace(item, value=given.written_into(item.value, certain=certain)) for item in arguments)


def _filter(given: _Assigned, node: Filter, certain: bool) -> Expression:
    target = given.written_into(node.target, certain=certain)
    always = certain and node.name != "default"
    return replace(node, target=target, arguments=_of_arguments(given, node.arguments, always))


def _call(given: _Assigned, node: Call, certain: bool) -> Expression:
    return replace(node, arguments=_of_arguments(given, node.arguments, certain))


def _member(given: _Assigned, node: Member, certain: bool) -> Expression:
    if node.arguments is not None:
        raise _Refused
    target = given.written_into(node.target, certain=certain)
    return replace(node, target=target, key=given.written_into(node.key, certain=certain))


def _unary(given: _Assigned, node: Unary, certain: bool) -> Expression:
    return replace(node, operand=given.written_into(node.operand, certain=certain))


def _binary(given: _Assigned, node: Binary, certain: bool) -> Expression:
    left = given.written_into(node.left, certain=certain)
    right = given.written_into(node.right, certain=certain and node.operator not in _LAZY)
    return replace(node, left=left, right=right)


def _conditional(given: _Assigned, node: Conditional, certain: bool) -> Expression:
    condition = given.written_into(node.condition, certain=certain)
    then = None if node.then is None else given.written_into(node.then, certain=False)
    return replace(
        node, condition=condition, then=then, otherwise=given.written_into(node.otherwise, certain=False)
    )


def _test(given: _Assigned, node: Test, certain: bool) -> Expression:
    target = given.written_into(node.target, certain=certain)
    return replace(node, target=target, arguments=_of_arguments(given, node.arguments, certain))


def _hash(given: _Assigned, node: Hash, certain: bool) -> Expression:
    pairs = [
        (
            None if key is None else given.written_into(key, certain=certain),
            given.written_into(value, certain=certain),
        )
        for key, value in node.pairs
    ]
    return replace(node, pairs=tuple(pairs))


def _array(given: _Assigned, node: Array, certain: bool) -> Expression:
    return replace(node, items=tuple(given.written_into(item, certain=certain) for item in node.items))


_PARTS: Final = MappingProxyType[type, Callable[[_Assigned, Any, bool], Expression]](
    {
        Filter: _filter,
        Call: _call,
        Member: _member,
        Unary: _unary,
        Binary: _binary,
        Conditional: _conditional,
        Array: _array,
        Hash: _hash,
        Test: _test,
    }
)
