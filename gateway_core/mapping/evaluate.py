"""Expressions to closures: each node becomes a function of the running frame.

No source text is generated and no Python object is in reach: a closure sees variables that
are JSON values (or a date), and calls only what the tables of the library hold. The cost of
an expression is counted while it is compiled; blocks, arrow functions and macros pay for the
whole of what they hold at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any, Final

from gateway_core.errors import MappingError
from gateway_core.mapping import library, refused
from gateway_core.mapping.calls import CallCompiler
from gateway_core.mapping.closures import (
    Evaluator,
    check_pattern,
    constant_word,
    copy_of_context,
    either,
    equals_word,
    has_member,
    need_spread,
    operation,
    pair,
    path_equals_word,
    path_getter,
    place,
    row_of,
    step,
    syntax,
    unknown,
)
from gateway_core.mapping.dates import Interval
from gateway_core.mapping.library.moments import member_of
from gateway_core.mapping.nodes import (
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
    Test,
    Unary,
)
from gateway_core.mapping.operators import BINARY, affirm, invert, negate
from gateway_core.mapping.parts import Parts
from gateway_core.mapping.reads import CONTEXT, constant_path, without_default
from gateway_core.mapping.run import Frame
from gateway_core.mapping.values import (
    as_array,
    is_array,
    is_true,
    items_of,
    key_text,
    renumber,
    to_text,
)
from gateway_core.types import Json

_NESTED: Final = 8  # a longer row of operators is evaluated in a loop, not by nested calls
SPECIAL: Final = {"_self": "", "_charset": "UTF-8"}


class ExpressionCompiler(CallCompiler):
    """Compiles expressions of one template."""

    def __init__(self, parts: Parts) -> None:
        super().__init__(parts)
        self._compilers: dict[type, Callable[[Any], Evaluator]] = {
            Constant: self._constant,
            Name: self._name,
            Member: self._member,
            Filter: self._filter,
            Call: self._call,
            MacroCall: self._macro_call,
            Test: self._test,
            Unary: self._unary,
            Binary: self._binary,
            Conditional: self._conditional,
            Concatenation: self._concatenation,
            Array: self._array,
            Hash: self._hash,
        }

    def compile(self, node: Expression) -> Evaluator:
        """The closure of an expression. Raises MappingError(kind="syntax") for unknown names."""
        self.cost += 1
        compiler = self._compilers.get(type(node))
        if compiler is None:
            raise syntax("A function or a spread can only stand among the arguments of a filter", node)
        return compiler(node)

    # -- names and members -----------------------------------------------------------------------

    def _constant(self, node: Constant) -> Evaluator:
        value = node.value
        return lambda _: value

    def _name(self, node: Name) -> Evaluator:
        name = node.name
        if name == CONTEXT:
            if not self.local:
                return lambda frame: frame.variables
            return copy_of_context(node.position)
        if name in SPECIAL:
            value = SPECIAL[name]
            return lambda _: value
        return lambda frame: frame.variables.get(name)

    def _member(self, node: Member) -> Evaluator:
        path = constant_path(node)
        if path is not None:
            return path_getter(*path)
        target, key = self.compile(node.target), self.compile(node.key)
        if node.arguments is not None:
            return self._method(node, target, key)
        position = node.position

        def get(frame: Frame) -> Json:
            value = target(frame)
            name = key(frame)
            if not isinstance(value, list | dict | datetime | Interval):
                return None
            try:
                return step(value, key_text(name), frame)
            except MappingError as error:
                place(error, position)
                raise

        return get

    def _method(self, node: Member, target: Evaluator, key: Evaluator) -> Evaluator:
        """A call on a value: dates know a few, everything else has none and answers null."""
        arguments = [self._plain_argument(argument) for argument in node.arguments or ()]
        position = node.position

        def call(frame: Frame) -> Json:
            value = target(frame)
            given = [argument(frame) for argument in arguments]
            if not isinstance(value, datetime | Interval):
                return None
            try:
                return member_of(frame.run, value, key_text(key(frame)), given)
            except MappingError as error:
                place(error, position)
                raise

        return call

    # -- operators -------------------------------------------------------------------------------

    def _unary(self, node: Unary) -> Evaluator:
        operand, position = self.compile(node.operand), node.position
        if node.operator == "not":
            return lambda frame: invert(operand(frame))
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
        word = constant_word(node)
        if word is not None:
            self.cost += 1
            path = constant_path(node.left)
            if path is not None and not (path[0] in SPECIAL and not path[1]):
                return path_equals_word(*path, word)
            return equals_word(self.compile(node.left), word)
        row: list[Binary] = [node]
        while isinstance(row[-1].left, Binary) and row[-1].left.operator in BINARY:
            row.append(row[-1].left)
        self.cost += len(row)
        evaluator = self.compile(row[-1].left)
        steps = [(BINARY[item.operator], self.compile(item.right), item.position) for item in reversed(row)]
        if len(steps) > _NESTED:
            return row_of(evaluator, steps)
        for operator, right, position in steps:
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
        left, right = self.compile(node.left), self.compile(node.right)

        def coalesce(frame: Frame) -> Json:
            value = left(frame)
            return right(frame) if value is None else value

        return coalesce

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
        condition, then = self._condition(node.condition), self.compile(node.then)
        return lambda frame: then(frame) if is_true(condition(frame)) else otherwise(frame)

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

    # -- collections -----------------------------------------------------------------------------

    def _array(self, node: Array) -> Evaluator:
        items = [
            (True, self.compile(item.value)) if isinstance(item, Spread) else (False, self.compile(item))
            for item in node.items
        ]
        if not any(spread for spread, _ in items):
            plain = tuple(item for _, item in items)
            if not plain:
                return lambda _: []
            return lambda frame: [item(frame) for item in plain]
        position = node.position

        def build(frame: Frame) -> Json:
            pairs: list[tuple[int | str, Json]] = []
            for spread, item in items:
                value = item(frame)
                if spread:
                    try:
                        need_spread(value)
                        frame.run.items(len(pairs) + len(value))
                    except MappingError as error:
                        place(error, position)
                        raise
                    pairs.extend(items_of(value))
                else:
                    pairs.append((0, value))
            return renumber(pairs)

        return build

    def _hash(self, node: Hash) -> Evaluator:
        pairs = [
            (None if key is None else self.compile(key), self.compile(value), value.position)
            for key, value in node.pairs
        ]

        def build(frame: Frame) -> Json:
            result: dict[str, Json] = {}
            for key, value, position in pairs:
                item = value(frame)
                try:
                    if key is None:
                        need_spread(item)
                        frame.run.items(len(result) + len(item))
                        result.update((str(name), inner) for name, inner in items_of(item))
                    else:
                        result[key_text(key(frame))] = item
                except MappingError as error:
                    place(error, position)
                    raise
            return as_array(result)

        return build

    # -- tests -----------------------------------------------------------------------------------

    def _test(self, node: Test) -> Evaluator:
        if node.name == "defined":
            return self._defined(node)
        entry = library.TESTS.get(node.name)
        if entry is None:
            raise unknown("test", node.name, node, (*library.TESTS, "defined"), refused.TESTS)
        target = self.compile(node.target)
        return self._invocation(entry, node, node.arguments, f'The test "{node.name}"', target)

    def _defined(self, node: Test) -> Evaluator:
        target = node.target
        if isinstance(target, Name):
            name = target.name
            if name == CONTEXT or name in SPECIAL:
                return lambda _: True
            return lambda frame: name in frame.variables
        if isinstance(target, Member) and target.arguments is None:
            return self._member_defined(target)
        if isinstance(target, Constant | Array | Hash):
            return lambda _: True
        if isinstance(target, MacroCall):
            macros, macro = self.macros, target.name
            return lambda _: macro in macros
        raise syntax('The test "defined" works with variables and their members only', node)

    def _member_defined(self, target: Member) -> Evaluator:
        inner = target.target
        key = self.compile(target.key)
        if isinstance(inner, Name) and inner.name == CONTEXT:
            return lambda frame: has_member(frame.variables, key(frame), frame)
        value = self.compile(inner)
        return lambda frame: has_member(value(frame), key(frame), frame)
