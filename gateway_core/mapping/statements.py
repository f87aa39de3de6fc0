"""Tags and the text between them: the half of the parser that reads statements."""

from __future__ import annotations

from abc import ABC, abstractmethod
from difflib import get_close_matches
from typing import Final

from gateway_core.errors import MappingError
from gateway_core.mapping import refused
from gateway_core.mapping.lexer import Token, TokenKind
from gateway_core.mapping.nodes import (
    Apply,
    Autoescape,
    Block,
    Capture,
    Constant,
    Do,
    Expression,
    Filter,
    For,
    If,
    Macro,
    Name,
    Print,
    Section,
    Set,
    Statement,
    Template,
    Text,
    With,
)
from gateway_core.mapping.run import Limits
from gateway_core.mapping.stream import TokenStream

CAPTURED: Final = " captured"  # not a name that a template can write
TAGS: Final = (
    *("apply", "autoescape", "block", "deprecated", "do", "flush", "for", "from", "if", "import", "macro"),
    *("set", "verbatim", "with"),
)
_OF_OTHER_LANGUAGES: Final = {"elif": "elseif", "raw": "verbatim", "filter": "apply", "call": "macro"}
_STRATEGIES: Final = ("html", "js", "css", "url", "html_attr")


def did_you_mean(name: str, names: tuple[str, ...]) -> str:
    """The hint for a misspelt name, or nothing."""
    close = get_close_matches(name, names, n=1)
    return f'did you mean "{close[0]}"?' if close else ""


class StatementParser(TokenStream, ABC):
    """Reads a sequence of statements; the expressions in them are read by the subclass."""

    def __init__(self, source: str, limits: Limits) -> None:
        super().__init__(source, limits)
        self.macros: list[Macro] = []
        self.aliases: set[str] = set()
        self.imported: dict[str, str] = {}
        self.opened: list[Token] = []

    @abstractmethod
    def expression(self, precedence: int = 0, *, arrow: bool = False) -> Expression: ...
    @abstractmethod
    def filter(self, target: Expression) -> Filter: ...

    def template(self) -> Template:
        """The whole template."""
        body = self.block(())
        return Template(body.position, body, tuple(self.macros))

    def block(self, ends: tuple[str, ...]) -> Block:
        """Statements up to one of the tags in ``ends`` (its name is not read) or the end."""
        self.deeper()
        start = self.token
        statements: list[Statement] = []
        while not self.at(TokenKind.END):
            if self.at(TokenKind.TEXT):
                token = self.advance()
                statements.append(Text(self.position(token), token.value))
            elif self.at(TokenKind.PRINT_START):
                position = self.position(self.advance())
                statements.append(Print(position, self.expression()))
                self.expect(TokenKind.PRINT_END, what='"}}"')
            else:
                self.expect(TokenKind.TAG_START, what="a tag")
                if self.token.value in ends:
                    break
                statement = self._tag()
                if statement is not None:
                    statements.append(statement)
        else:
            self._check_closed()
        self.depth -= 1
        return Block(self.position(start), tuple(statements))

    def _check_closed(self) -> None:
        if self.opened:
            token = self.opened[-1]
            hint = f"close it with {{% end{token.value} %}}"
            raise self.error(f'The tag "{token.value}" is not closed', token, hint)

    def _tag(self) -> Statement | None:
        token = self.expect(TokenKind.NAME, what="the name of a tag")
        reader = getattr(self, f"_tag_{token.value}", None) if token.value in TAGS else None
        if reader is None:
            raise self._unknown_tag(token)
        statement: Statement | None = reader(token)
        return statement

    def _unknown_tag(self, token: Token) -> MappingError:
        name = token.value
        if name in refused.TAGS:
            return self.error(f'The tag "{name}" is not available in a mapping', token, refused.TAGS[name])
        if name.startswith("end") or name in ("else", "elseif"):
            inner = f', while "{self.opened[-1].value}" is open' if self.opened else ""
            return self.error(f'The tag "{name}" closes nothing here{inner}', token)
        other = _OF_OTHER_LANGUAGES.get(name)
        hint = f'did you mean "{other}"?' if other else did_you_mean(name, TAGS)
        return self.error(f'There is no tag "{name}"', token, hint)

    def _close(self) -> None:
        self.expect(TokenKind.TAG_END, what='"%}"')

    def _body(self, token: Token, *ends: str) -> Block:
        """The block after a tag, up to one of its ends; the end's name is the token after it."""
        self.opened.append(token)
        body = self.block(ends)
        self.opened.pop()
        return body

    def _whole_body(self, token: Token) -> Block:
        end = f"end{token.value}"
        body = self._body(token, end)
        self.advance()
        return body

    def _tag_if(self, token: Token) -> Statement:
        branches: list[tuple[Expression, Block]] = []
        otherwise: Block | None = None
        condition = self.expression()
        self._close()
        branches.append((condition, self._body(token, "elseif", "else", "endif")))
        while True:
            end = self.advance().value
            if end == "endif":
                break
            if end == "elseif":
                condition = self.expression()
                self._close()
                branches.append((condition, self._body(token, "elseif", "else", "endif")))
            else:
                self._close()
                otherwise = self._body(token, "endif")
        self._close()
        return If(self.position(token), tuple(branches), otherwise)

    def _tag_for(self, token: Token) -> Statement:
        names = self._names("the name of a loop variable")
        if len(names) > 2:
            raise self.error("A loop has one variable, or a key and a value", token)
        self.expect(TokenKind.OPERATOR, "in")
        sequence = self.expression()
        if self.at(TokenKind.NAME, "if"):
            hint = 'use the filter "filter" on the sequence'
            raise self.error("A condition in the for tag is not part of Twig 3", self.token, hint)
        self._close()
        body = self._body(token, "else", "endfor")
        otherwise = None
        if self.advance().value == "else":
            self._close()
            otherwise = self._body(token, "endfor")
            self.advance()
        self._close()
        key = names[0] if len(names) == 2 else "_key"
        return For(self.position(token), key, names[-1], sequence, body, otherwise)

    def _names(self, what: str) -> list[str]:
        names = [self._variable(what)]
        while self.accept(TokenKind.PUNCTUATION, ","):
            names.append(self._variable(what))
        return names

    def _variable(self, what: str) -> str:
        token = self.expect(TokenKind.NAME, what=what)
        if token.value.lower() in ("true", "false", "none", "null", "_context", "_self"):
            raise self.error(f'"{token.value}" cannot be assigned', token)
        return token.value

    def _tag_set(self, token: Token) -> Statement:
        names = self._names("the name of a variable")
        if self.accept(TokenKind.OPERATOR, "="):
            values = [self.expression()]
            while self.accept(TokenKind.PUNCTUATION, ","):
                values.append(self.expression())
            if len(values) != len(names):
                raise self.error("The tag set needs as many values as names", token)
            self._close()
            return Set(self.position(token), tuple(names), tuple(values))
        if len(names) > 1:
            raise self.error("A captured block has one name", token)
        self._close()
        body = self._whole_body(token)
        self._close()
        return Capture(self.position(token), names[0], body)

    def _tag_do(self, token: Token) -> Statement:
        value = self.expression()
        self._close()
        return Do(self.position(token), value)

    def _tag_flush(self, token: Token) -> Statement | None:
        self._close()
        return None

    def _tag_deprecated(self, token: Token) -> Statement | None:
        self.expression()
        self._close()
        return None

    def _tag_with(self, token: Token) -> Statement:
        variables = None
        if not self.at(TokenKind.TAG_END) and not self.at(TokenKind.NAME, "only"):
            variables = self.expression()
        only = self.accept(TokenKind.NAME, "only")
        self._close()
        body = self._whole_body(token)
        self._close()
        return With(self.position(token), variables, only, body)

    def _tag_apply(self, token: Token) -> Statement:
        value: Expression = self.filter(Name(self.position(token), CAPTURED))
        chain = 0
        while self.accept(TokenKind.PUNCTUATION, "|"):
            value = self.filter(value)
            chain += 1
            self.deeper()
        self.depth -= chain
        self._close()
        body = self._whole_body(token)
        self._close()
        return Apply(self.position(token), value, body)

    def _tag_autoescape(self, token: Token) -> Statement:
        strategy: str | None = "html"
        if not self.at(TokenKind.TAG_END):
            value = self.expression()
            if not isinstance(value, Constant) or value.value is True:
                raise self.error("The strategy of autoescape must be a text or false", token)
            strategy = str(value.value) if value.value else None
            if strategy is not None and strategy not in _STRATEGIES:
                hint = did_you_mean(strategy, _STRATEGIES)
                raise self.error(f'There is no escaping strategy "{strategy}"', token, hint)
        self._close()
        body = self._whole_body(token)
        self._close()
        return Autoescape(self.position(token), strategy, body)

    def _tag_block(self, token: Token) -> Statement:
        name = self.expect(TokenKind.NAME, what="the name of a block").value
        if self.at(TokenKind.TAG_END):
            self._close()
            body = self._whole_body(token)
            self.accept(TokenKind.NAME, name)
        else:
            value = self.expression()
            body = Block(value.position, (Print(value.position, value),))
        self._close()
        return Section(self.position(token), name, body)

    def _tag_macro(self, token: Token) -> Statement | None:
        name = self.expect(TokenKind.NAME, what="the name of a macro").value
        self.expect(TokenKind.PUNCTUATION, "(")
        parameters: list[tuple[str, Expression]] = []
        while not self.accept(TokenKind.PUNCTUATION, ")"):
            if parameters:
                self.expect(TokenKind.PUNCTUATION, ",", 'a comma or ")"')
            parameters.append(self._parameter())
        self._close()
        body = self._whole_body(token)
        self.accept(TokenKind.NAME, name)
        self._close()
        self.macros.append(Macro(self.position(token), name, tuple(parameters), body))
        return None

    def _parameter(self) -> tuple[str, Expression]:
        token = self.expect(TokenKind.NAME, what="the name of a parameter")
        if self.accept(TokenKind.OPERATOR, "="):
            default = self.expression()
            if not isinstance(default, Constant):
                raise self.error("The default of a parameter must be a constant", token)
            return token.value, default
        return token.value, Constant(self.position(token), None)

    def _tag_import(self, token: Token) -> Statement | None:
        self._own_macros()
        self.expect(TokenKind.NAME, "as")
        self.aliases.add(self._variable("a name for the macros"))
        self._close()
        return None

    def _tag_from(self, token: Token) -> Statement | None:
        self._own_macros()
        self.expect(TokenKind.NAME, "import")
        while True:
            name = self.expect(TokenKind.NAME, what="the name of a macro").value
            alias = self._variable("a name for the macro") if self.accept(TokenKind.NAME, "as") else name
            self.imported[alias] = name
            if not self.accept(TokenKind.PUNCTUATION, ","):
                break
        self._close()
        return None

    def _own_macros(self) -> None:
        token = self.token
        value = self.expression()
        if not isinstance(value, Name) or value.name != "_self":
            raise self.error("Macros can only be imported from _self: a mapping has no other files", token)
