"""``gateway events``: what happened, and what could not be delivered."""

from __future__ import annotations

from typing import Annotated

import typer

from gateway_core.cli.output import fail, tell

app = typer.Typer(help="What happened, and what could not be delivered.", no_args_is_help=True)


@app.command("list")
def list_(
    dead: Annotated[
        bool, typer.Option("--dead", help="Those that could not be delivered, with the reason, oldest first.")
    ] = False,
    of: Annotated[
        str | None, typer.Option("--object", help="Only events about the object of this id.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, max=10_000, help="How many at most.")] = 100,
) -> None:
    """Print events, newest first, one JSON object a line; and how much waits to be delivered."""
    import orjson

    from gateway_core import app as gateway
    from gateway_core.operations import outbox
    from gateway_core.settings import Settings

    if dead and of:
        fail("--dead lists what nobody was told, of all objects: leave --object out", code=2)
    store = gateway.store_of(Settings())
    found = outbox.dead_letters(store, limit=limit) if dead else outbox.events(store, limit=limit, object=of)
    waits = outbox.backlog(store)
    store.close()
    for each in found:
        print(orjson.dumps(each).decode())
    tell(
        f"waiting: {waits['events']} events to be handed out, {waits['deliveries']} deliveries; "
        f"dead letters: {waits['deadLetters']}"
    )


@app.command("replay")
def replay(
    event: Annotated[
        str | None, typer.Argument(help="The id of an event; every event when left out.", metavar="EVENT")
    ] = None,
    consumer: Annotated[
        str | None, typer.Option(help="Only deliveries to this consumer, as 'events list --dead' names it.")
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="All dead letters.")] = False,
) -> None:
    """Have dead letters delivered once more, as if they had never been tried."""
    from gateway_core import app as gateway
    from gateway_core.operations import outbox
    from gateway_core.settings import Settings

    if everything == bool(event or consumer):
        fail("say which: the id of an event, --consumer, or --all", code=2)
    store = gateway.store_of(Settings())
    revived = outbox.replay(store, gateway.now(), event=event, consumer=consumer)
    store.close()
    tell(f"{revived} deliveries are tried again")


@app.command("deliver")
def deliver_(
    until_eof: Annotated[
        bool, typer.Option("--until-eof", help="End when standard input ends, as it does with a parent.")
    ] = False,
) -> None:
    """Deliver events until interrupted: what the process beside 'gateway serve' does."""
    import os
    import signal
    import sys
    import threading

    from gateway_core.cli.delivering import deliver
    from gateway_core.settings import Settings

    stopping = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stopping.set())
    if until_eof:

        def wait() -> None:
            sys.stdin.buffer.read()
            stopping.set()

        threading.Thread(target=wait, daemon=True).start()
        os.nice(5)  # whoever writes comes first
    deliver(Settings(), stopping)
