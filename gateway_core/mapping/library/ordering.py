"""Sorting as PHP sorts: stable, by pairwise comparison, also where the order is not transitive."""

from __future__ import annotations

from collections.abc import Callable
from functools import cmp_to_key
from typing import Final

from gateway_core.mapping import json_text
from gateway_core.mapping.run import Run
from gateway_core.mapping.values import compare, to_int
from gateway_core.types import Json

Pair = tuple[int | str, Json]
_INSERTION: Final = 16
_LINEAR: Final = 6


def sorted_pairs(pairs: list[Pair], arrow: Callable[..., Json] | None, run: Run) -> list[Pair]:
    """Pairs in the order of their values. Every comparison costs a step.

    Up to 16 pairs are sorted by PHP's insertion sort, because mixed kinds of values have
    no transitive order and the outcome then depends on which pairs are compared.
    """

    def order(left: Pair, right: Pair) -> int:
        run.burn(1)
        json_text.pay_to_compare(left[1], right[1], run)
        return compare(left[1], right[1]) if arrow is None else to_int(arrow(left[1], right[1]))

    if len(pairs) > _INSERTION:
        return sorted(pairs, key=cmp_to_key(order))
    if 2 < len(pairs) < _LINEAR:
        return sorted(pairs, key=cmp_to_key(order))
    result: list[Pair] = []
    for index, pair in enumerate(pairs):
        place = _linear(result, pair, order) if index < _LINEAR else _halving(result, pair, order)
        result.insert(place, pair)
    return result


def _linear(done: list[Pair], pair: Pair, order: Callable[[Pair, Pair], int]) -> int:
    place = len(done)
    while place and order(done[place - 1], pair) > 0:
        place -= 1
    return place


def _halving(done: list[Pair], pair: Pair, order: Callable[[Pair, Pair], int]) -> int:
    """The place found by stepping back two at a time, as zend_insert_sort does after six items."""
    place = len(done) - 1
    if order(done[place], pair) <= 0:
        return place + 1
    while True:
        place -= 2
        if order(done[place], pair) <= 0:
            place += 1
            return place + 1 if order(done[place], pair) <= 0 else place
        if place == 0:
            return 0
        if place == 1:
            return 1 if order(pair, done[0]) > 0 else 0
