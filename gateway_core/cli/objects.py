"""``gateway objects``: all of them in and out, as JSON lines."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from gateway_core.cli.output import fail, tell

app = typer.Typer(help="Import and export objects as JSON lines.", no_args_is_help=True)

BATCH = 500


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The file to write; - for standard output.")],
    schema: Annotated[list[str] | None, typer.Option(help="Only objects of these schemas ($id).")] = None,
) -> None:
    """Write every object, a line each, in a form that import reads."""
    import orjson

    from gateway_core import app as gateway
    from gateway_core.operations.transfer import export_objects
    from gateway_core.settings import Settings

    settings = Settings()
    store = gateway.store_of(settings)
    catalog = gateway.live_of(settings, store).moment.catalog
    for name in set(schema or ()) - catalog.entities.keys():
        fail(f"schema '{name}' is not installed")
    count = 0
    stream = sys.stdout.buffer if str(file) == "-" else file.open("wb")
    with stream:
        for document in export_objects(gateway.context_of(catalog, store), "", schema or catalog.entities):
            stream.write(orjson.dumps(document) + b"\n")
            count += 1
    tell(f"{count} objects written")


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="JSON lines, as export writes them.", exists=True, dir_okay=False)
    ],
) -> None:
    """Load objects with the ids they have. Objects that exist are left as they are, so an
    interrupted import is finished by starting it again."""
    from rich.console import Console
    from rich.progress import Progress

    from gateway_core import app as gateway
    from gateway_core.errors import GatewayError
    from gateway_core.operations.transfer import load_objects
    from gateway_core.settings import Settings
    from gateway_core.types import Principal

    settings = Settings()
    store = gateway.store_of(settings)
    gateway.install_bundles(settings, store, tell)
    context = gateway.context_of(gateway.live_of(settings, store).moment.catalog, store)
    principal = Principal("import", frozenset())
    created = present = 0
    with Progress(console=Console(stderr=True)) as progress:
        task = progress.add_task("importing", total=file.stat().st_size)
        for first, size, batch in _batches(file):
            try:
                loaded = load_objects(context, principal, batch, check_references=False)
            except GatewayError as error:
                progress.stop()
                fail(f"{file}, lines {first} to {first + len(batch) - 1}: {_explain(error)}")
            created, present = created + loaded.created, present + loaded.present
            progress.advance(task, size)
    tell(f"{created} objects created, {present} were there already")


def _batches(file: Path) -> Iterator[tuple[int, int, list[tuple[str, Any]]]]:
    """Batches of (schema, document), with the first line's number and the bytes read."""
    from gateway_core.errors import BadRequest
    from gateway_core.operations.transfer import SCHEMA
    from gateway_core.web.bodies import read_json

    batch: list[tuple[str, Any]] = []
    first, size = 1, 0
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            size += len(line)
            if not line.strip():
                continue
            try:
                document = read_json(line, 100)
            except BadRequest as error:
                fail(f"{file}, line {number}: {error.detail}")
            if not isinstance(document, dict) or not isinstance(document.get(SCHEMA), str):
                fail(f"{file}, line {number}: an object with '{SCHEMA}' naming its schema is expected")
            batch.append((document.pop(SCHEMA), document))
            if len(batch) == BATCH:
                yield first, size, batch
                batch, first, size = [], number + 1, 0
    if batch:
        yield first, size, batch


def _explain(error: Any) -> str:
    from gateway_core.schema import reason

    violations = getattr(error, "violations", ())
    faults = [f"{'.'.join(map(str, v.pointer)) or 'document'} {reason(v)}" for v in violations[:5]]
    return ": ".join([str(error.detail), "; ".join(faults)]) if faults else str(error.detail)
