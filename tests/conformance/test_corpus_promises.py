"""The API document of all public bundles in one gateway: whatever is sent, it is answered as promised."""

from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from gateway_process import ROOT, StartServer
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

SHARED = Path(os.environ.get("GATEWAY_SHARED", ROOT.parent / "shared"))
CORPUS = SHARED / "corpus" / "bundles"
PLACES = sorted(CORPUS.iterdir()) if CORPUS.is_dir() else []
EXAMPLES = int(os.environ.get("GATEWAY_TEST_EXAMPLES", "3"))
CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]

pytestmark = pytest.mark.skipif(
    not PLACES,
    reason=f"NO BUNDLE IS TESTED: there are none under {CORPUS}; set GATEWAY_SHARED to the shared test data",
)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_all_bundles_together_keep_their_promises(server_factory: StartServer) -> None:
    """With ours and all public bundles: no 5xx, no status that is not documented, no answer that breaks its
    schema or its media type, for every operation of every endpoint."""
    server = server_factory(demo="true", durability="fast")
    command = [sys.executable, "-m", "gateway_core.cli.main", "bundle", "install", *map(str, PLACES)]
    subprocess.run(
        [*command, "--leave-to-others", "--yes"],
        env={**server.environment, "GATEWAY_BUNDLES": ""},
        cwd=server.folder,
        check=True,
        capture_output=True,
        timeout=120,
    )
    server.stop()
    server.start()
    schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
    faults: list[str] = []
    statuses: Counter[int] = Counter()
    operations = 0
    for result in schema.get_all_operations():
        operation = result.ok()
        operations += 1

        @settings(
            max_examples=EXAMPLES,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def keeps_its_promise(case: Any) -> None:
            answer = case.call()
            statuses[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

        try:
            keeps_its_promise()
        except (Exception, BaseExceptionGroup) as fault:  # noqa: BLE001 - every operation is to be heard
            faults.append(f"{operation.method.upper()} {operation.path}: {str(fault)[:1500]}")
    assert operations > 600
    assert statuses[200] > 100, statuses
    assert not faults, "\n\n".join(faults)
