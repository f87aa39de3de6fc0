"""The only reading of configuration files: a folder, an archive or a package to ``{path: bytes}``.

Nothing is run, fetched or written, links are not followed, and sizes are bounded.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from importlib.util import find_spec
from pathlib import Path
from types import MappingProxyType

from gateway_core.bundles.archive import ARCHIVES, read_archive, unpack
from gateway_core.bundles.decode import ENDINGS
from gateway_core.bundles.kinds import FORMS
from gateway_core.bundles.layout import MANIFEST, MANIFESTS, is_of_original, lay_out
from gateway_core.bundles.limits import MAX_BYTES, MAX_FILES, Tally
from gateway_core.bundles.original import COMPOSER, LEGACY, TREE
from gateway_core.bundles.packages import packaged_bundles
from gateway_core.errors import ConfigurationError
from gateway_core.types import Bundle

__all__ = [
    "KIND_FOLDERS",
    "MAX_BYTES",
    "MAX_FILES",
    "find_bundle",
    "read_bundle",
    "read_folder",
    "read_upload",
]
_ZIP, _GZIP = b"PK", b"\x1f\x8b"

# The folders that are opened, with what their files hold; the reference page is printed from it.
KIND_FOLDERS: Mapping[str, str] = MappingProxyType({form.folder: form.meaning for form in FORMS})


@dataclass(frozen=True, slots=True)
class Files:
    """The files of a bundle by their paths, and what it is called where none of them says so."""

    content: Mapping[str, bytes]
    called: str


def read_bundle(place: Path) -> Bundle:
    """The bundle at a place that ``find_bundle`` found: laid out, with its findings.

    Raises ``ConfigurationError`` when nothing there is a bundle, or a flat one has faults.
    """
    files = _files(place)
    return lay_out(files.content, files.called)


def read_folder(folder: Path) -> dict[str, bytes]:
    """The files of a bundle in a folder or an archive, by POSIX paths relative to it, in sorted order.

    A folder may hold anything beside a bundle (the repository root does), so only the manifest and the
    folders of ``KIND_FOLDERS`` are opened; of a bundle of Common Gateway ``Installation``, the folders
    that were before it, and ``composer.json``. Symbolic links are not followed, and nothing whose name
    begins with a dot is read.
    """
    return dict(_files(folder).content)


def read_upload(content: bytes) -> Bundle:
    """The bundle in an archive that somebody sent: a ZIP, or a tar that gzip has compressed.

    Raises ``ConfigurationError`` as ``read_bundle`` does.
    """
    name = "archive.zip" if content.startswith(_ZIP) else "archive.tar.gz"
    if not content.startswith((_ZIP, _GZIP)):
        hint = "Send the bytes of a .zip or a .tar.gz."
        raise ConfigurationError("what was sent is no archive", hint=hint)
    files, called = unpack(io.BytesIO(content), name, is_wanted)
    if not _has_bundle(files):
        raise ConfigurationError(f"what was sent holds no {MANIFEST} and no {TREE}/")
    return lay_out(files, called)


def _files(place: Path) -> Files:
    if place.is_file():
        content, called = read_archive(place, is_wanted)
        if not _has_bundle(content):
            raise ConfigurationError(f"{place} is not a bundle: it holds no {MANIFEST} and no {TREE}/")
        return Files(content, called)
    folder = place.parent if place.name == TREE else place
    flat = any((folder / name).is_file() for name in MANIFESTS)
    paths = _flat_paths(folder) if flat else _original_paths(folder)
    files = _contents(folder, paths)
    if not _has_bundle(files):
        raise ConfigurationError(f"{place} is not a bundle: it holds no {MANIFEST} and no {TREE}/")
    return Files(files, folder.resolve().name)


def is_wanted(path: str) -> bool:
    """Whether a file at this path from the top of a bundle belongs to it, in either layout."""
    if any(part.startswith(".") for part in path.split("/")):
        return False
    top = path.partition("/")[0]
    in_kind_folder = top in KIND_FOLDERS and path != top and path.endswith(ENDINGS)
    return path in (*MANIFESTS, COMPOSER) or in_kind_folder or is_of_original(path)


def _has_bundle(files: Mapping[str, bytes]) -> bool:
    return any(name in files for name in MANIFESTS) or any(map(is_of_original, files))


def _flat_paths(folder: Path) -> Iterator[Path]:
    yield from (folder / name for name in MANIFESTS if (folder / name).is_file())
    for kind in KIND_FOLDERS:
        yield from _below(folder / kind)


def _original_paths(folder: Path) -> Iterator[Path]:
    if (folder / COMPOSER).is_file():
        yield folder / COMPOSER
    for name in (*LEGACY, TREE):
        yield from _below(folder / name)


def _below(folder: Path) -> Iterator[Path]:
    """The files below a folder; links are not followed, the folder itself counted."""
    if folder.is_symlink() or not folder.is_dir():
        return
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not path.is_symlink():
            yield path


def _contents(folder: Path, paths: Iterator[Path]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    unread: list[str] = []
    tally = Tally(folder.name)
    for path in paths:
        name = path.relative_to(folder).as_posix()
        if not is_wanted(name):
            continue
        try:
            tally.file(path.stat().st_size)
            files[name] = path.read_bytes()
        except OSError as error:
            unread.append(f"{name} cannot be read: {error.strerror}")
    if unread:
        raise ConfigurationError("\n".join(unread))
    return files


def find_bundle(name: str) -> Path:
    """The place of a bundle: a folder or an archive, or by its name one that comes with the gateway or
    with an installed Python package.

    Bundles that come with it lie beside the package in a wheel, and at the root of a
    checkout otherwise (an editable installation has no copies that could go stale).
    """
    place = Path(name)
    try:
        if _is_place(place):
            return place
    except OSError as error:
        raise ConfigurationError(f"its folder cannot be read: {error.strerror}") from error
    known = {**packaged_bundles(), **shipped_bundles()}
    if name in known:
        return known[name]
    near = get_close_matches(name, known, n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    hint = f"{meant}Those shipped are: {', '.join(sorted(known)) or 'none'}."
    raise ConfigurationError(f"there is no such bundle, nor a folder with an {MANIFEST}", hint=hint)


def _is_place(place: Path) -> bool:
    if place.name.endswith(ARCHIVES) and place.is_file():
        return True
    return any((place / name).is_file() for name in MANIFESTS) or any(
        (place / name).is_dir() for name in (TREE, *LEGACY)
    )


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
