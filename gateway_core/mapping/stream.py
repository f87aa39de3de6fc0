"""The tokens of one template as the parser walks them: looking ahead, expecting, failing with a place."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Final

from gateway_core.errors import LimitExceeded, MappingError
from gateway_core.mapping import refused
from gateway_core.mapping.lexer import Token, TokenKind, syntax_error, tokenize
from gateway_core.mapping.run import Limits
from gateway_core.types import Position

_NEWLINE: Final = re.compile("\n")


class TokenStream:
    """A place in the tokens of a template, and how deep the parser is nested there."""

    def __init__(self, source: str, limits: Limits) -> None:
        self.source = source
        self.line_starts = [0, *(match.end() for match in _NEWLINE.finditer(source))]
        self.tokens = tokenize(source)
        self.index = 0
        self.depth = 0
        self.limit = limits.depth

    @property
    def token(self) -> Token:
        return self.tokens[self.index]

    def peek(self, distance: int = 1) -> Token:
        return self.tokens[min(self.index + distance, len(self.tokens) - 1)]

    def advance(self) -> Token:
        token = self.tokens[self.index]
        if token.kind is not TokenKind.END:
            self.index += 1
        return token

    def at(self, kind: TokenKind, *values: str) -> bool:
        token = self.tokens[self.index]
        return token.kind is kind and (not values or token.value in values)

    def accept(self, kind: TokenKind, *values: str) -> bool:
        if self.at(kind, *values):
            self.index += 1
            return True
        return False

    def expect(self, kind: TokenKind, value: str = "", what: str = "") -> Token:
        token = self.token
        if token.kind is not kind or (value and token.value != value):
            raise self.unexpected(what or f'"{value}"')
        return self.advance()

    def unexpected(self, wanted: str) -> MappingError:
        token = self.token
        found = "the end of the template" if token.kind is TokenKind.END else f'"{token.value[:40]}"'
        hint = refused.sign_at(self.source, token.offset)
        return self.error(f"Expected {wanted}, found {found}", token, hint)

    def error(self, detail: str, token: Token, hint: str = "") -> MappingError:
        return syntax_error(self.source, token.offset, detail, hint)

    def position(self, token: Token) -> Position:
        line = bisect_right(self.line_starts, token.offset)
        return Position(line, token.offset - self.line_starts[line - 1] + 1)

    def deeper(self) -> None:
        self.depth += 1
        if self.depth > self.limit:
            raise self._limit(f"Expressions and blocks are nested deeper than {self.limit}", "depth")

    def _limit(self, detail: str, limit: str) -> LimitExceeded:
        error = LimitExceeded(detail, limit=limit, position=self.position(self.token))
        error.kind = "syntax"
        return error
