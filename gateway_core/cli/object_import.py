"""An import, batch by batch: what was created, what was rejected and why, what leads nowhere."""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO

import orjson

from gateway_core.cli.object_files import MAX_NESTING, REJECTED, Format, Lines, Record
from gateway_core.cli.object_rows import write_rows
from gateway_core.errors import GatewayError
from gateway_core.operations.call import Context
from gateway_core.operations.documents import ID
from gateway_core.operations.transfer import (
    SCHEMA,
    Entry,
    OpenReference,
    faults_of,
    id_of,
    load_objects,
    still_open,
)
from gateway_core.types import JsonObject, Principal
from gateway_core.web.bodies import read_json

BATCH = 1000
BATCH_BYTES = 8 * 1024 * 1024
KEPT = 20  # so many rejected lines and open references are told; the rest are counted
REMEMBERED = 200_000  # ids of so many earlier lines are known, at least


@dataclass(slots=True)
class Told:
    """The first of many sentences, and how many there are."""

    first: list[str] = field(default_factory=list)
    count: int = 0

    def add(self, sentence: str) -> None:
        self.count += 1
        if len(self.first) < KEPT:
            self.first.append(sentence)

    def lines(self) -> list[str]:
        more = self.count - len(self.first)
        return [*self.first, f"and {more} more"] if more else self.first


@dataclass(slots=True)
class Outcome:
    """What became of the lines; ``stopped`` tells that the rest of them was not looked at."""

    created: int = 0
    present: int = 0
    rejected: Told = field(default_factory=Told)
    dangling: Told = field(default_factory=Told)
    stopped: bool = False


class Import:
    """Loads records. ``skip`` passes over bad lines, which otherwise end the import with their
    batch; ``reject`` is told of each, with the reason. With ``tell`` there are events of what is loaded."""

    def __init__(
        self, context: Context, *, skip: bool, reject: Callable[[Record, str], None], tell: bool = True
    ) -> None:
        self._context, self._skip, self._reject, self._events = context, skip, reject, tell
        self._principal = Principal("import", frozenset())
        self._seen: tuple[set[bytes], set[bytes]] = (set(), set())
        self.outcome = Outcome()

    def run(self, records: Iterable[Record], lines: Lines, advance: Callable[[], None]) -> Outcome:
        """Load all of them, which come from the lines; ``advance`` is called after each batch."""
        with tempfile.TemporaryFile() as unresolved:
            for batch in _batches(records, lines):
                self._load(batch, unresolved)
                advance()
                if self.outcome.stopped:
                    break
            for reference in self._dangling(unresolved):
                self.outcome.dangling.add(f"{reference.place}: '{reference.property}'")
        return self.outcome

    def _load(self, batch: Sequence[Record], unresolved: IO[bytes]) -> None:
        faults = {record.number: record.reason for record in batch if record.document is None}
        entries: list[Entry] = []
        for record in batch:
            if record.document is None:
                continue
            if self._repeated(record.document):
                faults[record.number] = f"'{ID}' is that of an earlier line"
            else:
                entries.append(Entry(record.document.pop(SCHEMA), record.document, record.place))
        if faults and not self._skip:
            found = faults_of(self._context, self._principal, entries)
        else:
            loaded = load_objects(
                self._context,
                self._principal,
                entries,
                check_references=False,
                pass_over=self._skip,
                tell=self._events,
            )
            found = loaded.faults
            self.outcome.created += loaded.created
            self.outcome.present += loaded.present
            for reference in loaded.open:
                line = [reference.place, reference.property, reference.target]
                unresolved.write(orjson.dumps(line) + b"\n")
        faults |= {int(fault.place.removeprefix("line ")): fault.reason for fault in found}
        self._tell(batch, faults)

    def _tell(self, batch: Sequence[Record], faults: dict[int, str]) -> None:
        for record in batch:
            if record.number in faults:
                self._reject(record, faults[record.number])
                self.outcome.rejected.add(f"{record.place}: {faults[record.number]}")
        self.outcome.stopped = bool(faults) and not self._skip

    def _repeated(self, document: JsonObject) -> bool:
        """Whether an earlier line has this id: of the last ``REMEMBERED``, so that memory stays bounded."""
        id = id_of(document)
        if id is None:
            return False
        key = bytes.fromhex(id.replace("-", ""))
        newer, older = self._seen
        if key in newer or key in older:
            return True
        if len(newer) >= REMEMBERED:
            newer, older = self._seen = (set(), newer)
        newer.add(key)
        return False

    def _dangling(self, unresolved: IO[bytes]) -> Iterator[OpenReference]:
        """The references whose object did not come with a later line either."""
        unresolved.seek(0)
        while lines := list(itertools.islice(unresolved, BATCH)):
            references = [OpenReference(*json.loads(line)) for line in lines]
            yield from still_open(self._context, self._principal.tenant, references)


def _batches(records: Iterable[Record], lines: Lines) -> Iterator[list[Record]]:
    """``BATCH`` records at a time, or fewer long ones."""
    batch: list[Record] = []
    begin = lines.size
    for record in records:
        batch.append(record)
        if len(batch) == BATCH or lines.size - begin > BATCH_BYTES:
            yield batch
            batch, begin = [], lines.size
    if batch:
        yield batch


@contextlib.contextmanager
def rejects(
    file: Path | None, format: Format, header: Sequence[str]
) -> Iterator[Callable[[Record, str], None]]:
    """Takes rejected lines down in ``file``, in the form that they came in and with the reason, so
    that it can be mended and imported. The file is for its owner only."""
    if file is None:
        yield lambda *_: None
        return
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as stream:
        names = [name for name in header if name != REJECTED]
        kept = [index for index, name in enumerate(header) if name != REJECTED]
        if format is Format.CSV:
            write_rows(stream, [[REJECTED, *names]])

        def reject(record: Record, reason: str) -> None:
            if format is Format.CSV:
                whole = len(record.source) == len(header)
                cells = [record.source[index] for index in kept] if whole else record.source
                write_rows(stream, [[f"{record.place}: {reason}", *cells]])
            else:
                told = {"line": record.number, "reason": reason}
                stream.write(orjson.dumps({REJECTED: told, **_shown(record.source)}) + b"\n")

        yield reject


def _shown(line: bytes) -> JsonObject:
    """The object of a line; of what is none, the text."""
    try:
        document = read_json(line, MAX_NESTING)
    except GatewayError:
        document = None
    if isinstance(document, dict):
        document.pop(REJECTED, None)
        return document
    return {"text": line.decode("utf-8", "replace").rstrip("\r\n")}
