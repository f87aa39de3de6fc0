"""``sqlite:`` URLs: ``sqlite:///relative.db``, ``sqlite:////absolute.db``, ``sqlite:///:memory:``."""

from __future__ import annotations

import itertools
from urllib.parse import unquote

from gateway_core.errors import StoreError
from gateway_core.store.open import Durability
from gateway_core.store.sqlite.store import SqliteStore

_memories = itertools.count(1)


def open_url(url: str, *, durability: Durability) -> SqliteStore:
    """Open the file that the URL names; each store in memory is a new one, shared by its threads."""
    path = unquote(url.removeprefix("sqlite:///"))
    if not url.startswith("sqlite:///") or not path or "\0" in path:
        hint = "Write sqlite:///relative.db or, with a fourth slash, sqlite:////absolute.db."
        raise StoreError("The URL of the store names no file.", hint=hint)
    if path == ":memory:":
        path = f"file:/gateway-{next(_memories)}?vfs=memdb"
    return SqliteStore(path, synchronous="FULL" if durability == "full" else "NORMAL")
