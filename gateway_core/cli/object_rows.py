"""CSV files of objects: rows to records, and documents to rows (``operations.table`` has the rules)."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from typing import IO

from gateway_core.catalog.snapshot import Catalog
from gateway_core.cli.object_files import (
    MAX_LINE,
    MAX_NESTING,
    NO_SCHEMA,
    REJECTED,
    TOO_LONG,
    Lines,
    Record,
    record_of,
)
from gateway_core.cli.output import explain
from gateway_core.errors import BadRequest, GatewayError
from gateway_core.operations import table
from gateway_core.operations.transfer import SCHEMA
from gateway_core.types import Json, JsonObject
from gateway_core.web.bodies import read_json

SHOWN_FAULTS = 10


class CsvRecords:
    """The records of CSV, whose first row names the columns (``header``).

    Comma or semicolon, with or without the mark that spreadsheets begin a file with. ``schema`` is
    that of rows that name none. Raises ``BadRequest`` for a header that cannot be meant.
    """

    def __init__(self, lines: Lines, name: str, schema: str | None, catalog: Catalog) -> None:
        self._lines, self._name, self._schema, self._catalog = lines, name, schema, catalog
        self._known: dict[str, list[table.Column | None]] = {}
        csv.field_size_limit(MAX_LINE)
        texts = (line.decode("utf-8", "surrogateescape") for line in lines)
        first = next(texts, "").removeprefix("\ufeff")
        delimiter = ";" if first.count(";") > first.count(",") else ","
        self._rows = csv.reader(_with_first(first, texts), delimiter=delimiter, strict=True)
        self.header = self._read_header()

    def _read_header(self) -> list[str]:
        try:
            names = [table.unguarded(name.strip()) for name in next(self._rows, [])]
        except csv.Error as error:
            raise BadRequest(f"the header is no valid CSV: {error}") from None
        fault = self._fault(1, names)
        if fault:
            raise BadRequest(f"the header: {fault}")
        if len(names) > table.MAX_COLUMNS:
            raise BadRequest(f"the header names more than {table.MAX_COLUMNS} columns")
        if len(set(names)) < len(names):
            raise BadRequest("the header names a column twice")
        if self._schema is not None and SCHEMA not in names:
            faults = [fault for fault in self._unknown(names, self._schema) if fault]
            if faults:
                raise BadRequest(f"the header: {'; '.join(faults[:SHOWN_FAULTS])}")
        return names

    def _unknown(self, names: Sequence[str], schema: str) -> Iterator[str]:
        spec = self._catalog.entities[schema].spec
        for name in names:
            try:
                if name != REJECTED:
                    table.column(name, spec, self._catalog.spec)
            except BadRequest as error:
                yield error.detail

    def __iter__(self) -> Iterator[Record]:
        while True:
            number = self._lines.number + 1
            try:
                cells = next(self._rows, None)
            except csv.Error as error:
                yield Record(number, (), reason=f"it is no valid CSV: {error}")
                continue
            if cells is None:
                return
            if any(cells):
                yield self._record(number, cells)

    def _record(self, number: int, cells: list[str]) -> Record:
        fault = self._fault(number, cells)
        if not fault and len(cells) != len(self.header):
            fault = f"it has {len(cells)} cells, and the header names {len(self.header)} columns"
        if fault:
            return Record(number, cells, reason=fault)
        try:
            document = self._document(cells)
        except GatewayError as error:
            return Record(number, cells, reason=explain(error))
        return record_of(number, cells, document, self._name, self._schema)

    def _fault(self, number: int, cells: Sequence[str]) -> str:
        whole = "".join(cells)
        if self._lines.cut >= number:
            return TOO_LONG
        if "\0" in whole:
            return "it holds a NUL character, which cannot be stored"
        try:
            whole.encode()
        except UnicodeEncodeError:
            return "it is not valid UTF-8"
        return ""

    def _document(self, cells: Sequence[str]) -> JsonObject:
        """The document of a row, by the columns of its own schema."""
        own = cells[self.header.index(SCHEMA)] if SCHEMA in self.header else ""
        schema = own or self._schema
        if schema is None:
            raise BadRequest(NO_SCHEMA)
        if schema not in self._catalog.entities:
            raise BadRequest(f"the schema that '{SCHEMA}' names is not installed")
        found: list[tuple[table.Path, Json]] = []
        for name, text, column in zip(self.header, cells, self._columns(schema), strict=True):
            if text == "" or name == REJECTED:
                continue
            if column is None:
                raise BadRequest(f"the schema has no column '{name}'")
            try:
                found.append((column.path, table.value_of(text, column.types, _read_cell)))
            except GatewayError as error:
                raise BadRequest(f"column '{name}': {explain(error).removeprefix('the body ')}") from None
        return table.document_of(found)

    def _columns(self, schema: str) -> list[table.Column | None]:
        """How the cells of a schema are read, found out once; None for what it does not have."""
        known = self._known.get(schema)
        if known is None:
            known = self._known[schema] = [self._column(name, schema) for name in self.header]
        return known

    def _column(self, name: str, schema: str) -> table.Column | None:
        try:
            return table.column(name, self._catalog.entities[schema].spec, self._catalog.spec)
        except BadRequest:
            return None


def _with_first(first: str, rest: Iterator[str]) -> Iterator[str]:
    if first:
        yield first
    yield from rest


def _read_cell(content: bytes) -> Json:
    return read_json(content, MAX_NESTING)


def write_rows(stream: IO[bytes], rows: Iterable[Sequence[str]]) -> int:
    """Write rows as CSV (RFC 4180, UTF-8); how many."""
    text = io.TextIOWrapper(stream, encoding="utf-8", errors="surrogateescape", newline="")
    writer = csv.writer(text)
    count = 0
    for row in rows:
        writer.writerow(row)
        count += 1
    text.detach()  # flushes, and leaves the stream open
    return count


def document_rows(
    documents: Iterable[JsonObject], paths: Sequence[table.Path], catalog: Catalog
) -> Iterator[list[str]]:
    """The header, and a row for each document."""
    yield [table.cell(table.column_name(path)) for path in paths]
    for document in documents:
        cells = table.cells_of(document, catalog.entities[document[SCHEMA]].spec, catalog.spec)
        yield [table.cell(cells[path]) if path in cells else "" for path in paths]
