"""Where bundles are read from: folders, archives and packages; hostile ones are refused by name."""

from __future__ import annotations

import contextlib
import gzip
import io
import struct
import tarfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from original_bundle import files, shop

from gateway_core.bundles import archive as archives
from gateway_core.bundles import packages
from gateway_core.bundles.read import find_bundle, read_bundle, read_folder
from gateway_core.errors import ConfigurationError

SCHEMA = b'{"$id": "urn:thing", "type": "object", "properties": {"name": {"type": "string"}}}'
FLAT = {"installation.json": b'{"name": "Things"}', "schemas/thing.json": SCHEMA}
Pack = Callable[[Path, dict[str, bytes]], Path]


def write(folder: Path, content: dict[str, bytes]) -> Path:
    for name, each in content.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(each)
    return folder


def zipped(folder: Path, content: dict[str, bytes]) -> Path:
    file = folder / "ShopBundle.zip"
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, each in content.items():
            made.writestr(name, each)
    return file


def tarred(folder: Path, content: dict[str, bytes], *more: tarfile.TarInfo, ending: str = "tar.gz") -> Path:
    file = folder / f"ShopBundle.{ending}"
    with tarfile.open(file, "w:gz" if ending != "tar" else "w") as made:
        for name, each in content.items():
            info = tarfile.TarInfo(name)
            info.size = len(each)
            made.addfile(info, io.BytesIO(each))
        for info in more:
            made.addfile(info)
    return file


def refusal(place: Path) -> str:
    with pytest.raises(ConfigurationError) as refused:
        read_bundle(place)
    return refused.value.detail


@pytest.fixture(params=[zipped, tarred], ids=["zip", "tar.gz"])
def pack(request: pytest.FixtureRequest) -> Pack:
    packing: Pack = request.param
    return packing


class TestFolders:
    def test_of_a_checkout_are_read_where_the_bundle_is(self, tmp_path: Path) -> None:
        """A git checkout is a folder: ``.git``, sources and documents are never opened."""
        beside = {".git/config": b"{", "src/A.php": b"{", "docs/x.json": b"{", "composer.lock": b"{"}
        folder = write(tmp_path / "ShopBundle", {**files(), **beside, "Installation/.git/x.json": b"{"})
        assert read_bundle(folder) == shop()
        assert set(read_folder(folder)) == set(files())

    def test_inside_the_bundle_are_the_bundle(self, tmp_path: Path) -> None:
        """Whoever points at ``Installation`` means the bundle around it."""
        folder = write(tmp_path / "ShopBundle", files())
        assert read_bundle(folder / "Installation") == shop()

    def test_behind_links_are_not_followed(self, tmp_path: Path) -> None:
        """A link to a file or a folder, the tree's own too, leads nowhere."""
        outside = write(tmp_path / "outside", {"secret.json": b'{"$id": "urn:secret"}'})
        folder = write(tmp_path / "ShopBundle", files())
        (folder / "Installation" / "linked.json").symlink_to(outside / "secret.json")
        (folder / "Installation" / "linked").symlink_to(outside)
        (folder / "Action").symlink_to(outside)
        assert read_bundle(folder) == shop()

    def test_may_have_a_manifest_in_yaml(self, tmp_path: Path) -> None:
        """A flat bundle in YAML is that in JSON, its folders of new kinds included."""
        more = {
            "sources/s.source.yaml": b"$id: urn:s\nlocation: https://a.example\n",
            "actions/deep/a.json": b'{"$id": "urn:a"}',
            "endpoints/e.yml": b"$id: urn:e\nreference: urn:thing\npath: things\n",
        }
        written = {"installation.yaml": b"name: Things\n", "schemas/thing.json": SCHEMA, **more}
        one = read_bundle(write(tmp_path / "one", written))
        other = read_bundle(write(tmp_path / "other", {**FLAT, **more}))
        assert [(a.kind, a.reference, a.body) for a in one.artifacts] == [
            (a.kind, a.reference, a.body) for a in other.artifacts
        ]
        assert len(one.artifacts) == 4

    def test_with_faults_are_refused_whole_when_flat(self, tmp_path: Path) -> None:
        """A file of a flat bundle that cannot be read stays an error, with its place."""
        broken = {**FLAT, "schemas/x.json": b'{\n"a": 1,}', "mappings/y.yaml": b"a: &b 1"}
        detail = refusal(write(tmp_path / "flat", broken))
        assert "schemas/x.json:2:" in detail
        assert "mappings/y.yaml:1:" in detail
        assert "an anchor is no JSON" in detail

    def test_with_two_manifests_are_refused(self, tmp_path: Path) -> None:
        """Which of two manifests counts, nobody could know."""
        assert "more than one" in refusal(write(tmp_path, {**FLAT, "installation.yaml": b"name: X"}))

    def test_without_a_bundle_are_refused(self, tmp_path: Path) -> None:
        """A folder without either layout is no bundle, a ``composer.json`` alone neither."""
        assert "is not a bundle" in refusal(write(tmp_path, {"composer.json": b"{}", "x.json": b"{}"}))

    def test_that_are_too_large_are_refused(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        """More files or bytes than a bundle may have are too many."""
        monkeypatch.setattr("gateway_core.bundles.limits.MAX_BYTES", 2_000)
        content = {f"Installation/{number}.json": b'{"a": []}' + b" " * 500 for number in range(10)}
        assert "is too large" in refusal(write(tmp_path, content))


class TestArchives:
    def test_say_what_the_folder_says(self, tmp_path: Path, pack: Pack) -> None:
        """An archive of the bundle, or of a folder that holds it, is the bundle."""
        assert read_bundle(pack(tmp_path, files())) == shop()
        nested = {f"ShopBundle-main/{name}": each for name, each in files().items()}
        beside = {"ShopBundle-main/README.md": b"#", "ShopBundle-main/src/x.php": b"<?"}
        assert read_bundle(pack(tmp_path, {**nested, **beside})) == shop()

    def test_of_flat_bundles_too(self, tmp_path: Path, pack: Pack) -> None:
        """A flat bundle may come in an archive, in a folder or not."""
        assert read_bundle(pack(tmp_path, dict(FLAT))).name == "Things"
        assert (
            read_bundle(pack(tmp_path, {f"x/{name}": each for name, each in FLAT.items()})).name == "Things"
        )

    def test_are_found_by_their_path(self, tmp_path: Path, pack: Pack) -> None:
        """``find_bundle`` takes the path of an archive; one that is not there is none."""
        place = pack(tmp_path, files())
        assert find_bundle(str(place)) == place
        with pytest.raises(ConfigurationError, match="there is no such bundle"):
            find_bundle(str(tmp_path / "none.zip"))

    @pytest.mark.parametrize(
        "name",
        ["../x.json", "/etc/x.json", "Installation/../../x.json", "a\\..\\x.json", "C:/x.json", "a/.."],
    )
    def test_that_lead_out_are_refused(self, tmp_path: Path, pack: Pack, name: str) -> None:
        """A member whose name leads out of the archive refuses all of it."""
        assert "leads out of it" in refusal(pack(tmp_path, {**files(), name: b"{}"}))
        assert [path.name for path in tmp_path.iterdir()] == [pack(tmp_path, files()).name]

    @pytest.mark.parametrize("kind", [tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.CHRTYPE, tarfile.FIFOTYPE])
    def test_with_links_and_devices_are_refused(self, tmp_path: Path, kind: bytes) -> None:
        """What is no plain file, where one would be read, refuses the archive; elsewhere it is nothing."""
        info = tarfile.TarInfo("Installation/x.json")
        info.type, info.linkname = kind, "/etc/passwd"
        assert "is no plain file" in refusal(tarred(tmp_path, files(), info))
        info.name = "docs/x.json"
        assert read_bundle(tarred(tmp_path, files(), info)) == shop()

    def test_with_links_in_a_zip_are_refused(self, tmp_path: Path) -> None:
        """A zip may hold links too."""
        info = zipfile.ZipInfo("Installation/x.json")
        info.external_attr = 0o120777 << 16
        file = zipped(tmp_path, files())
        with zipfile.ZipFile(file, "a") as made:
            made.writestr(info, "/etc/passwd")
        assert "is no plain file" in refusal(file)

    def test_that_swell_are_refused(self, tmp_path: Path) -> None:
        """A bomb is noticed by how it swells, before it is unpacked."""
        bomb = b'{"a": "' + b" " * 10_000_000 + b'"}'
        assert "swells" in refusal(zipped(tmp_path, {**files(), "Installation/x.json": bomb}))

    def test_that_lie_about_their_size_are_refused(self, tmp_path: Path) -> None:
        """What a member says of its size is not believed."""
        file = zipped(tmp_path, {**files(), "Installation/x.json": b" " * 200_000})
        content = bytearray(file.read_bytes())
        at = content.rfind(b"PK\x01\x02")
        struct.pack_into("<I", content, at + 24, 10)
        file.write_bytes(content)
        assert refusal(file)

    def test_that_unpack_without_end_are_refused(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """A stream that unpacks to more than may be is left off, wanted or not; a header of it too."""
        monkeypatch.setattr(archives, "MAX_UNPACKED", 200_000)
        beside = {"src/large.bin": b"\0" * 1_000_000}
        assert "unpacks to more" in refusal(tarred(tmp_path, {**beside, **files()}))
        header = tarfile.TarInfo("x")
        header.type, header.size = tarfile.XHDTYPE, 10**9
        stream = gzip.compress(header.tobuf() + b"\0" * 1_000_000)
        (tmp_path / "Header.tar.gz").write_bytes(stream)
        assert "unpacks to more" in refusal(tmp_path / "Header.tar.gz")

    def test_with_too_many_members_are_refused(
        self, tmp_path: Path, pack: Pack, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """Members are counted, the unwanted too."""
        monkeypatch.setattr(archives, "MAX_MEMBERS", 20)
        assert "more than 20 members" in refusal(pack(tmp_path, {f"src/{n}": b"" for n in range(30)}))

    def test_that_hold_a_file_twice_are_refused(self, tmp_path: Path) -> None:
        """Which of two counts would depend on who reads."""
        file = zipped(tmp_path, files())
        with zipfile.ZipFile(file, "a") as made, pytest.warns(UserWarning, match="Duplicate"):
            made.writestr("Installation/installation.json", "{}")
        assert "twice" in refusal(file)

    def test_that_are_encrypted_are_refused(self, tmp_path: Path) -> None:
        """A member that needs a password is told."""
        file = zipped(tmp_path, files())
        content = bytearray(file.read_bytes())
        at = content.find(b"PK\x01\x02")
        while at >= 0:
            content[at + 8] |= 1
            at = content.find(b"PK\x01\x02", at + 4)
        file.write_bytes(content)
        assert "is encrypted" in refusal(file)

    @given(st.data())
    def test_that_are_damaged_are_read_or_refused(
        self, tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
    ) -> None:
        """Bytes changed or cut anywhere: a bundle, or a refusal in words."""
        folder = tmp_path_factory.mktemp("damaged")
        packing = data.draw(st.sampled_from([zipped, tarred, lambda f, c: tarred(f, c, ending="tar")]))
        file = packing(folder, files())
        content = bytearray(file.read_bytes())
        for _ in range(data.draw(st.integers(1, 4))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        file.write_bytes(content[: data.draw(st.integers(0, len(content)))])
        with contextlib.suppress(ConfigurationError):
            assert read_bundle(file).name


class Point:
    """An entry point, as far as it is looked at."""

    def __init__(self, name: str, value: str) -> None:
        self.name, self.module = name, value.partition(":")[0]


class TestPackages:
    @pytest.fixture(autouse=True)
    def points(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        write(tmp_path / "acme_shop" / "bundle" / "ShopBundle", files())
        write(tmp_path / "acme_shop", {"__init__.py": b"raise RuntimeError('this was run')"})
        monkeypatch.syspath_prepend(tmp_path)
        points = {
            packages.BUNDLES: [Point("Shop", "acme_shop.bundle.ShopBundle"), Point("Gone", "acme_gone")],
            packages.HANDLERS: [Point("Acme\\Shop\\PayHandler", "acme_shop.pay:Handler")],
        }
        monkeypatch.setattr(packages, "entry_points", lambda group: points[group])

    def test_bring_bundles_by_name(self) -> None:
        """An entry point names a package that holds a bundle; nothing of it is run."""
        found = read_bundle(find_bundle("Shop"))
        assert found.artifacts == shop().artifacts

    def test_that_are_gone_bring_none(self) -> None:
        """An entry point whose package is not there brings no bundle."""
        with pytest.raises(ConfigurationError, match="there is no such bundle"):
            find_bundle("Gone")

    def test_bring_handlers_by_class(self) -> None:
        """A handler is registered under the class that actions ask for, in one spelling."""
        assert set(packages.registered_handlers()) == {"Acme.Shop.PayHandler"}
