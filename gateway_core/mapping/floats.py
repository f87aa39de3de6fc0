"""Floats as PHP 8.2 prints and rounds them."""

from __future__ import annotations

import math
from decimal import Decimal
from typing import Final, Literal

Rounding = Literal["common", "ceil", "floor"]

_EXACT_DIGITS: Final = 15
_MOST_PLACES: Final = 400
# With the shortest text the exponent appears where 17 digits no longer do.
_SHORTEST_LIMIT: Final = 17


def php_float_to_text(value: float, precision: int = 14) -> str:
    """How PHP prints a float: ``0.33333333333333``, ``1.0E+20``, ``3``, ``-0``, ``INF``.

    ``precision`` is the number of significant digits, -1 asks for the shortest exact text.
    """
    if not math.isfinite(value):
        return _not_finite(value)
    return general_text(value, precision, "E")


def php_float_to_json(value: float) -> str:
    """How PHP's ``json_encode`` prints a float: shortest, ``0.1``, ``1.0e+25``, ``10`` for 10.0.

    Raises ValueError for an infinity or NaN, which JSON has no text for.
    """
    if not math.isfinite(value):
        raise ValueError("a number without a finite value has no JSON text")
    return general_text(value, -1, "e")


def _not_finite(value: float) -> str:
    return "NAN" if math.isnan(value) else "INF" if value > 0 else "-INF"


def general_text(value: float, precision: int, exponent_mark: str) -> str:
    """The ``%G`` of PHP: an exponent below 1e-4 and above ``precision`` digits, ``1.0E+25``.

    ``value`` is finite; a ``precision`` of -1 asks for the shortest exact text.
    """
    digits, point = _significant(abs(value), precision)
    sign = "-" if math.copysign(1.0, value) < 0 else ""
    if point < -3 or point > (_SHORTEST_LIMIT if precision < 0 else max(precision, 1)):
        return f"{sign}{digits[0]}.{digits[1:] or '0'}{exponent_mark}{point - 1:+d}"
    if point <= 0:
        return f"{sign}0.{'0' * -point}{digits}"
    whole, fraction = digits[:point].ljust(point, "0"), digits[point:]
    return f"{sign}{whole}.{fraction}" if fraction else sign + whole


def _significant(value: float, precision: int) -> tuple[str, int]:
    """The digits without trailing zeros and the place of the point before or in them."""
    if value == 0:
        return "0", 1
    text = repr(value) if precision < 0 else f"{value:.{max(precision, 1) - 1}e}"
    exact = Decimal(text)
    digits = "".join(map(str, exact.as_tuple().digits))
    return digits.rstrip("0"), exact.adjusted() + 1


def php_round(value: float, digits: int, mode: Rounding = "common") -> float:
    """``value`` rounded to ``digits`` decimals (negative: tens, hundreds), as Twig's ``round``.

    ``common`` is PHP's round(): half away from zero on the value as it looks with 15 digits,
    so 1.005 gives 1.01. ``ceil`` and ``floor`` scale, cut and scale back.
    """
    # Beyond these no float changes any more, and powers of ten stay cheap.
    digits = max(-_MOST_PLACES, min(digits, _MOST_PLACES))
    if mode != "common":
        scale = _power_of_ten(digits)
        scaled = value * scale
        if not math.isfinite(scaled) or scale == 0:
            return math.nan
        whole = math.ceil(scaled) if mode == "ceil" else math.floor(scaled)
        return math.copysign(whole, scaled) / scale
    if not math.isfinite(value) or value == 0.0:
        return value
    exact_places = _EXACT_DIGITS - 1 - _magnitude(value)
    if digits < exact_places < digits + _EXACT_DIGITS:
        shifted = _half_away(_shift(value, exact_places)) / _power_of_ten(exact_places - digits)
    else:
        shifted = _shift(value, digits)
        if abs(shifted) >= 1e15:
            return value
    return _unshift(_half_away(shifted), digits, value)


def _magnitude(value: float) -> int:
    """The decimal exponent: 2 for 100.0 to 999.9."""
    return int(f"{abs(value):.17e}".partition("e")[2]) if 1e-8 <= abs(value) <= 1e22 else _floor_log(value)


def _floor_log(value: float) -> int:
    return math.floor(math.log10(abs(value)))


def _power_of_ten(exponent: int) -> float:
    return 10.0**exponent if -400 < exponent < 309 else math.inf if exponent > 0 else 0.0


def _shift(value: float, places: int) -> float:
    return value * _power_of_ten(places) if places >= 0 else value / _power_of_ten(-places)


def _half_away(value: float) -> float:
    if not math.isfinite(value):
        return value
    return math.copysign(math.floor(abs(value) + 0.5), value)


def _unshift(shifted: float, places: int, value: float) -> float:
    if abs(places) < 23:
        factor = _power_of_ten(abs(places))
        return shifted / factor if places > 0 else shifted * factor
    # Beyond the exact powers of ten a division would miss; the text names the nearest float.
    result = float(f"{shifted or 0.0:.6f}e{-places}") if math.isfinite(shifted) else shifted
    return result if math.isfinite(result) else value
