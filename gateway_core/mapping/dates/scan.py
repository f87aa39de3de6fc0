"""From a date text to its fields: what each form of the grammar says.

The effects were measured with PHP 8.2, its oddities included: ``2024`` is a quarter past eight
in the evening, ``next week`` is the Monday of that week, a second time zone is ignored.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Final

from gateway_core.mapping.dates.calendar import days_to_iso_day
from gateway_core.mapping.dates.cursor import Cursor
from gateway_core.mapping.dates.fields import Fields, MonthEdge, Special, WeekdayRule
from gateway_core.mapping.dates.grammar import tokens
from gateway_core.mapping.dates.zones import FixedZone, read_zone

_ORDINALS: Final[Mapping[str, int]] = {
    "last": -1, "previous": -1, "this": 0, "first": 1, "next": 1, "second": 2, "third": 3, "fourth": 4,
    "fifth": 5, "sixth": 6, "seventh": 7, "eight": 8, "eighth": 8, "ninth": 9, "tenth": 10,
    "eleventh": 11, "twelfth": 12,
}  # fmt: skip
_UNITS: Final[Mapping[str, tuple[str, int]]] = {
    **dict.fromkeys(("ms", "msec", "millisecond"), ("microseconds", 1000)),
    # The Greek letter stands as its two bytes.
    **dict.fromkeys(("\xc2\xb5s", "\xc2\xb5sec", "usec", "microsecond"), ("microseconds", 1)),
    **dict.fromkeys(("sec", "second"), ("seconds", 1)),
    **dict.fromkeys(("min", "minute"), ("minutes", 1)),
    "hour": ("hours", 1),
    "day": ("days", 1),
    "week": ("days", 7),
    **dict.fromkeys(("fortnight", "forthnight"), ("days", 14)),
    "month": ("months", 1),
    "year": ("years", 1),
}
_WEEKDAYS: Final = ("sun", "mon", "tue", "wed", "thu", "fri", "sat")


def scan(text: str) -> Fields:
    """What ``text`` says. Raises ValueError when PHP cannot read it either."""
    fields = Fields()
    for form, token in tokens(text):
        _FORMS[form](fields, Cursor(token))
    return fields


# -- words ------------------------------------------------------------------------------------


def _yesterday(fields: Fields, token: Cursor) -> None:
    fields.drop_time()
    fields.relative.days = -1


def _tomorrow(fields: Fields, token: Cursor) -> None:
    fields.drop_time()
    fields.relative.days = 1


def _now(fields: Fields, token: Cursor) -> None:
    """``now`` changes nothing."""


def _noon(fields: Fields, token: Cursor) -> None:
    fields.set_time(12)
    fields.times = 1


def _midnight(fields: Fields, token: Cursor) -> None:
    fields.drop_time()


def _ago(fields: Fields, token: Cursor) -> None:
    fields.relative.reverse()


def _timestamp(fields: Fields, token: Cursor) -> None:
    fields.dates = 0
    fields.set_date(0, 0, 0)
    fields.drop_time()
    if not fields.claim_zone():
        return
    negative = token.token.startswith("@-")
    fields.set_date(1970, 1, 1)
    fields.relative.seconds += token.signed()
    if token.peek() == ".":
        digits = token.digits(6)
        if not digits:
            raise ValueError("not a date: the fraction of a timestamp is missing")
        micros = int(digits.ljust(6, "0"))
        fields.relative.microseconds = -micros if negative else micros
    fields.zone = FixedZone(0)
    fields.is_timestamp = True


# -- times ------------------------------------------------------------------------------------


def _time12(fields: Fields, token: Cursor) -> None:
    fields.claim_time()
    hour, minute, second = token.number(), 0, 0
    if token.peek() in (":", "."):
        minute = token.number()
        if token.peek() in (":", "."):
            second = token.number()
    fields.set_time(token.meridian(hour), minute, second)


def _time12_fraction(fields: Fields, token: Cursor) -> None:
    fields.claim_time()
    hour, minute, second, fraction = token.number(), token.number(), token.number(), token.fraction()
    fields.set_time(token.meridian(hour), minute, second, fraction)


def _time24(fields: Fields, token: Cursor) -> None:
    fields.claim_time()
    _clock(fields, token, ":.")


def _clock(fields: Fields, token: Cursor, separators: str) -> None:
    """Hour, minute, second and fraction as far as they are there, then a zone if there is more."""
    hour, minute, second, fraction = token.number(), 0, 0, 0
    if token.peek() and token.peek() in ":.":
        minute = token.number()
        if token.peek() and token.peek() in separators:
            second = token.number()
            if token.peek() == ".":
                fraction = token.fraction()
    fields.set_time(hour, minute, second, fraction)
    if token.peek():
        fields.zone = read_zone(token.rest())


def _digits4(fields: Fields, token: Cursor) -> None:
    """Four digits are a time, and after a time a year."""
    if fields.times > 1:
        raise ValueError("not a date: it gives two times")
    if fields.times:
        fields.year = token.number(4)
    else:
        fields.hour, fields.minute, fields.second = token.number(), token.number(), 0
    fields.times += 1


def _digits6(fields: Fields, token: Cursor) -> None:
    fields.claim_time()
    fields.set_time(token.number(), token.number(), token.number())


def _quarter(fields: Fields, token: Cursor) -> None:
    """``back of 7`` is a quarter past, ``front of 7`` a quarter to."""
    fields.drop_time()
    fields.claim_time()
    hour, minute = (token.number(), 15) if token.peek() == "b" else (token.number() - 1, 45)
    fields.set_time(token.meridian(hour), minute)


def _zone(fields: Fields, token: Cursor) -> None:
    if fields.claim_zone():
        token.skip_blanks()
        fields.zone = read_zone(token.rest())


# -- dates ------------------------------------------------------------------------------------


def _date(fields: Fields, year: int | None, month: int, day: int | None) -> None:
    fields.claim_date()
    fields.set_date(year, month, day)


def _american(fields: Fields, token: Cursor) -> None:
    month, day = token.number(), token.number()
    _date(fields, token.year() if token.peek() == "/" else None, month, day)


def _iso_date(fields: Fields, token: Cursor) -> None:
    year = token.signed()
    _date(fields, year, token.number(), token.number())


def _year_month_day(fields: Fields, token: Cursor) -> None:
    year = token.year()
    _date(fields, year, token.number(), token.number())


def _year_month(fields: Fields, token: Cursor) -> None:
    year = token.year()
    _date(fields, year, token.number(), 1)


def _day_name_year(fields: Fields, token: Cursor) -> None:
    day = token.number()
    token.skip_suffix()
    month = token.month()
    _date(fields, token.year(), month, day)


def _pointed(fields: Fields, token: Cursor) -> None:
    day, month = token.number(), token.number()
    _date(fields, token.year(), month, day)


def _name_year(fields: Fields, token: Cursor) -> None:
    month = token.month()
    _date(fields, token.year(), month, 1)


def _year_name(fields: Fields, token: Cursor) -> None:
    year = token.year()
    _date(fields, year, token.month(), 1)


def _name_day_year(fields: Fields, token: Cursor) -> None:
    month, day = token.month(), token.number()
    _date(fields, token.year(), month, day)


def _day_name(fields: Fields, token: Cursor) -> None:
    day = token.number()
    token.skip_suffix()
    _date(fields, None, token.month(), day)


def _year_abbr_day(fields: Fields, token: Cursor) -> None:
    year = token.year()
    month = token.month()
    _date(fields, year, month, token.number())


def _month_name(fields: Fields, token: Cursor) -> None:
    _date(fields, None, token.month(), None)


def _year_day(fields: Fields, token: Cursor) -> None:
    year = token.year()
    _date(fields, year, 1, token.number(3))


def _year4(fields: Fields, token: Cursor) -> None:
    fields.year = token.number(4)


def _iso_week(fields: Fields, token: Cursor) -> None:
    year, week = token.number(4), token.number()
    digit = token.digits(1)
    _date(fields, year, 1, 1)
    fields.relative.days = days_to_iso_day(year, week, int(digit) if digit else 1)


def _date_time(fields: Fields, token: Cursor) -> None:
    fields.claim_time()
    year, month, day = token.number(4), token.number(), token.number()
    _date(fields, year, month, day)
    fields.set_time(token.number(), token.number(), token.number())
    if token.peek() == ".":
        fields.microsecond = token.fraction()
        if token.peek():
            fields.zone = read_zone(token.rest())


def _log_time(fields: Fields, token: Cursor) -> None:
    fields.claim_time()
    day = token.number()
    token.skip_suffix()
    month = token.month()
    _date(fields, token.number(4), month, day)
    fields.set_time(token.number(), token.number(), token.number())
    token.skip_blanks()
    fields.zone = read_zone(token.rest())


def _name_day_time12(fields: Fields, token: Cursor) -> None:
    month, day = token.month(), token.number()
    _date(fields, None, month, day)
    _time12(fields, token)


def _name_day_time24(fields: Fields, token: Cursor) -> None:
    month, day = token.month(), token.number()
    _date(fields, None, month, day)
    fields.claim_time()
    _clock(fields, token, ":")


# -- relative expressions -----------------------------------------------------------------------


def _step(fields: Fields, amount: int, unit: str, rule: WeekdayRule, *, keep_time: bool) -> None:
    """Adds ``amount`` times a unit, a day of the week or working days."""
    relative = fields.relative
    entry = _UNITS.get(unit) or _UNITS.get(unit.removesuffix("s"))
    if entry is not None:
        name, factor = entry
        setattr(relative, name, getattr(relative, name) + amount * factor)
        return
    if not keep_time:
        fields.drop_time()
    if unit in ("weekday", "weekdays"):
        relative.special, relative.special_amount = Special.WEEKDAYS, amount
        return
    relative.has_weekday = True
    relative.days += (amount - 1 if amount > 0 else amount) * 7
    relative.weekday, relative.weekday_rule = _WEEKDAYS.index(unit[:3]), rule


def _relative(fields: Fields, token: Cursor) -> None:
    amount = token.signed()
    token.skip_blanks()
    _step(fields, amount, token.unit(), WeekdayRule.SAME, keep_time=True)


def _word_rule(word: str) -> tuple[int, WeekdayRule]:
    return _ORDINALS[word], WeekdayRule.SAME if word == "this" else WeekdayRule.NEXT


def _relative_text(fields: Fields, token: Cursor) -> None:
    amount, rule = _word_rule(token.word())
    token.skip_blanks()
    _step(fields, amount, token.unit(), rule, keep_time=False)


def _relative_week(fields: Fields, token: Cursor) -> None:
    """``monday next week`` is the Monday of it; without a day it is the Monday as well."""
    _relative_text(fields, token)
    relative = fields.relative
    relative.weekday_rule = WeekdayRule.IN_WEEK
    if not relative.has_weekday:
        relative.has_weekday, relative.weekday = True, 1


def _weekday(fields: Fields, token: Cursor) -> None:
    fields.drop_time()
    relative, unit = fields.relative, token.unit()
    relative.has_weekday = True
    # "weekday" on its own counts as day 1, a Monday.
    relative.weekday = 1 if unit.startswith("week") else _WEEKDAYS.index(unit[:3])
    if relative.weekday_rule is not WeekdayRule.IN_WEEK:
        relative.weekday_rule = WeekdayRule.SAME


def _day_of_month(fields: Fields, token: Cursor) -> None:
    fields.relative.edge = MonthEdge.LAST if token.peek() in ("l", "L") else MonthEdge.FIRST


def _weekday_of_month(fields: Fields, token: Cursor) -> None:
    amount, rule = _word_rule(token.word())
    token.skip_blanks()
    fields.relative.special = Special.NTH_WEEKDAY if amount > 0 else Special.LAST_WEEKDAY
    _step(fields, amount, token.unit(), WeekdayRule.SAME if amount > 0 else rule, keep_time=False)


_FORMS: Final[Mapping[str, Callable[[Fields, Cursor], None]]] = {
    "yesterday": _yesterday,
    "now": _now,
    "noon": _noon,
    "midnight": _midnight,
    "tomorrow": _tomorrow,
    "timestamp": _timestamp,
    "timestamp_fraction": _timestamp,
    "day_of_month": _day_of_month,
    "quarter": _quarter,
    "weekday_of_month": _weekday_of_month,
    "time12": _time12,
    "time12_fraction": _time12_fraction,
    "time24": _time24,
    "digits4": _digits4,
    "digits6": _digits6,
    "american": _american,
    "iso_date": _iso_date,
    "iso_date_short": _year_month_day,
    "iso_date_long": _iso_date,
    "year_month": _year_month,
    "year_month_day": _year_month_day,
    "day_name_year": _day_name_year,
    "pointed_long": _pointed,
    "pointed_short": _pointed,
    "name_year": _name_year,
    "year_name": _year_name,
    "name_day_year": _name_day_year,
    "day_name": _day_name,
    "digits8": _year_month_day,
    "date_time": _date_time,
    "year_day": _year_day,
    "iso_week_day": _iso_week,
    "iso_week": _iso_week,
    "abbr_day_year": _name_day_year,
    "year_abbr_day": _year_abbr_day,
    "log_time": _log_time,
    "year4": _year4,
    "ago": _ago,
    "weekday": _weekday,
    "relative_week": _relative_week,
    "relative_text": _relative_text,
    "month_name": _month_name,
    "zone": _zone,
    "name_day_time12": _name_day_time12,
    "name_day_time24": _name_day_time24,
    "relative": _relative,
}
