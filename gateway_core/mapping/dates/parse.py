"""From fields to a moment: fill in the clock, take the relative steps, find the instant."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Final

from gateway_core.mapping.dates.calendar import SECONDS_PER_DAY, civil_date, day_of_week, epoch_days
from gateway_core.mapping.dates.fields import Fields, MonthEdge, Relative, Special, WeekdayRule
from gateway_core.mapping.dates.scan import scan
from gateway_core.mapping.dates.zones import FixedZone, LocalTime, fixed_zone_of, is_named, resolve

_SATURDAY: Final = 6
_FRIDAY: Final = 5


@dataclass(slots=True)
class _Clock:
    """A local time under calculation; every part may leave its range until ``normalize``."""

    year: int
    month: int
    day: int
    hour: int
    minute: int
    second: int
    microsecond: int

    def normalize(self) -> None:
        carry, self.microsecond = divmod(self.microsecond, 1_000_000)
        carry, self.second = divmod(self.second + carry, 60)
        carry, self.minute = divmod(self.minute + carry, 60)
        carry, self.hour = divmod(self.hour + carry, 24)
        self.year, self.month, self.day = civil_date(epoch_days(self.year, self.month, self.day + carry))

    def weekday(self) -> int:
        return day_of_week(self.year, self.month, self.day)

    def seconds(self) -> int:
        """Seconds since 1970-01-01 on this local clock."""
        days = epoch_days(self.year, self.month, self.day)
        return days * SECONDS_PER_DAY + self.hour * 3600 + self.minute * 60 + self.second


def parse_date(text: str, now: datetime, tz: tzinfo) -> datetime:
    """The moment that ``text`` names, by the rules of PHP's ``new DateTime(text, tz)``.

    ``now`` fills in what the text leaves open (an aware moment, read in ``tz``); the result
    carries the zone of the text, else ``tz``. An empty text is now. Raises ValueError for a
    text that is no date and for a moment outside the years 1 to 9999.
    """
    zone = fixed_zone_of(tz)
    try:
        here = now.astimezone(zone)
    except OverflowError:
        raise ValueError("the date lies outside the years 1 to 9999") from None
    if text in ("", "now"):
        return here
    fields = scan(text)
    clock = _filled(fields, here)
    _advance(clock, fields.relative)
    target = fields.zone if fields.zone is not None else zone
    summer = None if is_named(target) else False
    return resolve(LocalTime(clock.seconds(), clock.microsecond, target, fields.zones > 0, summer))


def modify_date(moment: datetime, text: str) -> datetime:
    """``moment`` moved by ``text``, by the rules of PHP's ``DateTime::modify``.

    Parts that the text names replace those of the moment, which keeps its zone (only ``@...``
    moves it to +00:00). Raises ValueError as ``parse_date`` does.
    """
    zone = fixed_zone_of(moment.tzinfo) if moment.tzinfo is not None else FixedZone(0)
    if not text:
        raise ValueError("not a date: the text is empty")
    fields = scan(text)
    summer = bool(moment.dst())
    clock = _of(moment)
    _overwrite(clock, fields)
    if fields.is_timestamp and fields.microsecond == 0:
        zone = FixedZone(0)
    _advance(clock, fields.relative)
    return resolve(LocalTime(clock.seconds(), clock.microsecond, zone, True, summer))


def _of(moment: datetime) -> _Clock:
    return _Clock(
        moment.year,
        moment.month,
        moment.day,
        moment.hour,
        moment.minute,
        moment.second,
        moment.microsecond,
    )


def _filled(fields: Fields, here: datetime) -> _Clock:
    """The fields of the text, the rest from the clock; a date without a time means midnight."""
    if fields.dates and not fields.times:
        fields.set_time(0)
    clock = _of(here)
    given = (fields.year, fields.month, fields.day, fields.hour, fields.minute, fields.second)
    if any(part is not None for part in given):
        clock.microsecond = 0
    for name in ("year", "month", "day", "hour", "minute", "second", "microsecond"):
        part = getattr(fields, name)
        if part is not None:
            setattr(clock, name, part)
    return clock


def _overwrite(clock: _Clock, fields: Fields) -> None:
    clock.year = clock.year if fields.year is None else fields.year
    clock.month = clock.month if fields.month is None else fields.month
    clock.day = clock.day if fields.day is None else fields.day
    if fields.hour is not None:
        clock.hour, clock.minute, clock.second = fields.hour, fields.minute or 0, fields.second or 0
    if fields.microsecond is not None:
        clock.microsecond = fields.microsecond


def _advance(clock: _Clock, relative: Relative) -> None:
    """Takes all relative steps, in PHP's order; the clock ends up in range."""
    _enter_month(clock, relative)
    clock.normalize()
    if relative.has_weekday:
        _to_weekday(clock, relative)
        clock.normalize()
    clock.microsecond += relative.microseconds
    clock.second += relative.seconds
    clock.minute += relative.minutes
    clock.hour += relative.hours
    clock.day += relative.days
    clock.month += relative.months
    clock.year += relative.years
    _to_edge(clock, relative.edge)
    clock.normalize()
    if relative.special is Special.WEEKDAYS:
        _add_working_days(clock, relative.special_amount)
        clock.normalize()


def _enter_month(clock: _Clock, relative: Relative) -> None:
    """``first monday of`` starts on the first of its month, ``last monday of`` on that of the next."""
    if relative.special in (Special.NTH_WEEKDAY, Special.LAST_WEEKDAY):
        clock.day = 1
        clock.month += relative.months + (relative.special is Special.LAST_WEEKDAY)
        relative.months = 0
    _to_edge(clock, relative.edge)


def _to_edge(clock: _Clock, edge: MonthEdge | None) -> None:
    if edge is MonthEdge.FIRST:
        clock.day = 1
    elif edge is MonthEdge.LAST:
        clock.day = 0
        clock.month += 1


def _to_weekday(clock: _Clock, relative: Relative) -> None:
    current, wanted = clock.weekday(), relative.weekday
    if relative.weekday_rule is WeekdayRule.IN_WEEK:
        # Weeks run from Monday to Sunday.
        if current == 0 and wanted != 0:
            wanted -= 7
        elif wanted == 0 and current != 0:
            wanted = 7
        clock.day += wanted - current
        return
    if wanted < 0:
        clock.day -= 7 - (abs(wanted) - current)
        return
    difference = wanted - current
    stay = -relative.weekday_rule.value
    if (relative.days < 0 and difference < 0) or (relative.days >= 0 and difference <= stay):
        difference += 7
    clock.day += difference


def _add_working_days(clock: _Clock, amount: int) -> None:
    """``+3 weekdays``: Saturdays and Sundays do not count."""
    direction = 1 if amount > 0 else -1
    weeks, rest = divmod(abs(amount), 5)
    # Backwards is the mirror image: Sunday and Saturday, Monday and Friday change places.
    weekday = clock.weekday() if direction > 0 else (_SATURDAY - clock.weekday())
    days = weeks * 7 + rest
    if rest == 0:
        days -= 2 if weekday == 0 else 1 if weekday == _SATURDAY else 0
    elif weekday == _SATURDAY:
        days += 1
    elif weekday + rest > _FRIDAY:
        days += 2
    clock.day += direction * days
