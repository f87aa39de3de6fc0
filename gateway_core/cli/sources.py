"""``gateway source``: which other systems there are, and whether they can be reached."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from typing import Annotated, Any

import typer

from gateway_core.cli.output import fail, tell

app = typer.Typer(help="Other systems that are called.", no_args_is_help=True)


@app.command("list")
def list_() -> None:
    """List the sources: their host, whether they are switched on, and what they lack."""
    from rich.console import Console
    from rich.table import Table

    from gateway_core import app as gateway
    from gateway_core.settings import Settings

    settings = Settings()
    catalog, sources, outgoing = _opened(settings, gateway)
    table = Table(box=None)
    for title in ("Source", "Host", "On"):
        table.add_column(title, no_wrap=True)
    table.add_column("Reference", overflow="fold")
    table.add_column("Remark")
    for source in sorted(catalog.sources.values(), key=lambda each: each.title):
        state = sources.state(source)
        on = "yes" if state.enabled else "no"
        table.add_row(source.title, state.host, on, source.reference, state.trouble)
    outgoing.close()
    if not catalog.sources:
        tell("no bundle that is installed has sources")
        return
    Console().print(table)


@app.command("test")
def try_(
    name: Annotated[str, typer.Argument(help="Title or reference of the source.")],
    path: Annotated[
        str | None, typer.Argument(help="What to ask below its address; its probe when absent.")
    ] = None,
) -> None:
    """Call a source as the gateway would, and tell what came of it. Nothing of the answer is printed."""
    from gateway_core import app as gateway
    from gateway_core.errors import GatewayError, UpstreamError
    from gateway_core.operations.asking import source_of
    from gateway_core.outgoing.decode import decode
    from gateway_core.outgoing.protocol import Message
    from gateway_core.settings import Settings

    settings = Settings()
    catalog, sources, outgoing = _opened(settings, gateway)
    source = source_of(catalog, name)
    started = time.monotonic()
    try:
        answer = sources.call(source, Message("GET", source.probe if path is None else path))
        milliseconds = round((time.monotonic() - started) * 1000)
        tell(f"{source.title} answered {answer.status} in {milliseconds} ms, {len(answer.body)} bytes")
        if answer.status >= 400:
            raise typer.Exit(1)
        decode(answer, source.decoding)
    except UpstreamError as error:
        fail(f"{error.detail} ({error.cause})" if error.cause else error.detail)
    except GatewayError as error:
        fail(error.detail)
    finally:
        outgoing.close()


@app.command("sync")
def sync(
    name: Annotated[str, typer.Argument(help="Title or reference of an action that synchronizes.")],
    page: Annotated[
        int | None,
        typer.Option(
            help="Begin with this page, instead of where the last run broke off; then nothing is removed.",
            min=0,
        ),
    ] = None,
) -> None:
    """Bring the objects of a source in, as the action says, and tell what came of it."""
    from gateway_core import app as gateway
    from gateway_core.errors import GatewayError
    from gateway_core.operations.actions.synchronizing import by_name, run_by_name
    from gateway_core.operations.call import Budget
    from gateway_core.settings import Settings

    settings = Settings()
    catalog, sources, outgoing = _opened(settings, gateway)
    action = by_name(catalog, name)
    store = gateway.store_of(settings)
    context = gateway.context_of(catalog, store)._replace(
        sources=sources, calls=Budget(settings.mapping_calls)
    )
    try:
        with _progress(action.title) as report:
            tally = run_by_name(context, action, report=report, first=page)
    except GatewayError as error:
        fail(f"{error.detail} (what came in before is kept; run it again to go on)")
    finally:
        outgoing.close()
        store.close()
    counts = ("created", "changed", "unchanged", "removed", "failed")
    told = ", ".join(f"{getattr(tally, each)} {each}" for each in counts)
    if tally.resumed:
        tell("this went on where the last run broke off, and removes nothing")
    tell(f"{action.title}: {tally.seen} objects on {tally.pages} pages: {told}")
    for fault in tally.faults:
        tell(f"  {fault}")
    if tally.failed:
        raise typer.Exit(1)


@contextlib.contextmanager
def _progress(title: str) -> Iterator[Callable[[Any], None]]:
    """A bar on the terminal; nothing where there is none."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(title, total=None)
        yield lambda tally: progress.update(task, completed=tally.seen, total=tally.total)


def _opened(settings: Any, gateway: Any) -> tuple[Any, Any, Any]:
    """The catalog in force, its sources, and the way to them."""
    store = gateway.store_of(settings)
    try:
        gateway.install_bundles(settings, store, tell)
        catalog = gateway.live_of(settings, store).moment.catalog
    finally:
        store.close()
    outgoing = gateway.outgoing_of(settings)
    return catalog, gateway.sources_of(settings, outgoing, lambda _: None), outgoing
