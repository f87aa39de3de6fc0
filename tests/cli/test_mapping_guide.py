"""The how-to about mappings, done as it stands there."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "how-to" / "write-a-mapping.md"
STEP = re.compile(r"(?:^`([\w/.]+)`\n\n)?^```(\w+)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    path = os.pathsep.join((str(Path(sys.executable).parent), kept["PATH"]))
    return subprocess.run(
        ["sh", "-c", command],
        cwd=folder,
        env={**kept, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_the_guide_works_as_it_says(tmp_path: Path) -> None:
    """Every file is written, every command run, and what the guide shows below it is what it prints."""
    done, commands = None, 0
    for name, language, text in STEP.findall(GUIDE.read_text(encoding="utf-8")):
        if name:
            file = tmp_path / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        elif language == "sh":
            done, commands = run(text, tmp_path), commands + 1
            assert done.returncode == 0, done.stderr
        elif done is not None and language == "json":
            assert json.loads(done.stdout) == json.loads(text)
            done = None
        elif done is not None:
            assert text in done.stdout + done.stderr
            done = None
    assert commands == 6


@pytest.mark.parametrize(
    ("file", "old", "new", "command"),
    [
        ("petToClient.cases.json", '"leeftijd": 2', '"leeftijd": 3', "gateway mapping test"),
        ("clientToPet.mapping.json", '  "absent": "omit",\n', "", "gateway mapping lint"),
    ],
)
def test_the_guide_shows_what_goes_wrong(tmp_path: Path, file: str, old: str, new: str, command: str) -> None:
    """A case that fails, and a mapping that is remarked upon, are printed as the guide shows them."""
    steps = STEP.findall(GUIDE.read_text(encoding="utf-8"))
    for name, _, text in steps:
        if name:
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text, encoding="utf-8")
    changed = tmp_path / "mappings" / file
    assert old in changed.read_text(encoding="utf-8")
    changed.write_text(changed.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    done = run(command, tmp_path)
    assert done.returncode == 1
    shown = [text for name, language, text in steps if not name and language == "text" and file in text]
    assert len(shown) == 1
    assert shown[0] in done.stdout
