"""The only reading of configuration files: a folder to ``{path: bytes}``, within limits."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from gateway_core.bundles.layout import MANIFEST, lay_out
from gateway_core.errors import ConfigurationError

# The folders that are opened, with what their files hold; the reference page is printed from it.
KIND_FOLDERS: Mapping[str, str] = MappingProxyType(
    {
        "schemas": "one schema a file",
        "mappings": "one mapping a file; `….cases.json` beside it are examples for tests and are not "
        "installed",
        "data": "objects to create, as lists under the `$id` of their schema",
    }
)
MAX_FILES = 5_000
MAX_BYTES = 50 * 1024 * 1024


def read_folder(folder: Path) -> dict[str, bytes]:
    """Read a flat bundle: its manifest and the known kind folders, and nothing else.

    The folder may hold anything beside them (the repository root does), so nothing is
    walked that is not named in ``KIND_FOLDERS``. Symbolic links are not followed.
    Keys are POSIX paths relative to the folder, in sorted order.
    """
    manifest = folder / MANIFEST
    if not manifest.is_file():
        raise ConfigurationError(f"{folder} is not a bundle: it holds no {MANIFEST}")
    paths = [manifest]
    for kind in KIND_FOLDERS:
        paths += [p for p in sorted((folder / kind).rglob("*.json")) if p.is_file() and not p.is_symlink()]
    files: dict[str, bytes] = {}
    unread: list[str] = []
    size = 0
    for path in paths:
        name = path.relative_to(folder).as_posix()
        try:
            size += path.stat().st_size
            if len(files) >= MAX_FILES or size > MAX_BYTES:
                raise ConfigurationError(
                    f"bundle {folder.name} is too large: at most {MAX_FILES} files and {MAX_BYTES} bytes"
                )
            files[name] = path.read_bytes()
        except OSError as error:
            unread.append(f"{name} cannot be read: {error.strerror}")
    if unread:
        raise ConfigurationError("\n".join(unread))
    return files


def find_bundle(name: str) -> Path:
    """The folder of a bundle given as a path, or by the name of one that comes with the gateway.

    Bundles that come with it lie beside the package in a wheel, and at the root of a
    checkout otherwise (an editable installation has no copies that could go stale).
    """
    folder = Path(name)
    try:
        if (folder / MANIFEST).is_file():
            return folder
    except OSError as error:
        raise ConfigurationError(f"its folder cannot be read: {error.strerror}") from error
    shipped = shipped_bundles()
    if name in shipped:
        return shipped[name]
    near = get_close_matches(name, shipped, n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    hint = f"{meant}Those shipped are: {', '.join(sorted(shipped)) or 'none'}."
    raise ConfigurationError(f"there is no such bundle, nor a folder with an {MANIFEST}", hint=hint)


def shipped_bundles() -> dict[str, Path]:
    """Name → folder of the bundles that come with the gateway."""
    spec = find_spec("gateway_core")
    if spec is None or spec.origin is None:
        return {}
    package = Path(spec.origin).parent
    checkout = package.parent
    if (checkout / MANIFEST).is_file():
        folders = [checkout, *sorted((checkout / "bundles").iterdir())]
    elif (package / "_bundled").is_dir():
        folders = sorted((package / "_bundled").iterdir())
    else:
        return {}
    return {_name(folder): folder for folder in folders if (folder / MANIFEST).is_file()}


def _name(folder: Path) -> str:
    return lay_out({MANIFEST: (folder / MANIFEST).read_bytes()}).name
