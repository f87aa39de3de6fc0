"""The API document of all public bundles in one gateway: whatever is sent, it is answered as promised."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
import schemathesis
from gateway_process import ROOT, StartServer
from promises import drive

SHARED = Path(os.environ.get("GATEWAY_SHARED", ROOT.parent / "shared"))
CORPUS = SHARED / "corpus" / "bundles"
PLACES = sorted(CORPUS.iterdir()) if CORPUS.is_dir() else []
EXAMPLES = int(os.environ.get("GATEWAY_TEST_EXAMPLES", "3"))

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
    kept = drive(schema, EXAMPLES)
    assert kept.operations > 600
    assert kept.statuses[200] > 100, kept.statuses
    assert not kept.faults, "\n\n".join(kept.faults)
