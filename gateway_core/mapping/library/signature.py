"""How a filter or function is called: its parameters, and arguments bound to them."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway_core.types import Json

REQUIRED: Final = object()
_CAMEL: Final = re.compile(r"(?<=[a-z0-9])([A-Z])")

Implementation = Callable[..., Json]


@dataclass(frozen=True, slots=True)
class Parameter:
    """A parameter; without a default it must be given. ``arrow`` takes an arrow function only."""

    name: str
    default: Any = REQUIRED
    arrow: bool = False


@dataclass(frozen=True, slots=True)
class Function:
    """A filter or function: ``implementation(run, [value,] *arguments)``.

    ``variadic`` takes any number of further arguments.
    """

    implementation: Implementation
    parameters: tuple[Parameter, ...] = ()
    variadic: bool = False


def function(implementation: Implementation, *parameters: Parameter, variadic: bool = False) -> Function:
    """An entry of a table."""
    return Function(implementation, parameters, variadic)


def bind(function: Function, given: tuple[tuple[str, Any], ...]) -> list[Any]:
    """Arguments in the order of the parameters, defaults filled in.

    ``given`` is (name or "", argument) in the order written. Positional arguments too many
    are ignored, as PHP does. Raises ValueError with a message for the author of the template.
    """
    parameters = function.parameters
    values: list[Any] = []
    named: dict[str, Any] = {}
    for name, argument in given:
        if name:
            named[_snake(name)] = argument
        elif named:
            raise ValueError("a positional argument cannot follow a named one")
        else:
            values.append(argument)
    if not function.variadic:
        del values[len(parameters) :]
    for parameter in parameters[len(values) :]:
        if parameter.name in named:
            values.append(named.pop(parameter.name))
        elif parameter.default is REQUIRED:
            raise ValueError(f'it needs a value for "{parameter.name}"')
        else:
            values.append(parameter.default)
    if named:
        known = ", ".join(parameter.name for parameter in parameters) or "none"
        raise ValueError(f'it has no parameter "{next(iter(named))}" (parameters: {known})')
    return values


def _snake(name: str) -> str:
    return _CAMEL.sub(lambda match: f"_{match[1].lower()}", name)


Table = Mapping[str, Function]
