"""Binary and unary operators on values: one function per operator."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import re2  # type: ignore[import-untyped]

from gateway_core.mapping import json_text
from gateway_core.mapping.library.numbers import number_range
from gateway_core.mapping.run import Run
from gateway_core.mapping.values import (
    as_dict,
    compare,
    contains,
    failure,
    fit,
    is_array,
    is_true,
    loose_equal,
    power,
    to_int,
    to_number,
    to_text,
    wrong_type,
)
from gateway_core.types import Json

Operator = Callable[[Json, Json, Run], Json]
_CLOSING: Final = MappingProxyType({"(": ")", "[": "]", "{": "}", "<": ">"})
_INLINE_FLAGS: Final = frozenset("imsU")
_ANCHORED: Final = "A"
_PATTERN: Final = 64  # times its length must a pattern fit the limit on texts
_MEMORY: Final = 1 << 18  # bytes of one compiled pattern with its states


def _add(left: Json, right: Json, run: Run) -> Json:
    if is_array(left) and is_array(right):
        run.items(len(left) + len(right))
        if isinstance(left, list) and isinstance(right, list):
            return left + right[len(left) :]
        return {
            **as_dict(left),
            **{key: item for key, item in as_dict(right).items() if key not in as_dict(left)},
        }
    return fit(to_number(left, "+") + to_number(right, "+"))


def _subtract(left: Json, right: Json, run: Run) -> Json:
    return fit(to_number(left, "-") - to_number(right, "-"))


def _multiply(left: Json, right: Json, run: Run) -> Json:
    return fit(to_number(left, "*") * to_number(right, "*"))


def _divide(left: Json, right: Json, run: Run) -> Json:
    first, second = to_number(left, "/"), to_number(right, "/")
    if second == 0:
        raise failure("Division by zero")
    if isinstance(first, int) and isinstance(second, int) and first % second == 0:
        return fit(first // second)
    return first / second


def _floor_divide(left: Json, right: Json, run: Run) -> Json:
    quotient = _divide(left, right, run)
    if isinstance(quotient, float) and not math.isfinite(quotient):
        return 0
    return to_int(float(math.floor(quotient))) if isinstance(quotient, float) else quotient


def _modulo(left: Json, right: Json, run: Run) -> Json:
    first, second = to_int(to_number(left, "%")), to_int(to_number(right, "%"))
    if second == 0:
        raise failure("Division by zero")
    rest = abs(first) % abs(second)
    return -rest if first < 0 else rest


def _power(left: Json, right: Json, run: Run) -> Json:
    return power(to_number(left, "**"), to_number(right, "**"))


def _concatenate(left: Json, right: Json, run: Run) -> str:
    first, second = to_text(left), to_text(right)
    run.text(len(first) + len(second))
    return first + second


def _range(left: Json, right: Json, run: Run) -> Json:
    return number_range(run, left, right, 1)


def _bits(operator: str) -> Operator:
    def operate(left: Json, right: Json, run: Run) -> int:
        first, second = to_int(to_number(left, operator)), to_int(to_number(right, operator))
        if operator == "b-and":
            return first & second
        return first | second if operator == "b-or" else first ^ second

    return operate


def _starts(left: Json, right: Json, run: Run) -> bool:
    _pay_for_part(right, run)
    return isinstance(left, str) and isinstance(right, str) and left.startswith(right)


def _pay_for_part(part: Json, run: Run) -> None:
    if isinstance(part, str):
        run.work(len(part))


def _ends(left: Json, right: Json, run: Run) -> bool:
    _pay_for_part(right, run)
    return isinstance(left, str) and isinstance(right, str) and left.endswith(right)


def _comparison(compared: Callable[[Json, Json], Json]) -> Operator:
    def operate(left: Json, right: Json, run: Run) -> Json:
        json_text.pay_to_compare(left, right, run)
        return compared(left, right)

    return operate


def _contains(left: Json, right: Json, run: Run) -> bool:
    if is_array(right):
        json_text.pay_to_search(left, right, run)
    elif isinstance(right, str):
        run.work(len(right) * 2)
    return contains(left, right)


def _matches(left: Json, right: Json, run: Run) -> int:
    """1 or 0, as PHP's ``preg_match`` answers."""
    text = to_text(left)
    if is_array(left) or not isinstance(right, str):
        raise wrong_type("matches needs a text and a pattern")
    run.text(len(text) + len(right) * _PATTERN)
    run.burn(len(right) >> 1)
    pattern = regular_expression(right)
    # In the worst case every letter is held against every instruction.
    run.work(len(text) * min(pattern.programsize, pattern.reverseprogramsize))
    return 1 if pattern.search(text) is not None else 0


@lru_cache(maxsize=128)
def regular_expression(source: str) -> Any:
    """A PHP pattern with its delimiters and modifiers, compiled to run in linear time.

    Raises MappingError for what is no pattern, or needs backtracking (look-around, back
    references), which a linear-time engine does not offer.
    """
    text = source.lstrip()
    if not text or text[0].isalnum() or text[0] in "\\\0":
        raise failure("A pattern starts with a delimiter", "write it as /…/")
    end = text.rfind(_CLOSING.get(text[0], text[0]))
    if end <= 0:
        raise failure(f'The pattern is not closed by "{_CLOSING.get(text[0], text[0])}"')
    body, modifiers = text[1:end], text[end + 1 :].strip()
    unknown = next((letter for letter in modifiers if letter not in "imsuUxADSX"), "")
    if unknown:
        raise failure(f'The pattern has an unknown modifier "{unknown}"')
    if "x" in modifiers:
        body = re.sub(r"(?<!\\)(?:\s|#.*)", "", body)
    if _ANCHORED in modifiers:
        body = rf"\A(?:{body})"
    flags = "".join(sorted(letter for letter in set(modifiers) if letter in _INLINE_FLAGS))
    if "m" not in modifiers and "D" not in modifiers and body.endswith("$") and not body.endswith(r"\$"):
        body = rf"{body[:-1]}\n?\z"  # in PHP a final $ also matches before a last newline
    options = re2.Options()
    options.max_mem = _MEMORY
    options.log_errors = False
    options.never_capture = True  # only whether it matches is asked, and groups would cost a slower engine
    try:
        return re2.compile(f"(?{flags}:{body})" if flags else body, options)
    except re2.error:
        raise failure(
            "The pattern cannot be used", "look-around and back references are not available"
        ) from None


BINARY: Final[Mapping[str, Operator]] = MappingProxyType(
    {
        "+": _add,
        "-": _subtract,
        "*": _multiply,
        "/": _divide,
        "//": _floor_divide,
        "%": _modulo,
        "**": _power,
        "~": _concatenate,
        "..": _range,
        "b-and": _bits("b-and"),
        "b-or": _bits("b-or"),
        "b-xor": _bits("b-xor"),
        "==": _comparison(loose_equal),
        "!=": _comparison(lambda left, right: not loose_equal(left, right)),
        "<": _comparison(lambda left, right: compare(left, right) < 0),
        ">": _comparison(lambda left, right: compare(right, left) < 0),
        "<=": _comparison(lambda left, right: compare(left, right) <= 0),
        ">=": _comparison(lambda left, right: compare(right, left) <= 0),
        "<=>": _comparison(compare),
        "in": _contains,
        "not in": lambda left, right, run: not _contains(left, right, run),
        "matches": _matches,
        "starts with": _starts,
        "ends with": _ends,
    }
)


def negate(value: Json) -> Json:
    number = to_number(value, "-")
    return fit(-number) if number or isinstance(number, float) else number


def affirm(value: Json) -> Json:
    return to_number(value, "+")


def invert(value: Json) -> bool:
    return not is_true(value)
