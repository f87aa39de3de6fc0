"""The configuration in force in this process, swapped as a whole when the store's changes."""

from __future__ import annotations

import threading
from dataclasses import dataclass

from gateway_core.catalog.build import BuildSettings
from gateway_core.catalog.snapshot import BundleInfo, Catalog
from gateway_core.operations.access import Gatekeeper, TokenSettings
from gateway_core.operations.install import compile_catalog
from gateway_core.operations.planning import info_of
from gateway_core.store.protocol import Store


@dataclass(frozen=True, slots=True)
class Moment:
    """What a request takes once and keeps: one catalog, and the applications that may call."""

    revision: int
    catalog: Catalog
    gatekeeper: Gatekeeper


class Live:
    """Holds the current ``Moment``. Reading it costs nothing; ``refresh`` follows the store."""

    def __init__(self, store: Store, build: BuildSettings, tokens: TokenSettings) -> None:
        self._store, self._build, self._tokens = store, build, tokens
        self._refreshing = threading.Lock()
        self._bundles: list[BundleInfo] = []
        self._moment = self._load(None)

    @property
    def moment(self) -> Moment:
        return self._moment

    @property
    def store(self) -> Store:
        return self._store

    def refresh(self) -> bool:
        """Take over what the store holds now, when that is newer; whether it was.

        A configuration that does not compile leaves the one in force and raises ``ConfigurationError``.
        """
        with self._refreshing:  # or a slower thread would put an older moment back
            if self._store.revision() == self._moment.revision:
                return False
            self._moment = self._load(self._moment.catalog)
            return True

    def _load(self, current: Catalog | None) -> Moment:
        revision = self._store.revision()  # before the rest: were it newer, a change would be missed
        with self._store.snapshot():
            artifacts = tuple(self._store.artifacts())
            bundles = _bundles(self._store)
            applications = self._store.applications()
        if current is not None and current.artifacts == artifacts and self._bundles == bundles:
            catalog = current
        else:
            catalog = compile_catalog(artifacts, self._build, bundles)
        self._bundles = bundles
        return Moment(revision, catalog, Gatekeeper(applications, self._tokens))


def _bundles(store: Store) -> list[BundleInfo]:
    """The installed bundles, from the records of their installation."""
    return [info_of(name, record) for name, record in store.installed().items()]
