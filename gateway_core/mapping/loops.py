"""The loop of a template: once with Twig's whole scope, once for a body that cannot tell."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from gateway_core.errors import MappingError
from gateway_core.mapping.closures import Evaluator, place
from gateway_core.mapping.run import Frame
from gateway_core.mapping.values import is_array, items_of
from gateway_core.types import Json, Position

Writer = Callable[[Frame, list[Any]], None]


def light_loop(
    sequence: Evaluator, names: tuple[str, str], body: Writer, otherwise: Writer | None, position: Position
) -> Writer:
    """A loop whose body neither assigns nor asks for ``loop``: only its own names come and go."""
    key_name, value_name = names

    def write(frame: Frame, out: list[Any]) -> None:
        items = sequence(frame)
        if not items or not is_array(items):
            if otherwise is not None:
                otherwise(frame, out)
            return
        variables = frame.variables
        try:
            frame.run.items(len(items))
        except MappingError as error:
            place(error, position)
            raise
        before = [(name, variables[name]) for name in names if name in variables]
        for key, value in items_of(items):
            variables[key_name] = key
            variables[value_name] = value
            body(frame, out)
        for name in names:
            variables.pop(name, None)
        variables.update(before)

    return write


def full_loop(
    sequence: Evaluator, names: tuple[str, str], body: Writer, otherwise: Writer | None, position: Position
) -> Writer:
    """A loop with ``loop``, and with variables that outlive it where they existed before."""
    key_name, value_name = names

    def write(frame: Frame, out: list[Any]) -> None:
        items = sequence(frame)
        if not items or not is_array(items):
            if otherwise is not None:
                otherwise(frame, out)
            return
        run, variables = frame.run, frame.variables
        try:
            run.items(len(variables))
            run.items(len(items))
        except MappingError as error:
            place(error, position)
            raise
        parent = dict(variables)
        for index, (key, value) in enumerate(items_of(items)):
            variables[key_name] = key
            variables[value_name] = value
            variables["loop"] = _state(parent, index, len(items) - 1)
            body(frame, out)
        _leave(variables, parent, (key_name, value_name, "loop"))

    return write


def _state(parent: dict[str, Json], index: int, last: int) -> dict[str, Json]:
    return {
        "parent": parent,
        "index0": index,
        "index": index + 1,
        "first": index == 0,
        "revindex0": last - index,
        "revindex": last - index + 1,
        "length": last + 1,
        "last": index == last,
    }


def _leave(variables: dict[str, Json], parent: dict[str, Json], own: tuple[str, ...]) -> None:
    """After a loop its own names and what was first set inside are gone; changed names stay changed."""
    for name in own:
        variables.pop(name, None)
    for name in [name for name in variables if name not in parent]:
        del variables[name]
    for name, value in parent.items():
        variables.setdefault(name, value)
