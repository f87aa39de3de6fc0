"""The schema files of the published bundles of Common Gateway, which are no part of this repository."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
SHARED = Path(os.environ.get("GATEWAY_SHARED", ROOT.parent / "shared"))
CORPUS = SHARED / "corpus" / "bundles"


def files() -> Iterator[tuple[str, Path]]:
    """Bundle and file, of every file in or below a folder of schemas, wherever a bundle has one."""
    for path in sorted(CORPUS.rglob("*")):
        folders = path.relative_to(CORPUS).parts[1:-1]
        if path.is_file() and any(part.lower().startswith("schema") for part in folders):
            yield path.relative_to(CORPUS).parts[0], path
