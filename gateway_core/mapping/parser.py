"""Tokens to a syntax tree: Twig 3's grammar, by precedence climbing.

``parse`` raises MappingError(kind="syntax") with line and column. Depth and the length of
chains are bounded here, so that everything after can recurse over the tree.
"""

from __future__ import annotations

import re
from typing import Final

from gateway_core.errors import LimitExceeded
from gateway_core.mapping.lexer import (
    Token,
    TokenKind,
    normalize_newlines,
    position_at,
)
from gateway_core.mapping.nodes import (
    Argument,
    Array,
    Arrow,
    Binary,
    Call,
    Concatenation,
    Conditional,
    Constant,
    Expression,
    Filter,
    Hash,
    MacroCall,
    Member,
    Name,
    Spread,
    Template,
    Test,
    Unary,
)
from gateway_core.mapping.run import Limits
from gateway_core.mapping.statements import StatementParser
from gateway_core.mapping.values import INT_MAX
from gateway_core.types import Position

_NEWLINE: Final = re.compile("\n")
MAX_CHAIN: Final = 1000
_UNARY: Final = {"not": 50, "-": 500, "+": 500}
_BINARY: Final = {
    "or": 10,
    "and": 15,
    "b-or": 16,
    "b-xor": 17,
    "b-and": 18,
    **dict.fromkeys(("==", "!=", "<=>", "<", ">", ">=", "<=", "not in", "in", "matches"), 20),
    **dict.fromkeys(("starts with", "ends with", "has some", "has every"), 20),
    "..": 25,
    "+": 30,
    "-": 30,
    "~": 40,
    "*": 60,
    "/": 60,
    "//": 60,
    "%": 60,
    "is": 100,
    "is not": 100,
    "**": 200,
    "??": 300,
}
_RIGHT: Final = frozenset({"**", "??"})
_CONSTANTS: Final = {"true": True, "false": False, "null": None, "none": None}
_TWO_WORD_TESTS: Final = {"same": "as", "divisible": "by"}
_TESTS_WITH_OPERAND: Final = frozenset({"same as", "divisible by"})


def parse(source: str, limits: Limits) -> Template:
    """The tree of a template. Lines may end in any way; positions count them all the same."""
    if len(source) > limits.template:
        detail = f"A template is longer than {limits.template} characters"
        error = LimitExceeded(detail, limit="template", position=position_at(source, limits.template))
        error.kind = "syntax"
        raise error
    return Parser(normalize_newlines(source), limits).template()


class Parser(StatementParser):
    """Expressions; the statements between them are read by the base class."""

    # -- expressions -------------------------------------------------------------------------

    def expression(self, precedence: int = 0, *, arrow: bool = False) -> Expression:
        if arrow:
            function = self._arrow()
            if function is not None:
                return function
        self.deeper()
        left = self._primary()
        length = 0
        while self.token.kind is TokenKind.OPERATOR:
            token = self.token
            binding = _BINARY.get(token.value, -1)
            if binding < precedence:
                break
            self.advance()
            left = self._binary(left, token, binding)
            length += 1
            if length > MAX_CHAIN:
                raise self._limit(f"An expression has more than {MAX_CHAIN} operators in a row", "depth")
        if precedence == 0:
            left = self._conditional(left)
        self.depth -= 1
        return left

    def _binary(self, left: Expression, token: Token, binding: int) -> Expression:
        if token.value in ("is", "is not"):
            test = self._test(left, token)
            return test if token.value == "is" else Unary(self.position(token), "not", test)
        arrow = token.value in ("has some", "has every")
        right = self.expression(binding if token.value in _RIGHT else binding + 1, arrow=arrow)
        position = self.position(token)
        if token.value == "**" and isinstance(left, Unary):
            # Twig compiles to PHP, where ** binds tighter than a sign, with or without parentheses.
            return Unary(left.position, left.operator, Binary(position, "**", left.operand, right))
        return Binary(position, token.value, left, right)

    def _conditional(self, condition: Expression) -> Expression:
        depth = self.depth
        while self.at(TokenKind.PUNCTUATION, "?"):
            position = self.position(self.advance())
            self.deeper()
            then: Expression | None = None
            if self.accept(TokenKind.PUNCTUATION, ":"):
                otherwise = self.expression()
            else:
                then = self.expression()
                if self.accept(TokenKind.PUNCTUATION, ":"):
                    otherwise = self.expression()
                else:
                    otherwise = Constant(position, "")
            condition = Conditional(position, condition, then, otherwise)
        self.depth = depth
        return condition

    def _arrow(self) -> Arrow | None:
        """``v => …`` or ``(v, k) => …`` at this place, else None and nothing is read."""
        start = self.token
        if self.at(TokenKind.NAME) and self.peek().value == "=>":
            names = [self.advance().value]
        elif self.at(TokenKind.PUNCTUATION, "("):
            names = self._arrow_parameters()
            if not names:
                return None
        else:
            return None
        self.expect(TokenKind.OPERATOR, "=>")
        return Arrow(self.position(start), tuple(names), self.expression())

    def _arrow_parameters(self) -> list[str]:
        names: list[str] = []
        distance = 1
        while self.peek(distance).kind is TokenKind.NAME:
            names.append(self.peek(distance).value)
            distance += 1
            if self.peek(distance).value != ",":
                break
            distance += 1
        if not names or self.peek(distance).value != ")" or self.peek(distance + 1).value != "=>":
            return []
        if self.peek(distance + 1).kind is not TokenKind.OPERATOR:
            return []
        self.index += distance + 1
        return names

    def _primary(self) -> Expression:
        token = self.token
        if token.kind is TokenKind.OPERATOR and token.value in _UNARY:
            self.advance()
            operand = self.expression(_UNARY[token.value])
            return self._postfix(Unary(self.position(token), token.value, operand))
        if token.kind is TokenKind.PUNCTUATION and token.value == "(":
            self.advance()
            inner = self.expression()
            self.expect(TokenKind.PUNCTUATION, ")")
            return self._postfix(inner)
        return self._postfix(self._atom(token))

    def _atom(self, token: Token) -> Expression:
        if token.kind is TokenKind.NAME or (token.kind is TokenKind.OPERATOR and token.value.isalpha()):
            self.advance()
            return self._name(token)
        if token.kind is TokenKind.NUMBER:
            self.advance()
            return Constant(self.position(token), _number(token.value))
        if token.kind in (TokenKind.STRING, TokenKind.INTERPOLATION_START):
            return self._string(token)
        if token.value == "[" and token.kind is TokenKind.PUNCTUATION:
            return self._array()
        if token.value == "{" and token.kind is TokenKind.PUNCTUATION:
            return self._hash()
        if token.value == "=>":
            raise self.error("A function can only be an argument of a filter", token)
        raise self.unexpected("an expression")

    def _name(self, token: Token) -> Expression:
        position = self.position(token)
        if self.at(TokenKind.PUNCTUATION, "("):
            return self._call(token, position)
        if token.value in (token.value.lower(), token.value.upper()) and token.value.lower() in _CONSTANTS:
            return Constant(position, _CONSTANTS[token.value.lower()])
        if self.peek(0).value == "=>" and self.at(TokenKind.OPERATOR):
            raise self.error("A function can only be an argument of a filter", token)
        return Name(position, token.value)

    def _call(self, token: Token, position: Position) -> Expression:
        arguments = self.arguments(arrow=False)
        if token.value in self.imported:
            return MacroCall(position, self.imported[token.value], arguments)
        if token.value == "attribute":
            if not 2 <= len(arguments) <= 3:
                raise self.error("attribute needs a variable and the name of an attribute", token)
            called = arguments[2:] or None
            return Member(position, arguments[0].value, arguments[1].value, called)
        return Call(position, token.value, arguments)

    def _string(self, token: Token) -> Expression:
        parts: list[Expression] = []
        while True:
            if self.at(TokenKind.STRING) and not (parts and isinstance(parts[-1], Constant)):
                part = self.advance()
                parts.append(Constant(self.position(part), part.value))
            elif self.accept(TokenKind.INTERPOLATION_START):
                parts.append(self.expression())
                self.expect(TokenKind.INTERPOLATION_END, "}")
            else:
                break
        if len(parts) == 1 and isinstance(parts[0], Constant) and token.kind is TokenKind.STRING:
            return parts[0]
        return Concatenation(self.position(token), tuple(parts))

    def _array(self) -> Expression:
        position = self.position(self.advance())
        items: list[Expression] = []
        while not self.at(TokenKind.PUNCTUATION, "]"):
            if items:
                self.expect(TokenKind.PUNCTUATION, ",", 'a comma or "]"')
                if self.at(TokenKind.PUNCTUATION, "]"):
                    break
            if self.at(TokenKind.OPERATOR, "..."):
                spread = self.position(self.advance())
                items.append(Spread(spread, self.expression()))
            else:
                items.append(self.expression())
        self.advance()
        return Array(position, tuple(items))

    def _hash(self) -> Expression:
        position = self.position(self.advance())
        pairs: list[tuple[Expression | None, Expression]] = []
        while not self.at(TokenKind.PUNCTUATION, "}"):
            if pairs:
                self.expect(TokenKind.PUNCTUATION, ",", 'a comma or "}"')
                if self.at(TokenKind.PUNCTUATION, "}"):
                    break
            pairs.append(self._pair())
        self.advance()
        return Hash(position, tuple(pairs))

    def _pair(self) -> tuple[Expression | None, Expression]:
        token = self.token
        if self.accept(TokenKind.OPERATOR, "..."):
            return None, self.expression()
        key: Expression
        if token.kind is TokenKind.NAME or (token.kind is TokenKind.OPERATOR and token.value.isalpha()):
            self.advance()
            key = Constant(self.position(token), token.value)
            if self.at(TokenKind.PUNCTUATION, ",", "}"):
                return key, Name(key.position, token.value)
        elif token.kind is TokenKind.STRING:
            key = self._string(token)
        elif token.kind is TokenKind.NUMBER:
            self.advance()
            key = Constant(self.position(token), _number(token.value))
        elif self.accept(TokenKind.PUNCTUATION, "("):
            key = self.expression()
            self.expect(TokenKind.PUNCTUATION, ")")
        else:
            raise self.unexpected("a key: a name, a text, a number or an expression in parentheses")
        self.expect(TokenKind.PUNCTUATION, ":", 'a colon ":" after the key')
        return key, self.expression()

    # -- postfix: members, subscripts, filters --------------------------------------------------

    def _postfix(self, target: Expression) -> Expression:
        depth = self.depth
        while self.token.kind is TokenKind.PUNCTUATION:
            value = self.token.value
            if value == ".":
                target = self._dot(target)
            elif value == "[":
                target = self._subscript(target)
            elif value == "|":
                self.advance()
                target = self.filter(target)
            else:
                break
            self.deeper()
        self.depth = depth
        return target

    def _dot(self, target: Expression) -> Expression:
        self.advance()
        token = self.token
        if token.kind is TokenKind.NUMBER:
            key: Expression = Constant(self.position(token), _number(token.value))
        elif (token.kind in (TokenKind.NAME, TokenKind.OPERATOR) and token.value[0].isalpha()) or token.value[
            :1
        ] == "_":
            key = Constant(self.position(token), token.value)
        else:
            raise self.unexpected("a name or a number after the dot")
        self.advance()
        if not self.at(TokenKind.PUNCTUATION, "("):
            return Member(self.position(token), target, key)
        arguments = self.arguments(arrow=False)
        if isinstance(target, Name) and (target.name == "_self" or target.name in self.aliases):
            return MacroCall(self.position(token), token.value, arguments)
        return Member(self.position(token), target, key, arguments)

    def _subscript(self, target: Expression) -> Expression:
        token = self.advance()
        position = self.position(token)
        start: Expression = Constant(position, 0)
        if not self.at(TokenKind.PUNCTUATION, ":"):
            start = self.expression()
            if self.accept(TokenKind.PUNCTUATION, "]"):
                return Member(position, target, start)
        self.expect(TokenKind.PUNCTUATION, ":", '"]"')
        length: Expression = Constant(position, None)
        if not self.at(TokenKind.PUNCTUATION, "]"):
            length = self.expression()
        self.expect(TokenKind.PUNCTUATION, "]")
        return Filter(position, target, "slice", (Argument(position, start), Argument(position, length)))

    def filter(self, target: Expression) -> Filter:
        token = self.expect(TokenKind.NAME, what="the name of a filter")
        arguments = self.arguments(arrow=True) if self.at(TokenKind.PUNCTUATION, "(") else ()
        return Filter(self.position(token), target, token.value, arguments)

    def arguments(self, *, arrow: bool) -> tuple[Argument, ...]:
        self.expect(TokenKind.PUNCTUATION, "(")
        arguments: list[Argument] = []
        while not self.at(TokenKind.PUNCTUATION, ")"):
            if arguments:
                self.expect(TokenKind.PUNCTUATION, ",", 'a comma or ")"')
                if self.at(TokenKind.PUNCTUATION, ")"):
                    break
            arguments.append(self._argument(arrow))
        self.advance()
        return tuple(arguments)

    def _argument(self, arrow: bool) -> Argument:
        token = self.token
        position = self.position(token)
        if self.accept(TokenKind.OPERATOR, "..."):
            return Argument(position, self.expression(), spread=True)
        following = self.peek()
        named = (following.kind is TokenKind.OPERATOR and following.value == "=") or (
            following.kind is TokenKind.PUNCTUATION and following.value == ":"
        )
        if token.kind is TokenKind.NAME and named:
            self.index += 2
            return Argument(position, self.expression(arrow=arrow), name=token.value)
        return Argument(position, self.expression(arrow=arrow))

    # -- tests ---------------------------------------------------------------------------------

    def _test(self, target: Expression, operator: Token) -> Expression:
        token = self.token
        if token.kind is not TokenKind.NAME and not token.value.isalpha():
            raise self.unexpected("the name of a test")
        self.advance()
        name = token.value
        if _TWO_WORD_TESTS.get(name) == self.token.value:
            name = f"{name} {self.advance().value}"
        arguments: tuple[Argument, ...] = ()
        if self.at(TokenKind.PUNCTUATION, "("):
            arguments = self.arguments(arrow=False)
        elif name in _TESTS_WITH_OPERAND:
            operand = self._primary()
            arguments = (Argument(operand.position, operand),)
        return Test(self.position(token), target, name, arguments)


def _number(text: str) -> int | float:
    if text.isdigit() and len(text) < 20 and int(text) <= INT_MAX:
        return int(text)
    return float(text)
