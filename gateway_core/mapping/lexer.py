"""Template text to tokens, with Twig 3's rules for tags, whitespace control and strings."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from gateway_core.errors import MappingError
from gateway_core.mapping import refused
from gateway_core.types import Position


class TokenKind(Enum):
    TEXT = auto()
    PRINT_START = auto()
    PRINT_END = auto()
    TAG_START = auto()
    TAG_END = auto()
    NAME = auto()
    NUMBER = auto()
    STRING = auto()
    INTERPOLATION_START = auto()
    INTERPOLATION_END = auto()
    OPERATOR = auto()
    PUNCTUATION = auto()
    END = auto()


@dataclass(frozen=True, slots=True)
class Token:
    """``value`` is the text of the token; strings are unescaped, numbers still text."""

    kind: TokenKind
    value: str
    offset: int


_OPERATORS: Final = (
    *("starts with", "ends with", "has some", "has every", "matches", "not in", "is not"),
    *("b-and", "b-xor", "b-or", "and", "not", "or", "in", "is"),
    *("...", "=>", "<=>", "==", "!=", "<=", ">=", "**", "//", "??", ".."),
    *("<", ">", "+", "-", "~", "*", "/", "%", "="),
)


def _operator_pattern() -> str:
    words = (op for op in _OPERATORS if op[0].isalpha())
    signs = (op for op in _OPERATORS if not op[0].isalpha())
    word = "|".join(re.escape(op).replace(r"\ ", r"\s+") for op in words)
    return f"(?<![.|])(?:{word})(?=[\\s()])|{'|'.join(re.escape(op) for op in signs)}"


_START: Final = re.compile(r"(\{\{|\{%|\{#)([-~])?")
_VERBATIM: Final = re.compile(r"\s*verbatim\s*(?:-%\}\s*|~%\}[ \t\0\x0B]*|%\})")
_END_VERBATIM: Final = re.compile(r"\{%([-~])?\s*endverbatim\s*(?:-%\}\s*|~%\}[ \t\0\x0B]*|%\})\n?")
_COMMENT_END: Final = re.compile(r"(?:-#\}\s*|~#\}[ \t\0\x0B]*|#\})\n?")
_TAG_END: Final = re.compile(r"\s*(?:-%\}\s*|~%\}[ \t\0\x0B]*|%\})\n?")
_PRINT_END: Final = re.compile(r"\s*(?:-\}\}\s*|~\}\}[ \t\0\x0B]*|\}\})")
_BLANK: Final = re.compile(r"\s+")
_OPERATOR: Final = re.compile(_operator_pattern())
_NAME: Final = re.compile(r"[a-zA-Z_\x7f-\U0010ffff][a-zA-Z0-9_\x7f-\U0010ffff]*")
_NUMBER: Final = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:[Ee][+-][0-9]+)?")
_SINGLE: Final = re.compile(r"'([^'\\]*(?:\\.[^'\\]*)*)'", re.DOTALL)
_DOUBLE: Final = re.compile(r'"([^#"\\]*(?:\\.[^#"\\]*)*)"', re.DOTALL)
_DOUBLE_PART: Final = re.compile(r'[^#"\\]*(?:(?:\\.|#(?!\{))[^#"\\]*)*', re.DOTALL)
_ESCAPE: Final = re.compile(r"\\(?:x([0-9a-fA-F]{1,2})|([0-7]{1,3})|(.))", re.DOTALL)
_LETTER_ESCAPES: Final = {"n": "\n", "r": "\r", "t": "\t", "v": "\v", "f": "\f", "a": "\a", "b": "\b"}
_MAX_STRINGS: Final = 20
_OPENING: Final = {"(": ")", "[": "]", "{": "}"}


def normalize_newlines(source: str) -> str:
    """The source with every line ended by a single newline, as Twig reads it."""
    return source.replace("\r\n", "\n").replace("\r", "\n") if "\r" in source else source


def position_at(source: str, offset: int) -> Position:
    """The line and column, both from 1, of an offset in a source."""
    line = source.count("\n", 0, offset) + 1
    return Position(line, offset - (source.rfind("\n", 0, offset) + 1) + 1)


def syntax_error(source: str, offset: int, detail: str, hint: str = "") -> MappingError:
    """An error found while compiling, at a place in the source."""
    return MappingError(detail, kind="syntax", position=position_at(source, offset), hint=hint)


def tokenize(source: str) -> tuple[Token, ...]:
    """Split a template into tokens; the last one is END. Raises MappingError(kind="syntax")."""
    return _Lexer(source).run()


def _unescape(text: str) -> str:
    return _ESCAPE.sub(_unescape_one, text) if "\\" in text else text


def _unescape_one(match: re.Match[str]) -> str:
    if match[1] is not None:
        return chr(int(match[1], 16))
    if match[2] is not None:
        return chr(int(match[2], 8) & 255)
    return _LETTER_ESCAPES.get(match[3], match[3])


class _Lexer:
    def __init__(self, source: str) -> None:
        self.source = source
        self.offset = 0
        self.tokens: list[Token] = []
        self.brackets: list[tuple[str, int]] = []
        self.strings = 0

    def run(self) -> tuple[Token, ...]:
        while self.offset < len(self.source):
            match = _START.search(self.source, self.offset)
            if match is None:
                self._text(self.source[self.offset :])
                self.offset = len(self.source)
            else:
                self._text(self.source[self.offset : match.start()], match[2] or "")
                self.offset = match.end()
                self._construct(match)
        self._add(TokenKind.END, "", self.offset)
        return tuple(self.tokens)

    def _add(self, kind: TokenKind, value: str, offset: int) -> None:
        self.tokens.append(Token(kind, value, offset))

    def _fail(self, detail: str, offset: int | None = None, hint: str = "") -> MappingError:
        return syntax_error(self.source, self.offset if offset is None else offset, detail, hint)

    def _text(self, text: str, trim: str = "") -> None:
        start = self.offset
        if trim == "-":
            text = text.rstrip()
        elif trim == "~":
            text = text.rstrip(" \t\0\x0b")
        if text:
            self._add(TokenKind.TEXT, text, start)

    def _construct(self, match: re.Match[str]) -> None:
        if match[1] == "{#":
            self._comment(match.start())
        elif match[1] == "{%":
            verbatim = _VERBATIM.match(self.source, self.offset)
            if verbatim is not None:
                self._verbatim(verbatim)
            else:
                self._add(TokenKind.TAG_START, match[0], match.start())
                self._inside(_TAG_END, TokenKind.TAG_END, match.start())
        else:
            self._add(TokenKind.PRINT_START, match[0], match.start())
            self._inside(_PRINT_END, TokenKind.PRINT_END, match.start())

    def _comment(self, start: int) -> None:
        end = _COMMENT_END.search(self.source, self.offset)
        if end is None:
            raise self._fail("The comment is not closed", start, hint="close it with #}")
        self.offset = end.end()

    def _verbatim(self, start: re.Match[str]) -> None:
        end = _END_VERBATIM.search(self.source, start.end())
        if end is None:
            raise self._fail("The block verbatim is not closed", hint="close it with {% endverbatim %}")
        self.offset = start.end()
        self._text(self.source[start.end() : end.start()], end[1] or "")
        self.offset = end.end()

    def _inside(self, end: re.Pattern[str], kind: TokenKind, start: int) -> None:
        outer = len(self.brackets)
        while True:
            if len(self.brackets) == outer:
                match = end.match(self.source, self.offset)
                if match is not None:
                    sign = match[0].strip()
                    self._add(kind, sign, self.offset + match[0].index(sign))
                    self.offset = match.end()
                    return
            blank = _BLANK.match(self.source, self.offset)
            if blank is not None:
                self.offset = blank.end()
            if self.offset >= len(self.source):
                self._unclosed(start)
            if blank is None or len(self.brackets) > outer:
                self._expression_token()

    def _unclosed(self, start: int) -> None:
        if self.brackets:
            bracket, offset = self.brackets[-1]
            raise self._fail(f'The bracket "{bracket}" is not closed', offset)
        opening = self.source[start : start + 2]
        closing = "}}" if opening == "{{" else "%}"
        raise self._fail(f"The tag {opening} is not closed", start, hint=f"close it with {closing}")

    def _expression_token(self) -> None:
        source, start = self.source, self.offset
        for pattern, kind in (
            (_OPERATOR, TokenKind.OPERATOR),
            (_NAME, TokenKind.NAME),
            (_NUMBER, TokenKind.NUMBER),
        ):
            match = pattern.match(source, start)
            if match is not None:
                value = _BLANK.sub(" ", match[0]) if kind is TokenKind.OPERATOR else match[0]
                self._add(kind, value, start)
                self.offset = match.end()
                return
        if source[start] in "()[]{}?:.,|":
            self._punctuation(source[start])
            return
        match = _SINGLE.match(source, start) or _DOUBLE.match(source, start)
        if match is not None:
            self._add(TokenKind.STRING, _unescape(match[1]), start)
            self.offset = match.end()
        elif source[start] == '"':
            self._interpolated()
        else:
            detail = f'The character "{source[start]}" is not expected here'
            raise self._fail(detail, hint=refused.sign_at(source, start))

    def _punctuation(self, sign: str) -> None:
        if sign in _OPENING:
            self.brackets.append((sign, self.offset))
        elif sign in ")]}":
            if not self.brackets or _OPENING.get(self.brackets[-1][0]) != sign:
                raise self._fail(f'The bracket "{sign}" closes nothing that is open')
            self.brackets.pop()
        self._add(TokenKind.PUNCTUATION, sign, self.offset)
        self.offset += 1

    def _interpolated(self) -> None:
        """A double-quoted string with ``#{expression}``: its parts become tokens of their own."""
        opening = self.offset
        self.offset += 1
        empty = True
        while True:
            part = _DOUBLE_PART.match(self.source, self.offset)
            if part is not None and part[0]:
                self._add(TokenKind.STRING, _unescape(part[0]), self.offset)
                self.offset = part.end()
                empty = False
            if self.source.startswith('"', self.offset):
                if empty:
                    self._add(TokenKind.STRING, "", opening)
                self.offset += 1
                return
            if not self.source.startswith("#{", self.offset):
                raise self._fail("The string is not closed", opening)
            self._add(TokenKind.INTERPOLATION_START, "#{", self.offset)
            self.offset += 2
            self._interpolation(opening)
            empty = False

    def _interpolation(self, opening: int) -> None:
        outer = len(self.brackets)
        self.strings += 1
        if self.strings > _MAX_STRINGS:
            raise self._fail("Strings are nested too deeply", opening)
        while True:
            blank = _BLANK.match(self.source, self.offset)
            if blank is not None:
                self.offset = blank.end()
            if self.offset >= len(self.source):
                raise self._fail("The string is not closed", opening)
            if self.source[self.offset] == "}" and len(self.brackets) == outer:
                self._add(TokenKind.INTERPOLATION_END, "}", self.offset)
                self.offset += 1
                self.strings -= 1
                return
            self._expression_token()
