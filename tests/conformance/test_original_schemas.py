"""Published schemas of another dialect: nothing crashes, and what is not ours is said."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from gateway_core.schema import compile_validators, translate
from gateway_core.types import Severity

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("GATEWAY_SHARED", ROOT.parent / "shared"))
CORPUS = SHARED / "corpus" / "bundles"


def bodies():
    """Every schema of the corpus that can be read as JSON."""
    for path in sorted(CORPUS.glob("*/Installation/Schema/**/*.json")):
        try:
            body = json.loads(path.read_text(encoding="utf-8"))
        except ValueError:
            continue
        if isinstance(body, dict):
            yield path.relative_to(CORPUS).as_posix(), body


@pytest.fixture(scope="module")
def corpus():
    found = list(bodies())
    if not found:
        pytest.skip(f"no schemas under {CORPUS}: set GATEWAY_SHARED to the folder with shared test data")
    return found


def test_foreign_schemas_have_findings_and_never_crash(corpus):
    """Each gets a spec that compiles on its own or error findings with places and words."""
    assert len(corpus) > 20
    for name, body in corpus:
        translation = translate(body, lambda _: False)
        errors = [f for f in translation.findings if f.severity is Severity.ERROR]
        assert translation.usable == (not errors), name
        assert all(finding.message and finding.code for finding in translation.findings), name
        validator = compile_validators({name: translation.spec})[name]
        assert bool(validator.check([])), name


def test_the_foreign_dialect_is_recognised(corpus):
    """A property that is required by itself is told how to say so here."""
    hints = [f.hint for _, body in corpus for f in translate(body, lambda _: True).findings]
    assert any("under required of the object" in hint for hint in hints)
    assert any("x-inverseOf" in hint for hint in hints)
