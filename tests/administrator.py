"""Somebody at a shell who runs the gateway's commands, each a process of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

from gateway_process import ROOT

COMMAND = [sys.executable, "-m", "gateway_core.cli.main"]


class Administrator:
    """Somebody with a shell, whose store is a file in ``folder`` and who installs the pet store."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.store = folder / "store.db"

    def environment(self, **settings: str) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        given = {"store": f"sqlite:///{self.store}", "bundles": "Petstore", "durability": "fast", **settings}
        return kept | {f"GATEWAY_{name.upper()}": value for name, value in given.items()}

    def run(self, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        """Run a command to its end."""
        return subprocess.run(
            [*COMMAND, *arguments],
            cwd=ROOT,
            env=self.environment(**settings),
            input=stdin,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    def succeeds(self, *arguments: str, stdin: str = "", **settings: str) -> subprocess.CompletedProcess[str]:
        done = self.run(*arguments, stdin=stdin, **settings)
        assert done.returncode == 0, done.stderr
        return done

    def fails(self, *arguments: str, code: int = 1, **settings: str) -> str:
        """Run a command that must be refused; what it says, which is no traceback."""
        done = self.run(*arguments, **settings)
        assert done.returncode == code, (done.returncode, done.stderr)
        assert "Traceback" not in done.stderr
        assert "error: " in done.stderr.lower() or "FAILS" in done.stderr
        return done.stderr

    def lines(self, name: str, *documents: Any) -> Path:
        """A file of JSON lines."""
        file = self.folder / name
        file.write_text("".join(f"{json.dumps(document)}\n" for document in documents))
        return file


def bundle(folder: Path, manifest: dict[str, Any], **files: Any) -> Path:
    """A bundle folder; the keys of ``files`` are paths with ``__`` for the slash."""
    folder.mkdir(exist_ok=True)
    (folder / "installation.json").write_text(json.dumps(manifest))
    for name, content in files.items():
        path = folder / f"{name.replace('__', '/')}.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
    return folder


def credentials(output: str) -> dict[str, str]:
    return {name: value.strip() for name, _, value in (line.partition(":") for line in output.splitlines())}
