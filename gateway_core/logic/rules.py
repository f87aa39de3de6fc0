"""JSON Logic: a rule as JSON, compiled once, asked about data. Pure, and bounded by a budget of steps.

The operators are those of json-logic-php, with PHP's equality and order; of truth json-logic-php has
its own: an empty array is false, and "0" is true, unlike in PHP itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from itertools import pairwise
from typing import Final, TypeAlias

from gateway_core.errors import GatewayError, RuleError
from gateway_core.mapping import values
from gateway_core.types import Json

STEPS: Final = 10_000
MAX_NODES: Final = 2_000
MAX_DEPTH: Final = 32
MAX_TEXT: Final = 100_000


class BadRule(Exception):
    """What is written is no rule. ``str`` tells why, in a sentence that may be shown."""


class _Asked:
    """One asking: the steps that are left."""

    __slots__ = ("_left",)

    def __init__(self, steps: int) -> None:
        self._left = steps

    def burn(self, steps: int = 1) -> None:
        self._left -= steps
        if self._left < 0:
            raise RuleError("a condition took too many steps")


Part: TypeAlias = Callable[[Json, _Asked], Json]
Operator: TypeAlias = Callable[[Sequence[Part], Json, _Asked], Json]


@dataclass(frozen=True, slots=True)
class Rule:
    """A compiled rule. ``reads`` are the first members of the data that it may read; None: any."""

    part: Part
    reads: frozenset[str] | None

    def holds(self, data: Json, steps: int = STEPS) -> bool:
        """Whether the rule is true of the data. Raises ``RuleError``."""
        return truthy(self.value(data, steps))

    def value(self, data: Json, steps: int = STEPS) -> Json:
        """What the rule makes of the data. Raises ``RuleError``."""
        try:
            return self.part(data, _Asked(steps))
        except RuleError:
            raise
        except (GatewayError, RecursionError, ArithmeticError, ValueError):
            raise RuleError("a condition fails on its data") from None


def truthy(value: Json) -> bool:
    """Truth as json-logic-php has it."""
    return bool(value)


def compile_rule(rule: Json) -> Rule:
    """The rule, ready to be asked. Raises ``BadRule``."""
    maker = _Maker()
    part = maker.part(rule, 1)
    return Rule(part, None if maker.reads_all else frozenset(maker.reads))


class _Maker:
    """Compiles one rule, within bounds on its size."""

    def __init__(self) -> None:
        self.reads: set[str] = set()
        self.reads_all = False
        self._nodes = 0

    def part(self, node: Json, depth: int, *, inner: bool = False) -> Part:
        """``inner``: the data there are the elements of a list, and not those of the rule."""
        self._nodes += 1
        if self._nodes > MAX_NODES or depth > MAX_DEPTH:
            raise BadRule(f"a rule has at most {MAX_NODES} parts and {MAX_DEPTH} levels")
        if isinstance(node, list):
            parts = [self.part(each, depth + 1, inner=inner) for each in node]
            return lambda data, asked: [part(data, asked) for part in parts]
        if not isinstance(node, dict) or len(node) != 1:
            return _constant(node)
        ((name, given),) = node.items()
        if name not in OPERATORS:
            near = get_close_matches(name, OPERATORS, n=1)
            meant = f"; did you mean '{near[0]}'?" if near else ""
            raise BadRule(f"'{name}' is no operator of JSON Logic{meant}")
        arguments = given if isinstance(given, list) else [given]
        if name in _READING and not inner:
            self._note(name, arguments)
        over = name in _OVER_LISTS
        parts = [
            self.part(each, depth + 1, inner=inner or (over and position == 1))
            for position, each in enumerate(arguments)
        ]
        return _applied(OPERATORS[name], parts)

    def _note(self, name: str, arguments: Sequence[Json]) -> None:
        if name == "missing_some":
            arguments = arguments[1:]
        flat = [each for given in arguments for each in (given if isinstance(given, list) else [given])]
        paths = flat[:1] if name == "var" else flat
        for path in paths or [""]:
            if isinstance(path, str) and path:
                self.reads.add(path.split(".")[0])
            else:
                self.reads_all = True


def _constant(value: Json) -> Part:
    def part(_: Json, asked: _Asked) -> Json:
        asked.burn()
        return value

    return part


def _applied(operator: Operator, parts: Sequence[Part]) -> Part:
    def part(data: Json, asked: _Asked) -> Json:
        asked.burn()
        return operator(parts, data, asked)

    return part


def _at(parts: Sequence[Part], position: int, data: Json, asked: _Asked) -> Json:
    return parts[position](data, asked) if position < len(parts) else None


def _all(parts: Sequence[Part], data: Json, asked: _Asked) -> list[Json]:
    return [part(data, asked) for part in parts]


def _var(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    path, default = _at(parts, 0, data, asked), _at(parts, 1, data, asked)
    found, value = _found(data, path, asked)
    return value if found and value is not None else default


def _found(data: Json, path: Json, asked: _Asked) -> tuple[bool, Json]:
    if path is None or path == "":
        return True, data
    if not isinstance(path, str | int) or isinstance(path, bool):
        return False, None
    for step in str(path).split("."):
        asked.burn()
        found, data = values.member(data, step)
        if not found:
            return False, None
    return True, data


def _missing(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    given = _all(parts, data, asked)
    names = given[0] if given and isinstance(given[0], list) else given
    return [name for name in names if _found(data, name, asked)[1] in (None, "")]


def _missing_some(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    least, names = _at(parts, 0, data, asked), _at(parts, 1, data, asked)
    names = names if isinstance(names, list) else []
    lacking = [name for name in names if _found(data, name, asked)[1] in (None, "")]
    return [] if len(names) - len(lacking) >= values.to_number(least, ">=") else lacking


def _if(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    for position in range(0, len(parts) - 1, 2):
        if truthy(parts[position](data, asked)):
            return parts[position + 1](data, asked)
    return parts[-1](data, asked) if len(parts) % 2 else None


def _and(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    value: Json = None
    for part in parts:
        value = part(data, asked)
        if not truthy(value):
            break
    return value


def _or(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    value: Json = None
    for part in parts:
        value = part(data, asked)
        if truthy(value):
            break
    return value


def _compared(holds: Callable[[int], bool]) -> Operator:
    """``{"<": [a, b]}``, and between with three."""

    def operator(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
        given = _all(parts, data, asked)[:3]
        given += [None] * (2 - len(given))
        return all(holds(_order(left, right, asked)) for left, right in pairwise(given))

    return operator


def _order(left: Json, right: Json, asked: _Asked) -> int:
    asked.burn(_weight(left) + _weight(right))
    return values.compare(left, right)


def _weight(value: Json) -> int:
    """What comparing a value costs at most: what is nested is compared whole."""
    if isinstance(value, str):
        return len(value) >> 6
    if isinstance(value, list | dict):
        inner = value.values() if isinstance(value, dict) else value
        return 1 + len(inner) + sum(map(_weight, inner))
    return 0


def _equal(parts: Sequence[Part], data: Json, asked: _Asked) -> bool:
    left, right = _at(parts, 0, data, asked), _at(parts, 1, data, asked)
    asked.burn(_weight(left) + _weight(right))
    return values.loose_equal(left, right)


def _same(parts: Sequence[Part], data: Json, asked: _Asked) -> bool:
    left, right = _at(parts, 0, data, asked), _at(parts, 1, data, asked)
    asked.burn(_weight(left) + _weight(right))
    return values.same(left, right)


def _in(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    needle, hay = _at(parts, 0, data, asked), _at(parts, 1, data, asked)
    asked.burn(_weight(hay))
    if isinstance(hay, str):
        return isinstance(needle, str) and needle in hay
    if isinstance(hay, list | dict):
        asked.burn(len(hay) * (1 + _weight(needle)))
        return any(values.loose_equal(needle, each) for each in values.values_of(hay))
    return False


def _cat(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    text = "".join(values.scalar_text(each, "text") for each in _all(parts, data, asked))
    if len(text) > MAX_TEXT:
        raise RuleError("a condition makes a text that is too long")
    asked.burn(len(text) >> 6)
    return text


def _substr(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    text = values.scalar_text(_at(parts, 0, data, asked), "text")
    start, length = values.to_int(_at(parts, 1, data, asked)), _at(parts, 2, data, asked)
    rest = text[start:] if start >= 0 else text[max(len(text) + start, 0) :]
    return rest if length is None else rest[: values.to_int(length)]


def _numbers(work: Callable[[Sequence[int | float]], Json]) -> Operator:
    def operator(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
        return work([values.to_number(each, "number") for each in _all(parts, data, asked)])

    return operator


def _difference(given: Sequence[int | float]) -> Json:
    return values.fit(-given[0] if len(given) == 1 else given[0] - given[1]) if given else 0


def _product(given: Sequence[int | float]) -> Json:
    made: int | float = 1
    for each in given:
        made = values.fit(made * each)
    return made


def _quotient(given: Sequence[int | float]) -> Json:
    return None if len(given) < 2 or given[1] == 0 else given[0] / given[1]


def _remainder(given: Sequence[int | float]) -> Json:
    if len(given) < 2 or int(given[1]) == 0:
        return None
    left, right = int(given[0]), int(given[1])
    return left - right * int(left / right) if abs(left) < 2**53 else left % right


def _elements(parts: Sequence[Part], data: Json, asked: _Asked) -> list[Json]:
    given = _at(parts, 0, data, asked)
    found = list(values.values_of(given)) if isinstance(given, list | dict) else []
    asked.burn(len(found))
    return found


def _filter(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    return [each for each in _elements(parts, data, asked) if truthy(_at(parts, 1, each, asked))]


def _map(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    return [_at(parts, 1, each, asked) for each in _elements(parts, data, asked)]


def _reduce(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    value = _at(parts, 2, data, asked)
    for each in _elements(parts, data, asked):
        value = _at(parts, 1, {"current": each, "accumulator": value}, asked)
    return value


def _every(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    found = _elements(parts, data, asked)
    return bool(found) and all(truthy(_at(parts, 1, each, asked)) for each in found)


def _some(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    return any(truthy(_at(parts, 1, each, asked)) for each in _elements(parts, data, asked))


def _merge(parts: Sequence[Part], data: Json, asked: _Asked) -> Json:
    merged: list[Json] = []
    for each in _all(parts, data, asked):
        merged += each if isinstance(each, list) else [each]
    asked.burn(len(merged))
    return merged


_READING: Final = frozenset({"var", "missing", "missing_some"})
_OVER_LISTS: Final = frozenset({"filter", "map", "reduce", "all", "some", "none"})
OPERATORS: Final[dict[str, Operator]] = {
    "var": _var,
    "missing": _missing,
    "missing_some": _missing_some,
    "if": _if,
    "?:": _if,
    "==": _equal,
    "!=": lambda parts, data, asked: not _equal(parts, data, asked),
    "===": _same,
    "!==": lambda parts, data, asked: not _same(parts, data, asked),
    "!": lambda parts, data, asked: not truthy(_at(parts, 0, data, asked)),
    "!!": lambda parts, data, asked: truthy(_at(parts, 0, data, asked)),
    "and": _and,
    "or": _or,
    ">": _compared(lambda order: order > 0),
    ">=": _compared(lambda order: order >= 0),
    "<": _compared(lambda order: order < 0),
    "<=": _compared(lambda order: order <= 0),
    "in": _in,
    "cat": _cat,
    "substr": _substr,
    "+": _numbers(lambda given: values.fit(sum(given))),
    "-": _numbers(_difference),
    "*": _numbers(_product),
    "/": _numbers(_quotient),
    "%": _numbers(_remainder),
    "min": _numbers(lambda given: min(given) if given else None),
    "max": _numbers(lambda given: max(given) if given else None),
    "filter": _filter,
    "map": _map,
    "reduce": _reduce,
    "all": _every,
    "some": _some,
    "none": lambda parts, data, asked: not _some(parts, data, asked),
    "merge": _merge,
}
