"""Which expressions only hand on parts of the input: nothing computed, nothing from elsewhere.

What was found out once about the whole input (no key holds a dot, no text an entity) holds for
its parts too, so that a mapping that is given a part need not look again. It must not be given
the same part twice, though: what doubles at each of many levels grows beyond all bounds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
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
from gateway_core.mapping.paths import Path, apart
from gateway_core.mapping.reads import CONTEXT, WITH, assigned_names, constant_path, walk
from gateway_core.mapping.statements import CAPTURED

HANDING_ON: Final = frozenset({"default", "filter", "first", "last", "merge", "reverse", "slice", "sort"})
PLAIN_NODES: Final = Print | Text | If | For | Set | Block | Template | Argument | Expression
_ODD_IN_KEYS: Final = frozenset(".&{")


SCALARS: Final = frozenset(
    {
        "capitalize",
        "date",
        "format",
        "join",
        "json_encode",
        "length",
        "lower",
        "replace",
        "title",
        "trim",
        "upper",
    }
)
TWICE: Final[Counter[Path]] = Counter({(): 2})


@dataclass(frozen=True, slots=True)
class Parts:
    """What the variables of a template hold.

    ``local`` are the names that it assigns, ``names`` those of them that always hold parts of the
    input, ``held`` the input paths that these may hold on to, and how often.
    """

    local: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()
    held: Mapping[str, Counter[Path]] = field(default_factory=dict)

    def holds(self, node: Expression) -> bool:
        """Whether a value is made of parts of the input, and of none of them twice."""
        return is_part(node, self.local, self.names) and apart(list(self.copies(node).elements()))

    def copies(self, node: Expression) -> Counter[Path]:
        """The input paths that a value may hold on to, and how often; () is the whole input."""
        path = constant_path(node)
        if path is not None and path[0] not in self.local:
            return Counter([(path[0], *path[1])])
        if isinstance(node, Name):
            if node.name == CONTEXT and not self.local:
                return Counter([()])
            return self.held.get(node.name, TWICE)
        if isinstance(node, Member):
            return self.copies(node.target)
        if isinstance(node, Conditional):
            shown = node.condition if node.then is None else node.then
            return self.copies(shown) | self.copies(node.otherwise)
        if _is_scalar(node):
            return Counter()
        below = _made_of(node)
        return TWICE if below is None else sum(map(self.copies, below), Counter())


def parts_of(template: Template) -> Parts:
    """What the template's own names hold."""
    local = assigned_names(template)
    if WITH in local or not local:
        return Parts(local)
    given = list(_assignments(template))
    names = local
    while True:
        kept = names - {name for name, value in given if value is None or not is_part(value, local, names)}
        if kept == names:
            return Parts(local, names, _held(template, local, names))
        names = kept


def _held(template: Template, local: frozenset[str], names: frozenset[str]) -> dict[str, Counter[Path]]:
    """What each name may hold after any of its assignments, in the order they are written."""
    again = {name for loop in walk(template) if isinstance(loop, For) for name in _set_within(loop)}
    held: dict[str, Counter[Path]] = {}
    parts = Parts(local, names, held)
    nodes = [node for node in walk(template) if isinstance(node, Set | For)]
    for node in sorted(nodes, key=lambda node: (node.position.line, node.position.column)):
        pairs = (
            [(node.value, node.sequence)]
            if isinstance(node, For)
            else zip(node.names, node.values, strict=True)
        )
        for name, value in pairs:
            if name not in names:
                continue
            turns = name in again and not again.isdisjoint(_names_in(value))
            held[name] = held.get(name, Counter()) | (TWICE if turns else parts.copies(value))
    return held


def _set_within(loop: For) -> Iterator[str]:
    for node in walk(loop.body):
        if isinstance(node, Set):
            yield from node.names


def _names_in(value: Expression) -> Iterator[str]:
    return (node.name for node in walk(value) if isinstance(node, Name))


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


def _is_scalar(node: Expression) -> bool:
    """Whether a value is surely no part of the input: a text or a number that is made."""
    if isinstance(node, Filter):
        return node.name in SCALARS
    return isinstance(node, Constant) or (isinstance(node, Binary) and node.operator in ("~", "+", "-", "=="))


def _is_made_of_parts(node: Expression, local: frozenset[str], parts: frozenset[str]) -> bool:
    if isinstance(node, Hash) and not all(
        isinstance(key, Constant) and _is_plain_key(key.value) for key, _ in node.pairs
    ):
        return False
    below = _made_of(node)
    return below is not None and all(is_part(item, local, parts) for item in below)


def _made_of(node: Expression) -> list[Expression] | None:
    """The expressions whose values, or parts of them, this one's is made of; None: of who knows what."""
    below: list[Expression] | None = None
    if isinstance(node, Array):
        below = [item.value if isinstance(item, Spread) else item for item in node.items]
    elif isinstance(node, Hash):
        below = [value for _, value in node.pairs]
    elif isinstance(node, Conditional):
        below = [node.condition if node.then is None else node.then, node.otherwise]
    elif isinstance(node, Binary) and node.operator == "??":
        below = [node.left, node.right]
    elif isinstance(node, Filter) and node.name in HANDING_ON:
        arguments = [item.value for item in node.arguments]
        below = [node.target, *(value for value in arguments if not isinstance(value, Arrow))]
    elif isinstance(node, Call) and node.name == "arrayValues" and len(node.arguments) == 1:
        below = [node.arguments[0].value]
    return below


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
    parts = parts_of(template)
    if template.macros:
        return False
    for node in walk(template):
        if isinstance(node, Text) and not is_clean(node.text):
            return False
        if isinstance(node, Print) and not is_part(node.value, parts.local, parts.names):
            return False
        if not isinstance(node, PLAIN_NODES):
            return False
    return True
