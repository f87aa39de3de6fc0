"""``gateway mapping`` as an integrator meets it: each command a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("GATEWAY_SHARED", ROOT.parent / "shared"))
GREET = {
    "$id": "https://example.com/greet.mapping.json",
    "$schema": "mapping.schema.json",
    "passTrough": False,
    "absent": "omit",
    "mapping": {
        "who": "name",
        "text": "Hello {{ name|upper }}",
        "card": "{{ map('https://example.com/card.mapping.json', _context)|json_encode }}",
    },
    "cast": {"card": "jsonToArray"},
}
CARD = {
    "$id": "https://example.com/card.mapping.json",
    "passTrough": False,
    "absent": "omit",
    "mapping": {"n": "{{ n }}"},
    "cast": {"n": "int"},
}
GOOD = {
    "name": "ann",
    "input": {"name": "ann", "n": 2},
    "output": {"who": "ann", "text": "Hello ANN", "card": {"n": 2}},
}
BAD = {
    "name": "bo",
    "input": {"name": "bo", "n": 2},
    "output": {"who": "bo", "text": "Hello BO", "card": {"n": 2.0}},
}


def gateway(*arguments: object, cwd: Path, stdin: str = "") -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    done = subprocess.run(
        [sys.executable, "-m", "gateway_core.cli.main", "mapping", *map(str, arguments)],
        cwd=cwd,
        env=kept,
        input=stdin,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def write(file: Path, content: Any) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(content if isinstance(content, str) else json.dumps(content, indent=2), encoding="utf-8")
    return file


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    """A bundle with two mappings, one of which has a case."""
    folder = tmp_path / "shop"
    write(folder / "installation.json", {"name": "shop"})
    write(folder / "mappings" / "greet.mapping.json", GREET)
    write(folder / "mappings" / "card.mapping.json", CARD)
    write(folder / "mappings" / "greet.cases.json", [{"cases": [GOOD]}])
    return folder


def summary(*arguments: object, cwd: Path, code: int) -> dict[str, Any]:
    done = gateway("test", "--json", *arguments, cwd=cwd)
    assert done.returncode == code, done.stderr
    return json.loads(done.stdout)


class TestTest:
    def test_runs_the_cases_beside_mappings(self, bundle: Path) -> None:
        """Without a path the bundle around is tested; a folder, a mapping or its cases may be named."""
        passed = {"passed": 1, "failed": 0, "failures": []}
        assert summary(cwd=bundle, code=0) == passed
        assert summary(cwd=bundle / "mappings", code=0) == passed
        for path in ("mappings", "mappings/greet.mapping.json", "mappings/greet.cases.json"):
            assert summary(path, cwd=bundle, code=0) == passed
        assert summary(bundle / "mappings", cwd=bundle.parent, code=0) == passed

    def test_names_mappings_of_a_bundle_elsewhere(self, bundle: Path) -> None:
        """A case file far from its mappings names them by reference, and the bundle is named."""
        record = {"reference": GREET["$id"], "related": [CARD["$id"]], "cases": [GOOD]}
        file = write(bundle.parent / "far" / "away.json", [record])
        assert summary(file, "--bundle", bundle, cwd=bundle.parent, code=0)["passed"] == 1
        told = summary(file, cwd=bundle.parent, code=1)["failures"]
        assert "there is no mapping https://example.com/greet.mapping.json" in told[0]["message"]

    def test_finds_related_mappings_in_the_same_folder(self, tmp_path: Path) -> None:
        """Cases beside mappings that lie in no bundle reach the mappings of that folder."""
        write(tmp_path / "greet.mapping.json", GREET)
        write(tmp_path / "card.mapping.json", CARD)
        write(tmp_path / "greet.cases.json", [{"cases": [GOOD]}])
        assert summary(tmp_path, cwd=tmp_path, code=0)["passed"] == 1

    def test_reads_bundles_as_common_gateway_keeps_them(self, bundle: Path) -> None:
        """Mappings in ``Installation/Mapping`` are found too."""
        old = bundle.parent / "Old" / "Installation"
        spelt = "https://docs.commongateway.nl/schemas/Mapping.schema.json"
        for body in (GREET, CARD):
            write(old / "Mapping" / Path(body["$id"]).name, {**body, "$schema": spelt})
        write(old / "Schema" / "broken.json", "{")
        record = {"reference": GREET["$id"], "related": [CARD["$id"]], "cases": [GOOD]}
        file = write(bundle.parent / "cases.json", [record])
        assert summary(file, "--bundle", old.parent, cwd=bundle.parent, code=0)["passed"] == 1

    def test_shows_the_first_difference(self, bundle: Path) -> None:
        """A case that fails is shown with its place, what was expected, and what came instead."""
        file = write(bundle / "mappings" / "greet.cases.json", [{"cases": [GOOD, BAD]}])
        assert summary(cwd=bundle, code=1) == {
            "passed": 1,
            "failed": 1,
            "failures": [
                {
                    "file": str(file.relative_to(bundle)),
                    "mapping": GREET["$id"],
                    "case": "bo",
                    "message": "the result differs",
                    "path": "card.n",
                    "expected": 2.0,
                    "got": 2,
                }
            ],
        }
        done = gateway("test", cwd=bundle)
        assert done.returncode == 1
        assert "\x1b" not in done.stdout
        for line in ("FAILED", "at        card.n", "expected  2.0", "got       2", "1 passed, 1 failed"):
            assert line in done.stdout

    @pytest.mark.parametrize(
        ("arguments", "told"),
        [
            (["nowhere"], "does not exist"),
            (["mappings/card.mapping.json"], "card.cases.json is not beside it"),
            (["installation.json"], "is no case file"),
            (["empty"], "there are no cases in empty"),
            (["broken.cases.json"], "broken.cases.json:1:2: this is no JSON"),
            (["--bundle", "nowhere"], "there is no such bundle"),
            (["--frob"], "--frob"),
        ],
    )
    def test_refuses_what_it_cannot_run(self, bundle: Path, arguments: list[str], told: str) -> None:
        """What is not there, or holds no cases, ends with 2 and says what is looked for."""
        (bundle / "empty").mkdir()
        write(bundle / "broken.cases.json", "[")
        done = gateway("test", *arguments, cwd=bundle)
        assert done.returncode == 2
        assert told in done.stderr

    def test_passes_all_that_the_original_answered(self) -> None:
        """The golden cases pass, all of them, in one run of the command."""
        golden = SHARED / "golden" / "mapping"
        if not golden.is_dir():
            pytest.skip(f"no golden data in {golden}: set GATEWAY_SHARED to the shared folder")
        report = summary(golden, cwd=ROOT, code=0)
        assert report["passed"] > 1800

    def test_passes_our_own_bundles(self) -> None:
        """The cases of the bundles that come with the gateway pass."""
        assert summary(cwd=ROOT, code=0)["passed"] > 100
        assert summary(cwd=ROOT / "bundles" / "petstore", code=0)["passed"] > 1


class TestRender:
    def test_prints_what_a_mapping_makes(self, bundle: Path) -> None:
        """The result is printed as JSON, from a file or standard input, by any name of the mapping."""
        file = write(bundle / "in.json", GOOD["input"])
        for name in (GREET["$id"], "greet", "greet.mapping.json", "mappings/greet.mapping.json"):
            done = gateway("render", name, "--input", file, cwd=bundle)
            assert json.loads(done.stdout) == GOOD["output"]
        done = gateway("render", "greet", "--input", "-", cwd=bundle, stdin=json.dumps(GOOD["input"]))
        assert json.loads(done.stdout) == GOOD["output"]
        assert done.stderr == ""

    def test_maps_lists(self, bundle: Path) -> None:
        """With --list each element is mapped."""
        stdin = json.dumps([{"n": 1}, {"n": "2"}])
        done = gateway("render", "card", "--input", "-", "--list", cwd=bundle, stdin=stdin)
        assert json.loads(done.stdout) == [{"n": 1}, {"n": 2}]

    def test_traces_each_target(self, bundle: Path) -> None:
        """With --trace standard error tells source, paths and casts of each target, apart from the result."""
        stdin = json.dumps(GOOD["input"])
        done = gateway("render", "greet", "--input", "-", "--trace", cwd=bundle, stdin=stdin)
        assert json.loads(done.stdout) == GOOD["output"]
        for line in (
            'who  = "ann"\n  from      path: name',
            'text  = "Hello ANN"\n  from      template: Hello {{ name|upper }}\n  reads     name',
            '  made      "{\\"n\\":2}"\n  cast jsonToArray -> {"n": 2}',
        ):
            assert line in done.stderr

    def test_needs_a_mapping_and_a_document(self, bundle: Path) -> None:
        """A misspelt name is answered with the near ones; bad input and faulty mappings with the place."""
        done = gateway("render", "gret", "--input", "-", cwd=bundle, stdin="{}")
        assert (done.returncode, "Did you mean greet?" in done.stderr) == (1, True)
        done = gateway("render", "greet", "--input", "-", cwd=bundle, stdin="{")
        assert (done.returncode, "standard input holds no JSON" in done.stderr) == (1, True)
        write(bundle / "mappings" / "card.mapping.json", {**CARD, "mapping": {"n": "{{ 1 / n }}"}})
        done = gateway("render", "greet", "--input", "-", "--trace", cwd=bundle, stdin='{"n": 0}')
        assert done.returncode == 1
        assert 'text  = "Hello "' in done.stderr, "what was made before the fault is told"
        assert (
            "mappings/card.mapping.json:6:16: mapping https://example.com/card.mapping.json, key n: Div"
            in done.stderr
        )
        assert '"n": "{{ 1 / n }}"\n    ' + " " * 11 + "^" in done.stderr
        done = gateway("render", "card", "--input", "-", cwd=bundle, stdin="1")
        assert (done.returncode, "needs a list or an object" in done.stderr) == (1, True)
        assert gateway("render", "greet", cwd=bundle).returncode == 2

    def test_finds_the_mappings_that_are_shipped(self, tmp_path: Path) -> None:
        """Outside any bundle those configured are looked through."""
        done = gateway(
            "render", "emailToDigitaalAdres", "--input", "-", cwd=tmp_path, stdin='{"email": "a@b.nl"}'
        )
        assert json.loads(done.stdout)["adres"] == "a@b.nl"


class TestExplain:
    def test_tells_what_a_mapping_does(self, bundle: Path) -> None:
        """Each target is told with its source, what that became, its casts, paths and mappings."""
        text = gateway("explain", "greet", cwd=bundle).stdout
        for part in (
            "who",
            "path (left out when absent)",
            "Hello {{ name|upper }}",
            "jsonToArray",
            CARD["$id"],
        ):
            assert part in text
        account = json.loads(gateway("explain", "greet", "--json", cwd=bundle).stdout)
        assert [target["key"] for target in account["targets"]] == ["who", "text", "card"]
        assert account["targets"][2]["became"] == "map"
        assert account["references"] == [CARD["$id"]]


class TestLint:
    def test_tells_file_line_and_column(self, bundle: Path) -> None:
        """A remark names file, line, column and target, shows the line, and ends with 1."""
        write(bundle / "mappings" / "card.mapping.json", {**CARD, "absent": None, "mapping": {"n": "number"}})
        done = gateway("lint", cwd=bundle)
        assert done.returncode == 1
        assert "mappings/card.mapping.json:6:5: warning mapping-bare-path" in done.stdout
        assert '    "n": "number"\n    ^' in done.stdout
        (finding,) = json.loads(gateway("lint", "--json", cwd=bundle).stdout)["findings"]
        assert (finding["file"], finding["key"]) == ("mappings/card.mapping.json", "n")
        assert (finding["line"], finding["column"]) == (6, 5)

    def test_marks_the_spot_of_an_error(self, bundle: Path) -> None:
        """A template that cannot be compiled is shown with a marker under the spot."""
        write(bundle / "mappings" / "card.mapping.json", {**CARD, "mapping": {"n": "{{ n|uper }}"}})
        done = gateway("lint", cwd=bundle)
        assert done.returncode == 1
        assert "mappings/card.mapping.json:6:16: error mapping" in done.stdout
        assert '"n": "{{ n|uper }}"\n    ' + " " * 11 + "^" in done.stdout

    @pytest.mark.parametrize("folder", [ROOT, ROOT / "bundles" / "petstore"], ids=["root", "petstore"])
    def test_is_silent_about_our_own_bundles(self, folder: Path) -> None:
        """The bundles that come with the gateway give no reason for a remark."""
        done = gateway("lint", cwd=folder)
        assert (done.returncode, done.stdout) == (0, "")
