"""The only writing of configuration files: ``{path: bytes}`` to a folder or an archive."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from pathlib import Path

from gateway_core.errors import ConfigurationError

ARCHIVE = ".zip"
_MOMENT = (1980, 1, 1, 0, 0, 0)  # the first that an archive can hold: the same files, the same bytes


def save(files: Mapping[str, bytes], target: Path) -> None:
    """Write files to a folder that is empty or absent, or to a new archive when the name ends in .zip.

    Raises ``ConfigurationError`` when something is there already.
    """
    if target.suffix.lower() == ARCHIVE:
        if target.exists():
            raise ConfigurationError(f"{target} exists already", hint="Give another name, or remove it.")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(archive(files))
        return
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise ConfigurationError(f"{target} is not empty", hint="Give a folder that does not exist yet.")
    for name, content in files.items():
        path = target / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def archive(files: Mapping[str, bytes]) -> bytes:
    """The files as a ZIP archive, which is the same for the same files."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name, _MOMENT), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
