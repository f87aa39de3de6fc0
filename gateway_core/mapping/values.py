"""What the language means by truth, equality, order, text and numbers: PHP 8.2 on JSON values.

Values are None, bool, int, float, str, list and dict; nothing else is ever compared, printed
or stored. PHP has one array type: a list here has the keys 0..n-1, every other array is a dict
with text keys, where a key that reads as an integer *is* an integer to a template. Two opaque
kinds exist only while a template runs: a moment (``datetime``) and a difference of two moments.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Final

from gateway_core.errors import MappingError
from gateway_core.mapping.printf import php_float_to_text
from gateway_core.mapping.run import Run
from gateway_core.types import Json

INT_MAX: Final = 2**63 - 1
INT_MIN: Final = -(2**63)
_ARRAY: Final = (list, dict)
_LONGEST_NUMBER: Final = 2_000  # letters of a text that count when it is read as a number
_PLAIN: Final = (str, int, float)
_BLANK: Final = " \t\n\r\v\f"
_NUMBER: Final = re.compile(r"[ \t\n\r\v\f]*([+-]?(?:[0-9]+(\.[0-9]*)?|(\.[0-9]+))([eE][+-]?[0-9]+)?)")
_INDEX: Final = re.compile(r"(?:0|-?[1-9][0-9]{0,18})\Z")


def failure(detail: str, hint: str = "") -> MappingError:
    """A run-time error without a place: the expression that catches it adds its position."""
    return MappingError(detail, hint=hint)


def wrong_type(detail: str) -> MappingError:
    """A run-time error about a value of the wrong kind."""
    return MappingError(detail, kind="type")


def kind_of(value: Json) -> str:
    """The kind of a value, for messages: a kind is no personal data, the value may be."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "a boolean"
    if isinstance(value, int | float):
        return "a number"
    if isinstance(value, str):
        return "text"
    if isinstance(value, list):
        return "a list"
    return "an object" if isinstance(value, dict) else "a date"


def is_true(value: Json) -> bool:
    """PHP truth: only null, false, 0, 0.0, "", "0" and empty arrays are false."""
    return bool(value) and value != "0"


def is_empty(value: Json) -> bool:
    """Twig's ``empty`` and ``default``: null, false, "" and empty arrays, but not 0 or "0"."""
    return not value and (value is None or value is False or value == "" or isinstance(value, _ARRAY))


def is_array(value: Json) -> bool:
    return isinstance(value, _ARRAY)


def to_text(value: Json) -> str:
    """How PHP prints a value: null and false as nothing, 1.0 as "1", an array as "Array"."""
    if isinstance(value, str):
        return value
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, int):
        return str(value)
    if isinstance(value, float):
        return php_float_to_text(value)
    if isinstance(value, _ARRAY):
        return "Array"
    raise wrong_type("A date cannot be printed; use the filter date or its format()")


def text_of_item(run: Run, item: Json) -> str:
    """The text of one of many items; a fraction takes its time to print."""
    if type(item) is float:
        run.burn(4)
    return to_text(item)


def scalar_text(value: Json, what: str) -> str:
    """Text for a filter that works on text only; an array is an error there."""
    if isinstance(value, str):
        return value
    if isinstance(value, _ARRAY):
        raise wrong_type(f"{what} needs text, not {kind_of(value)}")
    return to_text(value)


def parse_number(text: str) -> int | float | None:
    """The number a numeric text stands for, else None. Blanks around it are allowed."""
    match = _NUMBER.match(text)
    if match is None or text[match.end() :].strip(_BLANK):
        return None
    return _number_of(match)


def number_prefix(text: str) -> int | float | None:
    """The number that a text starts with ("12a" is 12), else None."""
    match = _NUMBER.match(text)
    return None if match is None else _number_of(match)


def _number_of(match: re.Match[str]) -> int | float:
    if match.group(2) is None and match.group(3) is None and match.group(4) is None and len(match[1]) < 400:
        number = int(match.group(1))
        return number if INT_MIN <= number <= INT_MAX else float(number)
    return float(match.group(1))


def to_number(value: Json, operator: str) -> int | float:
    """An operand of arithmetic. Text must at least start with a number; arrays are errors."""
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value
    if value is None:
        return 0
    if isinstance(value, str):
        number = number_prefix(value[:_LONGEST_NUMBER])
        if number is not None:
            return number
    raise wrong_type(f"{kind_of(value)} cannot be used with {operator}".capitalize())


def to_int(value: Json) -> int:
    """PHP's ``(int)``: leading digits of a text, saturating; 1 for a non-empty array."""
    if isinstance(value, str):
        if len(value) < 19 and value.isdigit() and value.isascii():
            return int(value)
        number = number_prefix(value[:_LONGEST_NUMBER])
        if number is None:
            return 0
        if isinstance(number, float):
            return _saturate(number)
        return number
    if isinstance(value, float):
        return _wrap(value)
    if isinstance(value, _ARRAY):
        return 1 if value else 0
    return int(value) if isinstance(value, int) else 0 if value is None else 1


def _saturate(number: float) -> int:
    if math.isnan(number):
        return 0
    if number >= INT_MAX:
        return INT_MAX
    return INT_MIN if number <= INT_MIN else int(number)


def _wrap(number: float) -> int:
    if math.isinf(number) or math.isnan(number):
        return 0
    whole = int(number)
    return whole if INT_MIN <= whole <= INT_MAX else (whole + 2**63) % 2**64 - 2**63


def to_float(value: Json) -> float:
    """PHP's ``(float)``. A number too large for JSON is an error: it could not be answered."""
    if isinstance(value, str):
        number = float(number_prefix(value[:_LONGEST_NUMBER]) or 0)
        if math.isinf(number):
            raise wrong_type("The number is too large")
        return number
    return float(value) if isinstance(value, int | float) else float(to_int(value))


# -- arrays -----------------------------------------------------------------------------------


def key_text(key: Json) -> str:
    """The text form of an array key: true is 1, 1.7 is 1, null is the empty key."""
    if isinstance(key, str):
        return key
    if isinstance(key, bool | float):
        return str(to_int(key))
    if isinstance(key, int):
        return str(key)
    if key is None:
        return ""
    raise wrong_type(f"{kind_of(key)} cannot be a key".capitalize())


def keys_are_texts(keys: Iterable[str]) -> bool:
    """Whether none of these keys can be an integer to a template."""
    return all(map(str.isidentifier, keys))


def key_value(key: str) -> int | str:
    """What a template sees for a key of a dict: integer-like keys are integers."""
    if (key[:1].isdigit() or key[:1] == "-") and _INDEX.match(key):
        number = int(key)
        if INT_MIN <= number <= INT_MAX:
            return number
    return key


def items_of(value: list[Json] | dict[str, Json]) -> Iterator[tuple[int | str, Json]]:
    """Keys and values of an array in order."""
    if isinstance(value, list):
        return enumerate(value)
    return ((key_value(key), item) for key, item in value.items())


def values_of(value: list[Json] | dict[str, Json]) -> Iterable[Json]:
    return value if isinstance(value, list) else value.values()


def is_listlike(value: dict[str, Json]) -> bool:
    """Whether a dict has exactly the keys 0..n-1 in order, which makes it a list in PHP."""
    return all(key == str(index) for index, key in enumerate(value))


def as_array(pairs: dict[str, Json]) -> list[Json] | dict[str, Json]:
    """The array in its own form: a list when its keys are 0..n-1, else the dict given."""
    if "0" in pairs and is_listlike(pairs):
        return list(pairs.values())
    return pairs


def as_dict(value: list[Json] | dict[str, Json]) -> dict[str, Json]:
    """The array with text keys; a dict is returned as it is."""
    return value if isinstance(value, dict) else {str(index): item for index, item in enumerate(value)}


def renumber(pairs: Iterable[tuple[int | str, Json]]) -> list[Json] | dict[str, Json]:
    """Pairs as an array whose integer keys count up from 0; text keys stay, the last one wins."""
    result: dict[str, Json] = {}
    index = 0
    for key, item in pairs:
        if isinstance(key, int):
            result[str(index)] = item
            index += 1
        else:
            result[key] = item
    return list(result.values()) if index == len(result) else result


def member(value: Json, key: str) -> tuple[bool, Json]:
    """Whether an array has a key, and what is there. Other kinds have no members."""
    if isinstance(value, dict):
        return (True, value[key]) if key in value else (False, None)
    if isinstance(value, list) and _INDEX.match(key):
        index = int(key)
        if 0 <= index < len(value):
            return True, value[index]
    return False, None


# -- comparison -------------------------------------------------------------------------------


def loose_equal(left: Json, right: Json) -> bool:
    """PHP 8's ``==``."""
    if isinstance(left, str) and isinstance(right, str):
        return left == right or (_may_be_number(left) and _may_be_number(right) and _same_number(left, right))
    return compare(left, right) == 0


def _may_be_number(text: str) -> bool:
    return text[:1] in "0123456789 +-.\t\n\r\v\f" and text != ""


def _same_number(left: str, right: str) -> bool:
    first, second = parse_number(left), parse_number(right)
    return first is not None and second is not None and first == second


def compare(left: Json, right: Json) -> int:
    """PHP 8's ``<=>``: -1, 0 or 1; what cannot be compared counts as greater."""
    if isinstance(left, str) and isinstance(right, str):
        return _compare_texts(left, right)
    if left is None and isinstance(right, str):
        return -1 if right else 0
    if right is None and isinstance(left, str):
        return 1 if left else 0
    if left is None or right is None or isinstance(left, bool) or isinstance(right, bool):
        return is_true(left) - is_true(right)
    if isinstance(left, _ARRAY) or isinstance(right, _ARRAY):
        return _compare_arrays(left, right)
    if isinstance(left, _PLAIN) and isinstance(right, _PLAIN):
        return _compare_number_and_text(left, right)
    return _compare_moments(left, right)


def _sign(left: Json, right: Json) -> int:
    return 0 if left == right else -1 if left < right else 1


def _compare_texts(left: str, right: str) -> int:
    if left == right:
        return 0
    if _may_be_number(left) and _may_be_number(right):
        first, second = parse_number(left), parse_number(right)
        if first is not None and second is not None:
            return _sign(first, second)
    return _sign(left, right)


def _compare_number_and_text(left: Json, right: Json) -> int:
    if isinstance(left, str):
        number = parse_number(left)
        return _sign(left, to_text(right)) if number is None else _sign(number, right)
    if isinstance(right, str):
        number = parse_number(right)
        return _sign(to_text(left), right) if number is None else _sign(left, number)
    return _sign(left, right)


def _compare_arrays(left: Json, right: Json) -> int:
    if not is_array(right):
        return 1
    if not is_array(left):
        return -1
    if len(left) != len(right):
        return -1 if len(left) < len(right) else 1
    if isinstance(left, list) and isinstance(right, list):
        pairs = zip(left, right, strict=True)
        return next((order for order in (compare(a, b) for a, b in pairs) if order), 0)
    other = as_dict(right)
    for key, item in as_dict(left).items():
        if key not in other:
            return 1
        order = compare(item, other[key])
        if order:
            return order
    return 0


def _compare_moments(left: Json, right: Json) -> int:
    if isinstance(left, datetime) and isinstance(right, datetime):
        return _sign(left, right)
    return 0 if left is right else 1


def same(left: Json, right: Json) -> bool:
    """PHP's ``===``: equal and of one type, arrays with the same pairs in the same order."""
    if is_array(left) and is_array(right):
        if len(left) != len(right):
            return False
        first, second = as_dict(left), as_dict(right)
        pairs = zip(first.items(), second.items(), strict=True)
        return all(a == b and same(x, y) for (a, x), (b, y) in pairs)
    return type(left) is type(right) and bool(left == right)


def contains(needle: Json, haystack: Json) -> bool:
    """Twig's ``in``: a part of a text, or loosely equal to one of the values of an array."""
    if isinstance(haystack, str):
        if isinstance(needle, str | int | float) and not isinstance(needle, bool):
            return to_text(needle) in haystack
        return False
    if not is_array(haystack):
        return False
    return any(compare(needle, item) == 0 for item in values_of(haystack))


# -- arithmetic -------------------------------------------------------------------------------


def fit(number: int | float) -> int | float:
    """An integer that no longer fits 64 bits becomes a float."""
    if isinstance(number, int) and not INT_MIN <= number <= INT_MAX:
        return float(number)
    return number


def power(base: int | float, exponent: int | float) -> int | float:
    """PHP's ``**``; bounded: a large integer power is computed as a float."""
    if isinstance(base, int) and isinstance(exponent, int) and exponent >= 0:
        if base in (0, 1, -1):
            return base if exponent % 2 else base * base if exponent else 1
        if base.bit_length() * exponent <= 128:
            return fit(base**exponent)
    try:
        result = float(base) ** float(exponent)
    except (OverflowError, ZeroDivisionError):
        return math.inf
    return math.nan if isinstance(result, complex) else result
