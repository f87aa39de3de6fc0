"""Time zones as a date text names them, and the instant of a local time in them.

Three kinds, as in PHP: a zone of the IANA database, a bare offset (``+01:00``) and an
abbreviation (``CET``, ``Z``, a military letter). They differ in how they print. ``timezone.utc``
is the database zone "UTC".
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

from gateway_core.mapping.dates.abbreviations import STANDARD, SUMMER

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_HOUR: Final = 3600
# The longest abbreviation PHP looks up; longer words can only be names of zones.
_LONGEST_ABBREVIATION: Final = 5
_LONGEST_NAME: Final = 64
_WORD: Final = re.compile(r"[A-Za-z0-9/_+-]*")
_OFFSET_DIGITS: Final = re.compile(r"[0-9:]*")


class FixedZone(tzinfo):
    """An offset from UTC, in seconds and summer time included, with or without an abbreviation."""

    def __init__(self, seconds: int, abbreviation: str = "", summer: bool = False) -> None:
        self.seconds = seconds
        self.abbreviation = abbreviation
        self.summer = summer

    def utcoffset(self, moment: datetime | None) -> timedelta:
        return timedelta(seconds=self.seconds)

    def dst(self, moment: datetime | None) -> timedelta:
        return timedelta(seconds=_HOUR if self.summer else 0)

    def tzname(self, moment: datetime | None) -> str:
        if self.abbreviation:
            return self.abbreviation
        minutes = abs(self.seconds) // 60
        return f"GMT{'-' if self.seconds < 0 else '+'}{minutes // 60:02d}{minutes % 60:02d}"


@dataclass(frozen=True, slots=True)
class LocalTime:
    """Seconds of a local clock since 1970-01-01 and what is known about its zone.

    ``zoned`` says that a zone is known for certain; ``summer`` is then the clock's own summer
    time, None when nothing said so.
    """

    seconds: int
    microseconds: int
    zone: tzinfo
    zoned: bool
    summer: bool | None


def is_named(zone: tzinfo | None) -> bool:
    """Whether the zone is one of the IANA database (PHP's type 3)."""
    return isinstance(zone, ZoneInfo) or zone is UTC


def zone_name(zone: tzinfo | None) -> str:
    return zone.key or "" if isinstance(zone, ZoneInfo) else "UTC"


def at(seconds: int, microseconds: int, zone: tzinfo) -> datetime:
    """The moment of a Unix time in a zone. Raises ValueError outside the years 1 to 9999."""
    try:
        return (_EPOCH + timedelta(seconds=seconds, microseconds=microseconds)).astimezone(zone)
    except OverflowError:
        raise ValueError("the date lies outside the years 1 to 9999") from None


def unix_seconds(moment: datetime) -> int:
    """Whole seconds since 1970-01-01 UTC, rounded down."""
    return (moment - _EPOCH) // timedelta(seconds=1)


def offset_seconds(moment: datetime) -> int:
    """Seconds east of UTC at a moment."""
    offset = moment.utcoffset()
    return 0 if offset is None else offset.days * 86400 + offset.seconds


def resolve(local: LocalTime) -> datetime:
    """The moment of a local time: through gaps and overlaps of summer time as PHP goes.

    A time in a gap moves forward by the gap. A time that exists twice is the second one, unless
    the clock is known to be on summer time (or, with a zone in the text, may have been).
    """
    if not is_named(local.zone) or local.zone is UTC:
        offset = offset_seconds(at(0, 0, local.zone))
    else:
        offset = _named_offset(local)
    return at(local.seconds - offset, local.microseconds, local.zone)


def _named_offset(local: LocalTime) -> int:
    zone, seconds = local.zone, local.seconds
    current, current_summer = _state(seconds, zone)
    after, _ = _state(seconds - current, zone)
    period = seconds - current
    if current == after and local.zoned:
        if current >= 0 and local.summer is not False and not current_summer:
            earlier, _ = _state(period - 7200, zone)
            if earlier != after and seconds - earlier < period_start(period, zone):
                after, period = earlier, period - 7200
        elif current <= 0 and current_summer and local.summer is False:
            later, _ = _state(period + 7200, zone)
            if later != after and seconds - later >= period_start(period + 7200, zone):
                after, period = later, period + 7200
    if current == after:
        return current
    start = period_start(period, zone)
    in_transition = start + current - after <= seconds - after < start
    return current if in_transition else after


def _state(seconds: int, zone: tzinfo) -> tuple[int, bool]:
    """The offset at a Unix time and whether it is summer time."""
    moment = at(seconds, 0, zone)
    return offset_seconds(moment), bool(moment.dst())


def period_start(seconds: int, zone: tzinfo) -> int:
    """When the period of equal offset around a Unix time began; at most two days back.

    Only changes near the time matter to the callers; without one the answer is two days back.
    """
    late, early = seconds, seconds - 2 * 86400
    offset = _state(late, zone)
    if _state(early, zone) == offset:
        return early
    while late - early > 1:
        middle = (late + early) // 2
        if _state(middle, zone) == offset:
            late = middle
        else:
            early = middle
    return late


@cache
def zones() -> Mapping[str, ZoneInfo]:
    """Every zone of the database by its name in lower case.

    The first call reads the database, in about a tenth of a second. A program that maps the
    documents of others calls this when it starts, so that no template ever opens a file.
    """
    return {name.lower(): ZoneInfo(name) for name in available_timezones()}


def named_zone(name: str) -> tzinfo | None:
    """The zone of the database with this name in any case, None when there is none."""
    lower = name[:_LONGEST_NAME].lower()
    return UTC if lower == "utc" else zones().get(lower)


def read_zone(text: str) -> tzinfo:
    """The zone that a (rest of a) token names; raises ValueError when there is no such zone."""
    text = text.lstrip(" \t(")
    if text[:4] in ("GMT+", "GMT-"):
        text = text[3:]
    if text[:1] in ("+", "-"):
        digits = _OFFSET_DIGITS.match(text, 1)
        seconds = _offset(digits[0] if digits else "")
        return FixedZone(-seconds if text[0] == "-" else seconds)
    match = _WORD.match(text)
    word = match[0] if match else ""
    zone = _abbreviation(word)
    if zone is None:
        zone = named_zone(word)
    if zone is None:
        raise ValueError("not a date: it names an unknown time zone")
    return zone


def _abbreviation(word: str) -> tzinfo | None:
    if word == "UTC":
        return UTC
    name = word.upper()
    if len(word) > _LONGEST_ABBREVIATION:
        return None
    if name in SUMMER:
        return FixedZone(SUMMER[name], name, summer=True)
    return FixedZone(STANDARD[name], name) if name in STANDARD else None


def _offset(text: str) -> int:
    """Seconds of ``H``, ``HH``, ``HMM``, ``HHMM``, ``HH:MM``, ``HHMMSS`` or ``HH:MM:SS``."""
    parts = text.split(":")
    if len(parts) == 1 and 0 < len(text) <= 6 and len(text) != 5:
        padded = text.zfill(2) if len(text) <= 2 else text.zfill(4)
        parts = [padded[:2], padded[2:4], padded[4:]]
    if not all(part.isdigit() or not part for part in parts) or not parts[0] or len(parts) > 3:
        raise ValueError("not a date: its offset from UTC cannot be read")
    hours, minutes, seconds = (*(int(part or 0) for part in parts), 0, 0)[:3]
    total = hours * _HOUR + minutes * 60 + seconds
    if total >= 24 * _HOUR:
        raise ValueError("not a date: its offset from UTC is a day or more")
    return total


def fixed_zone_of(zone: tzinfo) -> tzinfo:
    """A zone of another make than ours as one that we know: an offset without a name."""
    if is_named(zone) or isinstance(zone, FixedZone):
        return zone
    if isinstance(zone, timezone):
        return FixedZone(offset_seconds(datetime(1970, 1, 1, tzinfo=zone)))
    return zone
