"""The difference of two moments on the calendar, as PHP's ``DateTime::diff`` counts it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from gateway_core.mapping.dates.calendar import SECONDS_PER_DAY, days_in_month, epoch_days
from gateway_core.mapping.dates.zones import (
    at,
    is_named,
    offset_seconds,
    period_start,
    unix_seconds,
    zone_name,
)


@dataclass(frozen=True, slots=True)
class Interval:
    """From one moment to another; the parts are never negative, ``inverted`` carries the sign.

    ``total_days`` counts whole days, the other parts add up to the same stretch of time.
    """

    years: int
    months: int
    days: int
    hours: int
    minutes: int
    seconds: int
    microseconds: int
    total_days: int
    inverted: bool


@dataclass(slots=True)
class _Parts:
    years: int
    months: int
    days: int
    hours: int
    minutes: int
    seconds: int
    microseconds: int


def date_difference(start: datetime, end: datetime) -> Interval:
    """The stretch from ``start`` to ``end``, both aware; inverted when ``end`` comes first.

    Moments of one named zone are compared on the clock of that zone, others in real time.
    """
    same_zone = is_named(start.tzinfo) and is_named(end.tzinfo)
    same_zone = same_zone and zone_name(start.tzinfo) == zone_name(end.tzinfo)
    if same_zone:
        inverted = _wall(start) > _wall(end)
    else:
        inverted = _instant(start) > _instant(end)
    one, two = (end, start) if inverted else (start, end)
    parts = _subtract(one, two)
    days = _total_days(one, two)
    if not same_zone:
        parts.seconds += offset_seconds(one) - offset_seconds(two)
        _normalize(parts, one if inverted else two, inverted)
    else:
        inverted = _settle_in_zone(parts, one, two, inverted)
    return Interval(
        parts.years,
        parts.months,
        parts.days,
        parts.hours,
        parts.minutes,
        parts.seconds,
        parts.microseconds,
        days,
        inverted,
    )


def _wall(moment: datetime) -> tuple[int, ...]:
    return (*moment.timetuple()[:6], moment.microsecond)


def _instant(moment: datetime) -> tuple[int, int]:
    return unix_seconds(moment), moment.microsecond


def _subtract(one: datetime, two: datetime) -> _Parts:
    return _Parts(
        two.year - one.year,
        two.month - one.month,
        two.day - one.day,
        two.hour - one.hour,
        two.minute - one.minute,
        two.second - one.second,
        two.microsecond - one.microsecond,
    )


def _total_days(one: datetime, two: datetime) -> int:
    """Whole days: by the calendar when both stand in the same zone, else by 24 hours."""
    named = is_named(one.tzinfo)
    if named != is_named(two.tzinfo):
        same = False
    elif named:
        same = zone_name(one.tzinfo) == zone_name(two.tzinfo)
    else:
        same = offset_seconds(one) == offset_seconds(two)
    if not same:
        return abs(unix_seconds(one) - unix_seconds(two)) // SECONDS_PER_DAY
    earliest, latest = sorted((one, two), key=_instant)
    days = abs(
        epoch_days(latest.year, latest.month, latest.day)
        - epoch_days(earliest.year, earliest.month, earliest.day)
    )
    return days - 1 if days and _wall(latest)[3:] < _wall(earliest)[3:] else days


def _settle_in_zone(parts: _Parts, one: datetime, two: datetime, inverted: bool) -> bool:
    """Normalizes the difference of two local times of one zone, and corrects for summer time."""
    shift = offset_seconds(two) - offset_seconds(one)
    elapsed = unix_seconds(two) - unix_seconds(one)
    if elapsed < 0:
        # The later time on the clock is the earlier moment: both in an hour that exists twice.
        flipped = abs(parts.minutes * 60 + parts.seconds - shift)
        parts.hours, rest = divmod(flipped, 3600)
        parts.minutes, parts.seconds = divmod(rest, 60)
        inverted = not inverted
    _normalize(parts, one if inverted else two, inverted)
    if _summer_shift_counts(one, two, elapsed, shift):
        hours = int(shift / 3600)
        parts.hours -= hours
        parts.minutes -= int((shift - hours * 3600) / 60)
    elif bool(one.dst()) == bool(two.dst()) and elapsed >= SECONDS_PER_DAY:
        _shorten_last_day(parts, one, two)
    return inverted


def _summer_shift_counts(one: datetime, two: datetime, elapsed: int, shift: int) -> bool:
    """Whether the hours of the difference must leave out a change of the clock."""
    before, after = bool(one.dst()), bool(two.dst())
    if before and not after:
        return elapsed + shift < SECONDS_PER_DAY
    if before or not after or two.tzinfo is None:
        return False
    end = unix_seconds(two)
    change = period_start(end, two.tzinfo)
    next_day = unix_seconds(one) + SECONDS_PER_DAY
    if change < next_day <= change + shift:
        return False
    return end >= change and (elapsed + shift) % SECONDS_PER_DAY > end - change


def _shorten_last_day(parts: _Parts, one: datetime, two: datetime) -> None:
    """A moment in the hour before a change of the clock counts as 24 hours, not as a day."""
    if two.tzinfo is None:
        return
    end = unix_seconds(two)
    reference = end - offset_seconds(two)
    change = period_start(reference, two.tzinfo)
    shift = offset_seconds(one) - offset_seconds(at(reference, 0, two.tzinfo))
    if change - shift <= end < change:
        parts.days -= 1
        parts.hours = 24


def _normalize(parts: _Parts, base: datetime, inverted: bool) -> None:
    carry, parts.microseconds = divmod(parts.microseconds, 1_000_000)
    carry, parts.seconds = divmod(parts.seconds + carry, 60)
    carry, parts.minutes = divmod(parts.minutes + carry, 60)
    carry, parts.hours = divmod(parts.hours + carry, 24)
    parts.days += carry
    carry, parts.months = divmod(parts.months, 12)
    parts.years += carry
    year, month = base.year, base.month
    while parts.days < 0:
        if not inverted:
            year, month = (year - 1, 12) if month == 1 else (year, month - 1)
        parts.days += days_in_month(year, month)
        parts.months -= 1
        if inverted:
            year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    carry, parts.months = divmod(parts.months, 12)
    parts.years += carry


def format_interval(interval: Interval, pattern: str) -> str:
    """An interval by PHP's ``DateInterval::format``: ``%a`` days, ``%y`` years, ``%R`` sign, …

    An unknown letter is printed with its percent sign.
    """
    parts: list[str] = []
    letters = iter(pattern)
    for letter in letters:
        if letter != "%":
            parts.append(letter)
            continue
        code = next(letters, "")
        write = _LETTERS.get(code)
        if write is not None:
            parts.append(write(interval))
        elif code:
            parts.append(f"%{code}")
    return "".join(parts)


_LETTERS: Final[Mapping[str, Callable[[Interval], str]]] = {
    "Y": lambda interval: f"{interval.years:02d}",
    "y": lambda interval: str(interval.years),
    "M": lambda interval: f"{interval.months:02d}",
    "m": lambda interval: str(interval.months),
    "D": lambda interval: f"{interval.days:02d}",
    "d": lambda interval: str(interval.days),
    "H": lambda interval: f"{interval.hours:02d}",
    "h": lambda interval: str(interval.hours),
    "I": lambda interval: f"{interval.minutes:02d}",
    "i": lambda interval: str(interval.minutes),
    "S": lambda interval: f"{interval.seconds:02d}",
    "s": lambda interval: str(interval.seconds),
    "F": lambda interval: f"{interval.microseconds:06d}",
    "f": lambda interval: str(interval.microseconds),
    "a": lambda interval: str(interval.total_days),
    "R": lambda interval: "-" if interval.inverted else "+",
    "r": lambda interval: "-" if interval.inverted else "",
    "%": lambda interval: "%",
}
