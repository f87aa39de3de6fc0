"""Closures that expressions are made of: small functions of the running frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from gateway_core.errors import MappingError
from gateway_core.mapping.dates import Interval
from gateway_core.mapping.library.moments import member_of
from gateway_core.mapping.nodes import (
    Array,
    Binary,
    Constant,
    Node,
)
from gateway_core.mapping.operators import regular_expression
from gateway_core.mapping.run import Frame, Run
from gateway_core.mapping.statements import did_you_mean
from gateway_core.mapping.values import (
    failure,
    is_array,
    is_true,
    key_text,
    kind_of,
    member,
    parse_number,
    to_text,
    values_of,
)
from gateway_core.types import Json, Position

Evaluator = Callable[[Frame], Json]
START: Final = Position(1, 1)
SPECIAL: Final = {"_self": "", "_charset": "UTF-8"}


def syntax(detail: str, node: Node, hint: str = "") -> MappingError:
    return MappingError(detail, kind="syntax", position=node.position, hint=hint)


def place(error: MappingError, position: Position) -> None:
    """Give an error a position, unless a deeper expression or mapping gave it one already."""
    if error.position is None and not error.mapping:
        error.position = position


def step(value: Json, key: str, frame: Frame) -> Json:
    """The member of a value, or None where it has none: absence is never an error."""
    if is_array(value):
        return member(value, key)[1]
    if isinstance(value, datetime | Interval):
        return member_of(frame.run, value, key, [])
    return None


def arrow_of_one(name: str, body: Evaluator, cost: int, *, alone: bool) -> Evaluator:
    """An arrow function of one parameter; ``alone``: its body knows no other variable."""

    def arrow(frame: Frame) -> Callable[..., Json]:
        run = frame.run
        if alone:
            variables: dict[str, Json] = {}
        else:
            run.burn(1 + (len(frame.variables) >> 3))
            variables = dict(frame.variables)
        inner = Frame(variables, run)

        def function(value: Json = None, *_: Json) -> Json:
            run.burn(cost)
            variables[name] = value
            return body(inner)

        return function

    return arrow


def has_member(value: Json, key: Json, frame: Frame) -> bool:
    if is_array(value):
        return not is_array(key) and member(value, key_text(key))[0]
    if isinstance(value, datetime | Interval):
        return member_of(frame.run, value, key_text(key), []) is not None
    return False


def unknown(
    kind: str, name: str, node: Node, known: Iterable[str], refused: Mapping[str, str]
) -> MappingError:
    """There is no such filter, function or test: because it is refused, or because nobody knows it."""
    if name in refused:
        return syntax(f'The {kind} "{name}" is not available in a mapping', node, refused[name])
    return syntax(f'There is no {kind} "{name}"', node, did_you_mean(name, tuple(known)))


def nothing(frame: Frame) -> str:
    return ""


def copy_of_context(position: Position) -> Evaluator:
    def copy(frame: Frame) -> Json:
        try:
            frame.run.items(len(frame.variables))
        except MappingError as error:
            place(error, position)
            raise
        return dict(frame.variables)

    return copy


def check_pattern(node: Constant) -> None:
    try:
        regular_expression(to_text(node.value))
    except MappingError as error:
        raise syntax(error.detail, node, error.hint) from None


def need_spread(value: Json) -> None:
    if not is_array(value):
        raise failure(f"Only a list or an object can be spread, not {kind_of(value)}")


def extend(values: list[Json], value: Json, spread: bool, run: Run) -> None:
    if not spread:
        values.append(value)
        return
    need_spread(value)
    run.items(len(values) + len(value))
    values.extend(values_of(value))


def pair(both: bool, first: Evaluator, second: Evaluator) -> Evaluator:
    def either_is_true(frame: Frame) -> bool:
        value = first(frame)
        if bool(value) and value != "0":
            return True
        return is_true(second(frame))

    def both_are_true(frame: Frame) -> bool:
        value = first(frame)
        if not value or value == "0":
            return False
        return is_true(second(frame))

    return both_are_true if both else either_is_true


def constant_word(node: Binary) -> str | None:
    """The constant text, not a number, that ``==`` compares with."""
    return word_of(node.right) if node.operator == "==" else None


def word_of(node: Node) -> str | None:
    """A constant text that is not a number: of texts it equals only itself."""
    word = node.value if isinstance(node, Constant) else None
    return word if isinstance(word, str) and parse_number(word) is None else None


def words_of(node: Node) -> tuple[str, ...] | None:
    """A constant list of such texts."""
    if not isinstance(node, Array):
        return None
    words = tuple(word for item in node.items if (word := word_of(item)) is not None)
    return words if words and len(words) == len(node.items) else None


def either(condition: Evaluator, otherwise: Evaluator) -> Evaluator:
    def either(frame: Frame) -> Json:
        value = condition(frame)
        return value if is_true(value) else otherwise(frame)

    return either


def choice(condition: Evaluator, then: Evaluator, otherwise: Evaluator) -> Evaluator:
    """``condition ? then : otherwise``."""

    def choose(frame: Frame) -> Json:
        value = condition(frame)
        return then(frame) if value and value != "0" else otherwise(frame)

    return choose


def negated(operand: Evaluator) -> Evaluator:
    """``not operand``."""

    def negate(frame: Frame) -> bool:
        value = operand(frame)
        return not value or value == "0"

    return negate


def operation_with(operator: Any, left: Evaluator, right: Json, position: Position) -> Evaluator:
    """An operator whose right operand is a constant."""

    def operate(frame: Frame) -> Json:
        try:
            return operator(left(frame), right, frame.run)
        except MappingError as error:
            place(error, position)
            raise

    return operate


def object_of(pairs: tuple[tuple[str, Evaluator], ...]) -> Evaluator:
    """An object with constant keys, of which none is a number."""
    return lambda frame: {key: value(frame) for key, value in pairs}


def operation(operator: Any, left: Evaluator, right: Evaluator, position: Position) -> Evaluator:
    def operate(frame: Frame) -> Json:
        try:
            return operator(left(frame), right(frame), frame.run)
        except MappingError as error:
            place(error, position)
            raise

    return operate


def row_of(first: Evaluator, steps: list[tuple[Any, Evaluator, Position]]) -> Evaluator:
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


def invocation(
    implementation: Callable[..., Json], arguments: list[Evaluator], position: Position
) -> Evaluator:
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
