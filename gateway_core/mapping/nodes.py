"""The syntax tree of a template: frozen nodes with their position."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias

from gateway_core.types import Position


@dataclass(frozen=True, slots=True)
class Node:
    position: Position


# -- expressions ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Constant(Node):
    value: str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Name(Node):
    name: str


@dataclass(frozen=True, slots=True)
class Member(Node):
    """``target.key``, ``target[key]`` and ``attribute(target, key)``; ``arguments`` when called."""

    target: Expression
    key: Expression
    arguments: tuple[Argument, ...] | None = None


@dataclass(frozen=True, slots=True)
class Argument(Node):
    """One argument of a call; ``name`` for ``side='right'``, ``spread`` for ``...list``."""

    value: Expression
    name: str = ""
    spread: bool = False


@dataclass(frozen=True, slots=True)
class Filter(Node):
    target: Expression
    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Call(Node):
    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class MacroCall(Node):
    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Test(Node):
    target: Expression
    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Unary(Node):
    operator: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Node):
    operator: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Conditional(Node):
    """``a ? b : c``; ``then`` is None for ``a ?: c``."""

    condition: Expression
    then: Expression | None
    otherwise: Expression


@dataclass(frozen=True, slots=True)
class Concatenation(Node):
    """The parts of an interpolated string."""

    parts: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Arrow(Node):
    parameters: tuple[str, ...]
    body: Expression


@dataclass(frozen=True, slots=True)
class Spread(Node):
    value: Expression


@dataclass(frozen=True, slots=True)
class Array(Node):
    items: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Hash(Node):
    """Pairs of key and value; a key of None means that the value is spread."""

    pairs: tuple[tuple[Expression | None, Expression], ...]


Expression: TypeAlias = (
    Constant
    | Name
    | Member
    | Filter
    | Call
    | MacroCall
    | Test
    | Unary
    | Binary
    | Conditional
    | Concatenation
    | Arrow
    | Spread
    | Array
    | Hash
)


# -- statements -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text(Node):
    text: str


@dataclass(frozen=True, slots=True)
class Print(Node):
    value: Expression


@dataclass(frozen=True, slots=True)
class Do(Node):
    value: Expression


@dataclass(frozen=True, slots=True)
class If(Node):
    branches: tuple[tuple[Expression, Block], ...]
    otherwise: Block | None


@dataclass(frozen=True, slots=True)
class For(Node):
    key: str
    value: str
    sequence: Expression
    body: Block
    otherwise: Block | None


@dataclass(frozen=True, slots=True)
class Set(Node):
    names: tuple[str, ...]
    values: tuple[Expression, ...]


@dataclass(frozen=True, slots=True)
class Capture(Node):
    name: str
    body: Block


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """``{% apply a|b %}``: ``value`` is the filter chain around a reference to the captured body."""

    value: Expression
    body: Block


@dataclass(frozen=True, slots=True)
class With(Node):
    variables: Expression | None
    only: bool
    body: Block


@dataclass(frozen=True, slots=True)
class Autoescape(Node):
    strategy: str | None
    body: Block


@dataclass(frozen=True, slots=True)
class Section(Node):
    """``{% block name %}``: printed where it stands, with variables of its own."""

    name: str
    body: Block


@dataclass(frozen=True, slots=True)
class Block(Node):
    statements: tuple[Statement, ...]


Statement: TypeAlias = (
    Text | Print | Do | If | For | Set | Capture | Apply | With | Autoescape | Section | Block
)


@dataclass(frozen=True, slots=True)
class Macro(Node):
    name: str
    parameters: tuple[tuple[str, Expression], ...]
    body: Block


@dataclass(frozen=True, slots=True)
class Template(Node):
    body: Block
    macros: tuple[Macro, ...]
