"""What a template can read and reach, found by walking its tree: input paths and mappings.

An over-estimate where a template decides at run time: a key that is computed counts as the
whole value it is looked up in, and the whole input when that is ``_context``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import fields, is_dataclass
from typing import Any, Final

from gateway_core.mapping.nodes import (
    Apply,
    Argument,
    Array,
    Arrow,
    Block,
    Call,
    Capture,
    Constant,
    Expression,
    Filter,
    For,
    If,
    Macro,
    Member,
    Name,
    Node,
    Section,
    Set,
    Statement,
    Template,
    With,
)
from gateway_core.mapping.paths import Path, decoded
from gateway_core.mapping.values import key_text

WITH: Final = " with"  # stands for the names that a with tag computes
CONTEXT: Final = "_context"
_NO_INPUT: Final = frozenset({"_self", "_charset", " captured"})


def constant_path(node: Expression) -> tuple[str, tuple[str, ...]] | None:
    """``a.b[0]`` or ``attribute(_context, 'a')`` as a variable and keys, else None."""
    keys: list[str] = []
    while isinstance(node, Member) and node.arguments is None and isinstance(node.key, Constant):
        keys.append(key_text(node.key.value))
        node = node.target
    if not isinstance(node, Name):
        return None
    keys.reverse()
    if node.name == CONTEXT:
        return (keys[0], tuple(keys[1:])) if keys else None
    return node.name, tuple(keys)


def without_default(node: Expression) -> Expression:
    """A condition ``x|default`` or ``x|default([])`` is as true as ``x`` itself."""
    if not isinstance(node, Filter) or node.name != "default" or len(node.arguments) > 1:
        return node
    for argument in node.arguments:
        if argument.spread or not isinstance(argument.value, Array) or argument.value.items:
            return node
    return node.target


def children(node: Any) -> Iterator[Node]:
    """The nodes directly below a node, in the order they are written."""
    if is_dataclass(node) and not isinstance(node, type):
        for field in fields(node):
            if field.name != "position":
                yield from _nodes_in(getattr(node, field.name))


def _nodes_in(value: Any) -> Iterator[Node]:
    if isinstance(value, Node):
        yield value
    elif isinstance(value, tuple):
        for item in value:
            yield from _nodes_in(item)


def walk(node: Node) -> Iterator[Node]:
    """A node and everything below it."""
    pending = [node]
    while pending:
        current = pending.pop()
        yield current
        pending.extend(children(current))


def assigned_names(template: Template) -> frozenset[str]:
    """Every name that the template itself gives a value somewhere."""
    names: set[str] = set()
    for node in walk(template):
        if isinstance(node, For):
            names |= {node.key, node.value, "loop", "_key"}
        elif isinstance(node, Set):
            names.update(node.names)
        elif isinstance(node, Capture):
            names.add(node.name)
        elif isinstance(node, Arrow):
            names.update(node.parameters)
        elif isinstance(node, With):
            names.add(WITH)
            names.update(_keys_of_with(node))
        elif isinstance(node, Macro):
            names.update(("varargs", *(name for name, _ in node.parameters)))
    return frozenset(names)


def _keys_of_with(node: With) -> Iterable[str]:
    pairs = getattr(node.variables, "pairs", ())
    return (key_text(key.value) for key, _ in pairs if isinstance(key, Constant))


def needs_scope(body: Block) -> bool:
    """Whether the body of a loop assigns variables, or sees ``loop`` or all of them."""
    for node in walk(body):
        if isinstance(node, For | Set | Capture | With | Arrow | Apply | Section):
            return True
        if isinstance(node, Name) and node.name in ("loop", CONTEXT):
            return True
    return False


class Reads:
    """Collects what the templates and paths of a mapping read.

    ``paths`` are spelled as the input's own keys are, ``written`` as the mapping spells them.
    """

    def __init__(self) -> None:
        self.paths: set[Path] = set()
        self.written: set[Path] = set()
        self.everything = False
        self.references: set[str] = set()

    def path(self, path: Path) -> None:
        """One input path, as written (dots in keys encoded)."""
        self.written.add(path)
        self.paths.add(decoded(path))

    def add(self, other: Reads) -> None:
        """Everything that another one found."""
        self.written |= other.written
        self.paths |= other.paths
        self.references |= other.references
        self.everything = self.everything or other.everything

    def template(self, template: Template) -> None:
        """All that a template reads."""
        self._statement(template.body, set())
        for macro in template.macros:
            own = {name for name, _ in macro.parameters} | {"varargs"}
            self._statement(macro.body, own | _names_read(macro.body))

    def _statement(self, node: Statement, known: set[str]) -> None:
        """``known`` holds the names set by the template so far; it grows as statements go by."""
        if isinstance(node, Block):
            for statement in node.statements:
                self._statement(statement, known)
        elif isinstance(node, If):
            for condition, body in node.branches:
                self._expression(condition, known)
                self._statement(body, set(known))
            if node.otherwise is not None:
                self._statement(node.otherwise, set(known))
        elif isinstance(node, For):
            self._expression(node.sequence, known)
            self._statement(node.body, known | {node.key, node.value, "loop", "_key"})
            if node.otherwise is not None:
                self._statement(node.otherwise, set(known))
        else:
            self._simple(node, known)

    def _simple(self, node: Statement, known: set[str]) -> None:
        if isinstance(node, Set):
            for value in node.values:
                self._expression(value, known)
            known.update(node.names)
        elif isinstance(node, Capture):
            self._statement(node.body, set(known))
            known.add(node.name)
        elif isinstance(node, With):
            self._with(node, known)
        else:
            self._others(node, known)

    def _with(self, node: With, known: set[str]) -> None:
        if node.variables is not None:
            self._expression(node.variables, known)
        inner = known | set(_keys_of_with(node))
        self._statement(node.body, inner | (_names_read(node.body) if node.only else set()))

    def _others(self, node: Node, known: set[str]) -> None:
        for child in children(node):
            if isinstance(child, Block):
                self._statement(child, set(known) if isinstance(node, Section) else known)
            else:
                self._expression(child, known)

    def _expression(self, node: Any, known: set[str]) -> None:
        if isinstance(node, Name | Member):
            self._chain(node, known)
        elif isinstance(node, Arrow):
            self._expression(node.body, known | set(node.parameters))
        else:
            if isinstance(node, Call) and node.name == "map":
                self._reference(node.arguments)
            for child in children(node):
                self._expression(child, known)

    def _chain(self, node: Expression, known: set[str]) -> None:
        keys: list[str] = []
        while isinstance(node, Member):
            for argument in node.arguments or ():
                self._expression(argument, known)
            if isinstance(node.key, Constant) and node.arguments is None:
                keys.append(key_text(node.key.value))
            else:
                self._expression(node.key, known)
                keys.clear()
            node = node.target
        keys.reverse()
        if not isinstance(node, Name):
            self._expression(node, known)
        elif node.name == CONTEXT:
            self._member_of_context(keys, known)
        elif node.name == "loop" and "loop" in known:
            self.everything = self.everything or keys[:1] == ["parent"]
        elif node.name not in known and node.name not in _NO_INPUT:
            self.path((node.name, *keys))

    def _member_of_context(self, keys: list[str], known: set[str]) -> None:
        if not keys:
            self.everything = True
        elif keys[0] not in known:
            self.path(tuple(keys))

    def _reference(self, arguments: tuple[Argument, ...]) -> None:
        for index, argument in enumerate(arguments):
            first = argument.name == "mapping" or (index == 0 and not argument.name)
            if first and isinstance(argument.value, Constant) and isinstance(argument.value.value, str):
                self.references.add(argument.value.value)


def _names_read(node: Node) -> set[str]:
    return {found.name for found in walk(node) if isinstance(found, Name)}
