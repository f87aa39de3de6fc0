"""While a mapping runs, the interpreter opens, starts, imports and compiles nothing."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import mapping_audit
import pytest


@pytest.fixture(scope="module")
def report() -> dict[str, Any]:
    """What an audit hook heard while all golden cases, hostile templates and bombs ran."""
    program = str(Path(mapping_audit.__file__))
    done = subprocess.run([sys.executable, program], capture_output=True, text=True, check=True)
    return json.loads(done.stdout)


def test_mappings_touch_nothing_outside(report: dict[str, Any]) -> None:
    """The only event heard is the one made on purpose at the end, which shows that the hook hears."""
    assert report["heard"] == ["open"]
    assert report["hostile"] > 100
    assert report["bombs"] > 60


def test_the_golden_cases_were_among_them(report: dict[str, Any]) -> None:
    """The reference data ran too, or its absence is told."""
    if not report["golden"]:
        pytest.skip(f"no golden data: set GATEWAY_SHARED (now {os.environ.get('GATEWAY_SHARED')})")
    assert report["golden"] > 1_500
