"""Calls to closures: filters, functions, macros and the arrow functions among their arguments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from gateway_core.errors import MappingError
from gateway_core.mapping import library, refused
from gateway_core.mapping.closures import (
    Evaluator,
    arrow_of_one,
    constant_word,
    extend,
    invocation,
    nothing,
    place,
    syntax,
    unknown,
    words_of,
)
from gateway_core.mapping.library.constants import CONSTANTS
from gateway_core.mapping.library.gateway import apply_mapping
from gateway_core.mapping.library.signature import Function, bind
from gateway_core.mapping.list_closures import (
    choose_by_condition,
    choose_by_words,
    end_of,
    end_of_words,
    kept_items,
    map_constant,
    members_of,
    merged,
    merged_into_nothing,
    values_of_list,
    values_with_words,
)
from gateway_core.mapping.nodes import (
    Argument,
    Array,
    Arrow,
    Binary,
    Call,
    Constant,
    Expression,
    Filter,
    MacroCall,
    Name,
    Node,
)
from gateway_core.mapping.parts import Parts
from gateway_core.mapping.reads import WITH, constant_path, walk
from gateway_core.mapping.run import Frame
from gateway_core.mapping.statements import did_you_mean
from gateway_core.mapping.values import (
    is_empty,
)
from gateway_core.types import Json


class CallCompiler(ABC):
    """Compiles the calls of one template.

    ``parts`` tells what the names hold that the template assigns, which are ``local``.
    """

    def __init__(self, parts: Parts) -> None:
        self.local = parts.local
        self.parts = parts
        self.cost = 0
        self.macros: dict[str, Any] = {}

    @abstractmethod
    def compile(self, node: Expression) -> Evaluator:
        """The closure of an expression."""

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
            raise unknown("filter", node.name, node, library.FILTERS, refused.FILTERS)
        target = self.compile(node.target)
        if node.name == "filter":
            kept = self._kept(node, target, values=False)
            if kept is not None:
                return kept
        if node.name in ("first", "last") and not node.arguments:
            return self._end(node, target)
        if node.name == "merge" and len(node.arguments) == 1 and not node.arguments[0].spread:
            other = self._plain_argument(node.arguments[0])
            if isinstance(node.target, Array) and not node.target.items:
                return merged_into_nothing(other, node.position)
            return merged(target, other, node.position)
        invoked = self._invocation(entry, node, node.arguments, f'The filter "{node.name}"', target)
        return self._members(node, target, invoked) if node.name == "map" else invoked

    def _members(self, node: Filter, target: Evaluator, mapped: Evaluator) -> Evaluator:
        """``map`` with a function that only looks something up in its item."""
        arrow = node.arguments[0].value if len(node.arguments) == 1 else None
        path = constant_path(arrow.body) if isinstance(arrow, Arrow) and len(arrow.parameters) == 1 else None
        if path is None or not isinstance(arrow, Arrow) or path[0] != arrow.parameters[0] or not path[1]:
            return mapped
        return members_of(target, path[1], len(path[1]) + 2, mapped)

    def _end(self, node: Filter, target: Evaluator) -> Evaluator:
        """``first`` or ``last``, also of the items that hold a text at a path."""
        last, kept = node.name == "last", node.target
        end = end_of(target, node.position, last=last)
        if not isinstance(kept, Filter) or kept.name != "filter" or len(kept.arguments) != 1:
            return end
        arrow = kept.arguments[0]
        if not isinstance(arrow.value, Arrow) or arrow.name or len(arrow.value.parameters) > 1:
            return end
        words = _equal_words(arrow.value.body, arrow.value.parameters[0])
        if words is None:
            return end
        cost = sum(1 for _ in walk(arrow.value.body))
        return end_of_words(end, self.again(kept.target, values=True), *words, cost=cost, last=last)

    def again(self, node: Expression, *, values: bool) -> Evaluator:
        """An expression that is counted already; ``values``: of a list the keys do not matter."""
        cost = self.cost
        kept = None
        if values and isinstance(node, Filter) and node.name == "filter":
            kept = self._kept(node, self.compile(node.target), values=True)
        kept = kept or self.compile(node)
        self.cost = cost
        return kept

    def _kept(self, node: Filter, target: Evaluator, *, values: bool) -> Evaluator | None:
        """``filter`` with a function of one parameter that knows no other variable."""
        arrow = node.arguments[0].value if len(node.arguments) == 1 else None
        if not isinstance(arrow, Arrow) or node.arguments[0].name not in ("", "arrow"):
            return None
        name = arrow.parameters[0]
        if len(arrow.parameters) > 1 or not _knows_only(arrow, name):
            return None
        outer, self.cost = self.cost, 0
        condition = self.compile(arrow.body)
        cost, self.cost = self.cost, outer + 1
        equal = _equal_words(arrow.body, name)
        choose = choose_by_condition(name, condition) if equal is None else choose_by_words(*equal)
        kept = kept_items(target, name, condition, cost, node.position, values=values, choose=choose)
        return kept if equal is None or not values else values_with_words(target, kept, *equal, cost=cost)

    def _default(self, node: Filter) -> Evaluator:
        target = self.compile(node.target)
        if len(node.arguments) > 1:
            raise syntax('The filter "default" takes at most one argument', node)
        alternative = self._plain_argument(node.arguments[0]) if node.arguments else nothing

        def default(frame: Frame) -> Json:
            value = target(frame)
            return alternative(frame) if not value and is_empty(value) else value

        return default

    def _call(self, node: Call) -> Evaluator:
        if node.name == "map" and len(node.arguments) >= 2 and self._is_input(node.arguments[1]):
            return self._map_of_input(node)
        if node.name == "arrayValues" and len(node.arguments) == 1:
            mapped = self._mapped_values(node.arguments[0])
            if mapped is not None:
                return mapped
        entry = library.FUNCTIONS.get(node.name)
        if entry is None:
            error = unknown("function", node.name, node, library.FUNCTIONS, refused.FUNCTIONS)
            if not error.hint and node.name in library.FILTERS:
                error.hint = f"it is a filter: write value|{node.name}"
            raise error
        if node.name == "constant" and node.arguments:
            self._check_constant(node)
        return self._invocation(entry, node, node.arguments, f'The function "{node.name}"', None)

    def _check_constant(self, node: Call) -> None:
        name = _constant_text(node.arguments[0])
        if name is not None and name not in CONSTANTS:
            hint = did_you_mean(name, tuple(CONSTANTS)) or "it has those for JSON and for formats of dates"
            raise syntax(f'There is no constant "{name}" in a mapping', node, hint)

    def _is_input(self, argument: Argument) -> bool:
        """Whether an argument is a part of the input as it came: its keys are encoded already."""
        if argument.name or argument.spread or WITH in self.local:
            return False
        return self.parts.holds(argument.value)

    def _map_of_input(self, node: Call, documents: Evaluator | None = None) -> Evaluator:
        """``map`` of a part of the input; ``documents`` stands for its second argument."""
        entry = library.FUNCTIONS["map"]
        reference, document, as_list = self._bound(entry, node, node.arguments, 'The function "map"')
        document = documents or document
        position = node.position
        constant = _constant_text(node.arguments[0])
        if constant is not None and (len(node.arguments) == 2 or is_constant_true(node.arguments[2])):
            return map_constant(constant, document, len(node.arguments) > 2, position)

        def apply(frame: Frame) -> Json:
            try:
                given = document(frame)
                return apply_mapping(frame.run, reference(frame), given, as_list(frame), encoded=True)
            except MappingError as error:
                place(error, position)
                raise

        return apply

    def _mapped_values(self, argument: Argument) -> Evaluator | None:
        """``arrayValues(map('ref', part|filter(…), true))``: the keys that the filter keeps do not count."""
        call = argument.value
        if not isinstance(call, Call) or call.name != "map" or argument.name or argument.spread:
            return None
        arguments = call.arguments
        if len(arguments) != 3 or not is_constant_true(arguments[2]) or not self._is_input(arguments[1]):
            return None
        kept = arguments[1].value
        if not isinstance(kept, Filter) or kept.name != "filter" or _constant_text(arguments[0]) is None:
            return None
        documents = self._kept(kept, self.compile(kept.target), values=True)
        if documents is None:
            return None
        return values_of_list(self._map_of_input(call, documents))

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
        return invocation(entry.implementation, arguments, node.position)

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
                    extend(values, part(frame), spread, frame.run)
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
            try:
                for keyword, spread, value in arguments:
                    if keyword:
                        named[keyword] = value(frame)
                    else:
                        extend(values, value(frame), spread, frame.run)
                return macro(frame.run, values, named)
            except MappingError as error:
                place(error, position)
                raise

        return call

    def _arrow(self, node: Arrow) -> Evaluator:
        """A Python function of the item; it exists only while its filter runs."""
        outer, self.cost = self.cost, 0
        body = self.compile(node.body)
        cost, self.cost = self.cost, outer + 1
        names = node.parameters
        if len(names) == 1:
            return arrow_of_one(names[0], body, cost, alone=_knows_only(node, names[0]))

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


def _knows_only(arrow: Arrow, name: str) -> bool:
    """Whether the body of a function asks for no variable but this one."""
    return all(found.name == name for found in walk(arrow.body) if isinstance(found, Name))


def _equal_words(node: Expression, name: str) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """The keys and the texts of ``name.key == 'a' or name.key == 'b'``, or of ``name.key in ['a', 'b']``."""
    if not isinstance(node, Binary):
        return None
    if node.operator == "or":
        left, right = _equal_words(node.left, name), _equal_words(node.right, name)
        return None if left is None or right is None or left[0] != right[0] else (left[0], left[1] + right[1])
    word, path = constant_word(node), constant_path(node.left)
    words = words_of(node.right) if node.operator == "in" else None if word is None else (word,)
    return None if words is None or path is None or path[0] != name else (path[1], words)


def _constant_text(argument: Argument) -> str | None:
    value = argument.value.value if isinstance(argument.value, Constant) else None
    return value if isinstance(value, str) and not argument.name and not argument.spread else None


def is_constant_true(argument: Argument) -> bool:
    value = argument.value
    return isinstance(value, Constant) and value.value is True and not argument.name and not argument.spread
