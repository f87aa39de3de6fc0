"""The tests of ``is``, but for ``defined``, which asks about a name and not about its value."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from gateway_core.mapping import json_text
from gateway_core.mapping.library.numbers import divide_check
from gateway_core.mapping.library.signature import Function, Parameter, function
from gateway_core.mapping.run import Run
from gateway_core.mapping.values import is_array, is_empty, same, to_int
from gateway_core.types import Json


def _empty(run: Run, value: Json) -> bool:
    return is_empty(value)


def _even(run: Run, value: Json) -> bool:
    return to_int(value) % 2 == 0


def _odd(run: Run, value: Json) -> bool:
    return to_int(value) % 2 == 1


def _iterable(run: Run, value: Json) -> bool:
    return is_array(value)


def _mapping(run: Run, value: Json) -> bool:
    return isinstance(value, dict)


def _null(run: Run, value: Json) -> bool:
    return value is None


def _same(run: Run, value: Json, other: Json) -> bool:
    json_text.pay_to_compare(value, other, run)
    return same(value, other)


def _sequence(run: Run, value: Json) -> bool:
    return isinstance(value, list)


TESTS: Final = MappingProxyType[str, Function](
    {
        "divisible by": function(divide_check, Parameter("by")),
        "empty": function(_empty),
        "even": function(_even),
        "iterable": function(_iterable),
        "mapping": function(_mapping),
        "none": function(_null),
        "null": function(_null),
        "odd": function(_odd),
        "same as": function(_same, Parameter("other")),
        "sequence": function(_sequence),
    }
)
