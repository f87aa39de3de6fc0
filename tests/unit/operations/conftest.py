"""The pet store in a file, for operations without a server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway_core import app as gateway
from gateway_core.operations.call import Context
from gateway_core.settings import Settings


@pytest.fixture
def pets(tmp_path: Path) -> Iterator[Context]:
    """A context on a new store that holds the pet store, its pets included."""
    settings = Settings(store=f"sqlite:///{tmp_path}/pets.db", bundles="Petstore", durability="fast")
    store = gateway.store_of(settings)
    gateway.install_bundles(settings, store, lambda _: None)
    yield gateway.context_of(gateway.live_of(settings, store).moment.catalog, store)
    store.close()
