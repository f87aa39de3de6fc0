"""The how-to about mappings, typed as it stands there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "docs" / "how-to" / "write-a-mapping.md"
BLOCK = re.compile(r"^```(sh|text)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
MARK = "-- end of a block --"


def test_the_guide_works_as_it_says(tmp_path: Path) -> None:
    """Every command of the guide works in one shell, and prints what the guide shows below it."""
    blocks = BLOCK.findall(GUIDE.read_text(encoding="utf-8"))
    scripts = [text for language, text in blocks if language == "sh"]
    assert len(scripts) > 8
    (tmp_path / ".venv").symlink_to(Path(sys.prefix))
    kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
    program = "set -e\nexec 2>&1\n" + "".join(f"{script}echo '{MARK}'\n" for script in scripts)
    done = subprocess.run(
        ["sh", "-c", program],
        cwd=tmp_path,
        env=kept,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    printed = iter(done.stdout.split(f"{MARK}\n"))
    output = ""
    for language, text in blocks:
        if language == "sh":
            output = next(printed)
        else:
            rest = [line for line in text.splitlines() if line not in output.splitlines()]
            assert rest == [], output
