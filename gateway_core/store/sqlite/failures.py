"""What SQLite reports → ``StoreError`` in clear words."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import Iterator

from gateway_core.errors import BadRequest, NotAtOnce, StoreError

# By the first words of SQLite's symbolic error name; the first that fits.
_CAUSES = (
    (
        "SQLITE_BUSY",
        "is locked by another process",
        "Try again; if it stays so, find the process that holds it.",
    ),
    ("SQLITE_LOCKED", "is locked by another connection", "Try again."),
    ("SQLITE_FULL", "cannot grow: the disk is full", "Free some space; nothing was half written."),
    ("SQLITE_IOERR", "cannot be read or written", "Look for a full disk, a quota or a failing device."),
    ("SQLITE_CORRUPT", "is damaged", "Restore it from a backup."),
    ("SQLITE_NOTADB", "is not a SQLite database, or is damaged", "Give the path of another file."),
    ("SQLITE_READONLY", "may not be written", "Check the permissions of the file and its directory."),
    ("SQLITE_PERM", "may not be opened", "Check the permissions of the file and its directory."),
    ("SQLITE_CANTOPEN", "cannot be opened", "Check that its directory exists and may be written."),
    ("SQLITE_TOOBIG", "cannot hold a document this large", "Send a smaller one."),
)


def store_error(error: sqlite3.Error, place: str) -> StoreError:
    """The error in words; ``place`` names the store. SQLite's own text is left out, since it
    may repeat values."""
    name = getattr(error, "sqlite_errorname", None) or type(error).__name__
    for start, problem, hint in _CAUSES:
        if name.startswith(start):
            translation = StoreError(f"The store {place} {problem} ({name}).", hint=hint)
            break
    else:
        translation = StoreError(f"The store {place} failed ({name}).")
    translation.__cause__ = error
    return translation


@contextlib.contextmanager
def translated(place: str) -> Iterator[None]:
    """Raise what SQLite reports inside as errors of ours; what was interrupted since it took too long
    to be read at once, as ``NotAtOnce``."""
    try:
        yield
    except sqlite3.Error as error:
        if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_INTERRUPT:
            raise NotAtOnce from None
        raise store_error(error, place)  # noqa: B904 - it has its cause
    except UnicodeEncodeError:
        raise BadRequest("The request holds text that is not valid Unicode.") from None
