"""Filters and functions on numbers."""

from __future__ import annotations

import math
from types import MappingProxyType
from typing import Final

from gateway_core.mapping import json_text, printf
from gateway_core.mapping.library.signature import Function, Parameter, function
from gateway_core.mapping.run import Run
from gateway_core.mapping.values import (
    compare,
    failure,
    fit,
    is_array,
    key_text,
    kind_of,
    member,
    parse_number,
    scalar_text,
    to_float,
    to_int,
    values_of,
    wrong_type,
)
from gateway_core.types import Json

_MAX_PRECISION: Final = 300
_SURROGATES: Final = (0xD800, 0xDFFF)  # numbers of no letter


def absolute(run: Run, value: Json) -> int | float:
    number = parse_number(value) if isinstance(value, str) else value
    if number is None and value is None:
        return 0
    if not isinstance(number, int | float):
        raise wrong_type(f"The filter abs needs a number, not {kind_of(value)}")
    return fit(abs(number))


def round_number(run: Run, value: Json, precision: Json, method: Json) -> float:
    """Half away from zero (``common``), up (``ceil``) or down (``floor``)."""
    number = to_float(value)
    places = to_int(precision)
    if method not in ("common", "ceil", "floor"):
        raise failure("The method of round must be common, ceil or floor")
    return printf.php_round(number, max(-_MAX_PRECISION, min(places, _MAX_PRECISION)), method)


def number_format(run: Run, value: Json, decimals: Json, point: Json, thousands: Json) -> str:
    places = 0 if decimals is None else max(0, to_int(decimals))
    dot = "." if point is None else scalar_text(point, "The decimal point of number_format")
    comma = "," if thousands is None else scalar_text(thousands, "The separator of number_format")
    run.text(places + 400 + len(dot) + 110 * len(comma))
    return printf.number_format(to_float(value), places, dot, comma, run.limits.text)


def maximum(run: Run, *values: Json) -> Json:
    return _extreme(run, values, "max", 1)


def minimum(run: Run, *values: Json) -> Json:
    return _extreme(run, values, "min", -1)


def _extreme(run: Run, values: tuple[Json, ...], name: str, sign: int) -> Json:
    if len(values) == 1:
        if not is_array(values[0]):
            raise failure(f"{name} of one value needs a list or an object, not {kind_of(values[0])}")
        values = tuple(values_of(values[0]))
    if not values:
        raise failure(f"{name} needs at least one value")
    run.items(len(values))
    best = values[0]
    for value in values[1:]:
        json_text.pay_to_compare(value, best, run)
        if compare(value, best) * sign > 0:
            best = value
    return best


def number_range(run: Run, low: Json, high: Json, step: Json) -> Json:
    """From ``low`` to ``high``, both included, up or down; letters when both are letters."""
    if is_array(low) or is_array(high) or is_array(step):
        raise wrong_type("range needs numbers or letters")
    start, end = _bound(low), _bound(high)
    width = abs(_bound(step)) if not isinstance(step, str) or parse_number(step) is not None else 1
    if isinstance(low, str) and isinstance(high, str) and low and high and _letters(low, high):
        return _letter_range(run, low[0], high[0], to_int(float(width)) or 1)
    width = width or 1
    if not all(map(math.isfinite, (start, end, width))):
        raise failure("range needs finite numbers")
    distance = abs(end - start)
    if start != end and width > distance:
        raise failure("The step of range is larger than the range")
    count = int(min(distance / width + 1e-9, run.limits.items)) + 1
    run.items(count)
    if start > end:
        width = -width
    return [fit(start + index * width) for index in range(count)]


def _bound(value: Json) -> int | float:
    if isinstance(value, str):
        return parse_number(value) or 0
    return value if isinstance(value, float) else to_int(value)


def _letters(low: str, high: str) -> bool:
    return parse_number(low) is None and parse_number(high) is None


def _letter_range(run: Run, low: str, high: str, step: int) -> list[str]:
    start, end = ord(low), ord(high)
    if min(start, end) <= _SURROGATES[1] and max(start, end) >= _SURROGATES[0]:
        raise failure("range cannot pass from letters before the surrogates to letters after them")
    run.items(abs(end - start) // step + 1)
    if start <= end:
        return [chr(point) for point in range(start, end + 1, step)]
    return [chr(point) for point in range(start, end - 1, -step)]


def cycle(run: Run, values: Json, position: Json) -> Json:
    if not is_array(values):
        return values
    if not values:
        raise failure("cycle needs a list that is not empty")
    count = len(values)
    place = int(math.fmod(to_int(position), count))
    return member(values, key_text(place))[1]


def divide_check(run: Run, value: Json, divisor: Json) -> bool:
    by = to_int(divisor)
    if by == 0:
        raise failure("Nothing is divisible by zero")
    return to_int(value) % by == 0


FILTERS: Final = MappingProxyType[str, Function](
    {
        "abs": function(absolute),
        "number_format": function(
            number_format,
            Parameter("decimal", None),
            Parameter("decimal_point", None),
            Parameter("thousand_sep", None),
        ),
        "round": function(round_number, Parameter("precision", 0), Parameter("method", "common")),
    }
)

FUNCTIONS: Final = MappingProxyType[str, Function](
    {
        "cycle": function(cycle, Parameter("values"), Parameter("position")),
        "max": function(maximum, variadic=True),
        "min": function(minimum, variadic=True),
        "range": function(number_range, Parameter("low"), Parameter("high"), Parameter("step", 1)),
    }
)
