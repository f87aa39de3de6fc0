"""Which expressions only hand on parts of the input: nothing computed, nothing from elsewhere.

What was found out once about the whole input (no key holds a dot, no text an entity) holds for
its parts too, so that a mapping that is given a part need not look again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from gateway_core.mapping.nodes import (
    Argument,
    Array,
    Arrow,
    Binary,
    Block,
    Call,
    Capture,
    Conditional,
    Constant,
    Expression,
    Filter,
    For,
    Hash,
    If,
    Macro,
    Member,
    Name,
    Print,
    Set,
    Spread,
    Template,
    Text,
)
from gateway_core.mapping.reads import CONTEXT, WITH, assigned_names, walk
from gateway_core.mapping.statements import CAPTURED

_HANDING_ON: Final = frozenset({"default", "filter", "first", "last", "merge", "reverse", "slice", "sort"})
PLAIN_NODES: Final = Print | Text | If | For | Set | Block | Template | Argument | Expression
_ODD_IN_KEYS: Final = frozenset(".&{")


def part_names(template: Template) -> frozenset[str]:
    """The names that the template assigns, and that always hold parts of the input."""
    local = assigned_names(template)
    if WITH in local:
        return frozenset()
    given = list(_assignments(template))
    names = local
    while True:
        kept = names - {name for name, value in given if value is None or not is_part(value, local, names)}
        if kept == names:
            return names
        names = kept


def _assignments(template: Template) -> Iterator[tuple[str, Expression | None]]:
    for node in walk(template):
        if isinstance(node, Set):
            yield from zip(node.names, node.values, strict=True)
        elif isinstance(node, For):
            yield node.value, node.sequence
            yield from ((name, None) for name in (node.key, "_key", "loop"))
        elif isinstance(node, Capture):
            yield node.name, None
        elif isinstance(node, Arrow):
            yield from ((name, None) for name in node.parameters)
        elif isinstance(node, Macro):
            yield from ((name, None) for name in ("varargs", *(name for name, _ in node.parameters)))


def is_part(node: Expression, local: frozenset[str], parts: frozenset[str]) -> bool:
    """Whether a value is a part of the input, or made of such parts and harmless constants.

    ``local`` are the names that the template assigns, ``parts`` those of them that hold parts.
    """
    if isinstance(node, Constant):
        return is_clean(node.value)
    if isinstance(node, Name):
        if node.name == CONTEXT:
            return not local
        return node.name in parts or (node.name not in local and node.name != CAPTURED)
    if isinstance(node, Member):
        if isinstance(node.target, Name) and node.target.name == CONTEXT and isinstance(node.key, Constant):
            return node.arguments is None and str(node.key.value) not in local - parts
        return node.arguments is None and is_part(node.target, local, parts)
    return _is_made_of_parts(node, local, parts)


def _is_made_of_parts(node: Expression, local: frozenset[str], parts: frozenset[str]) -> bool:
    below: list[Expression]
    if isinstance(node, Array):
        below = [item.value if isinstance(item, Spread) else item for item in node.items]
    elif isinstance(node, Hash):
        if not all(isinstance(key, Constant) and _is_plain_key(key.value) for key, _ in node.pairs):
            return False
        below = [value for _, value in node.pairs]
    elif isinstance(node, Conditional):
        below = [node.condition if node.then is None else node.then, node.otherwise]
    elif isinstance(node, Binary) and node.operator == "??":
        below = [node.left, node.right]
    elif isinstance(node, Filter) and node.name in _HANDING_ON:
        arguments = [item.value for item in node.arguments]
        below = [node.target, *(value for value in arguments if not isinstance(value, Arrow))]
    elif isinstance(node, Call) and node.name == "arrayValues" and len(node.arguments) == 1:
        below = [node.arguments[0].value]
    else:
        return False
    return all(is_part(item, local, parts) for item in below)


def joins_texts(template: Template) -> bool:
    """Whether a template may print more than one text."""
    return any(
        isinstance(node, For) or (isinstance(node, Block) and len(node.statements) > 1)
        for node in walk(template)
    )


def is_clean(value: object) -> bool:
    """Whether a constant stays itself when it is written as JSON, its entities are decoded and it is read."""
    if isinstance(value, str):
        return "&" not in value and not any("\ud800" <= letter <= "\udfff" for letter in value)
    return value is None or isinstance(value, bool | int)


def _is_plain_key(value: object) -> bool:
    return isinstance(value, str) and _ODD_IN_KEYS.isdisjoint(value) and not value.isdigit()


def prints_parts(template: Template) -> bool:
    """Whether a template prints parts of the input and harmless text, and nothing else."""
    local, parts = assigned_names(template), part_names(template)
    if template.macros:
        return False
    for node in walk(template):
        if isinstance(node, Text) and not is_clean(node.text):
            return False
        if isinstance(node, Print) and not is_part(node.value, local, parts):
            return False
        if not isinstance(node, PLAIN_NODES):
            return False
    return True
