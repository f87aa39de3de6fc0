"""``tinydb:`` URLs: ``tinydb:///relative.json``, ``tinydb:////absolute.json``."""

from __future__ import annotations

from pathlib import Path
from urllib.parse import unquote

from gateway_core.errors import StoreError
from gateway_core.store.open import Durability
from gateway_core.store.tiny.store import TinyStore


def open_url(url: str, *, durability: Durability) -> TinyStore:
    """Open the file that the URL names; it is made when absent, its directory must exist."""
    path = unquote(url.removeprefix("tinydb:///"))
    if not url.startswith("tinydb:///") or not path or "\0" in path:
        hint = "Write tinydb:///relative.json or, with a fourth slash, tinydb:////absolute.json."
        raise StoreError("The URL of the store names no file.", hint=hint)
    return TinyStore(Path(path), flush=durability == "full")
