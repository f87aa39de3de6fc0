"""Templates under ``jsonToArray`` as native operations: a value, with no text in between.

``{{ map('ref', x)|json_encode }}``, alone, after assignments or within conditions, becomes a call
of the mapping.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway_core.errors import MappingError
from gateway_core.mapping.casts import json_to_array
from gateway_core.mapping.closures import Evaluator, place
from gateway_core.mapping.evaluate import ExpressionCompiler
from gateway_core.mapping.fragments import Mapped, MappedReader
from gateway_core.mapping.inline import assignment, inlined, is_blank
from gateway_core.mapping.nodes import Arrow, Block, Conditional, If, Print, Set, Statement, Template
from gateway_core.mapping.parts import parts_of
from gateway_core.mapping.reads import walk, without_default
from gateway_core.mapping.run import Frame
from gateway_core.types import Json

Native = Callable[[Frame], Json]


def native_json(template: Template) -> tuple[Native, int] | None:
    """The value of a template read as JSON, with the steps that it costs; None when the template is more
    than a mapped value in conditions."""
    if template.macros:
        return None
    template = inlined(template)
    compiler = ExpressionCompiler(parts_of(template))
    choose = _block(template.body, compiler, MappedReader(template))
    if choose is None:
        return None
    if not any(isinstance(node, Set) for node in walk(template)):
        return choose, compiler.cost + 1

    def evaluate(frame: Frame) -> Any:
        run = frame.run
        run.items(len(frame.variables))
        return choose(Frame(dict(frame.variables), run))

    return evaluate, compiler.cost + 1


def _block(block: Block, compiler: ExpressionCompiler, reader: MappedReader) -> Native | None:
    statements = [node for node in block.statements if not is_blank(node)]
    if not statements:
        return _nothing
    *before, statement = statements
    if before:
        return _after(before, Block(block.position, (statement,)), compiler, reader)
    if isinstance(statement, Print):
        mapped = reader.read(statement.value)
        return None if mapped is None else _value(mapped, compiler)
    return _choice(statement, compiler, reader) if isinstance(statement, If) else None


def _after(
    before: list[Statement], block: Block, compiler: ExpressionCompiler, reader: MappedReader
) -> Native | None:
    """A block after assignments of one name each."""
    values: list[tuple[str, Evaluator | None, Evaluator]] = []
    for node in before:
        given = assignment(node)
        if given is None or isinstance(given[1], Arrow):
            return None
        name, value = given
        condition: Evaluator | None = None
        if isinstance(node, If) and isinstance(value, Conditional) and value.then is not None:
            # Otherwise nothing is assigned: a name that was not defined stays so.
            condition, value = compiler.compile(without_default(value.condition)), value.then
        values.append((name, condition, compiler.compile(value)))
    then = _block(block, compiler, reader)
    if then is None:
        return None

    def evaluate(frame: Frame) -> Json:
        for name, condition, value in values:
            if condition is not None:
                held = condition(frame)
                if not held or held == "0":
                    continue
            frame.variables[name] = value(frame)
        return then(frame)

    return evaluate


def _nothing(frame: Frame) -> Json:
    return None  # which is what an empty text is as JSON


def _choice(node: If, compiler: ExpressionCompiler, reader: MappedReader) -> Native | None:
    branches: list[tuple[Evaluator, Native]] = []
    for condition, body in node.branches:
        then = _block(body, compiler, reader)
        if then is None:
            return None
        branches.append((compiler.compile(without_default(condition)), then))
    otherwise = _nothing if node.otherwise is None else _block(node.otherwise, compiler, reader)
    if otherwise is None:
        return None
    for condition_of, then in reversed(branches):
        otherwise = _either(condition_of, then, otherwise)
    return otherwise


def _either(condition: Evaluator, then: Native, otherwise: Native) -> Native:
    def choose(frame: Frame) -> Json:
        value = condition(frame)
        return then(frame) if value and value != "0" else otherwise(frame)

    return choose


def _value(mapped: Mapped, compiler: ExpressionCompiler) -> Native:
    keep, position = mapped.keeper(compiler), mapped.value.position

    def value(frame: Frame) -> Json:
        result, kept = keep(frame)
        if kept:
            return result
        run = frame.run
        try:
            text = mapped.text_of(result, run)
        except MappingError as error:
            place(error, position)
            raise
        return json_to_array(text, run)

    return value
