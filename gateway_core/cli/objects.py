"""``gateway objects``: all of them in and out, as JSON lines."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated, NoReturn

import typer

from gateway_core.cli.output import fail, tell

if TYPE_CHECKING:
    from rich.progress import Progress

    from gateway_core.operations.call import Context
    from gateway_core.operations.transfer import Entry, OpenReference

app = typer.Typer(help="Import and export objects as JSON lines.", no_args_is_help=True)

BATCH = 500
SHOWN_FAULTS = 20


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
    if not catalog.entities:
        fail(f"the store {settings.store} holds no configuration, so no objects: is it the one you mean?")
    for name in sorted(set(schema or ()) - catalog.entities.keys()):
        fail(f"schema '{name}' is not installed; installed are: {', '.join(sorted(catalog.entities))}")
    count = 0
    with _written(file) as stream:
        for document in export_objects(gateway.context_of(catalog, store), "", schema or catalog.entities):
            stream.write(orjson.dumps(document) + b"\n")
            count += 1
    store.close()
    tell(f"{count} objects written")


@contextlib.contextmanager
def _written(file: Path) -> Iterator[IO[bytes]]:
    """The file to write: it appears under its name once it is complete, for its owner only."""
    if str(file) == "-":
        yield sys.stdout.buffer
        sys.stdout.buffer.flush()
        return
    partial = file.with_name(f"{file.name}.part")
    try:
        descriptor = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "wb") as stream:
            yield stream
            stream.flush()
            os.fsync(descriptor)
        partial.replace(file)
    except BaseException:
        partial.unlink(missing_ok=True)
        raise


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
    from gateway_core.settings import Settings

    settings = Settings()
    store = gateway.store_of(settings)
    gateway.install_bundles(settings, store, tell)
    context = gateway.context_of(gateway.live_of(settings, store).moment.catalog, store)
    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        created, present, dangling = _load(context, file, progress)
    store.close()
    tell(f"{created} objects created, {present} were there already")
    if dangling:
        places = [f"{each.place}: '{each.property}'" for each in dangling]
        tell("\n".join(_shortened(places)))
        fail("these references lead to objects that are not there; import those objects too")


@dataclass(slots=True)
class _Batch:
    """Some lines of the file: what they hold, what is wrong with them, and how many bytes they are."""

    entries: list[Entry] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    size: int = 0


def _load(context: Context, file: Path, progress: Progress) -> tuple[int, int, list[OpenReference]]:
    """Load the file; how many objects were created and present, and references that lead nowhere."""
    from gateway_core.operations.transfer import faults_of, load_objects, still_open
    from gateway_core.types import Principal

    principal = Principal("import", frozenset())
    task = progress.add_task("importing", total=file.stat().st_size)
    created = present = 0
    unresolved: list[OpenReference] = []
    for batch in _batches(file):
        if batch.faults:
            progress.stop()
            faults = [*batch.faults, *faults_of(context, principal, batch.entries)]
            _refuse(file, sorted(faults, key=_line_of), created)
        loaded = load_objects(context, principal, batch.entries, check_references=False)
        if loaded.faults:
            progress.stop()
            _refuse(file, loaded.faults, created)
        created, present = created + loaded.created, present + loaded.present
        unresolved += loaded.open
        progress.advance(task, batch.size)
    return created, present, still_open(context, principal.tenant, unresolved)


def _line_of(fault: str) -> int:
    return int(fault.partition(":")[0].removeprefix("line "))


def _batches(file: Path) -> Iterator[_Batch]:
    batch, seen = _Batch(), set[bytes]()
    with file.open("rb") as stream:
        for number, line in enumerate(stream, 1):
            batch.size += len(line)
            if line.strip():
                _read(line, number, batch, seen)
            if len(batch.entries) + len(batch.faults) == BATCH:
                yield batch
                batch = _Batch()
    if batch.size:
        yield batch


def _read(line: bytes, number: int, batch: _Batch, seen: set[bytes]) -> None:
    """Add a line to the batch. ``seen`` are the ids of the lines before."""
    from gateway_core.cli.output import explain
    from gateway_core.errors import GatewayError
    from gateway_core.operations.relations import ID
    from gateway_core.operations.transfer import SCHEMA, Entry, id_of
    from gateway_core.web.bodies import read_json

    try:
        document = read_json(line, 100)
    except GatewayError as error:
        batch.faults.append(f"line {number}: {explain(error).removeprefix('the body ')}")
        return
    if not isinstance(document, dict) or not isinstance(document.get(SCHEMA), str):
        batch.faults.append(f"line {number}: an object with '{SCHEMA}', the $id of its schema, is expected")
        return
    id = id_of(document)
    key = bytes.fromhex(id.replace("-", "")) if id else None
    if key in seen:
        batch.faults.append(f"line {number}: '{ID}' is that of an earlier line")
        return
    if key is not None:
        seen.add(key)
    batch.entries.append(Entry(document.pop(SCHEMA), document, f"line {number}"))


def _refuse(file: Path, faults: list[str] | tuple[str, ...], created: int) -> NoReturn:
    """Name the lines that cannot be imported, and say how it goes on."""
    tell("\n".join(_shortened(list(faults))))
    stored = f"{created} objects of earlier lines were created" if created else "nothing was imported"
    fail(f"{file} cannot be imported as it is; {stored}. Mend these lines and start it again")


def _shortened(lines: list[str]) -> list[str]:
    more = len(lines) - SHOWN_FAULTS
    return [*lines[:SHOWN_FAULTS], f"and {more} more"] if more > 0 else lines
