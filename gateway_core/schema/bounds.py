"""Bounds of dates (``x-minDate``, ``x-maxDate``): fixed, or relative to the moment of writing."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, timedelta

from gateway_core.schema.formats import CHECKS

_DAY = r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
_OFFSET = r"(?:[Zz]|[+-](?:[01][0-9]|2[0-3]):[0-5][0-9])"
_CLOCK = rf"[Tt](?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9](?:\.[0-9]{{1,6}})?{_OFFSET}"
_SPAN = (
    r"P(?=[0-9T])(?:[0-9]{1,4}Y)?(?:[0-9]{1,5}M)?(?:[0-9]{1,5}W)?(?:[0-9]{1,6}D)?"
    r"(?:T(?=[0-9])(?:[0-9]{1,6}H)?(?:[0-9]{1,6}M)?(?:[0-9]{1,9}S)?)?"
)
PATTERN = rf"^(?:(?:now|today)(?:[+-]{_SPAN})?|{_DAY}(?:{_CLOCK})?)$"
BOUND = re.compile(rf"(?P<start>now|today)(?:(?P<sign>[+-])(?P<span>{_SPAN}))?|{_DAY}(?:{_CLOCK})?")
_PARTS = re.compile(r"([0-9]+)([YMWDHS])")
EARLIEST, LATEST = timedelta(hours=-12), timedelta(hours=14)  # where on earth a day ends and begins


def is_relative(bound: str) -> bool:
    """Whether the bound moves with time."""
    return bound.startswith(("now", "today"))


def breaks(value: str, bound: str, now: datetime, *, least: bool) -> bool:
    """Whether a date or date-time lies before its least, or after its greatest, value.

    What is no date breaks nothing; its format is checked elsewhere. A date counts as long as it is
    within the bound anywhere on earth, since it does not tell its time zone.
    """
    if CHECKS["date"](value):
        limit = _day(bound, now, least=least)
        return date.fromisoformat(value) < limit if least else date.fromisoformat(value) > limit
    if not CHECKS["date-time"](value):
        return False
    try:
        moment = datetime.fromisoformat(value.upper().replace(":60", ":59")).astimezone(UTC)
    except (ValueError, OverflowError):
        return False
    limit_day = None if _is_moment(bound) else _day(bound, now, least=least)
    if limit_day is not None:
        return moment.date() < limit_day if least else moment.date() > limit_day
    limit_moment = _moment(bound, now)
    return moment < limit_moment if least else moment > limit_moment


def _is_moment(bound: str) -> bool:
    return bound.startswith("now") or "T" in bound[10:11].upper()


def _moment(bound: str, now: datetime) -> datetime:
    if not is_relative(bound):
        return datetime.fromisoformat(bound.upper()).astimezone(UTC)
    match = BOUND.fullmatch(bound)
    if match is None or match["span"] is None:
        return now.astimezone(UTC)
    return _shifted(now.astimezone(UTC), match["span"], -1 if match["sign"] == "-" else 1)


def _day(bound: str, now: datetime, *, least: bool) -> date:
    if not is_relative(bound):
        return date.fromisoformat(bound[:10])
    return _moment(bound, now + (EARLIEST if least else LATEST)).date()


def _shifted(moment: datetime, span: str, sign: int) -> datetime:
    """The moment after or before an ISO 8601 duration; the ends of the calendar stop it."""
    days, _, clock = span.removeprefix("P").partition("T")
    parts = {unit: sign * int(count) for count, unit in _PARTS.findall(days)}
    times = {unit: sign * int(count) for count, unit in _PARTS.findall(clock)}
    months = moment.year * 12 + moment.month - 1 + parts.get("Y", 0) * 12 + parts.get("M", 0)
    year, month = divmod(months, 12)
    try:
        day = min(moment.day, monthrange(year, month + 1)[1])
        return moment.replace(year=year, month=month + 1, day=day) + timedelta(
            days=parts.get("D", 0),
            weeks=parts.get("W", 0),
            hours=times.get("H", 0),
            minutes=times.get("M", 0),
            seconds=times.get("S", 0),
        )
    except (ValueError, OverflowError):
        return datetime(9999, 12, 31, tzinfo=UTC) if sign > 0 else datetime(1, 1, 1, tzinfo=UTC)
