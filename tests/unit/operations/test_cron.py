"""Cronjobs: when they are due, who throws their events, and what becomes of runs that were missed."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from gateway_core.catalog.actions import Action, Actions
from gateway_core.catalog.cronjobs import Cronjob, read_cronjobs
from gateway_core.errors import NotFound
from gateway_core.operations.call import Context
from gateway_core.operations.cron import LEASE, job_of, run_due
from gateway_core.types import Artifact, Finding, Kind, Origin, Severity

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
QUARTER = Cronjob("r", "Quarter", "*/15 * * * *", throws=("pets.wanted",), data={"a": 1})


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def read(body: dict[str, Any]) -> tuple[tuple[Cronjob, ...], list[Finding]]:
    findings: list[Finding] = []
    artifact = Artifact(Kind.CRONJOB, "https://x/c.cronjob.json", "1", body, Origin("b", "cronjobs/c.json"))
    return read_cronjobs([artifact], findings), findings


class TestReading:
    def test_what_the_original_writes(self) -> None:
        """A job of an original bundle: its expression, its events, whether it is on."""
        (job,), findings = read(
            {"title": "Kiss", "crontab": "*/10 * * * *", "throws": ["kiss.listens"], "isEnabled": False}
        )
        assert findings == []
        assert (job.title, job.expression, job.throws, job.enabled) == (
            "Kiss",
            "*/10 * * * *",
            ("kiss.listens",),
            False,
        )

    def test_words_and_defaults(self) -> None:
        """Words stand for expressions; without one a job is due each five minutes, in UTC."""
        assert read({"throws": ["a"], "crontab": "@daily"})[0][0].expression == "0 0 * * *"
        (job,), _ = read({"throws": ["a"]})
        assert (job.expression, job.zone) == ("*/5 * * * *", "UTC")

    @pytest.mark.parametrize(
        ("member", "value", "told"),
        [
            ("crontab", "61 * * * *", "cannot be read"),
            ("crontab", "* * *", "cannot be read"),
            ("crontab", "0 0 31 2 *", "'crontab'"),
            ("crontab", "x" * 10_000, "cannot be read"),
            ("timeZone", "Mars/Olympus", "no time zone"),
            ("timeZone", "../../etc/passwd", "no time zone"),
            ("throws", [], "'throws'"),
            ("throws", "a", "'throws'"),
            ("data", "a", "'data'"),
        ],
    )
    def test_a_fault_stops_the_installation(self, member: str, value: object, told: str) -> None:
        """What cannot be used is an error that names the job and the member."""
        jobs, (finding, *_) = read({"throws": ["a"], member: value})
        assert jobs == ()
        assert finding.severity is Severity.ERROR
        assert told in finding.message

    def test_an_unknown_key_is_a_warning(self) -> None:
        """A key that means nothing is told, with the one that may have been meant."""
        _, (finding,) = read({"throws": ["a"], "cronTab": "* * * * *"})
        assert (finding.severity, "crontab" in finding.hint) == (Severity.WARNING, True)


class TestTimes:
    def test_after_and_last(self) -> None:
        """The next time, and the last one in a window, both ends of which are told apart."""
        assert QUARTER.after(NOW) == at("2026-03-01T12:15:00")
        assert QUARTER.last(NOW - timedelta(hours=1), NOW) == at("2026-03-01T12:00:00")
        assert QUARTER.last(at("2026-03-01T12:00:01"), NOW) is None
        assert QUARTER.last(at("2026-03-01T12:00:00"), at("2026-03-01T12:00:00")) == at("2026-03-01T12:00:00")

    def test_zones(self) -> None:
        """Hours are read in the zone of the job, summer and winter."""
        job = Cronjob("r", "t", "30 7 * * *", "Europe/Amsterdam", ("a",))
        assert job.after(at("2026-01-01T00:00:00")) == at("2026-01-01T06:30:00")
        assert job.after(at("2026-07-01T00:00:00")) == at("2026-07-01T05:30:00")

    def test_an_hour_that_is_left_out_or_doubled(self) -> None:
        """When clocks change, a daily job is due once each day."""
        job = Cronjob("r", "t", "30 2 * * *", "Europe/Amsterdam", ("a",))
        for day in ("2026-03-28T12:00:00", "2026-10-24T12:00:00"):
            first = job.after(at(day))
            second = job.after(first)
            assert second - first > timedelta(hours=20)


class TestThrowing:
    @pytest.fixture
    def context(self, pets: Context) -> Context:
        """The pet store, with a job each quarter of an hour and an action that hears it."""
        action = Action("hears", "Hears", "map", frozenset({"pets.wanted"}))
        catalog = pets.catalog
        catalog = replace(catalog, cronjobs=(QUARTER,), actions=Actions.of([action], catalog.entities))
        return pets._replace(catalog=catalog, now=lambda: NOW)

    def events(self, context: Context) -> list[tuple[str, Any]]:
        return [(each.event.name, dict(each.event.data)) for each in context.store.outbox.events(100)]

    def test_what_is_due_is_thrown_once(self, context: Context) -> None:
        """Many looks at one moment throw one event, with the job's data."""
        known: dict[str, str] = {}
        assert [run_due(context, "me", known) for _ in range(3)] == [1, 0, 0]
        assert self.events(context) == [("pets.wanted", {"a": 1})]
        later = context._replace(now=lambda: NOW + timedelta(minutes=15))
        assert run_due(later, "me", known) == 1

    def test_a_process_that_forgot_throws_nothing_twice(self, context: Context) -> None:
        """After a restart the event of a moment is not thrown again: the store knows it."""
        assert run_due(context, "me", {}) == 1
        assert run_due(context, "me", {}) == 0

    def test_one_process_has_the_lease(self, context: Context) -> None:
        """While one holds it, another throws nothing; when it lets go, the other goes on."""
        context.store.outbox.lease(LEASE, "other", 60)
        assert run_due(context, "me", {}) == 0
        context.store.outbox.release(LEASE, "other")
        assert run_due(context, "me", {}) == 1

    def test_a_missed_run_is_made_up_for_once(self, context: Context) -> None:
        """Of the runs that nobody was there for, the last of the last hour is made up for."""
        assert run_due(context, "me", {}) == 1
        woken = context._replace(now=lambda: NOW + timedelta(hours=8, minutes=10))
        assert run_due(woken, "me", {}) == 1
        assert len(self.events(context)) == 2

    def test_a_job_long_missed_is_skipped(self, context: Context) -> None:
        """A run that was due more than an hour ago is not made up for."""
        daily = Cronjob("d", "Daily", "0 3 * * *", throws=("pets.wanted",))
        late = context._replace(catalog=replace(context.catalog, cronjobs=(daily,)))
        assert run_due(late, "me", {}) == 0

    def test_what_nobody_hears_is_not_recorded(self, context: Context) -> None:
        """An event without a listener leaves nothing."""
        silent = context._replace(catalog=replace(context.catalog, actions=Actions()))
        assert run_due(silent, "me", {}) == 0
        assert self.events(context) == []

    def test_a_job_that_is_off_is_not_due(self, context: Context) -> None:
        """It is thrown by hand only."""
        off = context._replace(catalog=replace(context.catalog, cronjobs=(replace(QUARTER, enabled=False),)))
        assert run_due(off, "me", {}) == 0

    def test_a_job_is_found_by_its_name(self, context: Context) -> None:
        """By title or reference; another name is told with what may have been meant."""
        assert job_of(context.catalog, "Quarter") is job_of(context.catalog, "r")
        with pytest.raises(NotFound) as caught:
            job_of(context.catalog, "Quartre")
        assert "Quarter" in caught.value.hint
