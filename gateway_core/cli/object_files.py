"""Files of objects: JSON lines read one by one, files that appear whole; CSV is in ``object_rows``."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import IO, Any

from gateway_core.cli.output import explain
from gateway_core.errors import BadRequest, GatewayError
from gateway_core.operations.documents import ID
from gateway_core.operations.transfer import SCHEMA, lasting_id
from gateway_core.types import JsonObject
from gateway_core.web.bodies import read_json

REJECTED = "_rejected"
NO_SCHEMA = f"an object with '{SCHEMA}', the $id of its schema, is expected"
MAX_LINE = 16 * 1024 * 1024
TOO_LONG = f"it is longer than {MAX_LINE // 1024 // 1024} MB"
MAX_NESTING = 100
STANDARD = "-"


class Format(StrEnum):
    """How objects stand in a file."""

    JSONL = "jsonl"
    CSV = "csv"

    @classmethod
    def of(cls, file: Path) -> Format:
        """What the suffix tells; JSON lines when it tells nothing."""
        return cls.CSV if file.suffix.lower() == ".csv" else cls.JSONL


@dataclass(frozen=True, slots=True)
class Record:
    """A line of a file: its number, what stands there (bytes, or the cells of a row), and its
    object or else the reason why it has none."""

    number: int
    source: Any
    document: JsonObject | None = None
    reason: str = ""

    @property
    def place(self) -> str:
        return f"line {self.number}"


class Lines:
    """The lines of a stream, of a long one only the beginning.

    So far ``number`` lines of ``size`` bytes were read; ``cut`` is the number of the last that was too long.
    """

    def __init__(self, stream: IO[bytes]) -> None:
        self._stream = stream
        self.size = self.number = self.cut = 0

    def __iter__(self) -> Iterator[bytes]:
        while line := self._stream.readline(MAX_LINE):
            self.number += 1
            self.size += len(line)
            if len(line) == MAX_LINE:
                self._pass_over(line)
            yield line

    def _pass_over(self, line: bytes) -> None:
        while line and not line.endswith(b"\n"):
            self.cut = self.number
            line = self._stream.readline(MAX_LINE)
            self.size += len(line)


def json_records(lines: Lines, name: str, schema: str | None) -> Iterator[Record]:
    """The records of JSON lines; ``schema`` is that of lines that name none."""
    for line in lines:
        if line.strip():
            yield _json_record(line, lines, name, schema)


def _json_record(line: bytes, lines: Lines, name: str, schema: str | None) -> Record:
    number = lines.number
    try:
        if lines.cut == number:
            raise BadRequest(TOO_LONG)
        document = read_json(line, MAX_NESTING)
    except GatewayError as error:
        return Record(number, line, reason=explain(error).removeprefix("the body "))
    if not isinstance(document, dict):
        return Record(number, line, reason=NO_SCHEMA)
    document.pop(REJECTED, None)
    return record_of(number, line, document, name, schema)


def record_of(number: int, source: Any, document: JsonObject, name: str, schema: str | None) -> Record:
    """The record of a document, which gets the schema, and without an id of its own one.

    The id follows from the name of the file, the number of the line and what it says, so that an
    import that is started again makes nothing twice.
    """
    if SCHEMA not in document and schema is not None:
        document[SCHEMA] = schema
    if not isinstance(document.get(SCHEMA), str):
        return Record(number, source, reason=NO_SCHEMA)
    if ID not in document:
        document[ID] = lasting_id(document, name, str(number))
    return Record(number, source, document)


@contextlib.contextmanager
def written(file: Path) -> Iterator[IO[bytes]]:
    """The file to write: it appears under its name once it is complete, for its owner only."""
    if str(file) == STANDARD:
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
