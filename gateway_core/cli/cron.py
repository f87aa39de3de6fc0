"""``gateway cron``: which jobs the clock starts, and starting one by hand."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway_core.cli.output import tell

app = typer.Typer(help="Jobs that the clock starts.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List the jobs: when they are due next, and what they throw."""
    from rich.console import Console
    from rich.table import Table

    from gateway_core import app as gateway
    from gateway_core.operations.cron import unheard
    from gateway_core.settings import Settings

    settings = Settings()
    store = gateway.store_of(settings)
    gateway.install_bundles(settings, store, tell)
    catalog = gateway.live_of(settings, store).moment.catalog
    store.close()
    if not catalog.cronjobs:
        tell("no bundle that is installed has cronjobs")
        return
    table = Table(box=None)
    for title in ("Job", "When", "Zone", "Next (UTC)"):
        table.add_column(title, no_wrap=True)
    table.add_column("Throws")
    table.add_column("Remark")
    for job in sorted(catalog.cronjobs, key=lambda each: each.title):
        due = job.after(gateway.now()).strftime("%Y-%m-%d %H:%M") if job.enabled else "-"
        silent = ", ".join(unheard(catalog, job))
        remark = "is switched off" if not job.enabled else f"nobody hears {silent}" if silent else ""
        table.add_row(job.title, job.expression, job.zone, due, ", ".join(job.throws), remark)
    Console().print(table)


@app.command("run")
def run(name: Annotated[str, typer.Argument(help="Title or reference of the job.")]) -> None:
    """Throw the events of a job now, also of one that is switched off. A running gateway does the work."""
    from gateway_core import app as gateway
    from gateway_core.operations.cron import job_of, throw
    from gateway_core.settings import Settings

    settings = Settings()
    store = gateway.store_of(settings)
    gateway.install_bundles(settings, store, tell)
    catalog = gateway.live_of(settings, store).moment.catalog
    thrown = throw(gateway.context_of(catalog, store), job_of(catalog, name), gateway.now())
    store.close()
    tell(f"{thrown} events thrown" if thrown else "no action hears what this job throws")
