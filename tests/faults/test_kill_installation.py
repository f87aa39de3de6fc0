"""An installation that is killed at any moment was made as a whole, or not at all."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from postgresql_server import emptied

from gateway_core.bundles.plan import contents_of
from gateway_core.query.model import Scope
from gateway_core.store.open import open_store

ROOT = Path(__file__).parents[2]
THING, MAPPINGS, OBJECTS, ROUNDS, QUICK = "urn:thing", 20, 3, 8, 0.15

# Installs one version after the other: version n has n in each artifact and brings objects n-1, n-2, …
INSTALLS = f"""
import json, sys
from gateway_core import app as gateway
from gateway_core.bundles.layout import lay_out
from gateway_core.catalog.build import BuildSettings
from gateway_core.operations.install import install
from gateway_core.store.open import open_store

def bundle(n):
    files = {{
        "installation.json": {{"name": "Things", "version": f"{{n}}.0.0", "title": str(n),
            "endpoints": {{"schemas": [{{"reference": "{THING}", "path": f"things{{n}}"}}]}}}},
        "schemas/thing.json": {{"$id": "{THING}", "type": "object", "title": str(n),
            "properties": {{"name": {{"type": "string", "x-index": n % 2 == 0}}}}}},
        "data/things.json": {{"{THING}": [{{"name": f"{{n}}-{{k}}"}} for k in range({OBJECTS})]}},
    }}
    for k in range({MAPPINGS}):
        files[f"mappings/{{k}}.json"] = {{"$id": f"urn:m{{k}}", "title": str(n), "passTrough": False,
            "absent": "omit", "mapping": {{"line": f"{{n}} {{{{{{{{ name }}}}}}}}"}}}}
    return lay_out({{path: json.dumps(content).encode() for path, content in files.items()}})

store = open_store(sys.argv[1])
n = int(store.installed().get("Things", {{}}).get("title", "0"))
print("ready", flush=True)
while True:
    n += 1
    install(store, bundle(n), BuildSettings(), gateway.context_of)
    print(n, flush=True)
"""


@pytest.fixture(params=["sqlite", "tinydb", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A new store of each kind that outlives a process."""
    if request.param == "postgresql":
        return emptied(request.getfixturevalue("postgresql_database"))
    ending = "db" if request.param == "sqlite" else "json"
    return f"{request.param}:///{tmp_path}/store.{ending}"


def killed_installation(url: str, seconds: float) -> int:
    """Install until the process is killed; the last version that it said was installed."""
    process = subprocess.Popen(
        [sys.executable, "-c", INSTALLS, url], cwd=ROOT, stdout=subprocess.PIPE, text=True, env=os.environ
    )
    with process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        first = process.stdout.readline() if seconds > QUICK else "0"
        time.sleep(seconds)
        process.send_signal(signal.SIGKILL)
        return max(int(each) for each in (first, *process.stdout.read().split()))


def check_whole(url: str, least: int) -> int:
    """One version is in force with all that belongs to it, and it is none before ``least``."""
    store = open_store(url)
    try:
        store.check()
        record: dict[str, Any] = dict(store.installed().get("Things", {}))
        number = int(record.get("title", "0"))
        assert number >= least
        artifacts = list(store.artifacts())
        assert len(artifacts) == record.get("artifacts", 0)
        assert contents_of(artifacts) == record.get("contents", {})
        titles = {a.body["title"] for a in artifacts if "title" in a.body}
        assert titles == ({str(number)} if number else set())
        items = store.following(Scope("", THING), None, 10_000)
        names = {item.data["name"] for item in items}
        assert names == {f"{n}-{k}" for n in range(1, number + 1) for k in range(OBJECTS)}
        assert store.count(Scope("", THING)) == len(items) == len(names)
        earlier = [each.record["title"] for each in store.earlier("Things")]
        assert earlier == [str(n) for n in range(number - 1, max(0, number - 11), -1)]
        return number
    finally:
        store.close()


@pytest.mark.slow
def test_an_installation_is_whole_or_absent_after_a_kill(url: str) -> None:
    """Over several kills, artifacts, record, objects and what was before are those of one version, and of
    none that is older than the last one that was said to be installed."""
    moments, installed = random.Random(5), 0
    for number in range(ROUNDS):
        said = killed_installation(
            url, moments.uniform(0, QUICK) if number % 2 else moments.uniform(QUICK, 0.6)
        )
        installed = check_whole(url, max(said, installed))
    assert installed >= ROUNDS // 2
