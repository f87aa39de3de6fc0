"""``gateway app``: who may call."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from gateway_core.cli.output import fail, tell

app = typer.Typer(help="The applications that may call, and their credentials.", no_args_is_help=True)


@app.command("add")
def add(
    name: Annotated[str, typer.Argument(help="What the application is called.")],
    scope: Annotated[
        list[str] | None,
        typer.Option(
            help="read, write, admin or own; read and write when left out, and own for an "
            "application that a bundle limits to what is its user's own."
        ),
    ] = None,
    admin: Annotated[
        bool, typer.Option("--admin", help="It may change the configuration too, below /admin.")
    ] = False,
    client_id: Annotated[str | None, typer.Option(help="Its client id; the name when left out.")] = None,
    secret_stdin: Annotated[
        bool, typer.Option("--secret-stdin", help="Read the secret it has already from standard input.")
    ] = False,
) -> None:
    """Make credentials for an application. They are shown once: note them down."""
    from gateway_core import app as gateway
    from gateway_core.operations.access import ADMIN, OWN, SCOPES
    from gateway_core.operations.applications import add_application, declared
    from gateway_core.settings import Settings

    settings = Settings()
    store = gateway.store_of(settings)
    gateway.install_bundles(settings, store, tell)
    artifact = dict(declared(store.artifacts(), store)).get(name)
    limited = artifact is not None and bool(artifact.body.get("limits"))
    if OWN in (scope or ()) and not limited:
        fail(
            f"no bundle tells what '{name}' may do with what is its user's own: see 'limits' of applications"
        )
    secret = sys.stdin.readline().strip() if secret_stdin else None
    made = add_application(
        store,
        name,
        gateway.now(),
        scopes=tuple(
            dict.fromkeys((*(scope or ((OWN,) if limited else SCOPES)), *([ADMIN] if admin else [])))
        ),
        client_id=client_id,
        secret=secret,
        reference=artifact.reference if artifact is not None else None,
    )
    print(f"application: {made.name}")
    print(f"api key:     {made.api_key}")
    print(f"client id:   {made.client_id}")
    print(f"secret:      {'(the one given)' if secret else made.secret}")
    tell("These are shown once. Send the key as X-API-Key, or sign a token (HS256) with the secret.")
    store.close()


@app.command("list")
def list_() -> None:
    """Show the applications; secrets and keys are not shown."""
    from rich.console import Console
    from rich.table import Table

    from gateway_core import app as gateway
    from gateway_core.settings import Settings

    store = gateway.store_of(Settings())
    table = Table("application", "client id", "scopes", "since")
    for record in sorted(store.applications(), key=lambda r: r.name):
        table.add_row(record.name, record.client_id, " ".join(record.scopes), f"{record.created:%Y-%m-%d}")
    Console().print(table)
    store.close()


@app.command("revoke")
def revoke(name: Annotated[str, typer.Argument(help="The application that may call no longer.")]) -> None:
    """Take an application's credentials away; running servers follow within a second."""
    from gateway_core import app as gateway
    from gateway_core.settings import Settings

    store = gateway.store_of(Settings())
    removed = store.remove_application(name)
    store.close()
    if not removed:
        fail(f"there is no application '{name}'; 'gateway app list' shows those that exist")
    tell(f"application '{name}' may call no longer")
