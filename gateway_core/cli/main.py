"""``gateway``: the commands, and how an error becomes a sentence and an exit code.

Data goes to standard output, messages to standard error. Exit codes: 0 done, 1 something
is wrong with what was asked for, 2 the command was written wrongly, 130 interrupted.
Imports of the application stand inside the commands, so that ``--help`` answers at once.
"""

from __future__ import annotations

import contextlib
import errno
import os
import socket
import sys
from collections.abc import Callable
from typing import Annotated, Any

import typer

from gateway_core.cli import applications, bundle, cron, events, mapping, objects, sources
from gateway_core.cli.output import explain, fail, tell

app = typer.Typer(
    name="gateway",
    help="A schema-driven API gateway: bundles of schemas, endpoints and mappings served as REST.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    add_completion=False,
)
app.add_typer(bundle.app, name="bundle")
app.add_typer(applications.app, name="app")
app.add_typer(objects.app, name="objects")
app.add_typer(mapping.app, name="mapping")
app.add_typer(sources.app, name="source")
app.add_typer(cron.app, name="cron")
app.add_typer(events.app, name="events")

LOOPBACK = ("127.0.0.1", "localhost", "::1")


def _set(name: str, value: object) -> None:
    """An option is its environment variable, given for once: server processes read that."""
    if value is not None:
        os.environ[f"GATEWAY_{name.upper()}"] = str(value)


@app.callback()
def common(
    store: Annotated[
        str | None, typer.Option(help="Where everything is kept (GATEWAY_STORE, sqlite:///gateway.db).")
    ] = None,
) -> None:
    _set("store", store)


@app.command()
def serve(
    host: Annotated[str | None, typer.Option(help="Address to listen on (GATEWAY_HOST, 127.0.0.1).")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on (GATEWAY_PORT, 8000).")] = None,
    store: Annotated[str | None, typer.Option(help="Where everything is kept (GATEWAY_STORE).")] = None,
    workers: Annotated[int | None, typer.Option(help="Server processes (GATEWAY_WORKERS, 1).")] = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Serve without credentials, on the loopback address only.")
    ] = False,
    locked: Annotated[
        bool, typer.Option("--locked", help="Serve only what the lock file holds (GATEWAY_LOCKED).")
    ] = False,
) -> None:
    """Install the bundles that changed, and serve them."""
    for name, value in (("host", host), ("port", port), ("store", store), ("workers", workers)):
        _set(name, value)
    if demo:
        _set("demo", "true")
    if locked:
        _set("locked", "true")
    import uvicorn

    from gateway_core import app as gateway
    from gateway_core.cli.beside import beside
    from gateway_core.cli.server import run
    from gateway_core.operations.install import make_indexes, sentence
    from gateway_core.settings import Settings
    from gateway_core.web.connection import protocol

    settings = Settings()
    if settings.demo and settings.host not in LOOPBACK:
        fail(f"--demo serves on the loopback address only, not on {settings.host}; leave --host out", code=2)
    _check_address(settings.host, settings.port)
    opened = gateway.store_of(settings)
    gateway.check_workers(settings, opened)
    for finding in opened.findings():
        tell(f"warning: {sentence(finding)}")
    gateway.install_bundles(settings, opened, tell)
    catalog = gateway.live_of(settings, opened).moment.catalog
    make_indexes(opened, catalog)
    title = catalog.title
    _tell_access(settings, opened)
    apart = settings.deliver_events == "process" and opened.shared
    opened.close()
    config = uvicorn.Config(
        "gateway_core.app:create_app",
        factory=True,
        host=settings.host,
        port=settings.port,
        workers=settings.workers,
        log_level="warning",
        access_log=False,
        proxy_headers=False,  # GATEWAY_PUBLIC_URL says how clients see us; headers could be anybody's
        server_header=False,
        http=protocol(gateway.connection_limits(settings)),
        ws="none",
        timeout_keep_alive=settings.keep_alive,
        timeout_graceful_shutdown=10,
    )
    host = f"[{settings.host}]" if ":" in settings.host else settings.host
    with beside(tell) if apart else contextlib.nullcontext():
        run(
            config, lambda port: tell(f"serving {title} at http://{host}:{port} (API documentation at /docs)")
        )


def _check_address(host: str, port: int) -> None:
    """Fail now, and not after everything was installed, when nobody can listen there."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        with socket.socket(family, kind, protocol) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except OSError as error:
        problem = "is in use" if error.errno == errno.EADDRINUSE else f"cannot be used: {error.strerror}"
        fail(f"the address {host}:{port} {problem}; choose another with --host or --port")


def _tell_access(settings: Any, store: Any) -> None:
    from gateway_core.operations.applications import declared

    if settings.demo:
        tell("demo: anyone on this machine may read and write without credentials")
        return
    waiting = [name for name, _ in declared(store.artifacts(), store)]
    if waiting:
        tell(f"without credentials yet: {', '.join(waiting)} (gateway app add NAME makes them)")
    if not store.applications():
        tell("no application can call yet: make credentials with 'gateway app add NAME'")


@app.command()
def openapi() -> None:
    """Print the OpenAPI document of the installed configuration."""
    import orjson

    from gateway_core import app as gateway
    from gateway_core.settings import Settings

    settings = Settings()
    store = gateway.store_of(settings)
    gateway.install_bundles(settings, store, tell)
    document = gateway.live_of(settings, store).moment.catalog.openapi
    sys.stdout.buffer.write(orjson.dumps(document, option=orjson.OPT_INDENT_2) + b"\n")


@app.command()
def doctor(
    explain: Annotated[
        str | None,
        typer.Option(metavar="REQUEST", help="Tell how the store answers a list, as 'GET /api/…?…'."),
    ] = None,
) -> None:
    """Check settings, store and configuration; or tell how a list is answered, and what would help."""
    from gateway_core.cli.doctor import examine, explain_request
    from gateway_core.settings import Settings

    if explain is not None:
        explain_request(Settings(), explain, tell)
    elif not examine(Settings(), tell):
        raise typer.Exit(1)


def main() -> None:
    """Run a command; errors made on purpose end in one sentence."""
    run: Callable[[], Any] = app
    try:
        run()
    except KeyboardInterrupt:
        tell("interrupted")
        raise SystemExit(130) from None
    except BrokenPipeError:
        # Whoever read our output has seen enough; flushing it at the end must not fail again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        raise SystemExit(141) from None
    except OSError as error:
        fail(f"{error.filename}: {error.strerror}" if error.filename else str(error))
    except Exception as error:
        from pydantic import ValidationError

        from gateway_core.errors import GatewayError

        if isinstance(error, GatewayError):
            fail(explain(error))
        if isinstance(error, ValidationError):
            faults = [f"GATEWAY_{str(e['loc'][0]).upper()}: {e['msg']}" for e in error.errors()]
            fail("; ".join(faults), code=2)
        raise


if __name__ == "__main__":
    main()
