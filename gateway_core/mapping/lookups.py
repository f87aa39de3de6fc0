"""Closures of constant paths and words: what is there, whether it is one of some, the first that is known."""

from __future__ import annotations

from collections.abc import Callable
from types import MappingProxyType
from typing import Final

from gateway_core.mapping.closures import Evaluator, step
from gateway_core.mapping.run import Frame
from gateway_core.mapping.values import is_empty, loose_equal
from gateway_core.types import Json

Lookup = tuple[str, tuple[str, ...]]
"""A variable and further keys."""


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


def member_getter(target: Evaluator, keys: tuple[str, ...]) -> Evaluator:
    """What is at constant keys of a value."""

    def get(frame: Frame) -> Json:
        value = target(frame)
        for key in keys:
            value = value.get(key) if type(value) is dict else step(value, key, frame)
        return value

    return get


def first_known(lookups: tuple[Lookup, ...], otherwise: Evaluator) -> Evaluator:
    """``a ?? b.c ?? otherwise``."""

    def known(frame: Frame) -> Json:
        variables = frame.variables
        for name, keys in lookups:
            value = variables.get(name)
            for key in keys:
                value = value.get(key) if type(value) is dict else step(value, key, frame)
            if value is not None:
                return value
        return otherwise(frame)

    return known


def known_or(name: str, keys: tuple[str, ...], constant: Json) -> Evaluator:
    """``a.b ?? constant``."""

    def known(frame: Frame) -> Json:
        value = frame.variables.get(name)
        for key in keys:
            value = value.get(key) if type(value) is dict else step(value, key, frame)
        return constant if value is None else value

    return known


def coalesced(left: Evaluator, right: Evaluator) -> Evaluator:
    def coalesce(frame: Frame) -> Json:
        value = left(frame)
        return right(frame) if value is None else value

    return coalesce


# -- questions --------------------------------------------------------------------------------


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


def is_among(left: Evaluator, words: tuple[str, ...], *, wanted: bool) -> Evaluator:
    """``in`` such texts, or not."""
    known = frozenset(words)

    def among(frame: Frame) -> bool:
        value = left(frame)
        found = value in known if type(value) is str else any(loose_equal(value, word) for word in words)
        return found is wanted

    return among


def _is_none(value: Json) -> bool:
    return value is None


QUESTIONS: Final = MappingProxyType[str, Callable[[Json], bool]](
    {"empty": is_empty, "none": _is_none, "null": _is_none}
)
"""The tests that look at nothing but the value."""


def asked(name: str, target: Evaluator, *, wanted: bool) -> Evaluator:
    """``target is empty`` and its like, or ``is not``."""
    question = QUESTIONS[name]
    if question is not is_empty:
        return lambda frame: question(target(frame)) is wanted

    def is_full(frame: Frame) -> bool:
        value = target(frame)
        return bool(value) or not is_empty(value)

    def is_hollow(frame: Frame) -> bool:
        value = target(frame)
        return not value and is_empty(value)

    return is_hollow if wanted else is_full
