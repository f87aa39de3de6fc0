"""Closures that expressions are made of: small functions of the running frame."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from gateway_core.errors import MappingError
from gateway_core.mapping.dates import Interval
from gateway_core.mapping.library.moments import member_of
from gateway_core.mapping.nodes import (
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
    loose_equal,
    member,
    parse_number,
    to_text,
    values_of,
)
from gateway_core.types import Json, Position

Evaluator = Callable[[Frame], Json]
START: Final = Position(1, 1)


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


def path_getter(name: str, keys: tuple[str, ...]) -> Evaluator:
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


def path_equals_word(name: str, keys: tuple[str, ...], word: str) -> Evaluator:
    """``equals_word`` of a constant path."""

    def equals(frame: Frame) -> bool:
        value = frame.variables.get(name)
        for key in keys:
            value = value.get(key) if type(value) is dict else step(value, key, frame)
        return value == word if type(value) is str else loose_equal(value, word)

    return equals


def equals_word(left: Evaluator, word: str) -> Evaluator:
    """``==`` with a constant text that is no number: of another text, only the same is equal."""

    def equals(frame: Frame) -> bool:
        value = left(frame)
        return value == word if type(value) is str else loose_equal(value, word)

    return equals


def either(condition: Evaluator, otherwise: Evaluator) -> Evaluator:
    def either(frame: Frame) -> Json:
        value = condition(frame)
        return value if is_true(value) else otherwise(frame)

    return either


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
