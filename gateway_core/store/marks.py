"""The port of marks: what work that is done again and again remembers from one time to the next."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol


class Marks(Protocol):
    """Texts by owner and name. The owner of work on an entity begins with the entity and ``#``: it goes with
    the entity (``Configuration.clear``). Raises what ``Store`` raises."""

    def read(self, owner: str, names: Collection[str]) -> Mapping[str, str]:
        """Those of the names that are there, with their texts."""

    def write(self, owner: str, marks: Mapping[str, str]) -> None:
        """Set them, all or none."""

    def forget(self, owner: str, names: Collection[str]) -> None:
        """Remove those that are there."""
