"""The mappings of a folder as files: found without the rest of a bundle having to be right."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway_core.bundles.layout import MANIFEST
from gateway_core.errors import ConfigurationError
from gateway_core.types import Json, JsonObject, Reference

ENDING = ".mapping.json"
CASES_ENDING = ".cases.json"
FOLDERS = ("mapping", "mappings")
MAX_BYTES = 20 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class MappingFile:
    """A mapping with the file that it stands in: ``text`` is the file's, for places in it."""

    reference: Reference
    body: JsonObject
    file: Path
    text: str


def read_json_file(file: Path) -> tuple[Json, str]:
    """A JSON file's value and text. Raises ConfigurationError that names file, line and column."""
    if file.stat().st_size > MAX_BYTES:
        raise ConfigurationError(f"{file} is larger than {MAX_BYTES} bytes")
    try:
        text = file.read_text(encoding="utf-8")
        return json.loads(text, parse_constant=_no_constant), text
    except json.JSONDecodeError as error:
        place = f"{file}:{error.lineno}:{error.colno}"
        raise ConfigurationError(f"{place}: this is no JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"{file} cannot be read as JSON: {error}") from None


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def read_mapping_file(file: Path) -> MappingFile:
    """The mapping in a file. Raises ConfigurationError when there is none in it."""
    body, text = read_json_file(file)
    if not isinstance(body, dict) or not (body.keys() & {"$id", "mapping"}):
        raise ConfigurationError(f"{file} holds no mapping: an object with '$id' and 'mapping' is expected")
    return MappingFile(str(body.get("$id") or file.name), body, file, text)


def read_mappings(folder: Path) -> dict[Reference, MappingFile]:
    """The mappings of a bundle's folder by reference, in the order of their files.

    Of a flat bundle its folder ``mappings`` is read; of any other folder, as bundles of Common Gateway
    have them, every file that holds a mapping: its ``$schema``, its name or its folder says so. Of
    files that name one reference the first counts. Symbolic links are not followed.
    """
    flat = (folder / MANIFEST).is_file() and (folder / "mappings").is_dir()
    found: dict[Reference, MappingFile] = {}
    for file in sorted((folder / "mappings" if flat else folder).rglob("*.json")):
        if file.is_symlink() or not file.is_file() or file.name.endswith(CASES_ENDING):
            continue
        if flat:
            mapping = read_mapping_file(file)
        elif (other := _mapping_among_others(file)) is not None:
            mapping = other
        else:
            continue
        found.setdefault(mapping.reference, mapping)
    return found


def _mapping_among_others(file: Path) -> MappingFile | None:
    try:
        body, text = read_json_file(file)
    except ConfigurationError:
        return None
    if not isinstance(body, dict) or not isinstance(body.get("$id"), str):
        return None
    by_schema = str(body.get("$schema") or "").lower().endswith("mapping.schema.json")
    by_place = "mapping" in body and (file.name.endswith(ENDING) or file.parent.name.lower() in FOLDERS)
    return MappingFile(body["$id"], body, file, text) if by_schema or by_place else None


def enclosing_bundle(path: Path) -> Path | None:
    """The folder with a manifest that a file or folder lies in, itself counted."""
    here = path.resolve()
    return next((folder for folder in (here, *here.parents) if (folder / MANIFEST).is_file()), None)
