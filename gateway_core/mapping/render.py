"""Statements to closures, and whole templates to a function from variables to text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

from gateway_core.errors import MappingError
from gateway_core.mapping import json_text
from gateway_core.mapping.closures import Evaluator, place, syntax
from gateway_core.mapping.evaluate import ExpressionCompiler
from gateway_core.mapping.fragments import Fragment, Mapped, MappedReader
from gateway_core.mapping.library.escaping import escape
from gateway_core.mapping.loops import Writer, full_loop, light_loop
from gateway_core.mapping.nodes import (
    Apply,
    Arrow,
    Autoescape,
    Block,
    Capture,
    Conditional,
    Constant,
    Do,
    Expression,
    Filter,
    For,
    If,
    Macro,
    Print,
    Section,
    Set,
    Statement,
    Template,
    Text,
    With,
)
from gateway_core.mapping.parts import parts_of
from gateway_core.mapping.reads import needs_scope
from gateway_core.mapping.run import Frame, Run
from gateway_core.mapping.statements import CAPTURED
from gateway_core.mapping.values import is_array, is_true, items_of, kind_of, to_text
from gateway_core.types import Json, Position

Renderer = Callable[[Frame], str]
_SAFE_FILTERS: Final = frozenset({"raw", "escape", "e"})


def compile_template(template: Template) -> Renderer:
    """A template as a function of a frame. Names and calls are checked here."""
    return TemplateCompiler(template).template()


class TemplateCompiler:
    """Compiles the statements of one template. ``fragments`` keeps mapped values as such."""

    def __init__(self, template: Template, *, fragments: bool = False) -> None:
        self._template = template
        self.fragments = fragments
        self.mapped = MappedReader(template)
        self.expressions = ExpressionCompiler(parts_of(template))
        self.strategy: str | None = None
        self._compilers: dict[type, Callable[[Any], Writer]] = {
            Text: self._text,
            Print: self._print,
            Do: self._do,
            If: self._if,
            For: self._for,
            Set: self._set,
            Capture: self._capture,
            Apply: self._apply,
            With: self._with,
            Autoescape: self._autoescape,
            Section: self._section,
        }

    def template(self) -> Renderer:
        template = self._template
        self._compile_macros(template)
        statements = template.body.statements
        if not statements:
            return lambda _: ""
        if len(statements) == 1 and isinstance(statements[0], Text):
            text = statements[0].text
            return lambda _: text
        if len(statements) == 1 and isinstance(statements[0], Print):
            return self._single_print(statements[0].value)
        body = self.block(template.body)
        return lambda frame: captured(body, frame, template.position)

    def writer(self) -> Writer:
        """A template as a function that appends its pieces, fragments among them if asked for."""
        self._compile_macros(self._template)
        return self.block(self._template.body)

    def _compile_macros(self, template: Template) -> None:
        for macro in template.macros:
            self.expressions.macros[macro.name] = None
        for macro in template.macros:
            self.expressions.macros[macro.name] = self._macro(macro)

    def _text_block(self, block: Block) -> Writer:
        """A block whose output is used as text."""
        outer, self.fragments = self.fragments, False
        writer = self.block(block)
        self.fragments = outer
        return writer

    def _single_print(self, value: Expression) -> Renderer:
        evaluate = self.expressions.compile(value)
        cost, position = self.expressions.cost, value.position

        def render(frame: Frame) -> str:
            run = frame.run
            try:
                run.left -= cost
                if run.left < run.check_at:
                    run.check()
                text = evaluate(frame)
                if type(text) is not str:
                    text = to_text(text)
                run.text(len(text))
            except MappingError as error:
                place(error, position)
                raise
            return text

        return render

    def _branch(self, block: Block) -> Writer:
        """A block that runs at most once per run of the block around it, which pays for a short one."""
        if len(block.statements) == 1 and isinstance(block.statements[0], Text | Print):
            self.expressions.cost += 1
            return self._statement(block.statements[0])
        return self.block(block)

    def block(self, block: Block) -> Writer:
        """A row of statements; it pays for the whole row when it starts."""
        outer, self.expressions.cost = self.expressions.cost, 0
        writers = [self._statement(statement) for statement in block.statements]
        cost, position = self.expressions.cost + len(writers), block.position
        self.expressions.cost = outer
        if len(writers) == 1:
            writer = writers[0]

            def write_one(frame: Frame, out: list[str]) -> None:
                try:
                    frame.run.burn(cost)
                except MappingError as error:
                    place(error, position)
                    raise
                writer(frame, out)

            return write_one

        def write(frame: Frame, out: list[str]) -> None:
            try:
                frame.run.burn(cost)
            except MappingError as error:
                place(error, position)
                raise
            for writer in writers:
                writer(frame, out)

        return write

    def _statement(self, statement: Statement) -> Writer:
        return self._compilers[type(statement)](statement)

    # -- output ----------------------------------------------------------------------------------

    def _text(self, node: Text) -> Writer:
        text = node.text
        return lambda _, out: out.append(text)

    def _print(self, node: Print) -> Writer:
        mapped = self.mapped.read(node.value) if self.fragments and self.strategy is None else None
        if mapped is not None:
            return self._fragment(mapped)
        evaluate, position = self.expressions.compile(node.value), node.value.position
        strategy = None if _is_safe(node.value) else self.strategy

        def escaped(frame: Frame, value: str) -> Json:
            try:
                return escape(frame.run, value, strategy or "")
            except MappingError as error:
                place(error, position)
                raise

        def write(frame: Frame, out: list[str]) -> None:
            value = evaluate(frame)
            if type(value) is not str:
                try:
                    value = to_text(value)
                except MappingError as error:
                    place(error, position)
                    raise
            out.append(value if strategy is None else escaped(frame, value))

        return write

    def _fragment(self, mapped: Mapped) -> Writer:
        """The result of a mapping, kept as a value where that makes no difference."""
        evaluate, position = self.expressions.compile(mapped.value), mapped.value.position
        flags = mapped.flags

        def write(frame: Frame, out: list[Any]) -> None:
            run = frame.run
            result = evaluate(frame)
            if mapped.is_kept(result, run):
                out.append(Fragment(result, flags))
                return
            try:
                out.append(json_text.encode(result, run, flags))
            except MappingError as error:
                place(error, position)
                raise

        return write

    def _do(self, node: Do) -> Writer:
        evaluate = self.expressions.compile(node.value)

        def write(frame: Frame, out: list[str]) -> None:
            evaluate(frame)

        return write

    def _autoescape(self, node: Autoescape) -> Writer:
        outer, self.strategy = self.strategy, node.strategy
        body = self.block(node.body)
        self.strategy = outer
        return body

    def _section(self, node: Section) -> Writer:
        body, position = self.block(node.body), node.position
        return lambda frame, out: body(_copied(frame, position), out)

    # -- control ---------------------------------------------------------------------------------

    def _if(self, node: If) -> Writer:
        branches = [(self.expressions.compile(test), self._branch(body)) for test, body in node.branches]
        otherwise = None if node.otherwise is None else self._branch(node.otherwise)
        if len(branches) == 1:
            return _single_if(*branches[0], otherwise)

        def write(frame: Frame, out: list[str]) -> None:
            for condition, body in branches:
                if is_true(condition(frame)):
                    body(frame, out)
                    return
            if otherwise is not None:
                otherwise(frame, out)

        return write

    def _for(self, node: For) -> Writer:
        sequence = self.expressions.compile(node.sequence)
        body = self.block(node.body)
        otherwise = None if node.otherwise is None else self.block(node.otherwise)
        names = (node.key, node.value)
        if needs_scope(node.body):
            return full_loop(sequence, names, body, otherwise, node.position)
        return light_loop(sequence, names, body, otherwise, node.position)

    # -- variables -------------------------------------------------------------------------------

    def _set(self, node: Set) -> Writer:
        if any(isinstance(value, Arrow) for value in node.values):
            raise syntax("A function cannot be kept in a variable", node)
        values = [self.expressions.compile(value) for value in node.values]
        names = node.names
        if len(names) == 1:
            name, only = names[0], values[0]

            def write_one(frame: Frame, out: list[str]) -> None:
                frame.variables[name] = only(frame)

            return write_one

        def write(frame: Frame, out: list[str]) -> None:
            results = [value(frame) for value in values]
            frame.variables.update(zip(names, results, strict=True))

        return write

    def _capture(self, node: Capture) -> Writer:
        body, name, position = self._text_block(node.body), node.name, node.position

        def write(frame: Frame, out: list[str]) -> None:
            frame.variables[name] = captured(body, frame, position)

        return write

    def _apply(self, node: Apply) -> Writer:
        body, evaluate = self._text_block(node.body), self.expressions.compile(node.value)
        position = node.position

        def write(frame: Frame, out: list[str]) -> None:
            inner = _copied(frame, position)
            inner.variables[CAPTURED] = captured(body, frame, position)
            try:
                out.append(to_text(evaluate(inner)))
            except MappingError as error:
                place(error, position)
                raise

        return write

    def _with(self, node: With) -> Writer:
        given = None if node.variables is None else self.expressions.compile(node.variables)
        body, only, position = self.block(node.body), node.only, node.position

        def write(frame: Frame, out: list[str]) -> None:
            extra: Json = {} if given is None else given(frame)
            if not is_array(extra):
                detail = f'Variables of "with" must be an object, not {kind_of(extra)}'
                raise MappingError(detail, position=position)
            inner = Frame({}, frame.run) if only else _copied(frame, position)
            try:
                frame.run.items(len(extra))
            except MappingError as error:
                place(error, position)
                raise
            inner.variables.update((str(key), value) for key, value in items_of(extra))
            body(inner, out)

        return write

    def _macro(self, node: Macro) -> Callable[[Run, list[Json], dict[str, Json]], str]:
        body, position = self._text_block(node.body), node.position
        parameters = [
            (name, default.value if isinstance(default, Constant) else None)
            for name, default in node.parameters
        ]

        def call(run: Run, values: list[Json], named: dict[str, Json]) -> str:
            variables: dict[str, Json] = {"varargs": values[len(parameters) :]}
            for index, (name, default) in enumerate(parameters):
                variables[name] = values[index] if index < len(values) else named.get(name, default)
            run.enter()
            try:
                return captured(body, Frame(variables, run), position)
            except RecursionError:
                error = run.too_nested()
                place(error, position)
                raise error from None
            finally:
                run.depth -= 1

        return call


def captured(body: Writer, frame: Frame, position: Position) -> str:
    """What a block prints, as one text; its length is checked before it is joined."""
    out: list[str] = []
    body(frame, out)
    try:
        frame.run.text(sum(map(len, out)))
    except MappingError as error:
        place(error, position)
        raise
    return "".join(out)


def _copied(frame: Frame, position: Position) -> Frame:
    """A frame of its own for a block, with the variables of the one around it."""
    try:
        frame.run.items(len(frame.variables))
    except MappingError as error:
        place(error, position)
        raise
    return Frame(dict(frame.variables), frame.run)


def _single_if(condition: Evaluator, body: Writer, otherwise: Writer | None) -> Writer:
    def write(frame: Frame, out: list[str]) -> None:
        if is_true(condition(frame)):
            body(frame, out)
        elif otherwise is not None:
            otherwise(frame, out)

    return write


def _is_safe(value: Expression) -> bool:
    """Whether automatic escaping leaves a value alone: constants, and what says it is escaped."""
    if isinstance(value, Constant):
        return True
    if isinstance(value, Conditional):
        return value.then is not None and _is_safe(value.then) and _is_safe(value.otherwise)
    return isinstance(value, Filter) and value.name in _SAFE_FILTERS
