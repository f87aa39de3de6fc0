"""Dates and instants in conditions.

A document holds a date as ``YYYY-MM-DD`` and a date-time in UTC as ``YYYY-MM-DDThh:mm:ssZ``,
with or without a fraction of up to six digits before the ``Z``. Compared by code point, such
texts are in the order of time as long as the bound leaves out the ``Z``; what remains (a bound
with a fraction against a text without, and equality across precisions) is settled here, so
that a store needs to know nothing about time.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from gateway_core.query.model import All, AnyOf, Compare, Condition, Not, Op, Path

Moment: TypeAlias = date | datetime

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# A space before the offset is a plus sign that a client forgot to escape.
_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt ](\d{2}:\d{2}:\d{2})(\.\d+)?(?:[Zz]|([+\- ])(\d{2}:\d{2}))", re.ASCII
)


def instant(moment: datetime) -> str:
    """An instant as ``_self.dateCreated`` and ``_self.dateModified`` are compared and shown:
    UTC, always six digits, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_moment(text: str) -> Moment | None:
    """A date, or an RFC 3339 date-time as an instant in UTC; None when it is neither."""
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
        match = _INSTANT.fullmatch(text)
        if match is None:
            return None
        day, time, fraction, sign, offset = match.groups()
        zone = f"{sign.replace(' ', '+')}{offset}" if sign else "+00:00"
        return datetime.fromisoformat(f"{day}T{time}{(fraction or '')[:7]}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def moment_condition(path: Path, op: Op, moment: Moment) -> Condition:
    """Compare a date-time member with an instant, or with a date, which is that whole UTC day:
    at most a day is before the next, more than a day is from the next on."""
    if isinstance(moment, datetime):
        return _instant_condition(path, op, moment)
    day, next_day = moment.isoformat(), _day_after(moment)
    match op:
        case Op.GE:
            return Compare(path, Op.GE, (day,))
        case Op.LT:
            return Compare(path, Op.LT, (day,))
        case Op.GT:
            return Compare(path, Op.GE, (next_day,))
        case Op.LE:
            return Compare(path, Op.LT, (next_day,))
    within = All((Compare(path, Op.GE, (day,)), Compare(path, Op.LT, (next_day,))))
    return Not(within) if op is Op.NE else within


def _day_after(day: date) -> str:
    try:
        return (day + timedelta(days=1)).isoformat()
    except OverflowError:
        return "9999-12-31U"  # after every text that begins with the last day and a T


def _instant_condition(path: Path, op: Op, moment: datetime) -> Condition:
    second = moment.strftime("%Y-%m-%dT%H:%M:%S").rjust(19, "0")
    fraction = f".{moment.microsecond:06}".rstrip("0.")
    bound = f"{second}{fraction}"
    same = Compare(path, Op.IN, tuple(sorted(_spellings(second, fraction, moment.microsecond))))
    match op:
        case Op.GE:
            return _from(path, bound, second, fraction)
        case Op.LT:
            return _before(path, bound, second, fraction)
        case Op.GT:
            return All((_from(path, bound, second, fraction), Not(same)))
        case Op.LE:
            return AnyOf((_before(path, bound, second, fraction), same))
        case Op.NE:
            return Not(same)
    return same


def _spellings(second: str, fraction: str, microsecond: int) -> set[str]:
    digits = {fraction, f".{microsecond:06}"}
    if microsecond % 1000 == 0:
        digits.add(f".{microsecond // 1000:03}")
    return {f"{second}{spelling}Z" for spelling in digits}


def _from(path: Path, bound: str, second: str, fraction: str) -> Condition:
    later = Compare(path, Op.GE, (bound,))
    return All((later, Compare(path, Op.NE, (f"{second}Z",)))) if fraction else later


def _before(path: Path, bound: str, second: str, fraction: str) -> Condition:
    earlier = Compare(path, Op.LT, (bound,))
    return AnyOf((earlier, Compare(path, Op.EQ, (f"{second}Z",)))) if fraction else earlier
