"""Files inside documents: base64, or a data URL (RFC 2397) with base64."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from collections.abc import Iterable
from dataclasses import dataclass

_DATA_URL = re.compile(
    r"data:(?P<type>[a-z0-9.+-]+/[a-z0-9.+-]+)?(?:;[a-z0-9_.=\"+-]+)*;base64,", re.IGNORECASE
)
_BASE64 = re.compile(r"(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}(?:==)?|[A-Za-z0-9+/]{3}=?)?")
_MAX_HEADER = 200
_MAX_SNIFFED = 1024
_ZIP, _TEXT, _BINARY = "application/zip", "text/plain", "application/octet-stream"
_SIGNATURES = (
    (b"%PDF-", "application/pdf"),
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
    (b"II*\x00", "image/tiff"),
    (b"MM\x00*", "image/tiff"),
    (b"BM", "image/bmp"),
    (b"PK\x03\x04", _ZIP),
    (b"\x1f\x8b", "application/gzip"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "application/x-ole-storage"),
    (b"MZ", "application/x-msdownload"),
    (b"\x7fELF", "application/x-elf"),
)
# Formats that are stored in a container whose first bytes say nothing of what is inside.
_CONTAINERS = {
    _ZIP: ("application/vnd.openxmlformats-", "application/vnd.oasis.opendocument.", "application/epub+zip"),
    "application/x-ole-storage": ("application/msword", "application/vnd.ms-"),
}


@dataclass(frozen=True, slots=True)
class File:
    """What can be told of a file: its ``declared`` media type (lower case; empty when it has none)
    and its ``size`` in bytes; ``sniffed`` is the type that its first bytes tell."""

    declared: str
    sniffed: str
    size: int


def is_file(text: str) -> bool:
    """Whether the text is a file in base64, by itself or as a data URL."""
    return _apart(text) is not None


def read(text: str) -> File | None:
    """What the text tells of a file; None when it holds none."""
    found = _apart(text)
    if found is None:
        return None
    declared, start = found
    encoded = len(text) - start
    padding = len(text) - len(text.rstrip("="))
    return File(declared, _sniffed(text[start : start + _MAX_SNIFFED]), (encoded - padding) * 3 // 4)


def has_type(file: File, allowed: Iterable[str]) -> bool:
    """Whether the file is of one of the media types, by what it declares and by what it is.

    ``image/*`` stands for all images. A file whose bytes tell another type than it declares has none.
    """
    if file.declared and not _agree(file.declared, file.sniffed):
        return False
    kind = file.declared or file.sniffed
    return any(_fits(kind, each.strip().lower(), bool(file.declared)) for each in allowed)


def _fits(kind: str, wanted: str, declared: bool) -> bool:
    if wanted in ("*", "*/*"):
        return True
    if "/" not in wanted:  # an ending, or the second half of a type
        ending = wanted.removeprefix(".")
        return kind.rpartition("/")[2] in (ending, {"jpg": "jpeg", "txt": "plain"}.get(ending, ending))
    if wanted.endswith("/*"):
        return kind.startswith(wanted[:-1])
    return kind == wanted or (not declared and wanted.startswith(_CONTAINERS.get(kind, ())))


def _agree(declared: str, sniffed: str) -> bool:
    if _BINARY in (declared, sniffed) or declared == sniffed:
        return True
    if sniffed == _TEXT:
        known = [kind for _, kind in _SIGNATURES]
        return declared not in known
    return declared.startswith(_CONTAINERS.get(sniffed, ()))


def _apart(text: str) -> tuple[str, int] | None:
    """The declared media type, and where the base64 begins."""
    start, declared = 0, ""
    if text[:5].lower() == "data:":
        match = _DATA_URL.match(text, 0, _MAX_HEADER)
        if match is None:
            return None
        start, declared = match.end(), (match["type"] or _TEXT).lower()
    return (declared, start) if _BASE64.fullmatch(text, start) else None


def _sniffed(encoded: str) -> str:
    whole = encoded[: len(encoded) // 4 * 4]
    try:
        beginning = b64decode(whole or "")
    except binascii.Error:
        return _BINARY
    for signature, kind in _SIGNATURES:
        if beginning.startswith(signature):
            return kind
    try:
        beginning.decode()
    except UnicodeDecodeError as error:
        if error.start < len(beginning) - 3:  # else the beginning ends inside a character
            return _BINARY
    return _BINARY if b"\0" in beginning else _TEXT
