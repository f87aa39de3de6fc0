"""What PHP 8.2 answered for dates; every expectation here was measured."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway_core.mapping.dates import (
    date_difference,
    format_date,
    format_interval,
    format_timestamp,
    modify_date,
    named_zone,
    parse_date,
)

# A Saturday.
NOW = datetime(2024, 6, 15, 12, 34, 56, tzinfo=UTC)
AMSTERDAM = ZoneInfo("Europe/Amsterdam")


def read(text: str, zone: str = "UTC") -> datetime:
    found = named_zone(zone)
    assert found is not None
    return parse_date(text, NOW, found)


@pytest.mark.parametrize(
    ("text", "utc"),
    [
        ("now", "2024-06-15T12:34:56"), ("today", "2024-06-15T00:00:00"),
        ("midnight", "2024-06-15T00:00:00"), ("noon", "2024-06-15T12:00:00"),
        ("yesterday", "2024-06-14T00:00:00"), ("tomorrow", "2024-06-16T00:00:00"),
        ("yesterday noon", "2024-06-14T12:00:00"), ("2024-02-29", "2024-02-29T00:00:00"),
        ("2024-02-29 13:45", "2024-02-29T13:45:00"), ("2024-02-29T13:45:10Z", "2024-02-29T13:45:10"),
        ("2024-02-29T13:45:10+01:00", "2024-02-29T12:45:10"),
        ("2024-02-29T13:45:10.123456789+01:00", "2024-02-29T12:45:10"),
        ("2023-05-26UTC13:05:00", "2023-05-26T13:05:00"), ("20240229", "2024-02-29T00:00:00"),
        ("20240229T134510", "2024-02-29T13:45:10"), ("20240229t1345", "2024-02-29T13:45:00"),
        ("2024-02", "2024-02-01T00:00:00"), ("2024-02-31", "2024-03-02T00:00:00"),
        ("2023-02-29", "2023-03-01T00:00:00"), ("2024-W09-4", "2024-02-29T00:00:00"),
        ("2024W09", "2024-02-26T00:00:00"), ("2024-060", "2024-02-29T00:00:00"),
        ("2024.060", "2024-02-29T00:00:00"), ("29-02-2024", "2024-02-29T00:00:00"),
        ("29.02.2024", "2024-02-29T00:00:00"), ("29.02.24", "2024-02-29T00:00:00"),
        ("2/29/2024", "2024-02-29T00:00:00"), ("02/29", "2024-02-29T00:00:00"),
        ("29 February 2024", "2024-02-29T00:00:00"), ("29th feb 2024", "2024-02-29T00:00:00"),
        ("Feb 29, 2024", "2024-02-29T00:00:00"), ("February 2024", "2024-02-01T00:00:00"),
        ("29-Feb-2024", "2024-02-29T00:00:00"), ("Thu, 29 Feb 2024 13:45:10 +0000", "2024-02-29T13:45:10"),
        ("2024/02/29", "2024-02-29T00:00:00"), ("69-01-01", "2069-01-01T00:00:00"),
        ("70-01-01", "1970-01-01T00:00:00"), ("2024", "2024-06-15T20:24:00"),
        ("1970", "1970-06-15T12:34:56"), ("10/Oct/2000:13:55:36 -0700", "2000-10-10T20:55:36"),
        ("2024:02:29 13:45:10", "2024-02-29T13:45:10"), ("@1700000000", "2023-11-14T22:13:20"),
        ("@-5", "1969-12-31T23:59:55"), ("5pm", "2024-06-15T17:00:00"),
        ("5:30 a.m.", "2024-06-15T05:30:00"), ("12am", "2024-06-15T00:00:00"),
        ("12pm", "2024-06-15T12:00:00"), ("23:59:60", "2024-06-16T00:00:00"),
        ("24:00", "2024-06-16T00:00:00"), ("T13", "2024-06-15T13:00:00"),
        ("back of 7pm", "2024-06-15T19:15:00"), ("front of 7pm", "2024-06-15T18:45:00"),
        ("+1 day", "2024-06-16T12:34:56"), ("-2 weeks 3 days", "2024-06-04T12:34:56"),
        ("+1 month", "2024-07-15T12:34:56"), ("2024-01-31 +1 month", "2024-03-02T00:00:00"),
        ("2024-03-31 -1 month", "2024-03-02T00:00:00"), ("1 month ago", "2024-05-15T12:34:56"),
        ("2 days 4 hours ago", "2024-06-13T08:34:56"), ("+2 weekdays", "2024-06-18T12:34:56"),
        ("-3 weekdays", "2024-06-12T12:34:56"), ("8 weekdays", "2024-06-26T12:34:56"),
        ("next monday", "2024-06-17T00:00:00"), ("last friday", "2024-06-14T00:00:00"),
        ("monday", "2024-06-17T00:00:00"), ("saturday", "2024-06-15T00:00:00"),
        ("this saturday", "2024-06-15T00:00:00"), ("next saturday", "2024-06-22T00:00:00"),
        ("last saturday", "2024-06-08T00:00:00"), ("next week", "2024-06-17T12:34:56"),
        ("monday next week", "2024-06-17T00:00:00"), ("saturday this week", "2024-06-15T00:00:00"),
        ("sunday last week", "2024-06-09T00:00:00"), ("first day of next month", "2024-07-01T12:34:56"),
        ("last day of february 2024", "2024-02-29T00:00:00"),
        ("first monday of january 2025", "2025-01-06T00:00:00"),
        ("last friday of next month", "2024-07-26T00:00:00"),
        ("third wed of march 2024", "2024-03-20T00:00:00"), ("eighth day", "2024-06-23T12:34:56"),
        ("first day of january this year", "2024-01-01T00:00:00"),
        ("last day of previous month noon", "2024-05-31T12:00:00"),
        ("+1 week 2 days 4 hours 2 seconds", "2024-06-24T16:34:58"), ("+1.5 days", "2024-06-20T11:34:56"),
        ("2024-01-01 12:00 CET", "2024-01-01T11:00:00"), ("2024-07-01 12:00 CEST", "2024-07-01T10:00:00"),
        ("2024-07-01 12:00 Europe/Amsterdam", "2024-07-01T10:00:00"),
        ("2024-01-01 12:00 America/New_York", "2024-01-01T17:00:00"),
        ("2024-01-01 12:00 (EST)", "2024-01-01T17:00:00"),
        ("2024-01-01 12:00 GMT+2", "2024-01-01T10:00:00"),
        ("2024-01-01 12:00 +0530", "2024-01-01T06:30:00"), ("2024-01-01 12:00 a", "2024-01-01T11:00:00"),
        ("a", "2024-06-15T11:34:56"), ("z", "2024-06-15T12:34:56"),
        ("2024-01-01 12:00 UTC CET", "2024-01-01T12:00:00"),
        ("2024-03-31 02:30 Europe/Amsterdam", "2024-03-31T01:30:00"), ("XII 2024", "2024-12-01T00:00:00"),
        ("1 fortnight ago", "2024-06-01T12:34:56"), ("-1 sat", "2024-06-08T12:34:56"),
        ("9999-12-31", "9999-12-31T00:00:00"), ("0001-01-01", "0001-01-01T00:00:00"),
    ],
)  # fmt: skip
def test_a_text_means_what_php_reads(text: str, utc: str) -> None:
    """Absolute, textual, relative and zoned forms name the moment that PHP finds."""
    assert f"{read(text).astimezone(UTC):%Y-%m-%dT%H:%M:%S}".rjust(19, "0") == utc


@pytest.mark.parametrize(
    "text",
    [
        "onzin", "2024-13-45x", "2024-02-29 2024-03-01", "10:00 11:00", "é", "next", "CET CEST EST",
        "2024-01-01 Nowhere/Land", "+99999999999999 years", "9999-12-31 +1 day", "+9999999 weeks",
        "@99999999999999999", "@" + "9" * 500, "0000-00-00", "+99999-01-01", "2024-01-01 12:00 +99:00",
        "@5.", "\ud800", "x" * 1_000_000, "+1 day " * 1000, "2024-02-29T25:00:00",
    ],
)  # fmt: skip
def test_no_date_is_a_value_error(text: str) -> None:
    """What PHP cannot read, and what lies outside the years 1 to 9999, is one kind of error."""
    with pytest.raises(ValueError):
        read(text)
    with pytest.raises(ValueError):
        modify_date(NOW, text)


def test_an_error_does_not_repeat_the_text() -> None:
    """A message holds no value of a document."""
    with pytest.raises(ValueError) as caught:
        read("2024-01-01 Jansen")
    assert "Jansen" not in str(caught.value)


def test_the_clock_fills_in_what_is_open() -> None:
    """The present keeps its fraction, its zone is the one asked for, an empty text is now."""
    now = NOW.replace(microsecond=123)
    for text in ("", "now", "+0 days"):
        assert parse_date(text, now, UTC) == now
    assert parse_date("12:00", now, AMSTERDAM).isoformat() == "2024-06-15T12:00:00+02:00"
    assert parse_date("now", now, timezone(timedelta(hours=1))).utcoffset() == timedelta(hours=1)
    assert parse_date("2024-01-01T00:00:00.25", now, UTC).microsecond == 250_000


@pytest.mark.parametrize(
    ("start", "change", "result"),
    [
        ("2024-01-31", "+1 month", "2024-03-02T00:00:00+00:00 UTC"),
        ("2024-07-01", "next monday", "2024-07-08T00:00:00+00:00 UTC"),
        ("2024-07-01 10:00", "midnight", "2024-07-01T00:00:00+00:00 UTC"),
        ("2024-07-01 10:00", "14:30", "2024-07-01T14:30:00+00:00 UTC"),
        ("2024-07-01 10:00", "2020-02-03", "2020-02-03T10:00:00+00:00 UTC"),
        ("2024-07-01 10:00", "last day of", "2024-07-31T10:00:00+00:00 UTC"),
        ("2024-07-01 10:00", "@86400", "1970-01-02T00:00:00+00:00 +00:00"),
        ("2024-07-01 10:00", "+1 day CET", "2024-07-02T10:00:00+00:00 UTC"),
    ],
)  # fmt: skip
def test_a_change_keeps_what_it_does_not_name(start: str, change: str, result: str) -> None:
    """A moment is moved; a named part replaces its own, a zone in the change does not count."""
    assert format_date(modify_date(read(start), change), "c e") == result


@pytest.mark.parametrize(
    ("start", "change", "result"),
    [
        ("2024-10-27 01:30", "+1 hour", "2024-10-27T02:30:00+02:00 CEST"),
        ("2024-10-27 01:30", "+2 hours", "2024-10-27T03:30:00+01:00 CET"),
        ("2024-03-31 01:30", "+1 hour", "2024-03-31T03:30:00+02:00 CEST"),
        ("2024-03-30 12:00", "+1 day", "2024-03-31T12:00:00+02:00 CEST"),
        ("2024-10-27 02:30", "+1 minute", "2024-10-27T02:31:00+01:00 CET"),
    ],
)  # fmt: skip
def test_summer_time_moves_as_in_php(start: str, change: str, result: str) -> None:
    """Steps run on the local clock; an hour that does not exist is jumped over."""
    assert format_date(modify_date(read(start, "Europe/Amsterdam"), change), "c T") == result


@pytest.mark.parametrize(
    ("start", "end", "zone", "result"),
    [
        ("2024-01-31", "2024-03-01", "UTC", "+ 0 0 30 0 0 0 0 30"),
        ("2024-03-01", "2024-01-31", "UTC", "- 0 1 1 0 0 0 0 30"),
        ("2000-02-29", "2024-02-28", "UTC", "+ 23 11 30 0 0 0 0 8765"),
        ("2024-01-01 12:00", "2024-01-03 11:59:59.5", "UTC", "+ 0 0 1 23 59 59 500000 1"),
        ("2024-03-30 12:00", "2024-03-31 12:00", "Europe/Amsterdam", "+ 0 0 1 0 0 0 0 1"),
        ("2024-03-31 01:30", "2024-03-31 03:30", "Europe/Amsterdam", "+ 0 0 0 1 0 0 0 0"),
        ("2024-10-26 12:00", "2024-10-27 12:00", "Europe/Amsterdam", "+ 0 0 1 0 0 0 0 1"),
        ("2024-10-27 00:30", "2024-10-27 04:30", "Europe/Amsterdam", "+ 0 0 0 5 0 0 0 0"),
        ("2024-01-01 00:00 +01:00", "2024-01-01 00:00 -05:30", "UTC", "+ 0 0 0 6 30 0 0 0"),
        ("2024-05-31", "2024-02-29", "UTC", "- 0 3 2 0 0 0 0 92"),
    ],
)  # fmt: skip
def test_a_difference_counts_calendar_parts(start: str, end: str, zone: str, result: str) -> None:
    """Years to microseconds, whole days and the sign, across ends of months and summer time."""
    interval = date_difference(read(start, zone), read(end, zone))
    assert format_interval(interval, "%R %y %m %d %h %i %s %f %a") == result


def test_interval_letters() -> None:
    """Capitals have leading zeros; an unknown letter stays as it is."""
    interval = date_difference(read("2024-01-02 03:04:05"), read("2023-01-01"))
    text = format_interval(interval, "%Y-%M-%D %H:%I:%S.%F %R%r %% %q %")
    assert text == "01-00-01 03:04:05.000000 -- % %q "


@pytest.mark.parametrize(
    ("text", "pattern", "result"),
    [
        (
            "2024-02-29T13:45:10.012345Z",
            "d D j l N S w z W F m M n t L o",
            "29 Thu 29 Thursday 4 th 4 59 09 February 02 Feb 2 29 1 2024",
        ),
        (
            "2024-02-29T13:45:10.012345Z",
            "X x Y y a A B g G h H i s v u",
            "+2024 2024 2024 24 pm PM 614 1 13 01 13 45 10 012 012345",
        ),
        ("2024-02-29T13:45:10.012345Z", "e I O P p T Z", "Z 0 +0000 +00:00 Z Z 0"),
        ("2024-02-29T13:45:10.012345Z", "c", "2024-02-29T13:45:10+00:00"),
        ("2024-02-29T13:45:10.012345Z", "r", "Thu, 29 Feb 2024 13:45:10 +0000"),
        ("2024-02-29T13:45:10.012345Z", "U", "1709214310"),
        (
            "2024-12-30T00:05:09 Europe/Amsterdam",
            "d D j l N S w z W F m M n t L o",
            "30 Mon 30 Monday 1 th 1 364 01 December 12 Dec 12 31 1 2025",
        ),
        (
            "2024-12-30T00:05:09 Europe/Amsterdam",
            "X x Y y a A B g G h H i s v u",
            "+2024 2024 2024 24 am AM 003 12 0 12 00 05 09 000 000000",
        ),
        (
            "2024-12-30T00:05:09 Europe/Amsterdam",
            "e I O P p T Z",
            "Europe/Amsterdam 0 +0100 +01:00 +01:00 CET 3600",
        ),
        ("2024-12-30T00:05:09 Europe/Amsterdam", "c", "2024-12-30T00:05:09+01:00"),
        ("2024-12-30T00:05:09 Europe/Amsterdam", "r", "Mon, 30 Dec 2024 00:05:09 +0100"),
        ("2024-12-30T00:05:09 Europe/Amsterdam", "U", "1735513509"),
        (
            "2023-01-01T12:00:00+05:30",
            "d D j l N S w z W F m M n t L o",
            "01 Sun 1 Sunday 7 st 0 0 52 January 01 Jan 1 31 0 2022",
        ),
        (
            "2023-01-01T12:00:00+05:30",
            "X x Y y a A B g G h H i s v u",
            "+2023 2023 2023 23 pm PM 312 12 12 12 12 00 00 000 000000",
        ),
        ("2023-01-01T12:00:00+05:30", "e I O P p T Z", "+05:30 0 +0530 +05:30 +05:30 GMT+0530 19800"),
        ("2023-01-01T12:00:00+05:30", "c", "2023-01-01T12:00:00+05:30"),
        ("2023-01-01T12:00:00+05:30", "r", "Sun, 01 Jan 2023 12:00:00 +0530"),
        ("2023-01-01T12:00:00+05:30", "U", "1672554600"),
        (
            "0987-11-03 23:00:00 CEST",
            "d D j l N S w z W F m M n t L o",
            "03 Sat 3 Saturday 6 rd 6 306 44 November 11 Nov 11 30 0 987",
        ),
        (
            "0987-11-03 23:00:00 CEST",
            "X x Y y a A B g G h H i s v u",
            "+0987 0987 0987 87 pm PM 916 11 23 11 23 00 00 000 000000",
        ),
        ("0987-11-03 23:00:00 CEST", "e I O P p T Z", "CEST 1 +0200 +02:00 +02:00 CEST 7200"),
        ("0987-11-03 23:00:00 CEST", "c", "0987-11-03T23:00:00+02:00"),
        ("0987-11-03 23:00:00 CEST", "r", "Sat, 03 Nov 0987 23:00:00 +0200"),
        ("0987-11-03 23:00:00 CEST", "U", "-30993937200"),
        (
            "2024-07-22 12:00:00 UTC",
            "d D j l N S w z W F m M n t L o",
            "22 Mon 22 Monday 1 nd 1 203 30 July 07 Jul 7 31 1 2024",
        ),
        (
            "2024-07-22 12:00:00 UTC",
            "X x Y y a A B g G h H i s v u",
            "+2024 2024 2024 24 pm PM 541 12 12 12 12 00 00 000 000000",
        ),
        ("2024-07-22 12:00:00 UTC", "e I O P p T Z", "UTC 0 +0000 +00:00 Z UTC 0"),
        ("2024-07-22 12:00:00 UTC", "c", "2024-07-22T12:00:00+00:00"),
        ("2024-07-22 12:00:00 UTC", "r", "Mon, 22 Jul 2024 12:00:00 +0000"),
        ("2024-07-22 12:00:00 UTC", "U", "1721649600"),
    ],
)
def test_every_format_letter(text: str, pattern: str, result: str) -> None:
    """Each letter of PHP's date() prints what PHP prints, for every kind of zone."""
    assert format_date(read(text), pattern) == result


def test_escapes_in_a_pattern() -> None:
    """A backslash makes a letter literal; other characters are literal anyway."""
    assert format_date(NOW, "Y-m-d\\TH:i:s\\Z") == "2024-06-15T12:34:56Z"
    assert format_date(NOW, "\\\\ é /") == "\\ é /"
    assert format_date(NOW.replace(tzinfo=timezone(timedelta(hours=-3, minutes=-30))), "e T p") == (
        "-03:30 GMT-0330 -03:30"
    )


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (20240229134510, "643357-04-30T06:41:50+00:00 643357 +643357 +643357 643357 Sat 20240229134510 0"),
        (-99999999999, "-1199-02-15T14:13:21+00:00 -1199 -1199 -1199 -1199 Thu -99999999999 0"),
        (253402300800, "10000-01-01T00:00:00+00:00 10000 +10000 +10000 9999 Sat 253402300800 1"),
    ],
)
def test_timestamps_beyond_the_calendar_of_python(seconds: int, text: str) -> None:
    """Any 64-bit timestamp has a text, in the years before 1 and after 9999 too."""
    assert format_timestamp(seconds, "c Y X x o D U L", UTC) == text


def test_a_timestamp_beyond_64_bits_is_refused() -> None:
    """A number that PHP cannot hold is a ValueError."""
    with pytest.raises(ValueError):
        format_timestamp(2**63, "Y", UTC)


def test_names_of_zones() -> None:
    """Zones are found in any case; a folder of the database or a path is no zone."""
    assert named_zone("europe/amsterdam") is AMSTERDAM
    assert named_zone("UTC") is UTC
    assert named_zone("Europe") is None
    assert named_zone("../etc/passwd") is None


@given(st.datetimes(min_value=datetime(1, 1, 3), max_value=datetime(9999, 12, 29)))  # noqa: DTZ001
def test_a_printed_moment_reads_back(moment: datetime) -> None:
    """The ISO text of a moment names that moment again."""
    aware = moment.replace(tzinfo=UTC)
    assert parse_date(format_date(aware, "Y-m-d\\TH:i:s.uP"), NOW, UTC) == aware


@given(st.text(alphabet="0123456789-+:/. @TWZaegmnoprstuwy", max_size=40))
def test_any_text_is_a_date_or_a_value_error(text: str) -> None:
    """No text raises anything but ValueError, and a moment always has a zone."""
    try:
        moment = parse_date(text, NOW, AMSTERDAM)
    except ValueError:
        return
    assert moment.utcoffset() is not None


def test_long_texts_take_no_time() -> None:
    """The work on a hostile text is bounded."""
    started = time.perf_counter()
    for text in (
        "9" * 10**6,
        "+-" * 10**6,
        "jan " * 250_000,
        "(" * 999,
        "+" * 999,
        "1 day " * 160,
        "1." * 499,
    ):
        try:
            read(text)
        except ValueError:
            continue
    assert time.perf_counter() - started < 2


def test_zones_need_no_database_of_the_system():
    """Where the machine has no time zone database, the names are known all the same."""
    program = (
        "from gateway_core.mapping.dates.zones import named_zone\n"
        "from datetime import datetime, UTC\n"
        "zone = named_zone('europe/amsterdam')\n"
        "print(datetime(2025, 7, 1, 12, tzinfo=UTC).astimezone(zone).isoformat())\n"
    )
    environment = {**os.environ, "PYTHONTZPATH": ""}
    done = subprocess.run(
        [sys.executable, "-c", program], env=environment, capture_output=True, text=True, check=False
    )
    assert done.stdout == "2025-07-01T14:00:00+02:00\n", done.stderr
