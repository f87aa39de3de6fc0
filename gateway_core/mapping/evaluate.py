"""Expressions to closures: each node becomes a function of the running frame.

No source text is generated and no Python object is in reach: a closure sees variables that
are JSON values (or a date), and calls only what the tables of the library hold. The cost of
an expression is counted while it is compiled; blocks, arrow functions and macros pay for the
whole of what they hold at once.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from gateway_core.errors import MappingError
from gateway_core.mapping import library, refused
from gateway_core.mapping.closures import (
    SPECIAL,
    Evaluator,
    copy_of_context,
    has_member,
    need_spread,
    object_of,
    place,
    step,
    syntax,
    unknown,
)
from gateway_core.mapping.dates import Interval
from gateway_core.mapping.library.moments import member_of
from gateway_core.mapping.lookups import (
    member_getter,
    path_getter,
)
from gateway_core.mapping.nodes import (
    Array,
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
from gateway_core.mapping.operations import OperatorCompiler, is_question
from gateway_core.mapping.parts import Parts
from gateway_core.mapping.reads import CONTEXT, constant_path
from gateway_core.mapping.run import Frame
from gateway_core.mapping.values import (
    as_array,
    items_of,
    key_text,
    keys_are_texts,
    renumber,
)
from gateway_core.types import Json


class ExpressionCompiler(OperatorCompiler):
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
        if node.arguments is None and isinstance(node.key, Constant):
            return self._constant_member(node)
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

    def _constant_member(self, node: Member) -> Evaluator:
        keys: list[str] = []
        target: Expression = node
        while isinstance(target, Member) and target.arguments is None and isinstance(target.key, Constant):
            keys.append(key_text(target.key.value))
            target = target.target
            self.cost += 2
        keys.reverse()
        return member_getter(self.compile(target), tuple(keys))

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
        keys = [key.value for key, _ in node.pairs if isinstance(key, Constant)]
        names = [key for key in keys if isinstance(key, str)]
        if len(names) == len(node.pairs) and keys_are_texts(names):
            self.cost += len(names)
            values = [self.compile(value) for _, value in node.pairs]
            return object_of(tuple(zip(names, values, strict=True)))
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
        if is_question(node):
            return self._question(node, wanted=True)
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
