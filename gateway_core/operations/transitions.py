"""Values that may only follow certain others: asked of every write, where it is planned.

The plan expects the version that it was made from, so of two changes at one moment the second is
asked again, with the value that the first left.
"""

from __future__ import annotations

from gateway_core.errors import TransitionRefused
from gateway_core.schema import EntitySpec, PropertySpec, Transitions
from gateway_core.types import Json, JsonObject


def begin(spec: EntitySpec, data: JsonObject) -> None:
    """Raise ``TransitionRefused`` when a new object has a value that none may begin with."""
    for prop, rules in spec.guarded:
        value = data.get(prop.name)
        if value is not None and value not in rules.initial:
            raise _at_first(spec, prop, rules, value)


def follow(spec: EntitySpec, before: JsonObject, after: JsonObject) -> None:
    """Raise ``TransitionRefused`` when a value changes to one that may not follow it.

    The same value again is no change. A value that the schema no longer knows counts as none, and
    what comes after none as the first. Taking a value away is a change that nothing allows.
    """
    for prop, rules in spec.guarded:
        old, new = before.get(prop.name), after.get(prop.name)
        if new == old or not (isinstance(old, str) and old in rules.follows):
            if new not in (None, old) and new not in rules.initial:
                raise _at_first(spec, prop, rules, new)
        elif new not in rules.follows[old]:
            raise TransitionRefused(
                f"'{prop.name}' of this {spec.title} is '{old}' and cannot become {_named(new)}",
                name=prop.name,
                hint=f"It may become {_listed(rules.follows[old])}." if rules.follows[old] else _LAST,
            )


_LAST = "It stays as it is: nothing may follow."


def _at_first(spec: EntitySpec, prop: PropertySpec, rules: Transitions, value: Json) -> TransitionRefused:
    return TransitionRefused(
        f"'{prop.name}' of a new {spec.title} cannot be {_named(value)}",
        name=prop.name,
        hint=f"It may begin as {_listed(rules.initial)}.",
    )


def _named(value: Json) -> str:
    """The value as the schema lists it; checked before, so it is configuration and no client's text."""
    return "nothing" if value is None else f"'{value}'"


def _listed(values: tuple[str, ...]) -> str:
    return " or ".join(f"'{value}'" for value in values)
