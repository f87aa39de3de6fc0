"""The proleptic Gregorian calendar on plain integers.

Years are unbounded here (a step of a calculation may leave the range of ``datetime``), months are
1..12 unless said otherwise, days of the week count from Sunday = 0.
"""

from __future__ import annotations

from typing import Final

_MONTH_DAYS: Final = (31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)
_DAYS_PER_ERA: Final = 146097
_EPOCH_SHIFT: Final = 719468

YEARS_PER_ERA: Final = 400
SECONDS_PER_DAY: Final = 86400
SECONDS_PER_ERA: Final = _DAYS_PER_ERA * SECONDS_PER_DAY


def is_leap(year: int) -> bool:
    return year % 4 == 0 and (year % 100 != 0 or year % 400 == 0)


def days_in_month(year: int, month: int) -> int:
    return 29 if month == 2 and is_leap(year) else _MONTH_DAYS[month - 1]


def epoch_days(year: int, month: int, day: int) -> int:
    """Days since 1970-01-01; month and day may lie outside their ranges and then overflow."""
    carry, month = divmod(month - 1, 12)
    year, month = year + carry, month + 1
    if month <= 2:
        year -= 1
    era, year_of_era = divmod(year, YEARS_PER_ERA)
    day_of_year = (153 * (month - 3 if month > 2 else month + 9) + 2) // 5
    day_of_era = year_of_era * 365 + year_of_era // 4 - year_of_era // 100 + day_of_year
    return era * _DAYS_PER_ERA + day_of_era - _EPOCH_SHIFT + day - 1


def civil_date(days: int) -> tuple[int, int, int]:
    """Year, month and day of a number of days since 1970-01-01."""
    era, day_of_era = divmod(days + _EPOCH_SHIFT, _DAYS_PER_ERA)
    year = (day_of_era - day_of_era // 1460 + day_of_era // 36524 - day_of_era // 146096) // 365
    day_of_year = day_of_era - (365 * year + year // 4 - year // 100)
    shifted = (5 * day_of_year + 2) // 153
    month = shifted + 3 if shifted < 10 else shifted - 9
    return year + era * YEARS_PER_ERA + (month <= 2), month, day_of_year - (153 * shifted + 2) // 5 + 1


def day_of_week(year: int, month: int, day: int) -> int:
    return (epoch_days(year, month, day) + 4) % 7


def days_to_iso_day(year: int, week: int, day: int) -> int:
    """Days from 1 January of ``year`` to a day (0..7) of an ISO week of that year."""
    weekday = day_of_week(year, 1, 1)
    return (week - 1) * 7 + day - (weekday - 7 if weekday > 4 else weekday)
