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
from gateway_core.mapping import library
from gateway_core.mapping.dates import Interval
from gateway_core.mapping.library.gateway import apply_mapping
from gateway_core.mapping.library.moments import member_of
from gateway_core.mapping.library.signature import Function, bind
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
    Node,
    Spread,
    Test,
    Unary,
)
from gateway_core.mapping.operators import BINARY, affirm, invert, negate, regular_expression
from gateway_core.mapping.reads import CONTEXT, WITH, constant_path
from gateway_core.mapping.run import Frame, Run
from gateway_core.mapping.statements import did_you_mean
from gateway_core.mapping.values import (
    as_array,
    failure,
    is_array,
    is_empty,
    is_true,
    items_of,
    key_text,
    kind_of,
    loose_equal,
    member,
    parse_number,
    renumber,
    to_text,
    values_of,
)
from gateway_core.types import Json, Position

Evaluator = Callable[[Frame], Json]
_NESTED: Final = 8  # a longer row of operators is evaluated in a loop, not by nested calls
_SPECIAL: Final = {"_self": "", "_charset": "UTF-8"}


def syntax(detail: str, node: Node, hint: str = "") -> MappingError:
    return MappingError(detail, kind="syntax", position=node.position, hint=hint)


def place(error: MappingError, position: Position) -> None:
    """Give an error a position, unless a deeper expression or mapping gave it one already."""
    if error.position is None and not error.mapping:
        error.position = position


def step(value: Json, key: str, frame: Frame) -> Json:
    """The member of a value, or None where it has none: absence is never an error."""
    if isinstance(value, list | dict):
        return member(value, key)[1]
    if isinstance(value, datetime | Interval):
        return member_of(frame.run, value, key, [])
    return None


class ExpressionCompiler:
    """Compiles expressions of one template. ``local`` holds every name the template assigns."""

    def __init__(self, local: frozenset[str]) -> None:
        self.local = local
        self.cost = 0
        self.macros: dict[str, Any] = {}
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
            return _copy_of_context
        if name in _SPECIAL:
            value = _SPECIAL[name]
            return lambda _: value
        return lambda frame: frame.variables.get(name)

    def _member(self, node: Member) -> Evaluator:
        path = constant_path(node)
        if path is not None:
            return _path(*path)
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

    def _plain_argument(self, argument: Argument) -> Evaluator:
        if isinstance(argument.value, Arrow) or argument.spread:
            raise syntax("A function can only be an argument of a filter", argument)
        return self.compile(argument.value)

    # -- calls -----------------------------------------------------------------------------------

    def _filter(self, node: Filter) -> Evaluator:
        if node.name == "default":
            return self._default(node)
        entry = library.FILTERS.get(node.name)
        if entry is None:
            raise syntax(f'There is no filter "{node.name}"', node, _hint(node.name, library.FILTERS))
        target = self.compile(node.target)
        return self._invocation(entry, node, node.arguments, f'The filter "{node.name}"', target)

    def _default(self, node: Filter) -> Evaluator:
        target = self.compile(node.target)
        if len(node.arguments) > 1:
            raise syntax('The filter "default" takes at most one argument', node)
        alternative = self._plain_argument(node.arguments[0]) if node.arguments else _nothing

        def default(frame: Frame) -> Json:
            value = target(frame)
            return alternative(frame) if not value and is_empty(value) else value

        return default

    def _call(self, node: Call) -> Evaluator:
        if node.name == "map" and len(node.arguments) >= 2 and self._is_input(node.arguments[1]):
            return self._map_of_input(node)
        entry = library.FUNCTIONS.get(node.name)
        if entry is None:
            hint = _hint(node.name, library.FUNCTIONS)
            if not hint and node.name in library.FILTERS:
                hint = f"it is a filter: write value|{node.name}"
            raise syntax(f'There is no function "{node.name}"', node, hint)
        return self._invocation(entry, node, node.arguments, f'The function "{node.name}"', None)

    def _is_input(self, argument: Argument) -> bool:
        """Whether an argument is a part of the input as it came: its keys are encoded already."""
        if argument.name or argument.spread or WITH in self.local:
            return False
        if isinstance(argument.value, Name) and argument.value.name == CONTEXT:
            return not self.local
        path = constant_path(argument.value)
        return path is not None and path[0] not in self.local

    def _map_of_input(self, node: Call) -> Evaluator:
        entry = library.FUNCTIONS["map"]
        reference, document, as_list = self._bound(entry, node, node.arguments, 'The function "map"')
        position = node.position

        def apply(frame: Frame) -> Json:
            try:
                given = document(frame)
                return apply_mapping(frame.run, reference(frame), given, as_list(frame), encoded=True)
            except MappingError as error:
                place(error, position)
                raise

        return apply

    def _bound(
        self, entry: Function, node: Node, arguments: tuple[Argument, ...], what: str
    ) -> list[Evaluator]:
        try:
            bound = bind(entry, tuple((argument.name, argument) for argument in arguments))
        except ValueError as error:
            raise syntax(f"{what} cannot be called like this: {error}", node) from None
        return [self._argument(entry, index, value, what) for index, value in enumerate(bound)]

    def _argument(self, entry: Function, index: int, value: Any, what: str) -> Evaluator:
        wants_arrow = index < len(entry.parameters) and entry.parameters[index].arrow
        if not isinstance(value, Argument):
            return lambda _: value
        if isinstance(value.value, Arrow):
            if not wants_arrow:
                raise syntax(f"{what} does not take a function there", value)
            return self._arrow(value.value)
        if wants_arrow:
            raise syntax(f"{what} needs an arrow function", value, "write it as v => …")
        return self.compile(value.value)

    def _invocation(
        self, entry: Function, node: Node, given: tuple[Argument, ...], what: str, target: Evaluator | None
    ) -> Evaluator:
        if any(argument.spread for argument in given):
            return self._spread_invocation(entry, node, given, what, target)
        arguments = self._bound(entry, node, given, what)
        if target is not None:
            arguments.insert(0, target)
        return _invoke(entry.implementation, arguments, node.position)

    def _spread_invocation(
        self, entry: Function, node: Node, given: tuple[Argument, ...], what: str, target: Evaluator | None
    ) -> Evaluator:
        if any(isinstance(argument.value, Arrow) or argument.name for argument in given):
            raise syntax(f"{what} cannot take spread arguments beside a function or a name", node)
        parts = [(argument.spread, self.compile(argument.value)) for argument in given]
        arrows = any(parameter.arrow for parameter in entry.parameters)
        if arrows:
            raise syntax(f"{what} needs an arrow function", node, "write it as v => …")

        def invoke(frame: Frame) -> Json:
            values: list[Json] = [] if target is None else [target(frame)]
            start = len(values)
            try:
                for spread, part in parts:
                    _extend(values, part(frame), spread, frame.run)
                bound = bind(entry, tuple(("", value) for value in values[start:]))
                return entry.implementation(frame.run, *values[:start], *bound)
            except ValueError as error:
                raise MappingError(
                    f"{what} cannot be called like this: {error}", position=node.position
                ) from None
            except MappingError as error:
                place(error, node.position)
                raise

        return invoke

    def _macro_call(self, node: MacroCall) -> Evaluator:
        name, macros, position = node.name, self.macros, node.position
        arguments = [(item.name, item.spread, self.compile(item.value)) for item in node.arguments]

        def call(frame: Frame) -> Json:
            macro = macros.get(name)
            if macro is None:
                raise MappingError(f'There is no macro "{name}"', position=position)
            values: list[Json] = []
            named: dict[str, Json] = {}
            for keyword, spread, value in arguments:
                if keyword:
                    named[keyword] = value(frame)
                else:
                    _extend(values, value(frame), spread, frame.run)
            return macro(frame.run, values, named)

        return call

    def _arrow(self, node: Arrow) -> Evaluator:
        """A Python function of the item; it exists only while its filter runs."""
        outer, self.cost = self.cost, 0
        body = self.compile(node.body)
        cost, self.cost = self.cost, outer + 1
        names = node.parameters
        if len(names) == 1:
            return _arrow_of_one(names[0], body, cost)

        def arrow(frame: Frame) -> Callable[..., Json]:
            run = frame.run
            run.burn(1 + (len(frame.variables) >> 3))
            inner = Frame(dict(frame.variables), run)
            variables = inner.variables

            def function(*values: Json) -> Json:
                run.burn(cost)
                for index, name in enumerate(names):
                    variables[name] = values[index] if index < len(values) else None
                return body(inner)

            return function

        return arrow

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
            _check_pattern(node.right)
        word = _word(node)
        if word is not None:
            self.cost += 1
            return _equals_word(self.compile(node.left), word)
        row: list[Binary] = [node]
        while isinstance(row[-1].left, Binary) and row[-1].left.operator in BINARY:
            row.append(row[-1].left)
        self.cost += len(row)
        evaluator = self.compile(row[-1].left)
        steps = [(BINARY[item.operator], self.compile(item.right), item.position) for item in reversed(row)]
        if len(steps) > _NESTED:
            return _row(evaluator, steps)
        for operator, right, position in steps:
            evaluator = _operation(operator, evaluator, right, position)
        return evaluator

    def _logical(self, node: Binary) -> Evaluator:
        parts: list[Expression] = []
        left: Expression = node
        while isinstance(left, Binary) and left.operator == node.operator:
            parts.append(left.right)
            left = left.left
        conditions = tuple(self.compile(part) for part in (left, *reversed(parts)))
        if len(conditions) == 2:
            return _pair(node.operator == "and", *conditions)
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
        condition, otherwise = self.compile(node.condition), self.compile(node.otherwise)
        if node.then is None:
            return _either(condition, otherwise)
        then = self.compile(node.then)
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
            return lambda frame: [item(frame) for item in plain]

        def build(frame: Frame) -> Json:
            pairs: list[tuple[int | str, Json]] = []
            for spread, item in items:
                value = item(frame)
                if spread:
                    _need_spread(value)
                    frame.run.items(len(pairs) + len(value))
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
                        _need_spread(item)
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
            names = (*library.TESTS, "defined")
            raise syntax(f'There is no test "{node.name}"', node, did_you_mean(node.name, names))
        target = self.compile(node.target)
        return self._invocation(entry, node, node.arguments, f'The test "{node.name}"', target)

    def _defined(self, node: Test) -> Evaluator:
        target = node.target
        if isinstance(target, Name):
            name = target.name
            if name == CONTEXT or name in _SPECIAL:
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
            return lambda frame: _has(frame.variables, key(frame), frame)
        value = self.compile(inner)
        return lambda frame: _has(value(frame), key(frame), frame)


def _arrow_of_one(name: str, body: Evaluator, cost: int) -> Evaluator:
    def arrow(frame: Frame) -> Callable[..., Json]:
        run = frame.run
        run.burn(1 + (len(frame.variables) >> 3))
        inner = Frame(dict(frame.variables), run)
        variables = inner.variables

        def function(value: Json = None, *_: Json) -> Json:
            run.burn(cost)
            variables[name] = value
            return body(inner)

        return function

    return arrow


def _has(value: Json, key: Json, frame: Frame) -> bool:
    if isinstance(value, list | dict):
        return not is_array(key) and member(value, key_text(key))[0]
    if isinstance(value, datetime | Interval):
        return member_of(frame.run, value, key_text(key), []) is not None
    return False


def _hint(name: str, table: Any) -> str:
    return did_you_mean(name, tuple(table))


def _nothing(frame: Frame) -> str:
    return ""


def _copy_of_context(frame: Frame) -> Json:
    frame.run.items(len(frame.variables))
    return dict(frame.variables)


def _check_pattern(node: Constant) -> None:
    try:
        regular_expression(to_text(node.value))
    except MappingError as error:
        raise syntax(error.detail, node, error.hint) from None


def _need_spread(value: Json) -> None:
    if not is_array(value):
        raise failure(f"Only a list or an object can be spread, not {kind_of(value)}")


def _extend(values: list[Json], value: Json, spread: bool, run: Run) -> None:
    if not spread:
        values.append(value)
        return
    _need_spread(value)
    run.items(len(values) + len(value))
    values.extend(values_of(value))


def _path(name: str, keys: tuple[str, ...]) -> Evaluator:
    if not keys:
        return lambda frame: frame.variables.get(name)
    if len(keys) == 1:
        key = keys[0]

        def get(frame: Frame) -> Json:
            value = frame.variables.get(name)
            return value.get(key) if type(value) is dict else step(value, key, frame)

        return get

    def get_deep(frame: Frame) -> Json:
        value = frame.variables.get(name)
        for key in keys:
            value = value.get(key) if type(value) is dict else step(value, key, frame)
        return value

    return get_deep


def _pair(both: bool, first: Evaluator, second: Evaluator) -> Evaluator:
    if both:
        return lambda frame: is_true(first(frame)) and is_true(second(frame))
    return lambda frame: is_true(first(frame)) or is_true(second(frame))


def _word(node: Binary) -> str | None:
    """The constant text, not a number, that ``==`` compares with."""
    if node.operator != "==" or not isinstance(node.right, Constant):
        return None
    word = node.right.value
    return word if isinstance(word, str) and parse_number(word) is None else None


def _equals_word(left: Evaluator, word: str) -> Evaluator:
    """``==`` with a constant text that is no number: of another text, only the same is equal."""

    def equals(frame: Frame) -> bool:
        value = left(frame)
        return value == word if type(value) is str else loose_equal(value, word)

    return equals


def _either(condition: Evaluator, otherwise: Evaluator) -> Evaluator:
    def either(frame: Frame) -> Json:
        value = condition(frame)
        return value if is_true(value) else otherwise(frame)

    return either


def _operation(operator: Any, left: Evaluator, right: Evaluator, position: Position) -> Evaluator:
    def operate(frame: Frame) -> Json:
        try:
            return operator(left(frame), right(frame), frame.run)
        except MappingError as error:
            place(error, position)
            raise

    return operate


def _row(first: Evaluator, steps: list[tuple[Any, Evaluator, Position]]) -> Evaluator:
    def operate(frame: Frame) -> Json:
        value = first(frame)
        run = frame.run
        for operator, right, position in steps:
            try:
                value = operator(value, right(frame), run)
            except MappingError as error:
                place(error, position)
                raise
        return value

    return operate


def _invoke(implementation: Callable[..., Json], arguments: list[Evaluator], position: Position) -> Evaluator:
    if len(arguments) == 1:
        only = arguments[0]

        def invoke_one(frame: Frame) -> Json:
            try:
                return implementation(frame.run, only(frame))
            except MappingError as error:
                place(error, position)
                raise

        return invoke_one
    if len(arguments) == 2:
        first, second = arguments

        def invoke_two(frame: Frame) -> Json:
            try:
                return implementation(frame.run, first(frame), second(frame))
            except MappingError as error:
                place(error, position)
                raise

        return invoke_two

    def invoke(frame: Frame) -> Json:
        try:
            return implementation(frame.run, *[argument(frame) for argument in arguments])
        except MappingError as error:
            place(error, position)
            raise

    return invoke
