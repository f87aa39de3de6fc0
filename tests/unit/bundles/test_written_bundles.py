"""Bundles that are written: read again they are the same, and a new one works at once."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway_core import app as gateway
from gateway_core.bundles.layout import MANIFEST, digest, lay_out
from gateway_core.bundles.lock import Locked, deviations, lock_text, read_lock
from gateway_core.bundles.plan import contents_of
from gateway_core.bundles.read import shipped_bundles
from gateway_core.bundles.save import archive, save
from gateway_core.bundles.scaffold import scaffold
from gateway_core.bundles.write import write_bundle
from gateway_core.cli.bundle_work import checked
from gateway_core.errors import BadRequest, ConfigurationError
from gateway_core.types import Artifact, Bundle, Kind, Origin


@pytest.mark.parametrize("name", sorted(shipped_bundles()))
def test_a_bundle_that_is_written_is_read_the_same(name: str, tmp_path: Path) -> None:
    """Every bundle that is shipped comes back from its written form, file by file and whole."""
    bundle = gateway.read_bundle(name)
    files = write_bundle(bundle)
    assert digest(lay_out(files)) == digest(bundle)
    save(files, tmp_path / "written")
    again = gateway.read_bundle(str(tmp_path / "written"))
    assert (digest(again), len(again.artifacts)) == (digest(bundle), len(bundle.artifacts))


def test_artifacts_without_a_file_get_one_of_their_own() -> None:
    """What was made at run time gets a name after its reference, and never leaves its folder."""
    listed = [
        Artifact(kind, reference, "0.0.1", {"$id": reference, "mapping": {}}, Origin("local", path))
        for kind, reference, path in (
            (Kind.MAPPING, "https://example.com/a.mapping.json", ""),
            (Kind.MAPPING, "https://example.org/a.mapping.json", "../../a.json"),
            (Kind.MAPPING, "urn:x/..", "schemas/a.json"),
            (Kind.MAPPING, "urn:y/z.cases.json", "mappings/z.cases.json"),
        )
    ]
    files = write_bundle(Bundle("local", "0.1.0", "", "", (), tuple(listed)))
    assert set(files) == {
        MANIFEST,
        "mappings/a.mapping.json",
        "mappings/a.mapping-2.json",
        "mappings/mapping.json",
        "mappings/z.json",
    }
    assert contents_of(lay_out(files).artifacts) == contents_of(listed)


def test_what_computes_stays_in_the_manifest() -> None:
    """A computed endpoint is written beside the others, and read from a file of its own as well."""
    body = {"$id": "urn:c.computed.json", "reference": "urn:s", "path": "a/{id}/b", "mapping": "urn:m"}
    artifact = Artifact(Kind.COMPUTED, "urn:c.computed.json", "0.0.1", body, Origin("local", ""))
    files = write_bundle(Bundle("local", "0.1.0", "", "", (), (artifact,)))
    assert set(files) == {MANIFEST}
    apart = {MANIFEST: b'{"name": "local"}', "computed/c.json": json.dumps(body).encode()}
    for each in (files, apart):
        assert contents_of(lay_out(each).artifacts) == contents_of([artifact])


def test_nothing_is_written_over(tmp_path: Path) -> None:
    """A folder with something in it, and an archive that exists, are refused."""
    files = scaffold("Library")
    save(files, tmp_path / "one")
    save(files, tmp_path / "one.zip")
    for name in ("one", "one.zip"):
        with pytest.raises(ConfigurationError):
            save(files, tmp_path / name)
    assert archive(files) == (tmp_path / "one.zip").read_bytes()


class TestNewBundle:
    @pytest.mark.parametrize("name", ["Library", "a", "My-bundle_2"])
    def test_can_be_installed_without_a_remark(self, name: str, tmp_path: Path) -> None:
        """A new bundle has no fault and no warning, and creates its object."""
        save(scaffold(name), tmp_path / name)
        _, plan = checked(str(tmp_path / name), [])
        assert (plan.findings, plan.objects) == ((), 1)

    @pytest.mark.parametrize("name", ["", "1a", "a b", "../x", "a/b", "é", "x" * 65])
    def test_needs_a_name_that_can_be_one(self, name: str) -> None:
        """What cannot stand in a reference and a path is refused."""
        with pytest.raises(BadRequest):
            scaffold(name)


LOCKED = {
    "A": Locked("A", "1.0.0", "d1", {"schema a": "h1", "schema b": "h2"}),
    "B": Locked("B", "2.0.0", "d2", {}),
}


class TestLock:
    def test_comes_back_as_it_was_written(self) -> None:
        """The text is the same for the same bundles, in any order, and is read back."""
        text = lock_text(LOCKED)
        assert text == lock_text(dict(reversed(LOCKED.items())))
        assert read_lock(text, "x.lock") == LOCKED

    def test_names_what_differs(self) -> None:
        """A bundle that is not locked, that differs, or that is missing is told, with its artifacts."""
        found = {
            "A": Locked("A", "1.0.1", "d9", {"schema a": "h1", "schema b": "other", "schema c": "h3"}),
            "C": Locked("C", "1.0.0", "d3", {}),
        }
        assert list(deviations(LOCKED, found, complete=True)) == [
            "bundle A 1.0.1 is not what was locked as 1.0.0: schema b, schema c",
            "bundle C is not in the lock",
            "bundle B is locked and not installed",
        ]
        assert list(deviations(LOCKED, {"B": LOCKED["B"]}, complete=False)) == []

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "[]",
            "{}",
            '{"lock": 2, "bundles": {}}',
            '{"lock": 1, "bundles": []}',
            '{"lock":1,"bundles":{"A":{}}}',
        ],
    )
    def test_that_is_none_is_refused(self, text: str) -> None:
        """Whatever else the file holds, the answer is a sentence with the way out."""
        with pytest.raises(ConfigurationError, match="gateway bundle lock"):
            read_lock(text, "x.lock")

    def test_is_json_that_people_can_read(self) -> None:
        """One line for each artifact: a change of the installation is a readable change of the file."""
        assert '        "schema a": "h1",\n' in lock_text(LOCKED)
