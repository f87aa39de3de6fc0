"""Numbers as text the way PHP 8.2 writes them: ``sprintf`` and ``number_format``.

Arguments are JSON values. Everything that can grow takes a ``cap`` in UTF-8 bytes and raises
OverflowError *before* the text is built. The rules were measured with PHP 8.2.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from gateway_core.mapping.floats import general_text, php_float_to_json, php_float_to_text, php_round
from gateway_core.types import Json

__all__ = ["number_format", "php_float_to_json", "php_float_to_text", "php_round", "sprintf"]

_INT_BITS: Final = 64
_INT_MAX: Final = 2**63 - 1
_INT_MIN: Final = -(2**63)
_SIZE_LIMIT: Final = 2**31 - 1
# PHP's own limits of the digits after the point: in sprintf, and in number_format.
_MOST_DIGITS: Final = 53
_MOST_DECIMALS: Final = 318
_NUMBER: Final = re.compile(r"[ \t\n\r\v\f]*([+-]?(?:[0-9]+(\.[0-9]*)?|(\.[0-9]+))([eE][+-]?[0-9]+)?)")
_DIRECTIVE: Final = re.compile(
    r"%(?:(?P<number>[0-9]+)\$)?(?P<flags>(?:[ 0+-]|'.)*)(?P<width>\*(?:[0-9]+\$)?|[0-9]+)?"
    r"(?:\.(?P<precision>\*(?:[0-9]+\$)?|[0-9]*))?l?(?P<type>.?)",
    re.DOTALL,
)


def number_format(value: Json, decimals: int, point: str, thousands: str, cap: int) -> str:
    """``1,234,567.89``: a number with fixed decimals and grouped thousands.

    ``value`` is converted as PHP converts to float; the rounding is ``php_round``; a negative
    number that rounds to zero loses its sign. Raises OverflowError beyond ``cap``.
    """
    number = _to_float(value)
    if not math.isfinite(number):
        return "nan" if math.isnan(number) else "inf"
    decimals = max(0, decimals)
    if decimals > cap:
        raise OverflowError("the number would be longer than the limit")
    rounded = php_round(abs(number), decimals)
    whole, _, fraction = f"{rounded:.{min(decimals, _MOST_DECIMALS)}f}".partition(".")
    groups = (len(whole) - 1) // 3
    length = 1 + len(whole) + groups * _size(thousands) + decimals + _size(point)
    if length > cap:
        raise OverflowError("the number would be longer than the limit")
    head = len(whole) - groups * 3
    parts = [whole[:head], *(whole[at : at + 3] for at in range(head, len(whole), 3))]
    sign = "-" if number < 0 and rounded != 0 else ""
    return sign + thousands.join(parts) + (point + fraction.ljust(decimals, "0") if decimals else "")


def _size(text: str) -> int:
    return len(text.encode("utf-8", "replace"))


# -- conversions of sprintf's arguments ---------------------------------------------------------


def _to_float(value: Json) -> float:
    if isinstance(value, str):
        match = _NUMBER.match(value)
        return float(match[1]) if match else 0.0
    if isinstance(value, list | dict):
        return float(bool(value))
    if isinstance(value, int | float):
        try:
            return float(value)
        except OverflowError:
            return math.inf if value > 0 else -math.inf
    if value is None:
        return 0.0
    raise ValueError("a date is no argument of a format; use the filter date first")


def _to_int(value: Json) -> int:
    """64 bits: numbers wrap around, texts stop at the ends of the range."""
    if isinstance(value, str):
        match = _NUMBER.match(value)
        if match is None:
            return 0
        if not match[2] and not match[3] and not match[4] and len(match[1]) < 19:
            return int(match[1])
        return _saturate(match[1])
    if isinstance(value, list | dict):
        return int(bool(value))
    if isinstance(value, int) and _INT_MIN <= value <= _INT_MAX:
        return int(value)
    number = _to_float(value)
    if not math.isfinite(number):
        return 0
    return _signed(int(number))


def _saturate(text: str) -> int:
    number = float(text)
    if math.isinf(number):
        return 0
    if abs(number) >= 2.0**63:
        return _INT_MAX if number > 0 else _INT_MIN
    digits = text.lstrip("+-")
    return int(text) if digits.isdigit() and len(digits) < 20 else int(number)


def _signed(number: int) -> int:
    number %= 2**_INT_BITS
    return number - 2**_INT_BITS if number > _INT_MAX else number


def _to_bytes(value: Json) -> str:
    """The text of a value, one character per byte of its UTF-8 form."""
    if isinstance(value, str):
        return _narrow(value)
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, list | dict):
        return "Array"
    if isinstance(value, int) and _INT_MIN <= value <= _INT_MAX:
        return str(value)
    return php_float_to_text(_to_float(value))


def _narrow(text: str) -> str:
    return text if text.isascii() else text.encode("utf-8", "replace").decode("latin-1")


# -- sprintf ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Directive:
    """One ``%...``: ``precision`` is None when it is not given."""

    type: str
    width: int
    precision: int | None
    padding: str
    left: bool
    signed: bool


class _Arguments:
    """The values of one call and how far they have been used."""

    def __init__(self, values: Sequence[Json]) -> None:
        self._values = values
        self._next = 0

    def take(self, number: str | None) -> Json:
        """The argument with this number (from 1), or the next one."""
        if number is None:
            index = self._next
            self._next += 1
        else:
            index = _count(number, "argument number") - 1
        if index < 0:
            raise ValueError("the argument number of a format starts at 1")
        if index >= len(self._values):
            raise ValueError(f"the format needs argument {index + 1}, {len(self._values)} were given")
        return self._values[index]

    def size(self, text: str, what: str, least: int) -> int:
        """A width or precision: digits, or ``*`` for the value of an argument."""
        if not text.startswith("*"):
            return _count(text or "0", what)
        value = self.take(text[1:-1] or None)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= _SIZE_LIMIT:
            raise ValueError(f"the {what} of a format must be a whole number of at least {least}")
        return value


def _count(digits: str, what: str) -> int:
    digits = digits.lstrip("0") or "0"
    if len(digits) > 10 or int(digits) >= _SIZE_LIMIT:
        raise ValueError(f"the {what} of a format is too large")
    return int(digits)


def sprintf(format: str, args: Sequence[Json], cap: int) -> str:
    """The text of a format with its arguments, by the rules of PHP 8.

    Types b c d e E f F g G h H o s u x X %; argument numbers ``%1$s``, padding ``'*``, ``-``,
    ``+``, ``0``, width, precision, ``*``. Widths count bytes, as in PHP; a character that a
    precision cuts in two becomes U+FFFD. Raises ValueError for a malformed format or a missing
    argument and OverflowError when the text would be longer than ``cap`` bytes.
    """
    source = _narrow(format)
    arguments = _Arguments(args)
    parts: list[str] = []
    room = cap
    position = 0
    while position < len(source):
        start = source.find("%", position)
        if start < 0:
            start = len(source)
        if start > position:
            parts.append(source[position:start])
            room -= start - position
        position = start
        if source.startswith("%%", position):
            parts.append("%")
            room -= 1
            position += 2
        elif match := _DIRECTIVE.match(source, position):
            parts.append(_directive_text(match, arguments, room))
            room -= len(parts[-1])
            position = match.end()
        if room < 0:
            raise OverflowError("the formatted text would be longer than the limit")
    text = "".join(parts)
    return text if text.isascii() else text.encode("latin-1").decode("utf-8", "replace")


def _directive_text(match: re.Match[str], arguments: _Arguments, room: int) -> str:
    directive = _read(match, arguments)
    value = arguments.take(match["number"])
    writer = _WRITERS.get(directive.type)
    if writer is None:
        raise ValueError("the format has an unknown type letter")
    if directive.precision == -1 and directive.type not in "gGhH":
        raise ValueError("a precision of -1 is for the types g, G, h and H")
    if directive.width > room:
        raise OverflowError("the formatted text would be longer than the limit")
    text = writer(directive, value)
    if len(text) > room:
        raise OverflowError("the formatted text would be longer than the limit")
    return text


def _read(match: re.Match[str], arguments: _Arguments) -> _Directive:
    padding, left, signed = " ", False, False
    flags = iter(match["flags"])
    for flag in flags:
        if flag == "-":
            left = True
        elif flag == "+":
            signed = True
        else:
            padding = next(flags) if flag == "'" else flag
    width = match["width"]
    precision = match["precision"]
    return _Directive(
        type=match["type"],
        width=0 if width is None else arguments.size(width, "width", 0),
        precision=None if not precision else arguments.size(precision, "precision", -1),
        padding=padding,
        left=left,
        signed=signed,
    )


def _pad(directive: _Directive, text: str, padding: str, *, sign: bool = False) -> str:
    """``text`` at its width; with ``sign`` its first character stays before padding zeros."""
    missing = directive.width - len(text)
    if missing <= 0:
        return text
    if directive.left:
        return text + padding * missing
    if sign and padding == "0":
        return text[0] + padding * missing + text[1:]
    return padding * missing + text


def _write_text(directive: _Directive, value: Json) -> str:
    text = _to_bytes(value)
    if directive.precision is not None:
        text = text[: directive.precision]
    return _pad(directive, text, directive.padding)


def _integer_padding(directive: _Directive) -> str:
    return " " if directive.left and directive.padding == "0" else directive.padding


def _write_int(directive: _Directive, value: Json) -> str:
    number = _to_int(value)
    text = f"{number:+d}" if directive.signed else str(number)
    return _pad(directive, text, _integer_padding(directive), sign=directive.signed or number < 0)


def _write_unsigned(directive: _Directive, value: Json) -> str:
    return _pad(directive, str(_to_int(value) % 2**_INT_BITS), _integer_padding(directive))


def _write_base(directive: _Directive, value: Json) -> str:
    # With a precision PHP cuts the digits to nothing.
    digits = "" if directive.precision is not None else format(_to_int(value) % 2**_INT_BITS, directive.type)
    return _pad(directive, digits, directive.padding)


def _write_byte(directive: _Directive, value: Json) -> str:
    return chr(_to_int(value) & 255)


def _write_percent(directive: _Directive, value: Json) -> str:
    return "%"


def _write_float(directive: _Directive, value: Json) -> str:
    number = _to_float(value)
    if not math.isfinite(number):
        text = "NaN" if math.isnan(number) else "INF"
        signed = directive.padding == "0" and not directive.left and (directive.signed or number < 0)
        return ("-" if number < 0 else "+") + text[1:] if signed else text
    precision = 6 if directive.precision is None else min(directive.precision, _MOST_DIGITS)
    kind = directive.type
    if kind in "gGhH":
        text = general_text(number, precision, "E" if kind in "GH" else "e")
    elif kind in "eE":
        mantissa, _, exponent = f"{number or 0.0:.{precision}e}".partition("e")
        text = f"{mantissa}{kind}{int(exponent):+d}"
    else:
        text = f"{number or 0.0:.{precision}f}"
    negative = text.startswith("-")
    if directive.signed and not negative:
        text = f"+{text}"
    return _pad(directive, text, directive.padding, sign=directive.signed or negative)


_WRITERS: Final[dict[str, Callable[[_Directive, Json], str]]] = {
    "s": _write_text,
    "d": _write_int,
    "u": _write_unsigned,
    "c": _write_byte,
    "%": _write_percent,
    **dict.fromkeys("boxX", _write_base),
    **dict.fromkeys("eEfFgGhH", _write_float),
}
