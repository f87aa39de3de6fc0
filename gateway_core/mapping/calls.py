"""Calls to closures: filters, functions, macros and the arrow functions among their arguments."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Any

from gateway_core.errors import MappingError
from gateway_core.mapping import library
from gateway_core.mapping.closures import (
    Evaluator,
    arrow_of_one,
    extend,
    hint_for,
    invocation,
    nothing,
    place,
    syntax,
)
from gateway_core.mapping.library.gateway import apply_mapping
from gateway_core.mapping.library.signature import Function, bind
from gateway_core.mapping.nodes import (
    Argument,
    Arrow,
    Call,
    Expression,
    Filter,
    MacroCall,
    Name,
    Node,
)
from gateway_core.mapping.reads import CONTEXT, WITH, constant_path
from gateway_core.mapping.run import Frame
from gateway_core.mapping.values import (
    is_empty,
)
from gateway_core.types import Json


class CallCompiler(ABC):
    """Compiles the calls of one template. ``local`` holds every name the template assigns."""

    def __init__(self, local: frozenset[str]) -> None:
        self.local = local
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
            raise syntax(f'There is no filter "{node.name}"', node, hint_for(node.name, library.FILTERS))
        target = self.compile(node.target)
        return self._invocation(entry, node, node.arguments, f'The filter "{node.name}"', target)

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
        entry = library.FUNCTIONS.get(node.name)
        if entry is None:
            hint = hint_for(node.name, library.FUNCTIONS)
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
            return arrow_of_one(names[0], body, cost)

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
