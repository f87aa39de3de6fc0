"""What a date text says, before the clock fills in the rest."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import tzinfo
from enum import Enum


class MonthEdge(Enum):
    """``first day of`` and ``last day of``."""

    FIRST = "first"
    LAST = "last"


class Special(Enum):
    """Steps that no sum of units expresses."""

    WEEKDAYS = "weekdays"
    NTH_WEEKDAY = "nth weekday of the month"
    LAST_WEEKDAY = "last weekday of the month"


class WeekdayRule(Enum):
    """What a day of the week means on that very day: stay, move a week on, or count in the week."""

    NEXT = 0
    SAME = 1
    IN_WEEK = 2


@dataclass(slots=True)
class Relative:
    """The sum of all relative parts of a text (``+1 day``, ``next monday``, ``ago``)."""

    years: int = 0
    months: int = 0
    days: int = 0
    hours: int = 0
    minutes: int = 0
    seconds: int = 0
    microseconds: int = 0
    has_weekday: bool = False
    weekday: int = 0
    weekday_rule: WeekdayRule = WeekdayRule.NEXT
    special: Special | None = None
    special_amount: int = 0
    edge: MonthEdge | None = None

    def reverse(self) -> None:
        """``ago``: the other way, for all that came before it; microseconds stay, as in PHP."""
        self.years, self.months, self.days = -self.years, -self.months, -self.days
        self.hours, self.minutes, self.seconds = -self.hours, -self.minutes, -self.seconds
        self.weekday = -self.weekday or -7
        if self.special is Special.WEEKDAYS:
            self.special_amount = -self.special_amount


@dataclass(slots=True)
class Fields:
    """Absolute parts, None where the text is silent, and the relative ones.

    ``times``, ``dates`` and ``zones`` count how often the text gave one: twice is an error for
    the first two, three times for zones.
    """

    year: int | None = None
    month: int | None = None
    day: int | None = None
    hour: int | None = None
    minute: int | None = None
    second: int | None = None
    microsecond: int | None = None
    zone: tzinfo | None = None
    times: int = 0
    dates: int = 0
    zones: int = 0
    is_timestamp: bool = False
    relative: Relative = field(default_factory=Relative)

    def set_date(self, year: int | None, month: int | None, day: int | None) -> None:
        """Parts that are None keep what was there."""
        self.year = self.year if year is None else year
        self.month = self.month if month is None else month
        self.day = self.day if day is None else day

    def set_time(self, hour: int, minute: int = 0, second: int = 0, microsecond: int = 0) -> None:
        self.hour, self.minute, self.second, self.microsecond = hour, minute, second, microsecond

    def claim_date(self) -> None:
        if self.dates:
            raise ValueError("not a date: it gives two dates")
        self.dates = 1

    def claim_time(self) -> None:
        if self.times:
            raise ValueError("not a date: it gives two times")
        self.times = 1
        self.set_time(0)

    def drop_time(self) -> None:
        """Midnight, and free for a time that follows."""
        self.times = 0
        self.set_time(0)

    def claim_zone(self) -> bool:
        """False for a second zone, which is ignored."""
        if self.zones > 1:
            raise ValueError("not a date: it gives several time zones")
        self.zones += 1
        return self.zones == 1
