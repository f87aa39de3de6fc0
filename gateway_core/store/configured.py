"""What stores of SQL tables have in common about configuration: reading it."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any, ClassVar

import orjson

from gateway_core.store import rows
from gateway_core.store.protocol import ApplicationRecord, Installation
from gateway_core.types import Artifact, JsonObject

ARTIFACTS = """
SELECT a.kind, a.reference, a.version, a.body, a.bundle, a.path
FROM artifact a JOIN installation i ON i.bundle = a.bundle ORDER BY i.number, a.position"""
APPLICATION = "name, client_id, key_hash, secret, scopes, created, reference"


class ReadsConfiguration(ABC):
    """Those methods of ``protocol.Store``; ``mark`` is how the database writes a parameter."""

    mark: ClassVar[str]

    @abstractmethod
    def _read(self, text: str, params: tuple[Any, ...] = ()) -> list[Any]:
        """The rows of one statement."""

    def artifacts(self) -> Sequence[Artifact]:
        return tuple(rows.artifact(row) for row in self._read(ARTIFACTS))

    def installed(self) -> Mapping[str, JsonObject]:
        found = self._read("SELECT bundle, record FROM installation ORDER BY number")
        return {bundle: orjson.loads(record) for bundle, record in found}

    def earlier(self, bundle: str) -> Sequence[Installation]:
        text = f"SELECT record, artifacts FROM earlier WHERE bundle = {self.mark} ORDER BY number DESC"
        return tuple(rows.installation(bundle, *row) for row in self._read(text, (bundle,)))

    def applications(self) -> Sequence[ApplicationRecord]:
        found = self._read(f"SELECT {APPLICATION} FROM application ORDER BY name")
        return tuple(rows.application(row) for row in found)
