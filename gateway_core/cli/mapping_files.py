"""What the commands about mappings are about: files, folders and bundles that somebody names."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from gateway_core.app import mapping_limits
from gateway_core.bundles import mapping_files
from gateway_core.bundles.layout import MANIFEST, lay_out
from gateway_core.bundles.mapping_files import CASES_ENDING, ENDING, MappingFile
from gateway_core.bundles.places import locate
from gateway_core.bundles.read import find_bundle, read_folder
from gateway_core.catalog.build import build
from gateway_core.errors import ConfigurationError
from gateway_core.operations.mapping_cases import Library, Report, is_case_file, run_cases
from gateway_core.operations.references import resolve
from gateway_core.settings import Settings
from gateway_core.types import Artifact, Finding, Json, Kind, Origin, Reference

Mappings = dict[Reference, MappingFile]


def folders(bundle: str | None, near: Path | None = None) -> list[Path]:
    """The folders of the bundle named; else of that around ``near``, or here, or those configured."""
    if bundle is not None:
        folder = Path(bundle)
        return [folder if folder.is_dir() else find_bundle(bundle)]
    around = mapping_files.enclosing_bundle(near or Path())
    if around is not None:
        here = Path.cwd()
        return [around.relative_to(here) if around.is_relative_to(here) else around]
    return [find_bundle(name) for name in Settings().bundle_names()]


def mappings_of(bundle: str | None, near: Path | None = None) -> Mappings:
    """The mappings of those bundles, by reference."""
    found: Mappings = {}
    for folder in folders(bundle, near):
        found = {**mapping_files.read_mappings(folder), **found}
    return found


def chosen(ref: str, bundle: str | None) -> tuple[MappingFile, Mappings]:
    """The mapping that somebody means, and all that it may reach, itself counted."""
    file = Path(ref)
    if file.suffix == ".json" and file.is_file():
        mapping = mapping_files.read_mapping_file(file)
        return mapping, {**mappings_of(bundle, file), mapping.reference: mapping}
    mappings = mappings_of(bundle)
    return mappings[resolve(ref, mappings)], mappings


def read_document(name: str) -> Json:
    """The JSON document in a file, or on standard input."""
    if name != "-":
        return mapping_files.read_json_file(Path(name))[0]
    try:
        return json.loads(sys.stdin.buffer.read())
    except (ValueError, RecursionError) as error:
        raise ConfigurationError(f"standard input holds no JSON: {error}") from None


# -- cases --------------------------------------------------------------------------------------


class CaseFiles:
    """The case files that somebody names, with the mappings that they may refer to."""

    def __init__(self, bundle: str | None) -> None:
        self._bundle = bundle
        self._libraries: dict[Path | None, tuple[Library, Mappings]] = {}
        self.files: dict[Path, Json] = {}

    def add(self, path: Path) -> None:
        """A case file, a mapping with cases beside it, or a folder of them.

        Raises ConfigurationError for what is none of these.
        """
        if path.is_dir():
            self._add_folder(path)
            return
        if not path.is_file():
            raise ConfigurationError(f"{path} does not exist")
        file = path
        if path.name.endswith(ENDING):
            file = path.with_name(path.name.removesuffix(ENDING) + CASES_ENDING)
            if not file.is_file():
                raise ConfigurationError(f"{path} has no cases: {file.name} is not beside it")
        self.files[file] = mapping_files.read_json_file(file)[0]

    def _add_folder(self, folder: Path) -> None:
        only = ("mappings",) if (folder / MANIFEST).is_file() and (folder / "mappings").is_dir() else ("",)
        for file in sorted(found for name in only for found in (folder / name).rglob("*.json")):
            named = file.name.endswith(CASES_ENDING)
            if file.is_symlink() or not file.is_file():
                continue
            try:
                records = mapping_files.read_json_file(file)[0]
            except ConfigurationError:
                if named:
                    raise
                continue
            if named or is_case_file(records):
                self.files[file] = records

    def run(self) -> Report:
        """Run all of them. Raises ConfigurationError for a file that holds no cases."""
        reports = [self._run(file, records) for file, records in self.files.items()]
        failures = tuple(failure for report in reports for failure in report.failures)
        return Report(sum(report.passed for report in reports), failures)

    def _run(self, file: Path, records: Json) -> Report:
        beside = file.with_name(file.name.removesuffix(CASES_ENDING) + ENDING)
        own = None
        if file.name.endswith(CASES_ENDING) and beside.is_file():
            own = mapping_files.read_mapping_file(beside)
        library = self._library(file)
        return run_cases(str(file), records, library, None if own is None else own.body)

    def _library(self, file: Path) -> Library:
        """The mappings of the bundle named; else of the one that the file lies in, or of its folder."""
        around = None if self._bundle is not None else mapping_files.enclosing_bundle(file)
        if self._bundle is None and around is None and file.name.endswith(CASES_ENDING):
            around = file.parent
        if around not in self._libraries:
            loaded: Mappings = {}
            if self._bundle is not None:
                loaded = mappings_of(self._bundle)
            elif around is not None:
                loaded = mapping_files.read_mappings(around)
            limits = mapping_limits(Settings())
            library = Library(lambda name: loaded[name].body if name in loaded else None, limits)
            self._libraries[around] = (library, loaded)
        return self._libraries[around][0]


def case_folder(bundle: str | None) -> Path:
    """Where cases are looked for when no path is given."""
    return folders(bundle)[0]


# -- remarks ------------------------------------------------------------------------------------


def linted(bundle: str | None) -> list[tuple[Finding, str]]:
    """The findings about the mappings of those bundles, located, each with the text of its file."""
    return [each for folder in folders(bundle) for each in _linted(folder)]


def _linted(folder: Path) -> Iterator[tuple[Finding, str]]:
    mappings = mapping_files.read_mappings(folder)
    _, findings = build(_artifacts(folder, mappings))
    for finding in findings:
        mapping = mappings.get(finding.reference)
        if mapping is not None:
            yield locate(finding, mapping.text, str(mapping.file)), mapping.text


def _artifacts(folder: Path, mappings: Mapping[Reference, MappingFile]) -> list[Artifact]:
    """The whole bundle with those that it requires; of a folder that is none, its mappings only."""
    if not (folder / "mappings").is_dir():
        listed = [(m.reference, m.body, Origin(folder.name, str(m.file))) for m in mappings.values()]
        return [Artifact(Kind.MAPPING, name, "", body, origin) for name, body, origin in listed]
    bundle = lay_out(read_folder(folder))
    required = [lay_out(read_folder(find_bundle(name))) for name in bundle.requires]
    return [artifact for each in (*required, bundle) for artifact in each.artifacts]
