"""Throwing the events of cronjobs that are due, once for all processes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from gateway_core.catalog.cronjobs import Cronjob
from gateway_core.catalog.snapshot import Catalog
from gateway_core.errors import NotFound
from gateway_core.operations.call import Context
from gateway_core.query.times import instant
from gateway_core.schema.vocabulary import suggestion
from gateway_core.types import Event

LEASE: Final = "cron"
LEASE_SECONDS: Final = 30.0
CATCH_UP: Final = timedelta(hours=1)
ACTION: Final = "cron"


def run_due(context: Context, holder: str, known: dict[str, str]) -> int:
    """Throw what is due and was not thrown; how many events were new.

    One process does it: whoever has the lease. A run that was missed, because no process was there, is
    made up for once when it was due within the last hour; older ones are skipped, and of several the last
    counts. ``known`` is this process's own memory of what it threw last.
    """
    jobs = [job for job in context.catalog.cronjobs if job.enabled]
    if not jobs or not context.store.outbox.lease(LEASE, holder, LEASE_SECONDS):
        return 0
    now, thrown = context.now(), 0
    for job in jobs:
        due = job.last(now - CATCH_UP, now)
        if due is not None and known.get(job.reference) != instant(due):
            thrown += throw(context, job, due)
            known[job.reference] = instant(due)
    return thrown


def throw(context: Context, job: Cronjob, due: datetime, *, tenant: str = "") -> int:
    """Record the events of a job, for the moment that it was due; how many of them were new. An event that
    no action hears is not recorded."""
    moment = instant(due)
    events = [
        Event(
            context.new_id(),
            name,
            "",
            "",
            0,
            instant(context.now()),
            action=ACTION,
            data=dict(job.data),
            key=f"{ACTION} {job.reference} {name} {moment}",
        )
        for name in dict.fromkeys(job.throws)
        if context.catalog.actions.on(name, "")
    ]
    return context.store.outbox.record(tenant, events) if events else 0


def job_of(catalog: Catalog, named: str) -> Cronjob:
    """A job by its title or reference. Raises ``NotFound``."""
    for job in catalog.cronjobs:
        if named in (job.reference, job.title):
            return job
    names = [name for job in catalog.cronjobs for name in (job.title, job.reference)]
    raise NotFound(f"there is no cronjob '{named}'", hint=suggestion(named, names))


def unheard(catalog: Catalog, job: Cronjob) -> Iterable[str]:
    """The events of a job that no action hears."""
    return (name for name in job.throws if not catalog.actions.on(name, ""))
