"""Dates: the filters and function that make and print them, and what a date can be asked.

A moment (an aware ``datetime``) or an interval between two lives only while a template runs;
both are printed by the filter ``date``.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, tzinfo
from types import MappingProxyType
from typing import Final

from gateway_core.mapping.dates import (
    Interval,
    date_difference,
    format_date,
    format_interval,
    format_timestamp,
    modify_date,
    named_zone,
    parse_date,
)
from gateway_core.mapping.library.signature import Function, Parameter, function
from gateway_core.mapping.run import Run
from gateway_core.mapping.values import failure, is_array, kind_of, scalar_text, to_text, wrong_type
from gateway_core.types import Json

DEFAULT_FORMAT: Final = "F j, Y H:i"
_DEFAULT_INTERVAL: Final = "%d days"
_LETTER: Final = 40  # characters that one letter of a format becomes at most
_TIMESTAMP: Final = re.compile(r"-?[0-9]{1,20}\Z")


def moment(run: Run, value: Json, timezone: Json) -> Json:
    """A moment from text, a timestamp or a moment; null, "" and "now" are the present.

    It is in the zone given, in UTC without one, and in its own when ``timezone`` is false.
    """
    zone = None if timezone is False else _zone(timezone)
    if isinstance(value, datetime):
        return value if zone is None else _moved(value, zone)
    if is_array(value) or isinstance(value, Interval):
        raise wrong_type(f"A date cannot be made of {kind_of(value)}")
    text = to_text(value)
    run.text(len(text) * 16)
    run.burn(len(text) * 2)
    try:
        read = parse_date(f"@{text}" if _TIMESTAMP.match(text) else text, run.services.now(), UTC)
        return read if zone is None else read.astimezone(zone)
    except (ValueError, OverflowError):
        raise failure("The text cannot be read as a date") from None


def _moved(value: datetime, zone: tzinfo) -> datetime:
    try:
        return value.astimezone(zone)
    except OverflowError:
        raise failure("The date lies outside the years 1 to 9999 in that time zone") from None


def _zone(name: Json) -> tzinfo:
    if name is None:
        return UTC
    zone = named_zone(scalar_text(name, "The time zone"))
    if zone is None:
        raise failure("There is no time zone of that name", "use a name such as Europe/Amsterdam")
    return zone


def date_text(run: Run, value: Json, pattern: Json, timezone: Json) -> str:
    """The filter ``date``: PHP's format letters, in UTC unless told otherwise."""
    if isinstance(value, Interval):
        letters = _DEFAULT_INTERVAL if pattern is None else scalar_text(pattern, "The format of date")
        run.text(len(letters) * _LETTER)
        return format_interval(value, letters)
    letters = DEFAULT_FORMAT if pattern is None else scalar_text(pattern, "The format of date")
    run.text(len(letters) * _LETTER)
    run.burn(len(letters) * 2)
    text = value if isinstance(value, str | int) and not isinstance(value, bool) else None
    if text is not None and _TIMESTAMP.match(str(text)):
        try:
            return format_timestamp(int(text), letters, _zone(None if timezone is False else timezone))
        except ValueError:
            raise failure("The timestamp is out of range") from None
    return format_date(moment(run, value, timezone), letters)


def date_modify(run: Run, value: Json, modifier: Json) -> Json:
    """The moment changed by a relative expression; false when PHP cannot read that."""
    when = moment(run, value, False)
    change = scalar_text(modifier, "The change of date_modify")
    run.text(len(change) * 16)
    run.burn(len(change) * 2)
    try:
        return modify_date(when, change)
    except (ValueError, OverflowError):
        return False


def member_of(run: Run, target: datetime | Interval, name: str, arguments: list[Json]) -> Json:
    """What a template may ask of a date; anything else is null, as for any unknown member."""
    if isinstance(target, Interval):
        if name == "format":
            return date_text(run, target, arguments[0] if arguments else "", None)
        part = _PARTS.get(name)
        return None if part is None else part(target)
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
        try:
            return date_difference(target, other)
        except (ValueError, OverflowError):
            raise failure("The difference of these dates cannot be told") from None
    return None


_PARTS: Final[Mapping[str, Callable[[Interval], int]]] = MappingProxyType(
    {
        "y": lambda interval: interval.years,
        "m": lambda interval: interval.months,
        "d": lambda interval: interval.days,
        "h": lambda interval: interval.hours,
        "i": lambda interval: interval.minutes,
        "s": lambda interval: interval.seconds,
        "days": lambda interval: interval.total_days,
        "invert": lambda interval: int(interval.inverted),
    }
)

FILTERS: Final = MappingProxyType[str, Function](
    {
        "date": function(date_text, Parameter("format", None), Parameter("timezone", None)),
        "date_modify": function(date_modify, Parameter("modifier")),
    }
)

FUNCTIONS: Final = MappingProxyType[str, Function](
    {"date": function(moment, Parameter("date", None), Parameter("timezone", None))}
)
