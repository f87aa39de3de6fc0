"""``gateway bundle`` as an administrator meets it."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from administrator import COMMAND, Administrator, bundle
from gateway_process import ROOT, StartServer

SCHEMA, MAPPING = (
    "https://example.com/Library/item.schema.json",
    "https://example.com/Library/itemToCard.mapping.json",
)


class Librarian(Administrator):
    """An administrator with a new bundle in a folder of their own, and no other one."""

    def __init__(self, folder: Path) -> None:
        super().__init__(folder)
        self.source = folder / "library"
        self.succeeds("bundle", "new", "Library", str(self.source))

    def environment(self, **settings: str) -> dict[str, str]:
        return super().environment(**{"bundles": "", **settings})

    def ends(self, code: int, *arguments: str, **settings: str) -> str:
        """Run a command that ends with this code; all that it says."""
        done = self.run("bundle", *arguments, **settings)
        assert done.returncode == code, (done.returncode, done.stdout, done.stderr)
        assert "Traceback" not in done.stderr
        return done.stdout + done.stderr

    def change(self, path: str, change: Callable[[dict[str, Any]], object]) -> None:
        """Edit a file of the bundle."""
        file = self.source / path
        document = json.loads(file.read_text())
        change(document)
        file.write_text(json.dumps(document))

    def release(self, version: str, longest: int) -> None:
        """Another version, in which names are at most so long."""
        self.change("installation.json", lambda manifest: manifest.update(version=version))
        self.change(
            "schemas/item.schema.json",
            lambda schema: (
                schema.update(version=version),
                schema["properties"]["name"].update(maxLength=longest),
            ),
        )

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.ends(0, "list", "--json"))
        return found


@pytest.fixture
def admin(tmp_path: Path) -> Librarian:
    return Librarian(tmp_path)


class TestNew:
    def test_works_at_once(self, admin: Librarian) -> None:
        """A new bundle has nothing to be remarked upon: check, mapping test and lint, plan and install."""
        source = str(admin.source)
        assert "It can be installed: 0 errors, 0 warnings" in admin.ends(0, "check", source)
        assert "2 passed, 0 failed" in admin.succeeds("mapping", "test", source).stdout
        admin.succeeds("mapping", "lint", "--bundle", source)
        assert "Plan: 7 to create, 0 to change, 0 to remove" in admin.ends(2, "plan", source)
        assert "installed Library 0.1.0: 7 artifacts, 1 object created" in admin.ends(0, "install", source)
        assert "Nothing to do: 7 unchanged." in admin.ends(0, "plan", source)

    def test_is_written_nowhere_over(self, admin: Librarian) -> None:
        """A folder that holds something is left alone, and a name that is none is refused."""
        assert "is not empty" in admin.ends(1, "new", "Other", str(admin.source))
        assert "cannot be the name" in admin.ends(1, "new", "a b", str(admin.folder / "x"))
        assert not (admin.folder / "x").exists()


class TestPlan:
    def test_shows_every_change_and_changes_nothing(self, admin: Librarian) -> None:
        """Members with their values, versions, and what objects a schema would break; the store stays."""
        admin.ends(0, "install", str(admin.source))
        admin.release("0.2.0", 4)
        said = admin.ends(2, "plan", str(admin.source))
        assert "Bundle Library 0.1.0 → 0.2.0" in said
        assert f"  ~ schema      {SCHEMA}  0.1.0 → 0.2.0" in said
        assert "      /properties/name/maxLength: 100 → 4" in said
        assert "1 of 1 stored object of" in said
        assert "name must be at most 4 characters long" in said
        assert "First'" not in said
        assert "Plan: 0 to create, 1 to change, 0 to remove, 6 unchanged." in said
        assert admin.listed()[0]["version"] == "0.1.0"

    def test_is_one_json_object_for_machines(self, admin: Librarian) -> None:
        """``--json`` has the steps with their differences, the findings, and what it was made against."""
        admin.ends(0, "install", str(admin.source))
        admin.release("0.1.0", 4)
        done = admin.run("bundle", "plan", str(admin.source), "--json")
        plan = json.loads(done.stdout)
        assert done.returncode == 2
        assert (plan["bundle"], plan["before"], plan["needed"], plan["possible"]) == (
            "Library",
            "0.1.0",
            True,
            True,
        )
        assert plan["summary"]["change"] == 1
        (step,) = (step for step in plan["steps"] if step["action"] == "change")
        assert {"pointer": "/properties/name/maxLength", "before": 100, "after": 4} in step["differences"]
        assert {finding["code"] for finding in plan["findings"]} == {"version-unchanged", "objects-invalid"}
        assert len(plan["base"]) == 16

    def test_of_a_broken_bundle_shows_the_spot(self, admin: Librarian) -> None:
        """A fault is told by file, line and column with a marker, and ends with 1."""
        file = "mappings/itemToCard.mapping.json"
        admin.change(file, lambda body: body["mapping"].update(line="{{ name|uper }}"))
        for command in ("plan", "check", "install"):
            said = admin.ends(1, command, str(admin.source))
            assert f"{admin.source}/{file}:1:" in said
            assert 'There is no filter "uper"' in said
            assert "^" in said
        assert admin.listed() == []

    def test_of_what_is_no_bundle_says_so(self, admin: Librarian) -> None:
        """A name that leads nowhere, and a folder without a manifest, end with 1 and the way out."""
        assert "Did you mean Petstore" in admin.ends(1, "plan", "Petstor")
        assert "installation.json" in admin.ends(1, "plan", str(admin.folder / "nothing"))


class TestInstall:
    def test_asks_whoever_sits_at_a_terminal(self, admin: Librarian) -> None:
        """At a terminal the plan is shown and a no changes nothing; --yes asks nobody."""
        assert at_terminal(admin, "n\n", "bundle", "install", str(admin.source)) == 1
        assert admin.listed() == []
        assert at_terminal(admin, "y\n", "bundle", "install", str(admin.source)) == 0
        admin.release("0.2.0", 50)
        assert at_terminal(admin, "", "bundle", "install", "--yes", str(admin.source)) == 0
        assert admin.listed()[0]["version"] == "0.2.0"

    def test_may_be_tried_dry(self, admin: Librarian) -> None:
        """--dry-run shows the plan and does nothing."""
        assert "7 to create" in admin.ends(0, "install", "--dry-run", str(admin.source))
        assert admin.listed() == []

    def test_puts_bundles_behind_those_that_they_require(self, admin: Librarian) -> None:
        """Of several sources each is installed after what it requires, in whatever order they are given."""
        needs = bundle(admin.folder / "needs", {"name": "Needs", "requires": ["Library"]})
        admin.ends(0, "install", str(needs), str(admin.source))
        assert [each["name"] for each in admin.listed()] == ["Library", "Needs"]
        said = admin.ends(1, "remove", "Library", "--objects", "delete")
        assert "bundle Needs requires it" in said
        assert "gateway bundle remove Needs" in said

    def test_is_followed_by_a_server_that_runs(self, admin: Librarian, server_factory: StartServer) -> None:
        """What is installed beside a running gateway is served within a second, and is gone when removed."""
        server = server_factory(store=f"sqlite:///{admin.store}", bundles="", demo="true", durability="fast")
        client = server.client()
        assert client.get("/api/library/items").status_code == 404
        admin.ends(0, "install", str(admin.source))
        assert until(lambda: client.get("/api/library/items").status_code == 200)
        assert client.get("/api/library/cards").json()["results"][0]["line"] == "First"
        admin.ends(0, "remove", "Library", "--objects=delete")
        assert until(lambda: client.get("/api/library/items").status_code == 404)


class TestUpgrade:
    def test_takes_newer_versions_from_where_they_came(self, admin: Librarian) -> None:
        """Without a name all bundles are looked at; what is the same, changed or older is told and left."""
        admin.ends(0, "install", str(admin.source))
        assert "Library 0.1.0 is the newest" in admin.ends(0, "upgrade")
        admin.release("0.1.0", 90)
        assert "differs and is not newer" in admin.ends(0, "upgrade", "Library")
        admin.release("0.2.0", 90)
        assert "installed Library 0.2.0" in admin.ends(0, "upgrade")
        admin.release("0.1.9", 80)
        assert "is not newer" in admin.ends(0, "upgrade")
        assert admin.listed()[0]["version"] == "0.2.0"
        assert "did you mean 'Library'" in admin.ends(1, "upgrade", "Librari").replace("Did", "did")


class TestRollback:
    def test_goes_back_and_stays_there(self, admin: Librarian) -> None:
        """The version before is in force again, and a start with the newer source does not undo that."""
        admin.ends(0, "install", str(admin.source))
        admin.release("0.2.0", 50)
        admin.ends(0, "install", str(admin.source))
        assert "rolled back to Library 0.1.0" in admin.ends(0, "rollback", "Library")
        done = admin.succeeds("openapi", bundles=str(admin.source))
        assert "not installed: Library 0.2.0, which was rolled back" in done.stderr
        assert json.loads(done.stdout)["info"]["version"] == "0.1.0"
        assert "nothing before it" in admin.ends(1, "rollback", "Library")
        admin.ends(0, "install", str(admin.source))
        assert admin.listed()[0]["version"] == "0.2.0"


class TestRemove:
    def test_asks_what_becomes_of_objects(self, admin: Librarian) -> None:
        """While objects are stored it is refused; they are kept, deleted, or written to a file before."""
        admin.ends(0, "install", str(admin.source))
        said = admin.ends(1, "remove", "Library")
        assert "1 object of it is stored" in said
        assert "--objects=delete" in said
        assert "refuse, keep, delete" in admin.ends(2, "remove", "Library", "--objects=forget")
        file = admin.folder / "items.jsonl"
        assert "wrote 1 objects" in admin.ends(0, "remove", "Library", "--export", str(file))
        assert json.loads(file.read_text())["name"] == "First"
        assert admin.listed() == []
        assert "is not installed" in admin.ends(1, "remove", "Library")
        assert "exists already" in admin.ends(2, "remove", "Library", "--export", str(file))

    def test_tells_that_a_start_brings_it_back(self, admin: Librarian) -> None:
        """A bundle that the settings name is installed again by the next start, which is said."""
        admin.ends(0, "install", str(admin.source))
        said = admin.ends(0, "remove", "Library", "--objects", "keep", bundles=str(admin.source))
        assert "GATEWAY_BUNDLES names Library" in said


class TestShown:
    def test_bundles_are_listed_and_shown(self, admin: Librarian) -> None:
        """The list tells version, artifacts, edits and objects; one bundle also what it serves and was."""
        assert "No bundle is installed" in admin.ends(0, "list")
        admin.ends(0, "install", str(admin.source))
        admin.release("0.2.0", 50)
        admin.ends(0, "install", str(admin.source))
        (told,) = admin.listed()
        assert (told["name"], told["version"], told["objects"], told["edited"]) == ("Library", "0.2.0", 1, [])
        assert told["artifacts"] == {"collection": 1, "endpoint": 2, "schema": 1, "mapping": 2, "data": 1}
        shown = admin.ends(0, "show", "Library")
        for words in ("/api/library/cards", str(admin.source), f"schema {SCHEMA}", "0.1.0"):
            assert words in shown
        assert json.loads(admin.ends(0, "show", "Library", "--json"))["earlier"] == ["0.1.0"]
        assert "Installed are: Library" in admin.ends(1, "show", "Librari")


class TestExport:
    @pytest.mark.parametrize("name", ["out", "out.zip"])
    def test_writes_what_is_in_force(self, admin: Librarian, name: str) -> None:
        """The folder or archive holds the bundle, and is never written over."""
        admin.ends(0, "install", str(admin.source))
        target = admin.folder / name
        admin.ends(0, "export", "Library", str(target))
        assert admin.ends(1, "export", "Library", str(target))
        if name == "out":
            assert "Nothing to do" in admin.ends(0, "plan", str(target))
        assert "nothing was made or edited" in admin.ends(1, "export", "--edited", str(admin.folder / "e"))
        assert "write: gateway bundle export NAME DEST" in admin.ends(2, "export", "Library")


class TestLock:
    def test_pins_what_is_installed(self, admin: Librarian) -> None:
        """What differs from the lock is neither installed nor served; what is the same is."""
        file = str(admin.folder / "gateway.lock")
        admin.ends(0, "install", str(admin.source))
        assert "1 bundle" in admin.ends(0, "lock", file)
        assert list(json.loads(Path(file).read_text())["bundles"]) == ["Library"]
        admin.ends(0, "install", "--locked", "--lock", file, str(admin.source))
        locked = {"locked": "true", "lock": file, "bundles": str(admin.source)}
        admin.succeeds("openapi", **locked)
        admin.release("0.2.0", 50)
        said = admin.ends(1, "install", "--locked", "--lock", file, str(admin.source))
        assert f"bundle Library 0.2.0 is not what was locked as 0.1.0: schema {SCHEMA}" in said
        assert "is not what was locked" in admin.fails("openapi", **locked)
        assert admin.listed()[0]["version"] == "0.1.0"
        admin.ends(0, "install", str(admin.source))
        assert "is not what was locked" in admin.fails("openapi", locked="true", lock=file, bundles="")
        assert "cannot be read" in admin.fails("openapi", locked="true", lock=str(admin.folder / "none"))


def at_terminal(admin: Administrator, typed: str, *arguments: str) -> int:
    """Run a command with a terminal as its standard input."""
    parent, child = pty.openpty()
    try:
        process = subprocess.Popen(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=admin.environment(),
            stdin=child,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.write(parent, typed.encode())
        return process.wait(timeout=60)
    finally:
        os.close(parent)
        os.close(child)


def until(holds: Callable[[], bool]) -> bool:
    """Wait for what is to happen soon; the time-out is generous, as the machine may be busy."""
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.05)
    return False
