"""Dates: the filters and function that make and print them, and what a date can be asked.

A moment (an aware ``datetime``) lives only while a template runs; it is printed by ``date``.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from types import MappingProxyType
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

try:
    from gateway_core.mapping.dates import date_difference, format_date, modify_date, parse_date
except ImportError:

    def _pending(*arguments: object) -> Any:
        raise ValueError("dates are not available yet")

    date_difference = format_date = modify_date = parse_date = _pending
from gateway_core.mapping.library.signature import Function, Parameter, function
from gateway_core.mapping.run import Run
from gateway_core.mapping.values import failure, is_array, kind_of, scalar_text, to_text, wrong_type
from gateway_core.types import Json

DEFAULT_FORMAT: Final = "F j, Y H:i"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Difference:
    """What lies between two moments; printed by ``format`` with DateInterval's letters."""

    __slots__ = ("end", "start")

    def __init__(self, start: datetime, end: datetime) -> None:
        self.start = start
        self.end = end

    def format(self, pattern: str) -> str:
        return date_difference(self.start, self.end, pattern)


def moment(run: Run, value: Json, timezone: Json) -> Json:
    """A moment from text, a timestamp or a moment; null, "" and "now" are the present."""
    keep = timezone is False
    zone = UTC if keep or timezone is None else _zone(timezone)
    if isinstance(value, datetime):
        return value if keep else value.astimezone(zone)
    if is_array(value) or isinstance(value, Difference):
        raise wrong_type(f"A date cannot be made of {kind_of(value)}")
    text = to_text(value)
    run.text(len(text))
    try:
        if text.removeprefix("-").isdigit() and text.isascii():
            return _far(_EPOCH + timedelta(seconds=int(text)), zone)
        return _far(parse_date(text, run.services.now(), UTC), None if keep else zone)
    except (ValueError, OverflowError):
        raise failure("The text cannot be read as a date") from None


def _far(value: datetime, zone: tzinfo | None) -> datetime:
    return value if zone is None else value.astimezone(zone)


def _zone(name: Json) -> tzinfo:
    text = scalar_text(name, "The time zone")
    if text.upper() in ("UTC", "Z"):
        return UTC
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise failure("There is no time zone of that name", "use a name such as Europe/Amsterdam") from None


def date_text(run: Run, value: Json, pattern: Json, timezone: Json) -> str:
    """The filter ``date``: PHP's format letters, in UTC unless told otherwise."""
    if isinstance(value, Difference):
        return value.format("%d days" if pattern is None else to_text(pattern))
    when = moment(run, value, timezone)
    letters = DEFAULT_FORMAT if pattern is None else scalar_text(pattern, "The format of date")
    run.text(len(letters) * 32)
    return format_date(when, letters)


def date_modify(run: Run, value: Json, modifier: Json) -> Json:
    """The moment changed by a relative expression; false when PHP cannot read it."""
    when = moment(run, value, False)
    try:
        return modify_date(when, scalar_text(modifier, "The change of date_modify"))
    except (ValueError, OverflowError):
        return False


def member_of(run: Run, target: datetime | Difference, name: str, arguments: list[Json]) -> Json:
    """What a template may ask of a date; anything else is null, as for any unknown member."""
    if isinstance(target, Difference):
        return _member_of_difference(target, name, arguments)
    if name in ("timestamp", "getTimestamp"):
        return int(target.timestamp() // 1)
    if name == "format":
        return date_text(run, target, arguments[0] if arguments else "", False)
    if name == "modify" and arguments:
        return date_modify(run, target, arguments[0])
    if name == "diff" and arguments:
        other = arguments[0]
        if not isinstance(other, datetime):
            raise wrong_type(f"The difference of a date needs another date, not {kind_of(other)}")
        return Difference(target, other)
    return None


_LETTERS: Final = MappingProxyType(
    {"y": "%y", "m": "%m", "d": "%d", "h": "%h", "i": "%i", "s": "%s", "days": "%a"}
)


def _member_of_difference(target: Difference, name: str, arguments: list[Json]) -> Json:
    if name == "format":
        return target.format(to_text(arguments[0]) if arguments else "")
    if name == "invert":
        return int(target.end < target.start)
    letter = _LETTERS.get(name)
    return None if letter is None else int(target.format(letter))


FILTERS: Final = MappingProxyType[str, Function](
    {
        "date": function(date_text, Parameter("format", None), Parameter("timezone", None)),
        "date_modify": function(date_modify, Parameter("modifier")),
    }
)

FUNCTIONS: Final = MappingProxyType[str, Function](
    {"date": function(moment, Parameter("date", None), Parameter("timezone", None))}
)
