"""Dates and instants in conditions, compared with real time."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta, timezone

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from gateway_core.query.evaluate import World, matches
from gateway_core.query.model import Op
from gateway_core.query.times import Instant, instant, moment_condition, read_moment

OPERATORS = {
    Op.EQ: lambda held, bound: held == bound,
    Op.NE: lambda held, bound: held != bound,
    Op.GT: lambda held, bound: held > bound,
    Op.GE: lambda held, bound: held >= bound,
    Op.LT: lambda held, bound: held < bound,
    Op.LE: lambda held, bound: held <= bound,
}
NEAR = st.integers(-3, 3).map(lambda n: timedelta(seconds=n)) | st.sampled_from(
    [timedelta(microseconds=n) for n in (-500_000, -1_000, -1, 0, 1, 250_000, 999_999)]
)
START = datetime(2024, 2, 28, 23, 59, 59, tzinfo=UTC)


def text_of(moment, digits):
    fraction = f"{moment.microsecond:06}".ljust(9, "0")[:digits]
    return f"{moment:%Y-%m-%dT%H:%M:%S}{'.' if digits else ''}{fraction}Z"


def holds(op, moment, held, make):
    return matches(moment_condition(("at",), op, moment), make("e", 1, at=held), World(()))


@given(st.sampled_from(sorted(OPERATORS)), NEAR, NEAR, st.integers(0, 9), st.integers(0, 9))
@example(Op.GT, timedelta(), timedelta(), 0, 6)
@example(Op.GE, timedelta(microseconds=-1_000), timedelta(microseconds=-1_000), 1, 2)
def test_texts_compare_like_the_moments_they_name(make, op, held_at, bound_at, held_digits, bound_digits):
    """At every precision of document and bound, text comparison gives what real time gives."""
    held_text = text_of(START + held_at, held_digits)
    bound_text = text_of(START + bound_at, bound_digits)
    expected = OPERATORS[op](datetime.fromisoformat(held_text), datetime.fromisoformat(bound_text))
    assert holds(op, read_moment(bound_text), held_text, make) is expected


@given(st.sampled_from(sorted(OPERATORS)), NEAR, st.integers(0, 9), st.integers(-1, 2))
def test_a_date_is_its_whole_day(make, op, held_at, digits, days):
    """A moment compares with a date as the day (UTC) that it lies in."""
    held, day = START + held_at, START.date() + timedelta(days=days)
    assert holds(op, day, text_of(held, digits), make) is OPERATORS[op](held.date(), day)


@pytest.mark.parametrize("op", sorted(set(OPERATORS) - {Op.NE}))
def test_nothing_is_neither_before_nor_after(make, op):
    """A member without a value satisfies no comparison but NE."""
    for moment in (date(2024, 1, 1), Instant("2024-01-01T00:00:00"), Instant("2024-01-01T00:00:00", "5")):
        assert not holds(op, moment, None, make)
        assert holds(Op.NE, moment, None, make)


def test_the_last_day_has_an_end(make):
    """The calendar's last day contains its last moment."""
    assert holds(Op.EQ, date.max, "9999-12-31T23:59:59.999Z", make)
    assert not holds(Op.GT, date.max, "9999-12-31T23:59:59.999Z", make)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2024-02-29", date(2024, 2, 29)),
        ("2024-02-29T10:00:00Z", Instant("2024-02-29T10:00:00")),
        ("2024-02-29t10:00:00.500z", Instant("2024-02-29T10:00:00", "5")),
        ("2024-02-29T10:00:00+02:00", Instant("2024-02-29T08:00:00")),
        ("2024-02-29T10:00:00 02:00", Instant("2024-02-29T08:00:00")),
        ("2024-02-29T10:00:00-02:30", Instant("2024-02-29T12:30:00")),
        ("2024-02-29T10:00:00", None),
        ("2024-02-30", None),
        ("2024-02-29T24:00:00Z", None),
        ("2024-02-29T10:00Z", None),
        ("0001-01-01T00:00:00+01:00", None),
        ("9999-12-31T23:59:59-01:00", None),
        ("tomorrow", None),
        ("", None),
    ],
)
def test_moments_are_rfc_3339(text, moment):
    """Dates and date-times with an offset are read, as UTC; nothing else is."""
    assert read_moment(text) == moment


@given(st.text(max_size=30) | st.from_regex(r"\d{4}-\d\d-\d\d([T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d))?"))
def test_any_text_is_a_moment_or_none(text):
    """Reading never raises."""
    read_moment(text)


def test_an_instant_of_the_register_has_six_digits_in_utc():
    """Texts of one length order as their moments do."""
    local = timezone(timedelta(hours=1))
    assert instant(datetime(2024, 1, 1, 0, 30, tzinfo=local)) == "2023-12-31T23:30:00.000000Z"
