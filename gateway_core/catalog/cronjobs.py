"""Cronjobs: events of the clock."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cronsim import CronSim, CronSimError

from gateway_core.catalog.original import is_original
from gateway_core.catalog.rejected import reject
from gateway_core.schema.vocabulary import suggestion
from gateway_core.types import Artifact, Finding, Json, Reference, Severity

CRONJOB_KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "$id": "its reference; needed",
        "title": "its name, for `gateway cron run`",
        "name": "as `title`",
        "description": "for people",
        "version": "for people",
        "crontab": "when: minute, hour, day of the month, month, day of the week; or `@hourly`, `@daily`, "
        "`@weekly`, `@monthly`, `@yearly` (default `*/5 * * * *`)",
        "timeZone": "where these hours are read (default `UTC`)",
        "throws": "the names of the events; actions listen to them; needed",
        "data": "an object that the events carry: no personal data",
        "isEnabled": "whether it runs (default true)",
    }
)
DEFAULT: Final = "*/5 * * * *"
_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "@hourly": "0 * * * *",
        "@daily": "0 0 * * *",
        "@midnight": "0 0 * * *",
        "@weekly": "0 0 * * 0",
        "@monthly": "0 0 1 * *",
        "@yearly": "0 0 1 1 *",
        "@annually": "0 0 1 1 *",
    }
)
_LONGEST: Final = 200


@dataclass(frozen=True, slots=True)
class Cronjob:
    """One job. ``expression`` is checked, ``zone`` exists."""

    reference: Reference
    title: str
    expression: str
    zone: str = "UTC"
    throws: tuple[str, ...] = ()
    data: Mapping[str, Json] = field(default_factory=dict)
    enabled: bool = True

    def after(self, moment: datetime) -> datetime:
        """The first time that it is due after a moment, in UTC. Hours that a clock leaves out or has twice
        are treated as Debian's cron does."""
        return next(CronSim(self.expression, moment.astimezone(ZoneInfo(self.zone)))).astimezone(
            moment.tzinfo
        )

    def last(self, since: datetime, until: datetime) -> datetime | None:
        """The last time that it was due after ``since`` and not after ``until``."""
        due = self.after(since - timedelta(seconds=1))
        found = None
        while due <= until:
            found, due = due, self.after(due)
        return found


def read_cronjobs(artifacts: Iterable[Artifact], findings: list[Finding]) -> tuple[Cronjob, ...]:
    """The jobs; one with a fault is left out and told."""
    return tuple(job for each in artifacts if (job := _read(each, findings)) is not None)


def _read(artifact: Artifact, findings: list[Finding]) -> Cronjob | None:
    body = artifact.body
    faults: list[str] = []
    expression = str(body.get("crontab") or DEFAULT).strip()[:_LONGEST]
    expression = _WORDS.get(expression.lower(), expression)
    zone = str(body.get("timeZone") or "UTC")
    throws, data = body.get("throws") or (), body.get("data") or {}
    try:
        zoned = datetime(2026, 1, 1, tzinfo=ZoneInfo(zone))
        next(CronSim(expression, zoned))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        faults.append(f"'timeZone' names no time zone: '{zone[:50]}'")
    except CronSimError as fault:
        faults.append(f"'crontab' cannot be read: {fault}")
    except StopIteration:
        faults.append("'crontab' is never due")
    if not isinstance(throws, list | tuple) or not throws or not all(isinstance(x, str) for x in throws):
        faults.append("'throws' must be a list of names of events")
    if not isinstance(data, dict | list):
        faults.append("'data' must be an object")
    for key in body.keys() - CRONJOB_KEYS.keys():
        if not key.startswith("$"):
            text = f"cronjob {artifact.reference}: '{key}' means nothing here and has no effect"
            hint = suggestion(key, CRONJOB_KEYS)
            findings.append(Finding(Severity.WARNING, "unknown-key", text, artifact.reference, hint=hint))
    for told in faults:
        text = f"cronjob {artifact.reference}: {told}"
        finding = Finding(Severity.ERROR, "cronjob", text, artifact.reference, path=artifact.origin.path)
        findings.append(reject(finding, artifact) if is_original(artifact) else finding)
    if faults:
        return None
    return Cronjob(
        artifact.reference,
        str(body.get("title") or body.get("name") or artifact.reference),
        expression,
        zone,
        tuple(throws),
        MappingProxyType(data) if isinstance(data, dict) else {},
        body.get("isEnabled") is not False,
    )
