"""From a URL to a store. Kinds of stores are found by entry point, so that a package can add one."""

from __future__ import annotations

import difflib
from collections.abc import Callable
from functools import partial
from importlib import import_module
from importlib.metadata import entry_points
from typing import Literal, Protocol

from gateway_core.errors import StoreError
from gateway_core.store.protocol import Store

Durability = Literal["full", "fast"]
GROUP = "gateway.stores"

# What works without the package's metadata too (a checkout that was never installed).
_BUILT_IN = {
    "sqlite": "gateway_core.store.sqlite.factory:open_url",
    "tinydb": "gateway_core.store.tiny.factory:open_url",
    "postgresql": "gateway_core.store.postgresql.factory:open_url",
    "postgres": "gateway_core.store.postgresql.factory:open_url",
}


class StoreFactory(Protocol):
    """What an entry point in ``gateway.stores`` names; the entry's name is the URL's scheme."""

    def __call__(self, url: str, *, durability: Durability) -> Store: ...


def open_store(url: str, *, durability: Durability = "full") -> Store:
    """Open the store at ``url``; the scheme says which kind.

    ``full``: an acknowledged write survives a power cut; ``fast``: it survives a kill of the
    process. Raises ``StoreError`` for an unknown scheme and when the store cannot be opened.
    """
    scheme = url.partition(":")[0].lower() if ":" in url else ""
    loaders = _loaders()
    if scheme not in loaders:
        near = difflib.get_close_matches(scheme, loaders, n=1)
        meant = f"Did you mean {near[0]}:? " if near else ""
        hint = f"{meant}Known are: {', '.join(sorted(loaders))}; for example sqlite:///gateway.db."
        raise StoreError(f"There is no store of the kind '{scheme}'.", hint=hint)
    return loaders[scheme]()(url, durability=durability)


def _loaders() -> dict[str, Callable[[], StoreFactory]]:
    loaders: dict[str, Callable[[], StoreFactory]] = {
        scheme: partial(_built_in, target) for scheme, target in _BUILT_IN.items()
    }
    loaders.update({entry.name: entry.load for entry in entry_points(group=GROUP)})
    return loaders


def _built_in(target: str) -> StoreFactory:
    module, _, name = target.partition(":")
    try:
        factory: StoreFactory = getattr(import_module(module), name)
    except ModuleNotFoundError as error:
        extra = module.split(".")[-2]
        detail = f"The store needs the package '{error.name}', which is not installed."
        raise StoreError(detail, hint=f"Install it with: pip install 'schema-gateway[{extra}]'") from None
    return factory
