"""What is wrong with a bundle, told by line and column of its files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from gateway_core.bundles.places import excerpt, locate
from gateway_core.bundles.read import read_folder
from gateway_core.errors import ConfigurationError
from gateway_core.operations.install import sentence
from gateway_core.types import Finding


def placed(error: ConfigurationError, folder: Path) -> str:
    """The detail of an error about the bundle in a folder, with the place of each fault in its file and
    a marker below the spot, where that is known."""
    if not any(finding.pointer and finding.path for finding in error.findings):
        return error.detail
    files = read_folder(folder)
    return "\n".join(placed_sentence(finding, folder, files) for finding in error.findings)


def placed_sentence(finding: Finding, folder: Path, files: Mapping[str, bytes]) -> str:
    """A finding for people, with its place among the files of a folder where that is known."""
    if not finding.pointer or finding.path not in files or not finding.path.endswith(".json"):
        return sentence(finding)
    text = files[finding.path].decode("utf-8", errors="replace")
    located = locate(finding, text, str(folder / finding.path))
    if located.place is None:
        return sentence(located)
    line, marker = excerpt(text, located.place)
    return f"{sentence(located)}\n    {line}\n    {marker}"
