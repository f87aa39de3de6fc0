"""The conditions of every action in the public bundles are rules here, and are asked without a fault."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from gateway_core.logic import compile_rule

SHARED = Path(os.environ.get("GATEWAY_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))
BUNDLES = SHARED / "corpus" / "bundles"

NOTIFICATION = {
    "kanaal": "zaken",
    "resource": "status",
    "actie": "create",
    "hoofdObject": "https://open-zaak.test.buren.opengem.nl/zaken/api/v1/zaken/1",
    "kenmerken": {"zaaktype": "https://example.nl/zaaktypen/1"},
}


def actions() -> list[Any]:
    found = {}
    for path in sorted(BUNDLES.glob("*/Installation/**/*.json")):
        if "action" in path.parent.name.lower() or "action" in path.parent.parent.name.lower():
            body = json.loads(path.read_text(encoding="utf-8"))
            if "conditions" in body:
                found[path.name] = body
    return [pytest.param(body, id=name) for name, body in found.items()]


@pytest.mark.skipif(not BUNDLES.is_dir(), reason=f"THE PUBLIC BUNDLES ARE NOT TESTED: no {BUNDLES}")
@pytest.mark.parametrize("action", actions())
def test_conditions_of_a_public_action_can_be_asked(action: Any) -> None:
    """A condition compiles, and gives a truth for an event with a body and for one with an object."""
    rule = compile_rule(action["conditions"])
    for data in (
        {"method": "POST", "body": NOTIFICATION, "entity": ""},
        {"method": "GET", "body": None, "entity": "https://x.nl/y.schema.json", "response": {"id": "1"}},
    ):
        assert rule.holds(data) in (True, False)
    if action["conditions"] == {"==": [1, 1]}:
        assert rule.holds({})
