"""Moments as text by PHP's ``date()`` letters."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from gateway_core.mapping.dates.calendar import (
    SECONDS_PER_DAY,
    SECONDS_PER_ERA,
    YEARS_PER_ERA,
    days_in_month,
    is_leap,
)
from gateway_core.mapping.dates.zones import FixedZone, at, is_named, offset_seconds, unix_seconds, zone_name

_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    "January", "February", "March", "April", "May", "June", "July", "August", "September", "October",
    "November", "December",
)  # fmt: skip
_LONGEST_TIMESTAMP: Final = 2**63

# 0001-01-01 and 9999-12-31T23:59:59 with a day to spare for any zone.
_FIRST_SECOND: Final = -62135596800 + SECONDS_PER_DAY
_LAST_SECOND: Final = 253402300799 - SECONDS_PER_DAY


@dataclass(frozen=True, slots=True)
class _Shown:
    """What is printed: a moment, and how many 400-year eras later it really is.

    The calendar repeats itself after 400 years, days of the week included.
    """

    moment: datetime
    eras: int = 0

    @property
    def year(self) -> int:
        return self.moment.year + self.eras * YEARS_PER_ERA

    @property
    def timestamp(self) -> int:
        return unix_seconds(self.moment) + self.eras * SECONDS_PER_ERA


def format_date(moment: datetime, pattern: str) -> str:
    """``moment`` by a pattern of PHP's ``date()`` letters; a backslash makes a letter literal.

    The result is at most 31 characters (or the length of the zone's name) per letter.
    """
    return _format(_Shown(moment), pattern)


def format_timestamp(seconds: int, pattern: str, zone: tzinfo) -> str:
    """A Unix time by a pattern, also outside the years 1 to 9999 that ``datetime`` can hold.

    Raises ValueError for a number that does not fit 64 bits.
    """
    if not -_LONGEST_TIMESTAMP <= seconds < _LONGEST_TIMESTAMP:
        raise ValueError("not a date: the timestamp does not fit 64 bits")
    eras = 0
    if seconds < _FIRST_SECOND:
        eras = (seconds - _FIRST_SECOND) // SECONDS_PER_ERA
    elif seconds > _LAST_SECOND:
        eras = -((_LAST_SECOND - seconds) // SECONDS_PER_ERA)
    return _format(_Shown(at(seconds - eras * SECONDS_PER_ERA, 0, zone), eras), pattern)


def _format(shown: _Shown, pattern: str) -> str:
    parts: list[str] = []
    letters = iter(pattern)
    for letter in letters:
        if letter == "\\":
            parts.append(next(letters, ""))
            continue
        write = _LETTERS.get(letter)
        parts.append(letter if write is None else write(shown))
    return "".join(parts)


def _suffix(shown: _Shown) -> str:
    day = shown.moment.day
    if 10 <= day <= 19:
        return "th"
    return {1: "st", 2: "nd", 3: "rd"}.get(day % 10, "th")


def _signed_year(year: int, plus: str) -> str:
    return f"{'-' if year < 0 else plus}{abs(year):04d}"


def _two_digits_of_year(shown: _Shown) -> str:
    year = shown.year
    return f"{-(-year % 100) if year < 0 else year % 100:02d}"


def _iso_year(shown: _Shown) -> str:
    return str(shown.moment.isocalendar()[0] + shown.eras * YEARS_PER_ERA)


def _hour12(shown: _Shown) -> int:
    return shown.moment.hour % 12 or 12


def _internet_time(shown: _Shown) -> str:
    """Swatch beats: thousandths of a day that starts at midnight in UTC+1."""
    return f"{(shown.timestamp + 3600) % SECONDS_PER_DAY * 10 // 864 % 1000:03d}"


def _offset(shown: _Shown, colon: str) -> str:
    seconds = offset_seconds(shown.moment)
    minutes = abs(seconds) // 60
    return f"{'-' if seconds < 0 else '+'}{minutes // 60:02d}{colon}{minutes % 60:02d}"


def _abbreviation(shown: _Shown) -> str:
    zone = shown.moment.tzinfo
    if is_named(zone) or isinstance(zone, FixedZone):
        return shown.moment.tzname() or "UTC"
    return f"GMT{_offset(shown, '')}"


def _short_offset(shown: _Shown) -> str:
    return "Z" if _abbreviation(shown) in ("UTC", "Z", "GMT+0000") else _offset(shown, ":")


def _identifier(shown: _Shown) -> str:
    zone = shown.moment.tzinfo
    if zone is None or is_named(zone):
        return zone_name(zone)
    if isinstance(zone, FixedZone) and zone.abbreviation:
        return zone.abbreviation
    return _offset(shown, ":")


def _iso8601(shown: _Shown) -> str:
    return f"{shown.year:04d}-{shown.moment:%m-%dT%H:%M:%S}{_offset(shown, ':')}"


def _rfc2822(shown: _Shown) -> str:
    moment = shown.moment
    day, month = _DAYS[moment.weekday()][:3], _MONTHS[moment.month - 1][:3]
    return f"{day}, {moment.day:02d} {month} {shown.year:04d} {moment:%H:%M:%S} {_offset(shown, '')}"


_LETTERS: Final[Mapping[str, Callable[[_Shown], str]]] = {
    "d": lambda shown: f"{shown.moment.day:02d}",
    "D": lambda shown: _DAYS[shown.moment.weekday()][:3],
    "j": lambda shown: str(shown.moment.day),
    "l": lambda shown: _DAYS[shown.moment.weekday()],
    "N": lambda shown: str(shown.moment.isoweekday()),
    "S": _suffix,
    "w": lambda shown: str(shown.moment.isoweekday() % 7),
    "z": lambda shown: str(shown.moment.timetuple().tm_yday - 1),
    "W": lambda shown: f"{shown.moment.isocalendar()[1]:02d}",
    "o": _iso_year,
    "F": lambda shown: _MONTHS[shown.moment.month - 1],
    "M": lambda shown: _MONTHS[shown.moment.month - 1][:3],
    "m": lambda shown: f"{shown.moment.month:02d}",
    "n": lambda shown: str(shown.moment.month),
    "t": lambda shown: str(days_in_month(shown.moment.year, shown.moment.month)),
    "L": lambda shown: "1" if is_leap(shown.moment.year) else "0",
    "Y": lambda shown: _signed_year(shown.year, ""),
    "y": _two_digits_of_year,
    "x": lambda shown: _signed_year(shown.year, "+" if shown.year >= 10000 else ""),
    "X": lambda shown: _signed_year(shown.year, "+"),
    "a": lambda shown: "am" if shown.moment.hour < 12 else "pm",
    "A": lambda shown: "AM" if shown.moment.hour < 12 else "PM",
    "B": _internet_time,
    "g": lambda shown: str(_hour12(shown)),
    "h": lambda shown: f"{_hour12(shown):02d}",
    "G": lambda shown: str(shown.moment.hour),
    "H": lambda shown: f"{shown.moment.hour:02d}",
    "i": lambda shown: f"{shown.moment.minute:02d}",
    "s": lambda shown: f"{shown.moment.second:02d}",
    "u": lambda shown: f"{shown.moment.microsecond:06d}",
    "v": lambda shown: f"{shown.moment.microsecond // 1000:03d}",
    "e": _identifier,
    "I": lambda shown: "1" if shown.moment.dst() else "0",
    "O": lambda shown: _offset(shown, ""),
    "P": lambda shown: _offset(shown, ":"),
    "p": _short_offset,
    "T": _abbreviation,
    "Z": lambda shown: str(offset_seconds(shown.moment)),
    "c": _iso8601,
    "r": _rfc2822,
    "U": lambda shown: str(shown.timestamp),
}
