"""What PHP 8.2 answered for formatted numbers; every expectation here was measured."""

from __future__ import annotations

import math
import time

import pytest

from gateway_core.mapping.printf import (
    number_format,
    php_float_to_json,
    php_float_to_text,
    php_round,
    sprintf,
)

CAP = 10_000


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, "0"), (-0.0, "-0"), (1.0, "1"), (12.50, "12.5"), (1 / 3, "0.33333333333333"),
        (0.1 + 0.2, "0.3"), (1e14, "1.0E+14"), (1e15, "1.0E+15"), (1e20, "1.0E+20"),
        (123456789012345.0, "1.2345678901234E+14"), (0.0001, "0.0001"), (0.00001, "1.0E-5"),
        (-2.5e-7, "-2.5E-7"), (math.inf, "INF"), (-math.inf, "-INF"), (math.nan, "NAN"),
    ],
)  # fmt: skip
def test_a_float_is_printed_with_fourteen_digits(value: float, text: str) -> None:
    """A float in a text has at most 14 digits and an exponent only where PHP writes one."""
    assert php_float_to_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (10.0, "10"), (0.1, "0.1"), (-0.0, "-0"), (0.1 + 0.2, "0.30000000000000004"), (1e25, "1.0e+25"),
        (1e15, "1000000000000000"), (1e17, "1.0e+17"), (1e21, "1.0e+21"), (1e-5, "1.0e-5"),
        (123456789012345678.0, "1.2345678901234568e+17"),
    ],
)  # fmt: skip
def test_a_float_in_json_is_the_shortest_exact_text(value: float, text: str) -> None:
    """A float in JSON reads back as the same float and loses a useless ``.0``."""
    assert php_float_to_json(value) == text
    assert float(text) == value


@pytest.mark.parametrize("value", [math.inf, -math.inf, math.nan])
def test_json_has_no_text_for_infinity(value: float) -> None:
    """A value that JSON cannot hold is refused."""
    with pytest.raises(ValueError):
        php_float_to_json(value)


@pytest.mark.parametrize(
    ("value", "digits", "result"),
    [
        (1.005, 2, 1.01), (5.055, 2, 5.06), (1.955, 2, 1.96), (2.5, 0, 3.0), (-2.5, 0, -3.0), (3.75, 1, 3.8),
        (1234.5, -2, 1200.0), (1e300, 3, 1e300), (0.0, 3, 0.0), (1.5, 10**30, 1.5), (1.5, -(10**30), 0.0),
    ],
)  # fmt: skip
def test_halves_are_rounded_away_from_zero(value: float, digits: int, result: float) -> None:
    """Rounding looks at the decimal form of a number, so 1.005 goes up."""
    assert php_round(value, digits) == result


def test_ceil_and_floor_keep_decimals() -> None:
    """The other modes round up or down at a decimal place."""
    assert php_round(3.75, 0, "ceil") == 4.0
    assert php_round(3.75, 1, "floor") == 3.7
    assert php_round(-3.71, 1, "ceil") == -3.7
    assert math.isnan(php_round(1.0, 10**9, "ceil"))


@pytest.mark.parametrize(
    ("value", "decimals", "point", "thousands", "text"),
    [
        (1234567.891, 2, ",", ".", "1.234.567,89"), (1234567.891, 2, ",", "", "1234567,89"),
        (1234567.891, 0, ".", ",", "1,234,568"), (0.5, 0, ".", ",", "1"), (-0.4, 0, ".", ",", "0"),
        (-1234.567, 2, ".", ",", "-1,234.57"), (1.005, 2, ".", ",", "1.01"), ("12.5", 1, ".", ",", "12.5"),
        (None, 0, ".", ",", "0"), ([1], 0, ".", ",", "1"), (7, 2, ".", ",", "7.00"), (1.5, -3, ".", ",", "2"),
        (1e25, 2, ".", ",", "10,000,000,000,000,000,905,969,664.00"), (999999, 0, "", " en ", "999 en 999"),
    ],
)  # fmt: skip
def test_numbers_are_grouped(value: object, decimals: int, point: str, thousands: str, text: str) -> None:
    """Decimals are fixed, thousands grouped, and a zero has no sign."""
    assert number_format(value, decimals, point, thousands, CAP) == text


def test_number_format_refuses_before_it_builds() -> None:
    """A text beyond the limit is refused at once, whichever part would make it long."""
    started = time.perf_counter()
    for decimals, point, thousands in ((999_999_999, ".", ","), (0, ".", "x" * 10**6), (1, "x" * 10**6, "")):
        with pytest.raises(OverflowError):
            number_format(1e300, decimals, point, thousands, CAP)
    with pytest.raises(OverflowError):
        number_format(1, 10**5000, ".", ",", CAP)
    assert time.perf_counter() - started < 0.5


def test_many_decimals_are_zeros() -> None:
    """Beyond the digits a float has, decimals are zeros."""
    text = number_format(0.5, 400, ".", ",", CAP)
    assert text == "0.5" + "0" * 399


@pytest.mark.parametrize(
    ("pattern", "arguments", "text"),
    [
        ("%%", [], "%"), ("%s is %d", ["Jan", 7], "Jan is 7"), ("%05d", ["12a"], "00012"),
        ("%05d", [None], "00000"), ("%s", [True], "1"), ("%s", [3.75], "3.75"), ("%05.2f", [3.75], "03.75"),
        ("%'*10s|%-6s|", ["x", "y"], "*********x|y     |"), ("%1$s %2$s %1$s", ["a", "b"], "a b a"),
        ("%x %X %o %b %e %c", [255, 255, 8, 5, 1234.5, 65], "ff FF 10 101 1.234500e+3 A"),
        ("%+d %+05d %d", [3, 3, -3], "+3 +0003 -3"), ("%-05d|", [3], "3    |"), ("%u", [-1], str(2**64 - 1)),
        ("%.2x", [255], ""), ("%5.1s|", ["abc"], "    a|"), ("%s", [[]], "Array"), ("%d", [[1]], "1"),
        ("%.1f|%f|%e", [-0.01, -0.0, 0], "-0.0|0.000000|0.000000e+0"),
        ("%g|%G|%g", [0.00001, 1e-10, 1e20], "1.0e-5|1.0E-10|1.0e+20"),
        ("%f|%010f", ["1e999", "1e999"], "INF|INF"), ("%*d|%.*f", [5, 3, 1, 2.25], "    3|2.2"),
        ("%d %d %d", ["1e1000", 1e19, "99999999999999999999"], "0 -8446744073709551616 9223372036854775807"),
        ("%5s|%-5s|", ["é", "é"], "   é|é   |"), ("%ld", [5], "5"), ("%s", [-0.0], "-0"),
    ],
)  # fmt: skip
def test_sprintf_follows_php(pattern: str, arguments: list[object], text: str) -> None:
    """Types, flags, numbers, widths and conversions mean what they mean in PHP 8."""
    assert sprintf(pattern, arguments, CAP) == text


@pytest.mark.parametrize(
    ("pattern", "arguments"),
    [
        ("%d %d", [1]), ("%0$s", ["a"]), ("%z", [1]), ("%", [1]), ("%'", [1]), ("%99999999999d", [1]),
        ("%*d", ["5", 1]), ("%*d", [True, 1]), ("%*d", [-1, 1]), ("%.*f", [-1, 1.0]), ("%5%", []),
        ("%" + "9" * 10_000 + "$s", ["a"]), ("%é", [1]),
    ],
)  # fmt: skip
def test_a_wrong_format_is_a_value_error(pattern: str, arguments: list[object]) -> None:
    """A missing argument and a malformed directive are errors, never other exceptions."""
    with pytest.raises(ValueError):
        sprintf(pattern, arguments, CAP)


@pytest.mark.parametrize(
    ("pattern", "arguments"),
    [
        ("%999999999d", [1]), ("%s%s", ["x" * 6000, "x" * 6000]), ("x" * 10_001, []),
        ("%*d", [2**31 - 1, 1]), ("%s", ["é" * 5001]), ("%5000d" * 3, [1, 2, 3]),
    ],
)  # fmt: skip
def test_sprintf_refuses_before_it_builds(pattern: str, arguments: list[object]) -> None:
    """A text beyond the limit is refused before padding of its size exists."""
    started = time.perf_counter()
    with pytest.raises(OverflowError):
        sprintf(pattern, arguments, CAP)
    assert time.perf_counter() - started < 0.2


def test_hostile_numbers_take_linear_time() -> None:
    """A text of a million digits is converted in a fraction of a second."""
    digits = "9" * 10**6
    started = time.perf_counter()
    assert sprintf("%d", [digits], CAP) == "0"
    assert sprintf("%d", [f"0.{digits}"], CAP) == "1"
    assert sprintf("%f", [10**5000], CAP) == "INF"
    assert number_format(digits, 2, ".", ",", CAP) == "inf"
    with pytest.raises(ValueError):
        sprintf("%" + digits + "d", [1], CAP)
    assert time.perf_counter() - started < 2
