"""Archives, read member by member in memory: nothing is ever extracted.

An archive is written by a stranger. Names that lead out of it refuse all of it; links and devices
are never followed; and what a member says of its size is not believed.
"""

from __future__ import annotations

import gzip
import io
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Final

from gateway_core.bundles.limits import MAX_BYTES, Tally
from gateway_core.errors import ConfigurationError

ARCHIVES: Final = (".zip", ".tar.gz", ".tgz", ".tar")
MAX_MEMBERS: Final = 50_000
MAX_RATIO: Final = 200  # JSON is compressed to a twentieth; what swells further is a bomb
MAX_UNPACKED: Final = 4 * MAX_BYTES  # of a tar: with the members that are passed over
_CHUNK: Final = 64 * 1024
_SMALL: Final = 64 * 1024
_METHODS: Final = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED: Final = 0x1
_BROKEN: Final = (
    zipfile.BadZipFile,
    tarfile.TarError,
    gzip.BadGzipFile,
    zlib.error,
    EOFError,
    OSError,
    ValueError,
    RuntimeError,
    OverflowError,
)


@dataclass(frozen=True, slots=True)
class Member:
    """One entry: ``read`` gives its content within a limit; None for what is no plain file."""

    name: str
    read: Callable[[int], bytes] | None


def read_archive(file: Path, wanted: Callable[[str], bool]) -> tuple[dict[str, bytes], str]:
    """``unpack`` of a file; what ails the file itself is a ``ConfigurationError`` too."""
    try:
        with file.open("rb") as handle:
            return unpack(handle, file.name, wanted)
    except OSError as error:
        raise ConfigurationError(f"{file.name} cannot be read as an archive: {error}") from error


def unpack(handle: IO[bytes], name: str, wanted: Callable[[str], bool]) -> tuple[dict[str, bytes], str]:
    """The wanted files of an archive, relative to the one folder that holds all of them if there is one,
    and what the archive is called. Its ``name`` tells of what kind it is.

    Raises ``ConfigurationError`` that names the member for a path out of the archive, a wanted member that
    is a link or a device, encrypted, or swells beyond measure, and for too much of anything.
    """
    called = name
    for ending in ARCHIVES:
        called = called.removesuffix(ending)
    try:
        members = _zip(handle) if name.endswith(".zip") else _tar(handle, name)
        found, refused = _collect(members, wanted, name)
    except _BROKEN as error:
        raise ConfigurationError(f"{name} cannot be read as an archive: {error}") from error
    folder = _common_folder(found, wanted)
    content = {path.removeprefix(folder): each for path, each in sorted(found.items())}
    content = {path: each for path, each in content.items() if wanted(path)}
    for member in refused:
        if wanted(member.removeprefix(folder)):
            raise ConfigurationError(f"{name}: {member} is no plain file: links are not followed")
    return content, folder.rstrip("/") or called


def _collect(
    members: Iterator[Member], wanted: Callable[[str], bool], archive: str
) -> tuple[dict[str, bytes], list[str]]:
    found: dict[str, bytes] = {}
    refused: list[str] = []
    tally = Tally(archive)
    for number, member in enumerate(members, 1):
        if number > MAX_MEMBERS:
            raise ConfigurationError(f"{archive} holds more than {MAX_MEMBERS} members")
        name = _checked(member.name, archive)
        if not (wanted(name) or wanted(name.partition("/")[2])):
            continue
        if member.read is None:
            refused.append(name)
            continue
        if name in found:
            raise ConfigurationError(f"{archive} holds {name} twice")
        content = member.read(tally.left + 1)
        tally.file(len(content))
        found[name] = content
    return found, refused


def _checked(name: str, archive: str) -> str:
    """The name of a member. Raises ``ConfigurationError`` when it leads out of the archive."""
    plain = name.removeprefix("./")
    parts = plain.rstrip("/").split("/")
    escapes = plain.startswith("/") or "\\" in plain or "\0" in plain or ".." in parts or ":" in parts[0]
    if escapes:
        raise ConfigurationError(f"{archive} holds a member whose name leads out of it: {name[:200]!r}")
    return plain


def _common_folder(found: Mapping[str, bytes], wanted: Callable[[str], bool]) -> str:
    """The folder that holds everything, as archives of repositories have it; empty when there is none."""
    tops = {name.partition("/")[0] for name in found}
    if len(tops) != 1 or any("/" not in name for name in found):
        return ""
    (top,) = tops
    inside = all(wanted(name.partition("/")[2]) for name in found)
    return f"{top}/" if inside and not all(map(wanted, found)) else ""


def _zip(handle: IO[bytes]) -> Iterator[Member]:
    with zipfile.ZipFile(handle) as archive:
        for info in archive.infolist():
            plain = stat.S_IFMT(info.external_attr >> 16) in (0, stat.S_IFREG)
            if not info.is_dir():
                yield Member(info.filename, _zip_reader(archive, info) if plain else None)


def _zip_reader(archive: zipfile.ZipFile, info: zipfile.ZipInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        if info.flag_bits & _ENCRYPTED:
            raise ConfigurationError(f"{info.filename} is encrypted")
        if info.compress_type not in _METHODS:
            raise ConfigurationError(f"{info.filename} is compressed in a way that is not read")
        with archive.open(info) as content:
            return _read_all(content, limit, info.filename, info.compress_size)

    return read


def _tar(handle: IO[bytes], name: str) -> Iterator[Member]:
    """The members of a tar, compressed or not, in one pass: a bomb is noticed while it swells."""
    plain = gzip.GzipFile(fileobj=handle) if not name.endswith(".tar") else handle
    bounded = _Bounded(plain, name)
    with tarfile.open(fileobj=bounded, mode="r|") as archive:
        for info in archive:
            regular = info.isreg() and not info.issparse()
            if not info.isdir():
                yield Member(info.name, _tar_reader(archive, info) if regular else None)


def _tar_reader(archive: tarfile.TarFile, info: tarfile.TarInfo) -> Callable[[int], bytes]:
    def read(limit: int) -> bytes:
        content = archive.extractfile(info)
        if content is None:
            raise ConfigurationError(f"{info.name} is no plain file")
        with content:
            return _read_all(content, limit, info.name, info.size)

    return read


def _read_all(content: IO[bytes], limit: int, name: str, compressed: int) -> bytes:
    chunks: list[bytes] = []
    size = 0
    while chunk := content.read(_CHUNK):
        size += len(chunk)
        if size > limit:
            raise ConfigurationError(f"{name} is too large: a bundle has at most {MAX_BYTES} bytes")
        if size > _SMALL and size > MAX_RATIO * max(compressed, 1):
            raise ConfigurationError(f"{name} swells to more than {MAX_RATIO} times its size")
        chunks.append(chunk)
    return b"".join(chunks)


class _Bounded(io.RawIOBase):
    """Reads what a tar unpacks to, in small portions, and no more than ``MAX_UNPACKED`` of it."""

    def __init__(self, content: IO[bytes] | gzip.GzipFile, name: str) -> None:
        super().__init__()
        self._content, self._name, self._size = content, name, 0

    def read(self, size: int = -1) -> bytes:
        """As of any file, at most ``_CHUNK`` bytes at a time."""
        chunk = self._content.read(_CHUNK if size < 0 else min(size, _CHUNK))
        self._size += len(chunk)
        if self._size > MAX_UNPACKED:
            raise ConfigurationError(f"{self._name} unpacks to more than {MAX_UNPACKED} bytes")
        return chunk
