"""Closures on lists: what a filter keeps, what is merged, and what another mapping makes of it."""

from __future__ import annotations

from collections.abc import Callable

from gateway_core.errors import MappingError
from gateway_core.mapping.closures import Evaluator, place, step
from gateway_core.mapping.library.gateway import apply_mapping
from gateway_core.mapping.library.lists import filter_items, merge
from gateway_core.mapping.library.lists import first as first_of
from gateway_core.mapping.library.lists import last as last_of
from gateway_core.mapping.run import Frame, Run
from gateway_core.mapping.values import is_array, keys_are_texts, loose_equal, member, values_of
from gateway_core.types import Json, Position

Chooser = Callable[[list[Json], Run], list[tuple[int, Json]]]


def choose_by_words(keys: tuple[str, ...], words: tuple[str, ...]) -> Chooser:
    """The items that hold one of these texts at a path, with their positions."""
    known = frozenset(words)

    def choose(given: list[Json], run: Run) -> list[tuple[int, Json]]:
        kept: list[tuple[int, Json]] = []
        for index, item in enumerate(given):
            value = item
            for key in keys:
                value = value.get(key) if type(value) is dict else member(value, key)[1]
            if value in known if type(value) is str else any(loose_equal(value, word) for word in words):
                kept.append((index, item))
        return kept

    return choose


def choose_by_condition(name: str, condition: Evaluator) -> Chooser:
    """The items for which a condition is true that knows them by this name."""

    def choose(given: list[Json], run: Run) -> list[tuple[int, Json]]:
        variables: dict[str, Json] = {}
        inner = Frame(variables, run)
        kept: list[tuple[int, Json]] = []
        for index, item in enumerate(given):
            variables[name] = item
            value = condition(inner)
            if value and value != "0":
                kept.append((index, item))
        return kept

    return choose


def kept_items(
    target: Evaluator,
    name: str,
    condition: Evaluator,
    cost: int,
    position: Position,
    *,
    values: bool,
    choose: Chooser,
) -> Evaluator:
    """``target|filter(name => condition)`` where the condition knows no other variable.

    ``values``: whoever asks wants the values only, so that a list with gaps is a list as well.
    ``choose`` does the same for a list.
    """

    def keep(frame: Frame) -> Json:
        given, run = target(frame), frame.run
        if type(given) is not list:
            return keep_pairs(given, run)
        run.each(len(given), cost)
        kept = choose(given, run)
        if values or not kept or kept[-1][0] == len(kept) - 1:
            return [item for _, item in kept]
        return {str(index): item for index, item in kept}

    def keep_pairs(given: Json, run: Run) -> Json:
        variables: dict[str, Json] = {}
        inner = Frame(variables, run)

        def function(item: Json, _: Json) -> Json:
            run.burn(cost)
            variables[name] = item
            return condition(inner)

        try:
            return filter_items(run, given, function)
        except MappingError as error:
            place(error, position)
            raise

    return keep


def values_with_words(
    target: Evaluator,
    kept: Evaluator,
    keys: tuple[str, ...],
    words: tuple[str, ...],
    cost: int,
) -> Evaluator:
    """Of a list the items that hold one of these texts at a path; ``kept`` finds them elsewhere."""
    known = frozenset(words)

    def keep(frame: Frame) -> Json:
        given = target(frame)
        if type(given) is not list:
            return kept(frame)
        frame.run.each(len(given), cost)
        found: list[Json] = []
        for item in given:
            value = item
            for key in keys:
                value = value.get(key) if type(value) is dict else member(value, key)[1]
            if value in known if type(value) is str else any(loose_equal(value, word) for word in words):
                found.append(item)
        return found

    return keep


def members_of(target: Evaluator, keys: tuple[str, ...], cost: int, mapped: Evaluator) -> Evaluator:
    """``list|map(item => item.a.b)``; ``mapped`` does the same for what is no list."""

    def members(frame: Frame) -> Json:
        given = target(frame)
        if type(given) is not list:
            return mapped(frame)
        frame.run.each(len(given), cost)
        if len(keys) == 1:
            (key,) = keys
            return [item.get(key) if type(item) is dict else step(item, key, frame) for item in given]
        values: list[Json] = []
        for item in given:
            value = item
            for key in keys:
                value = value.get(key) if type(value) is dict else step(value, key, frame)
            values.append(value)
        return values

    return members


def end_of(target: Evaluator, position: Position, *, last: bool) -> Evaluator:
    """``target|first`` or ``target|last``."""
    index, otherwise = (-1, last_of) if last else (0, first_of)

    def end(frame: Frame) -> Json:
        value = target(frame)
        if type(value) is list:
            return value[index] if value else False
        try:
            return otherwise(frame.run, value)
        except MappingError as error:
            place(error, position)
            raise

    return end


def end_of_words(
    end: Evaluator, items: Evaluator, keys: tuple[str, ...], words: tuple[str, ...], *, cost: int, last: bool
) -> Evaluator:
    """The first or last of the items that hold one of these texts at a path; ``end`` finds it elsewhere."""
    known = frozenset(words)

    def find(frame: Frame) -> Json:
        given = items(frame)
        if type(given) is not list:
            return end(frame)
        frame.run.each(len(given), cost)
        for item in reversed(given) if last else given:
            value = item
            for key in keys:
                value = value.get(key) if type(value) is dict else member(value, key)[1]
            if value in known if type(value) is str else any(loose_equal(value, word) for word in words):
                return item
        return False

    return find


def map_constant(reference: str, document: Evaluator, as_list: bool, position: Position) -> Evaluator:
    """``map('reference', document, as_list)`` of a part of the input."""

    def apply(frame: Frame) -> Json:
        run = frame.run
        mapping = run.find(reference)
        try:
            given = document(frame)
            if mapping is None or run.maps >= run.limits.map_depth or not is_array(given):
                return apply_mapping(run, reference, given, as_list, encoded=True)
            run.maps += 1
            try:
                return mapping.apply_within(given, run, as_list=as_list, encoded=True)
            finally:
                run.maps -= 1
        except MappingError as error:
            place(error, position)
            raise

    return apply


def values_of_list(evaluate: Evaluator) -> Evaluator:
    """``arrayValues`` of what is nearly always a new list already."""

    def values(frame: Frame) -> Json:
        value = evaluate(frame)
        frame.run.items(len(value))
        return value if type(value) is list else list(values_of(value))

    return values


def merged(target: Evaluator, other: Evaluator, position: Position) -> Evaluator:
    """``target|merge(other)``, quickly where both are lists."""

    def merge_two(frame: Frame) -> Json:
        left, right = target(frame), other(frame)
        try:
            if type(left) is list and type(right) is list:
                frame.run.items(len(left) + len(right))
                return left + right if left and right else left or right
            if type(left) is dict and type(right) is dict and keys_are_texts(left) and keys_are_texts(right):
                frame.run.items(len(left) + len(right))
                return {**left, **right}
            return merge(frame.run, left, right)
        except MappingError as error:
            place(error, position)
            raise

    return merge_two


def merged_into_nothing(other: Evaluator, position: Position) -> Evaluator:
    """``[]|merge(other)``, which of a list is the list itself."""

    def merge_one(frame: Frame) -> Json:
        value = other(frame)
        try:
            if type(value) is list:
                frame.run.items(len(value))
                return value
            return merge(frame.run, [], value)
        except MappingError as error:
            place(error, position)
            raise

    return merge_one
