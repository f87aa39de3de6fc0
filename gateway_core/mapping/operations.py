"""Operators to closures: comparisons, conditions and choices of an expression."""

from __future__ import annotations

from functools import reduce
from typing import Final

from gateway_core.errors import MappingError
from gateway_core.mapping.calls import CallCompiler
from gateway_core.mapping.closures import (
    SPECIAL,
    Evaluator,
    check_pattern,
    choice,
    constant_word,
    either,
    negated,
    operation,
    operation_with,
    pair,
    place,
    row_of,
    syntax,
    words_of,
)
from gateway_core.mapping.lookups import (
    QUESTIONS,
    asked,
    coalesced,
    equals_word,
    first_known,
    is_among,
    known_or,
    path_equals_word,
)
from gateway_core.mapping.nodes import (
    Arrow,
    Binary,
    Concatenation,
    Conditional,
    Constant,
    Expression,
    Test,
    Unary,
)
from gateway_core.mapping.operators import BINARY, affirm, negate
from gateway_core.mapping.reads import constant_path, without_default
from gateway_core.mapping.run import Frame
from gateway_core.mapping.values import is_array, is_true, items_of, to_text
from gateway_core.types import Json

_NESTED: Final = 8  # a longer row of operators is evaluated in a loop, not by nested calls


class OperatorCompiler(CallCompiler):
    """Compiles the operators of one template."""

    def _unary(self, node: Unary) -> Evaluator:
        if node.operator == "not":
            if isinstance(node.operand, Test) and is_question(node.operand):
                return self._question(node.operand, wanted=False)
            return negated(self.compile(node.operand))
        operand, position = self.compile(node.operand), node.position
        operate = negate if node.operator == "-" else affirm

        def sign(frame: Frame) -> Json:
            try:
                return operate(operand(frame))
            except MappingError as error:
                place(error, position)
                raise

        return sign

    def _binary(self, node: Binary) -> Evaluator:
        if node.operator in ("and", "or"):
            return self._logical(node)
        if node.operator == "??":
            return self._coalesce(node)
        if node.operator in ("has some", "has every"):
            return self._quantifier(node)
        if node.operator == "matches" and isinstance(node.right, Constant):
            check_pattern(node.right)
        return self._with_words(node) or self._row(node)

    def _with_words(self, node: Binary) -> Evaluator | None:
        """A comparison with constant texts."""
        word = constant_word(node)
        if word is not None:
            self.cost += 1
            path = constant_path(node.left)
            if path is not None and not (path[0] in SPECIAL and not path[1]):
                return path_equals_word(*path, word)
            return equals_word(self.compile(node.left), word)
        if node.operator in ("in", "not in"):
            words = words_of(node.right)
            if words is not None:
                self.cost += 1 + len(words)
                return is_among(self.compile(node.left), words, wanted=node.operator == "in")
        return None

    def _row(self, node: Binary) -> Evaluator:
        """A row of operators that bind to the left."""
        row: list[Binary] = [node]
        while isinstance(row[-1].left, Binary) and row[-1].left.operator in BINARY:
            row.append(row[-1].left)
        self.cost += len(row)
        evaluator = self.compile(row[-1].left)
        steps = [(BINARY[item.operator], self.compile(item.right), item.position) for item in reversed(row)]
        if len(steps) > _NESTED:
            return row_of(evaluator, steps)
        for (operator, right, position), item in zip(steps, reversed(row), strict=True):
            if isinstance(item.right, Constant):
                evaluator = operation_with(operator, evaluator, item.right.value, position)
            else:
                evaluator = operation(operator, evaluator, right, position)
        return evaluator

    def _condition(self, node: Expression) -> Evaluator:
        """An expression of which only the truth is asked."""
        return self.compile(without_default(node))

    def _logical(self, node: Binary) -> Evaluator:
        parts: list[Expression] = []
        left: Expression = node
        while isinstance(left, Binary) and left.operator == node.operator:
            parts.append(left.right)
            left = left.left
        conditions = tuple(self._condition(part) for part in (left, *reversed(parts)))
        if len(conditions) == 2:
            return pair(node.operator == "and", *conditions)
        if node.operator == "and":
            return lambda frame: all(is_true(condition(frame)) for condition in conditions)
        return lambda frame: any(is_true(condition(frame)) for condition in conditions)

    def _coalesce(self, node: Binary) -> Evaluator:
        operands = _operands(node)
        *others, last = operands
        lookups = tuple(path for item in others if (path := constant_path(item)) is not None)
        evaluators = [self.compile(item) for item in operands]
        if len(lookups) < len(others) or any(name in SPECIAL and not keys for name, keys in lookups):
            return reduce(coalesced, evaluators)
        if len(lookups) == 1 and isinstance(last, Constant):
            return known_or(*lookups[0], last.value)
        return first_known(lookups, evaluators[-1])

    def _quantifier(self, node: Binary) -> Evaluator:
        if not isinstance(node.right, Arrow):
            raise syntax(f'"{node.operator}" needs an arrow function', node, "write it as v => …")
        left, arrow = self.compile(node.left), self._arrow(node.right)
        decide = any if node.operator == "has some" else all

        def quantify(frame: Frame) -> bool:
            value = left(frame)
            if not is_array(value):
                return decide is all
            function = arrow(frame)
            return decide(is_true(function(item, key)) for key, item in items_of(value))

        return quantify

    def _conditional(self, node: Conditional) -> Evaluator:
        otherwise = self.compile(node.otherwise)
        if node.then is None:
            return either(self.compile(node.condition), otherwise)
        return choice(self._condition(node.condition), self.compile(node.then), otherwise)

    def _concatenation(self, node: Concatenation) -> Evaluator:
        parts = [self.compile(part) for part in node.parts]
        position = node.position

        def concatenate(frame: Frame) -> str:
            try:
                texts = [to_text(part(frame)) for part in parts]
                frame.run.text(sum(map(len, texts)))
            except MappingError as error:
                place(error, position)
                raise
            return "".join(texts)

        return concatenate

    def _question(self, node: Test, *, wanted: bool) -> Evaluator:
        self.cost += 1
        return asked(node.name, self.compile(node.target), wanted=wanted)


def _operands(node: Expression) -> list[Expression]:
    """The operands of a row of ``??``."""
    if isinstance(node, Binary) and node.operator == "??":
        return [*_operands(node.left), *_operands(node.right)]
    return [node]


def is_question(node: Test) -> bool:
    """Whether a test looks at nothing but the value."""
    return node.name in QUESTIONS and not node.arguments
