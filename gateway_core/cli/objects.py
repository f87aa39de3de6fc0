"""``gateway objects``: all of them in and out, as JSON lines or CSV."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from enum import StrEnum
from pathlib import Path
from typing import IO, TYPE_CHECKING, Annotated

import typer

from gateway_core.cli import forgetting
from gateway_core.cli.output import fail, tell

if TYPE_CHECKING:
    from rich.progress import Progress

    from gateway_core.cli.object_import import Outcome
    from gateway_core.operations.call import Context
    from gateway_core.types import JsonObject

app = typer.Typer(
    help="Import and export objects as JSON lines or CSV; forget what they were.", no_args_is_help=True
)
app.command("purge")(forgetting.purge)
app.command("erase")(forgetting.erase)


class FileFormat(StrEnum):
    jsonl = "jsonl"
    csv = "csv"


class OnError(StrEnum):
    stop = "stop"
    skip = "skip"


FormatOption = Annotated[
    FileFormat | None, typer.Option(help="The form of the file; else its suffix tells, .csv or any other.")
]


@app.command("export")
def export(
    file: Annotated[Path, typer.Argument(help="The file to write; - for standard output.")],
    schema: Annotated[
        list[str] | None, typer.Option(help="Only objects of these schemas ($id, or name).")
    ] = None,
    format: FormatOption = None,
    columns: Annotated[
        list[str] | None,
        typer.Option(help="Only these members: dotted paths, several with commas between them."),
    ] = None,
) -> None:
    """Write every object, a line each, in a form that import reads."""
    from gateway_core import app as gateway
    from gateway_core.cli.object_files import Format, written
    from gateway_core.operations.export import schema_named
    from gateway_core.settings import Settings

    settings = Settings()
    store = gateway.store_of(settings)
    catalog = gateway.live_of(settings, store).moment.catalog
    if not catalog.entities:
        fail(f"the store {settings.store} holds no configuration, so no objects: is it the one you mean?")
    schemas = [schema_named(catalog, name) for name in schema or catalog.entities]
    asked = [name.strip() for names in columns or () for name in names.split(",") if name.strip()]
    form = Format(format or Format.of(file))
    context = gateway.context_of(catalog, store)
    _check_columns(context, schemas, asked)
    with _progress() as progress, store.snapshot(), written(file) as stream:
        count = (_export_csv if form is Format.CSV else _export_json)(
            stream, context, schemas, asked, progress
        )
    store.close()
    tell(f"{count} objects written")


def _check_columns(context: Context, schemas: Sequence[str], asked: Sequence[str]) -> None:
    from gateway_core.errors import BadRequest
    from gateway_core.operations import table

    for name in asked:
        faults = []
        for schema in schemas:
            try:
                table.column(name, context.catalog.entities[schema].spec, context.catalog.spec, part=True)
            except BadRequest as error:
                faults.append(error.detail)
        if len(faults) == len(schemas):
            fail(faults[0])


def _export_json(
    stream: IO[bytes], context: Context, schemas: Sequence[str], asked: Sequence[str], progress: Progress
) -> int:
    import orjson

    from gateway_core.operations.table import chosen_of

    count = 0
    for document in _documents(context, schemas, progress, "exporting"):
        shown = chosen_of(document, asked, context.catalog) if asked else document
        stream.write(orjson.dumps(shown) + b"\n")
        count += 1
    return count


def _export_csv(
    stream: IO[bytes], context: Context, schemas: Sequence[str], asked: Sequence[str], progress: Progress
) -> int:
    """Twice through the objects, of one state: for the columns, and for the rows."""
    from gateway_core.cli.object_rows import document_rows, write_rows
    from gateway_core.operations import table

    paths = table.columns_of(_documents(context, schemas, progress, "looking for columns"), context.catalog)
    if asked:
        paths = table.chosen(paths, asked)
    documents = _documents(context, schemas, progress, "exporting")
    return write_rows(stream, document_rows(documents, paths, context.catalog)) - 1


def _documents(
    context: Context, schemas: Sequence[str], progress: Progress, what: str
) -> Iterator[JsonObject]:
    from gateway_core.operations.export import export_objects
    from gateway_core.query.model import Scope

    total = sum(context.store.count(Scope("", schema)) for schema in schemas)
    return progress_through(export_objects(context, "", schemas), progress, what, total)


def progress_through(
    documents: Iterable[JsonObject], progress: Progress, what: str, total: int
) -> Iterator[JsonObject]:
    """The documents, counted on a bar."""
    task = progress.add_task(what, total=total)
    for number, document in enumerate(documents, 1):
        yield document
        if number % 500 == 0:
            progress.update(task, completed=number)
    progress.update(task, completed=total)


@contextmanager
def _progress() -> Iterator[Progress]:
    """A bar where a person looks on, and nothing elsewhere."""
    from rich.console import Console
    from rich.progress import Progress

    console = Console(stderr=True)
    with Progress(console=console, disable=not console.is_terminal) as progress:
        yield progress


@app.command("import")
def import_(
    file: Annotated[
        Path, typer.Argument(help="JSON lines or CSV, as export writes them; - for standard input.")
    ],
    format: FormatOption = None,
    schema: Annotated[
        str | None, typer.Option(help="The schema ($id, or name) of lines that name none as _schema.")
    ] = None,
    on_error: Annotated[
        OnError, typer.Option(help="stop at the first batch with a bad line, or skip bad lines.")
    ] = OnError.stop,
    rejected: Annotated[
        Path | None, typer.Option(help="A file for the bad lines, each with the reason.", dir_okay=False)
    ] = None,
    without_events: Annotated[
        bool, typer.Option("--without-events", help="Tell nobody of what is loaded.")
    ] = False,
) -> None:
    """Load objects with the ids they have. Objects that exist are left as they are, so an
    interrupted import is finished by starting it again."""
    from gateway_core import app as gateway
    from gateway_core.cli.object_files import STANDARD
    from gateway_core.operations.export import schema_named
    from gateway_core.settings import Settings

    if str(file) != STANDARD and (file.is_dir() or not file.exists()):
        fail(f"{file} is no file that can be read", code=2)
    settings = Settings()
    store = gateway.store_of(settings)
    gateway.install_bundles(settings, store, tell)
    context = gateway.context_of(gateway.live_of(settings, store).moment.catalog, store)
    named = schema_named(context.catalog, schema) if schema is not None else None
    skip = on_error is OnError.skip
    outcome = _import(context, file, format, named, skip=skip, rejected=rejected, tell_of=not without_events)
    store.close()
    _report(file, outcome, rejected)


def _import(
    context: Context,
    file: Path,
    format: FileFormat | None,
    schema: str | None,
    *,
    skip: bool,
    rejected: Path | None,
    tell_of: bool,
) -> Outcome:
    from gateway_core.cli.object_files import STANDARD, Format, Lines, Record, json_records
    from gateway_core.cli.object_import import Import, rejects
    from gateway_core.cli.object_rows import CsvRecords

    form = Format(format or Format.of(file))
    standard = str(file) == STANDARD
    with sys.stdin.buffer if standard else file.open("rb") as stream, _progress() as progress:
        lines = Lines(stream)
        header: Sequence[str] = ()
        records: Iterable[Record]
        if form is Format.CSV:
            records = rows = CsvRecords(lines, file.name, schema, context.catalog)
            header = rows.header
        else:
            records = json_records(lines, file.name, schema)
        task = progress.add_task("importing", total=None if standard else os.fstat(stream.fileno()).st_size)
        with rejects(rejected, form, header) as reject:
            work = Import(context, skip=skip, reject=reject, tell=tell_of)
            return work.run(records, lines, lambda: progress.update(task, completed=lines.size))


def _report(file: Path, outcome: Outcome, rejected: Path | None) -> None:
    """Say what was done, and end with 1 when not all of it was."""
    counts = f"{outcome.created} objects created, {outcome.present} were there already"
    bad, dangling = outcome.rejected, outcome.dangling
    where = f" (all of them are in {rejected})" if rejected is not None else ""
    if bad.count:
        tell("\n".join(bad.lines()))
    if outcome.stopped:
        stored = f"{outcome.created} objects of earlier lines were created"
        stored = stored if outcome.created else "nothing was imported"
        fail(
            f"{file} cannot be imported as it is; {stored}. Mend these lines{where} and start it again,"
            " or leave them out with --on-error skip"
        )
    tell(f"{counts}, {bad.count} lines rejected{where}" if bad.count else counts)
    if dangling.count:
        tell("\n".join(dangling.lines()))
        fail("these references lead to objects that are not there; import those objects too")
    if bad.count:
        fail(f"{bad.count} lines of {file} were not imported")
