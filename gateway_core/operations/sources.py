"""From the name of a bundle to the bundle, and its faults by line and column of its files."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from gateway_core.bundles.read import find_bundle, read_bundle, read_folder
from gateway_core.errors import ConfigurationError
from gateway_core.operations.places import placed, placed_sentence
from gateway_core.types import Bundle, Finding


@dataclass(frozen=True)
class Source:
    """A bundle, where its files are, and the place where an upgrade looks for it again."""

    bundle: Bundle
    files_at: Path
    place: str

    @cached_property
    def _files(self) -> Mapping[str, bytes]:
        return read_folder(self.files_at)

    def told(self, finding: Finding) -> str:
        """A finding for people, with its line and a marker below the spot where these are known."""
        located = finding.path and finding.pointer
        return placed_sentence(finding, self.files_at, self._files if located else {})


def read_source(name: str) -> Source:
    """A bundle from a folder or an archive, or one that is shipped or packaged, by its name.

    Raises ``ConfigurationError`` that says of which bundle it is that something cannot be used.
    """
    with about(name):
        found = find_bundle(name)
        place = str(found.resolve()) if Path(name).exists() else name
        return Source(read_bundle(found), found, place)


@contextlib.contextmanager
def about(name: str) -> Iterator[None]:
    """Say of which bundle it is that something cannot be used."""
    try:
        yield
    except ConfigurationError as error:
        faults = error.detail.splitlines()
        marked = (f"\n  {fault}" if fault.startswith(" ") else f"\n- {fault}" for fault in faults)
        listed = f" {faults[0]}" if len(faults) == 1 else "".join(marked)
        detail = f"bundle '{name}' cannot be installed:{listed}"
        raise ConfigurationError(detail, error.findings, hint=error.hint) from error


@contextlib.contextmanager
def located(source: Source) -> Iterator[None]:
    """Tell what is wrong with mappings by line and column of their files, with a marker below the spot."""
    try:
        yield
    except ConfigurationError as error:
        detail = placed(error, source.files_at)
        raise ConfigurationError(detail, error.findings, hint=error.hint) from error
