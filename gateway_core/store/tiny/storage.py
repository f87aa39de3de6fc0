"""A TinyDB storage that cannot lose a file: each write replaces it as a whole.

TinyDB's own storage truncates the file and writes it anew, so that a kill or a full disk
between the two leaves half of it.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import Any

import orjson
from tinydb.storages import Storage

from gateway_core.errors import StoreError


class AtomicStorage(Storage):
    """Reads and writes ``path``, and keeps other processes away from it while it is open.

    ``flush``: what was written is on disk when ``write`` returns. Raises ``StoreError`` when
    another process has the file open, and when the file is no JSON object.
    """

    def __init__(self, path: Path, *, flush: bool) -> None:
        self._path = path
        self._flush = flush
        self._temporary = path.with_name(f".{path.name}.new")
        self._lock: int | None = _locked(path)

    def read(self) -> dict[str, dict[str, Any]] | None:
        """The tables of the file; None when there is no file yet."""
        try:
            content = self._path.read_bytes()
        except FileNotFoundError:
            return None
        try:
            tables = orjson.loads(content)
        except orjson.JSONDecodeError as error:
            place = f"line {error.lineno}, column {error.colno}"
            hint = "Mend it with an editor, or restore it from a backup."
            raise StoreError(f"The store {self._path} is no JSON at {place}.", hint=hint) from None
        if not isinstance(tables, dict) or not all(isinstance(table, dict) for table in tables.values()):
            raise StoreError(f"The store {self._path} is no TinyDB file.", hint="Give another path.")
        return tables

    def write(self, data: dict[str, dict[str, Any]]) -> None:
        """Replace the file: it holds all of the old or all of the new at every moment."""
        content = orjson.dumps(data, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)
        try:
            descriptor = os.open(self._temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, 0o600)
            with open(descriptor, "wb") as file:  # noqa: PTH123 - it is a descriptor
                file.write(content)
                file.flush()
                if self._flush:
                    os.fsync(descriptor)
            self._temporary.replace(self._path)
        except OSError:
            with contextlib.suppress(OSError):
                self._temporary.unlink()
            raise
        if self._flush:
            _flush_directory(self._path.parent)

    def close(self) -> None:
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None


def _locked(path: Path) -> int:
    """A descriptor that holds the lock. It is on a file beside, since the file itself is replaced."""
    beside = path.with_name(f".{path.name}.lock")
    descriptor = os.open(beside, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        raise StoreError(
            f"The store {path} is in use by another process.",
            hint="A JSON file serves one process at a time: stop that one, or use sqlite: or postgresql:.",
        ) from None
    except BaseException:
        os.close(descriptor)
        raise
    return descriptor


def _flush_directory(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
