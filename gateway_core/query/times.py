"""Dates and instants in conditions.

A document holds a date as ``YYYY-MM-DD`` and a date-time in UTC as ``YYYY-MM-DDThh:mm:ssZ``,
with the fraction that the client gave, if any, before the ``Z``. Compared by code point, such
texts are in the order of time as long as the bound leaves out the ``Z``; what remains (a bound
with a fraction against a text without, and equality across precisions) is settled here, so
that a store needs to know nothing about time. To order by them, the ``Z``, the zeros and the
point at the end of each text are left out: then a longer text is the later moment.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import TypeAlias

from gateway_core.query.model import All, AnyOf, Compare, Condition, Not, Op, Path

MAX_DIGITS = 9

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
# A space before the offset is a plus sign that a client forgot to escape.
_INSTANT = re.compile(
    r"(\d{4}-\d{2}-\d{2})[Tt](\d{2}:\d{2}:\d{2})(?:\.(\d{1,9}))?(?:[Zz]|([+\- ])(\d{2}:\d{2}))", re.ASCII
)
# What a formatter makes of a T that it takes for the zone's name.
_NAMED = re.compile(r"(\d{4}-\d{2}-\d{2})UTC(\d{2}:\d{2}:\d{2}(?:\.\d{1,9})?)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Instant:
    """A moment in UTC: its second as text (no ``Z``), and the digits of its fraction without
    trailing zeros."""

    second: str
    fraction: str = ""

    @property
    def bound(self) -> str:
        """What the texts of all later moments of documents come after."""
        return f"{self.second}.{self.fraction}" if self.fraction else self.second

    @property
    def spellings(self) -> tuple[str, ...]:
        """The texts of this moment, at every precision."""
        shortest = len(self.fraction)
        padded = (self.fraction.ljust(digits, "0") for digits in range(max(shortest, 1), MAX_DIGITS + 1))
        texts = [f"{self.second}.{digits}Z" for digits in padded]
        return tuple(texts) if shortest else (f"{self.second}Z", *texts)


Moment: TypeAlias = date | Instant


def instant(moment: datetime) -> str:
    """An instant as ``_self.dateCreated`` and ``_self.dateModified`` are compared: UTC, always
    six digits, ``Z``."""
    return moment.astimezone(UTC).isoformat(timespec="microseconds").replace("+00:00", "Z")


def read_moment(text: str) -> Moment | None:
    """A date, or an RFC 3339 date-time as an instant in UTC; None when it is neither.

    ``2024-01-31UTC12:00:00``, which some clients make, is read too.
    """
    try:
        if _DATE.fullmatch(text):
            return date.fromisoformat(text)
        match = _INSTANT.fullmatch(_NAMED.sub(r"\1T\2Z", text))
        if match is None:
            return None
        day, time, fraction, sign, offset = match.groups()
        zone = f"{sign.replace(' ', '+')}{offset}" if sign else "+00:00"
        second = datetime.fromisoformat(f"{day}T{time}{zone}").astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return Instant(second.isoformat().removesuffix("+00:00"), (fraction or "").rstrip("0"))


def moment_condition(path: Path, op: Op, moment: Moment) -> Condition:
    """Compare a date-time member with an instant, or with a date, which is that whole UTC day:
    at most a day is before the next, more than a day is from the next on."""
    if isinstance(moment, Instant):
        return _instant_condition(path, op, moment)
    day, next_day = moment.isoformat(), _day_after(moment)
    match op:
        case Op.GE | Op.LT:
            return Compare(path, op, (day,))
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


def _instant_condition(path: Path, op: Op, moment: Instant) -> Condition:
    same = Compare(path, Op.IN, moment.spellings)
    match op:
        case Op.GE:
            return _from(path, moment)
        case Op.LT:
            return _before(path, moment)
        case Op.GT:
            return All((_from(path, moment), Not(same)))
        case Op.LE:
            return AnyOf((_before(path, moment), same))
        case Op.NE:
            return Not(same)
    return same


def _from(path: Path, moment: Instant) -> Condition:
    later = Compare(path, Op.GE, (moment.bound,))
    return All((later, Not(Compare(path, Op.IN, _shorter(moment))))) if moment.fraction else later


def _before(path: Path, moment: Instant) -> Condition:
    earlier = Compare(path, Op.LT, (moment.bound,))
    return AnyOf((earlier, Compare(path, Op.IN, _shorter(moment)))) if moment.fraction else earlier


def _shorter(moment: Instant) -> tuple[str, ...]:
    """Earlier moments whose text is later: their fraction ends, with a ``Z``, where this one has
    a digit more."""
    cut = (moment.fraction[:length] for length in range(1, len(moment.fraction)))
    return (f"{moment.second}Z", *(f"{moment.second}.{digits}Z" for digits in cut))
