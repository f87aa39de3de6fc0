"""The command line as an administrator meets it: each command a process of its own."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import signal
import socket
import sqlite3
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import httpx2
import pytest
from administrator import COMMAND, Administrator, bundle, credentials
from gateway_process import ROOT, Server, StartServer

PET = "https://example.com/petstore/pet.schema.json"
OWNER = "https://example.com/petstore/owner.schema.json"
PETS = "/api/petstore/pets"


@pytest.fixture
def admin(tmp_path: Path) -> Administrator:
    return Administrator(tmp_path)


def pet(number: int) -> dict[str, Any]:
    return {"_schema": PET, "_id": f"00000000-0000-4000-8000-{number:012d}", "name": "Rex", "species": "dog"}


class TestHelp:
    def test_names_every_command(self, admin: Administrator) -> None:
        """``gateway --help`` names all commands."""
        text = admin.succeeds("--help").stdout
        names = ("serve", "openapi", "bundle", "app", "objects", "mapping", "doctor")
        assert [name for name in names if name not in text] == []

    def test_loads_nothing_that_it_does_not_need(self) -> None:
        """Help comes at once, since servers, validators and stores are imported by who uses them."""
        program = (
            "import sys\n"
            "from gateway_core.cli.main import app\n"
            "app(['--help'], standalone_mode=False)\n"
            "print([name for name in ('uvicorn', 'fastapi', 'jsonschema', 'sqlite3') if name in sys.modules])"
        )
        done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
        assert done.stdout.splitlines()[-1] == "[]"

    def test_tells_the_settings_behind_the_options(self, admin: Administrator) -> None:
        """The help of serve names the environment variable of each option."""
        text = admin.succeeds("serve", "--help").stdout
        for option in ("HOST", "PORT", "STORE", "WORKERS"):
            assert f"GATEWAY_{option}" in text
            assert f"--{option.lower()}" in text

    @pytest.mark.parametrize("arguments", [["frob"], ["app", "frob"], ["serve", "--frob"], ["app", "add"]])
    def test_is_offered_where_a_command_is_wrong(self, admin: Administrator, arguments: list[str]) -> None:
        """A command that does not exist, an unknown option and a missing argument end with 2."""
        assert "--help" in admin.fails(*arguments, code=2)


class TestSettings:
    @pytest.mark.parametrize(
        ("settings", "code", "words"),
        [
            ({"port": "abc"}, 2, ["GATEWAY_PORT", "integer"]),
            ({"port": "70000", "workers": "0"}, 2, ["GATEWAY_PORT", "65535", "GATEWAY_WORKERS"]),
            ({"durability": "some"}, 2, ["GATEWAY_DURABILITY", "full", "fast"]),
            ({"store": "sqlte:///x.db"}, 1, ["'sqlte'", "Did you mean sqlite"]),
            ({"store": "x.db"}, 1, ["sqlite:///"]),
            ({"store": "sqlite:////no/such/folder/x.db"}, 1, ["/no/such/folder/x.db", "cannot be opened"]),
            ({"bundles": "PetStor"}, 1, ["'PetStor'", "Did you mean Petstore", "CustomerInteraction"]),
            ({"bundles": "/no/such/folder"}, 1, ["'/no/such/folder'", "installation.json"]),
        ],
    )
    def test_that_are_wrong_end_in_a_sentence(
        self, admin: Administrator, settings: dict[str, str], code: int, words: list[str]
    ) -> None:
        """The message names the setting or thing, and the way out."""
        said = admin.fails("openapi", code=code, **settings)
        assert [word for word in words if word not in said] == []
        assert len(said.splitlines()) == 1

    def test_of_a_demo_stay_on_the_loopback_address(self, admin: Administrator) -> None:
        """``--demo`` on another address is refused with exit code 2, before anything is stored."""
        for host in ("0.0.0.0", "192.0.2.1", "::"):
            assert host in admin.fails("serve", "--demo", "--host", host, code=2)
            assert host in admin.fails("serve", code=2, demo="true", host=host)
        assert not admin.store.exists()

    def test_of_an_address_in_use_are_refused(self, admin: Administrator) -> None:
        """A port that another process listens on is named; the gateway does not say that it serves."""
        with socket.create_server(("127.0.0.1", 0)) as taken:
            port = str(taken.getsockname()[1])
            said = admin.fails("serve", "--demo", "--port", port)
        assert f"127.0.0.1:{port} is in use" in said
        assert "serving" not in said


class TestBundles:
    def test_with_several_faults_have_all_of_them_named(self, admin: Administrator) -> None:
        """Each file that cannot be read and each unknown key is named in one go."""
        folder = bundle(
            admin.folder / "broken",
            {"name": "Broken", "requires": "Petstore", "endpoint": {}},
            schemas__a="{",
            schemas__b={"title": "no id"},
            data__c={PET: {"name": "no list"}},
        )
        said = admin.fails("openapi", bundles=str(folder))
        for name in ("schemas/a.json", "schemas/b.json", "data/c.json", "'endpoint'", "'requires'"):
            assert name in said
        assert str(folder) in said

    def test_with_faults_in_what_they_configure_have_all_of_them_named(self, admin: Administrator) -> None:
        """Schemas and endpoints that do not compile are named with the place and the way out."""
        folder = bundle(
            admin.folder / "broken",
            {
                "name": "Broken",
                "endpoints": {"schemas": [{"$id": "urn:e", "reference": "urn:nothing", "path": "x"}]},
            },
            schemas__a={
                "$id": "urn:a",
                "type": "object",
                "x-maxDepth": 2,
                "properties": {"p": {"type": "datetime"}, "q": {"$ref": "urn:missing"}},
            },
            schemas__b={"$id": "urn:b", "type": "object", "required": ["nmae"], "properties": {"name": {}}},
        )
        said = admin.fails("openapi", bundles=str(folder))
        for words in (
            "urn:a, /properties/p/type",
            "date-time",
            "urn:b, /required/0",
            "'name'",
            "urn:nothing",
        ):
            assert words in said
        assert "nothing is installed" in admin.succeeds("doctor", bundles="").stderr

    def test_with_faulty_mappings_show_the_spot(self, admin: Administrator) -> None:
        """What is wrong with a mapping is told by file, line and column, with a marker below the spot."""
        head = '{\n  "$id": "urn:%s",\n  "passTrough": false,\n  "mapping": {\n    "x": "%s"\n  }\n}\n'
        folder = bundle(
            admin.folder / "broken",
            {"name": "Broken"},
            mappings__a=head % ("a", r"{{ \"q\" ~ name|uper }}"),
            mappings__b=head % ("b", "{{ map('urn:nowhere', _context) }}"),
        )
        said = admin.fails("openapi", bundles=str(folder))
        assert f'{folder}/mappings/a.json:5:27, urn:a, /mapping/x: There is no filter "uper"' in said
        assert r'      "x": "{{ \"q\" ~ name|uper }}"' + "\n" + " " * 28 + "^\n" in said
        assert f"{folder}/mappings/b.json:5:5: mapping urn:b calls map('urn:nowhere')" in said

    def test_are_remarked_upon_when_they_are_installed(self, admin: Administrator) -> None:
        """Warnings are shown once, ten of them a line each, with where to find the others."""
        keys = {f"strange{number}": 1 for number in range(12)}
        endpoint = {"$id": "urn:e", "reference": PET, "path": "beasts", "methods": ["GET"], **keys}
        manifest = {"name": "Remarked", "requires": ["Petstore"], "endpoints": {"schemas": [endpoint]}}
        folder = bundle(admin.folder / "remarked", manifest)
        said = admin.succeeds("openapi", bundles=f"Petstore,{folder}").stderr.splitlines()
        warnings = [line for line in said if "warning: " in line]
        assert len(warnings) == 10
        assert "strange" in warnings[0]
        assert said[said.index(warnings[-1]) + 1].endswith("2 more warnings: gateway doctor shows them all")
        assert "warning" not in admin.succeeds("openapi", bundles=f"Petstore,{folder}").stderr

    def test_that_require_others_say_which(self, admin: Administrator) -> None:
        """A bundle whose requirement is not installed names it."""
        said = admin.fails("openapi", bundles="CustomerInteractionDemo")
        assert "requires CustomerInteraction" in said

    def test_whose_data_fails_are_not_installed(self, admin: Administrator) -> None:
        """Every faulty object is named by file and number; once mended, the bundle installs."""
        manifest = {"name": "More", "requires": ["Petstore"]}
        good = {"name": "Rex", "species": "dog"}
        bad = {PET: [good, {"name": "Rex"}, {"name": "Rex", "species": "stone"}]}
        folder = bundle(admin.folder / "more", manifest, data__pets=bad)
        said = admin.fails("openapi", bundles=f"Petstore,{folder}")
        assert f"data/pets.json: number 2 of {PET}: Pet: species is required" in said
        assert f"data/pets.json: number 3 of {PET}: Pet: species must be one of" in said
        assert "stone" not in said
        assert "1 bundles" in admin.succeeds("doctor").stderr
        bundle(folder, manifest, data__pets={PET: [good]})
        done = admin.succeeds("openapi", bundles=f"Petstore,{folder}")
        assert "installed More 0.0.1: 1 artifacts, 1 objects created" in done.stderr


class TestApplications:
    def test_may_call_until_they_are_revoked(self, admin: Administrator, server_factory: StartServer) -> None:
        """A running server takes a new application, holds it to its scopes, and forgets it in a second."""
        server = server_factory(
            store=f"sqlite:///{admin.store}", bundles="Petstore", durability="fast", title="Pets"
        )
        assert "no application can call yet" in server.log.read_text()
        assert server.client().get(PETS).status_code == 401
        made = credentials(admin.succeeds("app", "add", "reader", "--scope", "read").stdout)
        reader = server.client(headers={"x-api-key": made["api key"]})
        assert _within_a_second(lambda: reader.get(PETS).status_code == 200)
        refused = reader.post(PETS, json={"name": "Rex", "species": "dog"})
        assert refused.status_code == 403
        assert "may not write" in refused.json()["detail"]
        made = credentials(admin.succeeds("app", "add", "writer").stdout)
        writer = server.client(headers={"authorization": f"Token {made['api key']}"})
        body = {"name": "Rex", "species": "dog"}
        assert _within_a_second(lambda: writer.post(PETS, json=body).status_code == 201)
        assert "may call no longer" in admin.succeeds("app", "revoke", "reader").stderr
        assert _within_a_second(lambda: reader.get(PETS).status_code == 401)
        assert writer.get(PETS).status_code == 200

    def test_are_listed_without_their_secrets(self, admin: Administrator) -> None:
        """The list shows names and scopes; keys and secrets are nowhere in it, nor the key in the file."""
        made = credentials(admin.succeeds("app", "add", "website", "--scope", "read").stdout)
        listed = admin.succeeds("app", "list").stdout
        assert "website" in listed
        assert "read" in listed
        assert made["api key"] not in listed
        assert made["secret"] not in listed
        files = b"".join(path.read_bytes() for path in admin.folder.glob("store.db*"))
        assert made["api key"].encode() not in files

    def test_keep_a_secret_that_they_have(self, admin: Administrator) -> None:
        """A secret given on standard input is kept and not printed; a short one is refused."""
        done = admin.succeeds("app", "add", "kiss", "--secret-stdin", stdin="a-secret-of-enough-length\n")
        assert "a-secret-of-enough-length" not in done.stdout + done.stderr
        short = admin.run("app", "add", "other", "--secret-stdin", stdin="short\n")
        assert short.returncode == 1
        assert "16 characters" in short.stderr

    def test_have_a_name_of_their_own_and_scopes_that_exist(self, admin: Administrator) -> None:
        """A second application of a name, an unknown scope and an unknown name are refused."""
        admin.succeeds("app", "add", "website")
        assert "'website'" in admin.fails("app", "add", "website")
        assert "client id 'website'" in admin.fails("app", "add", "other", "--client-id", "website")
        said = admin.fails("app", "add", "x", "--scope", "owner")
        assert "'owner' does not exist. Scopes are: read, write, admin, own." in said
        assert "app list" in admin.fails("app", "revoke", "x")


class TestObjects:
    def test_come_back_as_they_went(self, admin: Administrator, tmp_path: Path) -> None:
        """Export, import into a new store, export: ids, data, owners, times and versions are equal."""
        bundles = "CustomerInteraction,CustomerInteractionDemo,Petstore"
        first, second = tmp_path / "first.jsonl", tmp_path / "second.jsonl"
        admin.succeeds("openapi", bundles=bundles)
        with contextlib.closing(sqlite3.connect(admin.store)) as raw, raw:
            raw.execute("UPDATE object SET version = 7, owner = 'jan', owner_name = 'J.' WHERE rowid % 3 = 0")
        done = admin.succeeds("objects", "export", str(first), bundles=bundles)
        count = len(first.read_text().splitlines())
        assert f"{count} objects written" in done.stderr
        assert first.stat().st_mode & 0o077 == 0
        # The other store has the same schemas without their data.
        other = f"sqlite:///{tmp_path / 'other.db'}"
        admin.succeeds("openapi", store=other, bundles="CustomerInteraction,Petstore")
        with contextlib.closing(sqlite3.connect(tmp_path / "other.db")) as raw, raw:
            for table in ("object", "link", "counter", "term", "sequence"):
                raw.execute(f"DELETE FROM {table}")
        done = admin.succeeds("objects", "import", str(first), store=other, bundles="CustomerInteraction")
        assert f"{count} objects created, 0 were there already" in done.stderr
        assert "importing" not in done.stderr
        admin.succeeds("objects", "export", str(second), store=other)
        assert sorted(second.read_text().splitlines()) == sorted(first.read_text().splitlines())
        assert '"version":7' in second.read_text()
        assert '"owner":{"id":"jan","name":"J."}' in second.read_text()
        again = admin.succeeds("objects", "import", str(first), store=other, bundles="CustomerInteraction")
        assert f"0 objects created, {count} were there already" in again.stderr

    def test_that_are_new_get_numbers_behind_those_imported(
        self, admin: Administrator, server_factory: StartServer
    ) -> None:
        """A sequence goes on after the highest number that came with an import."""
        moment = "2024-05-01T12:00:00.000000Z"
        itself = {"version": 3, "dateCreated": "2024-05-01T14:00:00+02:00", "dateModified": moment}
        file = admin.lines("pets.jsonl", {**pet(1), "number": 500, "_self": itself})
        admin.succeeds("objects", "import", str(file))
        server = server_factory(store=f"sqlite:///{admin.store}", bundles="Petstore", demo="true")
        made = server.client().post(PETS, json={"name": "New", "species": "cat"}).json()
        assert made["number"] == 501
        old = server.client().get(f"{PETS}/{pet(1)['_id']}").json()
        assert (old["_self"]["version"], old["_self"]["dateCreated"], old["number"]) == (3, moment, 500)

    def test_of_an_interrupted_import_are_completed_by_the_next(self, admin: Administrator) -> None:
        """Killed half way, an import has stored whole batches; started again, it does the rest."""
        total = 6000
        file = admin.lines("pets.jsonl", *map(pet, range(total)))
        admin.succeeds("openapi")
        child = subprocess.Popen(
            [*COMMAND, "objects", "import", str(file)],
            cwd=ROOT,
            env=admin.environment(),
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 30
        while self._count(admin) < 100 and time.monotonic() < deadline:
            time.sleep(0.01)
        child.send_signal(signal.SIGKILL)
        child.wait()
        before = self._count(admin)
        assert 100 < before < total
        done = admin.succeeds("objects", "import", str(file))
        created, present = (int(word) for word in done.stderr.split() if word.isdigit())
        assert created + present == total
        assert present == before - 4  # the bundle itself brings four pets
        assert self._count(admin) == total + 4

    def _count(self, admin: Administrator) -> int:
        with contextlib.closing(sqlite3.connect(admin.store)) as raw:
            found: int = raw.execute("SELECT count(*) FROM object WHERE entity = ?", (PET,)).fetchone()[0]
            return found

    def test_on_bad_lines_are_refused_by_number(self, admin: Administrator) -> None:
        """Every bad line of a batch is named, with the place and rule and without its values."""
        file = admin.lines(
            "pets.jsonl",
            pet(1),
            {**pet(2), "species": "stone"},
            {**pet(3), "owner": {"name": 5}},
            {**pet(4), "_schema": "urn:nothing"},
            {**pet(5), "_id": "5"},
            {**pet(6), "_self": {"version": 1, "dateCreated": "yesterday"}},
            pet(1),
        )
        said = admin.fails("objects", "import", str(file))
        for words in (
            "line 2: Pet: species must be one of",
            "line 3: Pet: owner.name must be a text",
            "line 4: schema 'urn:nothing' is not installed",
            "line 5: '_id' must be a UUID",
            "line 6: '_self.dateCreated'",
            "line 7: '_id' is that of an earlier line",
            "nothing was imported",
        ):
            assert words in said
        assert "line 1:" not in said
        assert "stone" not in said
        with file.open("a") as stream:
            stream.write("{\n[]\n")
        said = admin.fails("objects", "import", str(file))
        assert "line 4: schema 'urn:nothing' is not installed" in said
        assert "line 8: " in said
        assert "line 9: an object with '_schema', the $id of its schema, is expected" in said

    def test_with_an_id_that_is_taken_are_refused(self, admin: Administrator) -> None:
        """An id twice in one file is a fault wherever the lines stand, and so is one of another kind."""
        twice = admin.lines("twice.jsonl", *(pet(number) for number in range(1100)), pet(0))
        said = admin.fails("objects", "import", str(twice))
        assert "line 1101: '_id' is that of an earlier line" in said
        assert "1000 objects of earlier lines were created" in said
        other = admin.lines("other.jsonl", {"_schema": OWNER, "_id": pet(0)["_id"], "name": "Ann"})
        assert "line 1: '_id' is that of an object of another schema" in admin.fails(
            "objects", "import", str(other)
        )

    def test_that_refer_to_nothing_are_reported(self, admin: Administrator) -> None:
        """References forward are fine; one that leads nowhere is named by line and property."""
        owner = "10000000-0000-4000-8000-000000000000"
        nobody = "20000000-0000-4000-8000-000000000000"
        pets = [{**pet(number), "owner": owner} for number in range(600)]
        file = admin.lines("pets.jsonl", *pets, {"_schema": OWNER, "_id": owner, "name": "Ann"})
        admin.succeeds("objects", "import", str(file))
        file = admin.lines("more.jsonl", {**pet(700), "owner": nobody}, {**pet(701), "owner": owner})
        said = admin.fails("objects", "import", str(file))
        assert "line 1: 'owner'" in said
        assert "line 2" not in said

    def test_show_a_bar_on_a_terminal(self, admin: Administrator) -> None:
        """The progress of an import is drawn where a person looks on, and nowhere else."""
        file = admin.lines("pets.jsonl", *map(pet, range(1500)))
        parent, child = pty.openpty()
        try:
            done = subprocess.run(
                [*COMMAND, "objects", "import", str(file)],
                cwd=ROOT,
                env=admin.environment() | {"TERM": "xterm"},
                stdout=subprocess.PIPE,
                stderr=child,
                timeout=60,
                check=False,
            )
            os.close(child)
            shown = _drained(parent)
        finally:
            os.close(parent)
        assert done.returncode == 0
        assert "importing" in shown
        assert "100%" in shown
        assert done.stdout == b""

    def test_on_bad_lines_are_passed_over_when_asked(self, admin: Administrator, tmp_path: Path) -> None:
        """With skip good lines are stored and bad ones written down; the exit code tells that some were."""
        rejected = tmp_path / "rejected.csv"
        file = tmp_path / "pets.csv"
        file.write_text("name,species\nA,dog\nB,stone\nC,cat\n")
        command = ("objects", "import", str(file), "--schema", "pet")
        assert "nothing was imported" in admin.fails(*command)
        said = admin.fails(*command, "--on-error", "skip", "--rejected", str(rejected))
        assert "2 objects created, 0 were there already, 1 lines rejected" in said
        assert "line 3: Pet: species must be one of" in said
        assert "stone" not in said
        rejected.write_text(rejected.read_text().replace("stone", "rabbit"))
        done = admin.succeeds("objects", "import", str(rejected), "--schema", "pet")
        assert "1 objects created, 0 were there already" in done.stderr
        columns = ("--format", "csv", "--schema", "pet", "--columns", "name,species")
        text = admin.succeeds("objects", "export", "-", *columns).stdout
        assert text.splitlines()[0] == "name,species"
        assert text.splitlines()[-3:] == ["A,dog", "C,cat", "B,rabbit"]
        assert "Pet has no 'nmae'" in admin.fails(
            "objects", "export", "-", "--schema", "pet", "--columns", "nmae"
        )

    def test_are_read_from_standard_input(self, admin: Administrator) -> None:
        """``-`` reads lines from standard input, in the form that is named."""
        text = "name,species\nA,dog\n"
        done = admin.succeeds("objects", "import", "-", "--format", "csv", "--schema", "pet", stdin=text)
        assert "1 objects created, 0 were there already" in done.stderr
        done = admin.succeeds("objects", "import", "-", stdin=json.dumps(pet(1)))
        assert "1 objects created, 0 were there already" in done.stderr
        said = admin.fails("objects", "import", str(admin.folder / "nothing.jsonl"), code=2)
        assert "nothing.jsonl is no file that can be read" in said

    def test_are_written_to_standard_output_too(self, admin: Administrator) -> None:
        """``-`` writes lines and nothing else to standard output; a reader may leave early."""
        admin.succeeds("openapi")
        text = admin.succeeds("objects", "export", "-", "--schema", OWNER).stdout
        assert {json.loads(line)["_schema"] for line in text.splitlines()} == {OWNER}
        environment = admin.environment()
        program = [*COMMAND, "objects", "export", "-"]
        child = subprocess.Popen(
            program, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE
        )
        assert child.stdout is not None
        assert child.stderr is not None
        child.stdout.close()
        assert b"Traceback" not in child.stderr.read()
        child.stderr.close()
        child.wait()

    def test_are_not_exported_from_nowhere(self, admin: Administrator, tmp_path: Path) -> None:
        """An empty store, an unknown schema and a file that cannot be written are refused."""
        file = tmp_path / "out.jsonl"
        assert "holds no configuration" in admin.fails("objects", "export", str(file))
        admin.succeeds("openapi")
        assert "'urn:x' is not installed" in admin.fails("objects", "export", str(file), "--schema", "urn:x")
        assert not file.exists()
        assert "No such file" in admin.fails("objects", "export", str(tmp_path / "no" / "out.jsonl"))
        assert list(tmp_path.glob("*.part")) == []


class TestDoctor:
    def test_finds_a_healthy_gateway_healthy(self, admin: Administrator) -> None:
        """Each check has its line; exit code 0."""
        admin.succeeds("app", "add", "website")
        said = admin.succeeds("doctor").stderr
        assert "store          ok" in said
        assert "configuration  ok     1 bundles, 3 schemas, 3 endpoints, 1 mappings" in said
        assert "bundles        ok     Petstore" in said
        assert "applications   ok     1 may call" in said
        assert "FAILS" not in said

    def test_passes_on_the_remarks_about_mappings(self, admin: Administrator) -> None:
        """Mappings that work and may not do what they mean are told of; that is no failure."""
        body = {"$id": "urn:a", "passTrough": False, "mapping": {"x": "name"}}
        folder = bundle(admin.folder / "loose", {"name": "Loose"}, mappings__a=body)
        admin.succeeds("openapi", bundles=str(folder))
        said = admin.succeeds("doctor", bundles=str(folder)).stderr
        assert "configuration  warns  mappings/a.json, urn:a, /mapping/x: Where the input has no" in said

    def test_finds_a_damaged_store(self, admin: Administrator) -> None:
        """Pages that were overwritten are found; exit code 1, and the way out."""
        admin.succeeds("openapi")
        with contextlib.closing(sqlite3.connect(admin.store)) as raw:
            raw.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            size = raw.execute("PRAGMA page_size").fetchone()[0]
        content = bytearray(admin.store.read_bytes())
        content[2 * size : 9 * size] = b"\x7f" * 7 * size
        admin.store.write_bytes(content)
        said = admin.fails("doctor")
        assert "is damaged" in said
        assert "backup" in said

    def test_finds_a_store_that_is_none(self, admin: Administrator) -> None:
        """A file that is no database is named as such."""
        admin.store.write_text("This is a shopping list, not a database. " * 50)
        assert "is not a SQLite database" in admin.fails("doctor")

    def test_finds_a_configuration_that_does_not_compile(self, admin: Administrator) -> None:
        """What is installed and cannot be used is named; so it is when serving is tried."""
        admin.succeeds("openapi")
        with contextlib.closing(sqlite3.connect(admin.store)) as raw, raw:
            change = "UPDATE artifact SET body = replace(body, '\"string\"', '\"strin\"') WHERE reference = ?"
            raw.execute(change, (PET,))
        said = admin.fails("doctor")
        assert "configuration  FAILS" in said
        assert "'strin' is not a JSON Schema type" in said
        assert "'strin' is not a JSON Schema type" in admin.fails("serve", "--port", "0")

    def test_finds_a_key_that_means_nothing(self, admin: Administrator) -> None:
        """A misspelt key of a manifest's collection is a warning with the key that may have been meant."""
        collection = {"$id": "urn:typo", "title": "Typo", "prefixx": "typo"}
        folder = bundle(admin.folder / "typo", {"name": "Typo", "collections": [collection]})
        admin.succeeds("openapi", bundles=str(folder))
        said = admin.succeeds("doctor", bundles=str(folder)).stderr
        assert "configuration  warns  collection urn:typo: 'prefixx' means nothing here" in said
        assert "did you mean 'prefix'?" in said

    def test_finds_a_bundle_that_cannot_be_read(self, admin: Administrator) -> None:
        """A bundle that would stop the next start is named before it does."""
        admin.succeeds("openapi")
        folder = bundle(admin.folder / "broken", {"name": "Broken"}, schemas__a="{")
        said = admin.fails("doctor", bundles=f"Petstore,{folder}")
        assert "bundles        FAILS" in said
        assert "schemas/a.json" in said
        waiting = bundle(admin.folder / "waiting", {"name": "Waiting"})
        assert "waits  Waiting" in admin.succeeds("doctor", bundles=f"Petstore,{waiting}").stderr


def test_openapi_prints_the_document_and_nothing_else(admin: Administrator) -> None:
    """Standard output is the OpenAPI 3.1 document of what is installed."""
    document = json.loads(admin.succeeds("openapi").stdout)
    assert document["openapi"].startswith("3.1")
    assert {PETS, f"{PETS}/{{id}}", "/api/petstore/cards"} <= document["paths"].keys()


@pytest.mark.parametrize("workers", ["1", "3"])
def test_says_that_it_serves_when_it_does(admin: Administrator, workers: str) -> None:
    """The message comes once, and who reads it finds somebody listening at the address."""
    command = [*COMMAND, "serve", "--demo", "--port", "0", "--workers", workers]
    with subprocess.Popen(
        command,
        cwd=ROOT,
        env=admin.environment(),
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as process:
        assert process.stderr is not None
        try:
            said = next(line for line in process.stderr if line.startswith("serving "))
            title, _, rest = said.removeprefix("serving ").partition(" at ")
            url = rest.partition(" ")[0]
            assert httpx2.get(f"{url}/openapi.json", timeout=30).json()["info"]["title"] == title.strip()
        finally:
            os.killpg(process.pid, signal.SIGTERM)
        assert "serving " not in process.stderr.read()


def test_several_workers_follow_the_store(admin: Administrator, server_factory: StartServer) -> None:
    """With two workers each accepts an application added meanwhile, and an object of the other."""
    server = server_factory(
        store=f"sqlite:///{admin.store}", bundles="Petstore", durability="fast", workers="2"
    )
    made = credentials(admin.succeeds("app", "add", "website").stdout)
    time.sleep(1)
    ids = []
    for number in range(40):
        with httpx2.Client(base_url=server.url, headers={"x-api-key": made["api key"]}, timeout=30) as client:
            answer = client.post(PETS, json={"name": f"Rex {number}", "species": "dog"})
            assert answer.status_code == 201, answer.text
            ids.append(answer.json()["id"])
            assert client.get(f"{PETS}/{ids[0]}").status_code == 200
    assert len(_children(server)) >= 2


def _children(server: Server) -> list[str]:
    """The processes of the workers, as far as the operating system tells."""
    assert server.process is not None
    file = Path(f"/proc/{server.process.pid}/task/{server.process.pid}/children")
    if not file.exists():
        pytest.skip("the system does not tell which processes a process has")
    return file.read_text().split()


def _within_a_second(holds: Any) -> bool:
    deadline = time.monotonic() + 1
    while time.monotonic() < deadline:
        if holds():
            return True
        time.sleep(0.02)
    return bool(holds())


def _drained(descriptor: int) -> str:
    """All that was written to the other end of a terminal."""
    content = b""
    with contextlib.suppress(OSError):  # Linux reports the other end's leaving as an error
        while chunk := os.read(descriptor, 65536):
            content += chunk
    return content.decode(errors="replace")
