"""Write the reference documents that follow from the code.

    python tools/write_reference.py

A test compares the documents with what this program makes, so that they cannot fall behind.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import mapping_reference
from reference.actions import actions
from reference.bundles import bundle_format
from reference.commands import commands
from reference.errors import errors
from reference.original_schemas import original_schemas
from reference.public_bundles import public_bundles
from reference.queries import queries
from reference.schemas import schemas
from reference.settings import settings
from reference.sources import sources

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"

DOCUMENTS: Mapping[str, Callable[[], str]] = {
    "actions.md": actions,
    "bundle-format.md": bundle_format,
    "commands.md": commands,
    "errors.md": errors,
    "mappings.md": mapping_reference.page,
    "original-schemas.md": original_schemas,
    "public-bundles.md": public_bundles,
    "queries.md": queries,
    "schemas.md": schemas,
    "settings.md": settings,
    "sources.md": sources,
}


def main() -> None:
    """Write every document."""
    for name, make in DOCUMENTS.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
        print(f"docs/reference/{name}", file=sys.stderr)


if __name__ == "__main__":
    main()
