"""The OpenAPI document against the running gateway: what it promises is what is answered."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import httpx2
import pytest
import schemathesis
from gateway_process import Server
from promises import CHECKS, drive

EXAMPLES = int(os.environ.get("GATEWAY_TEST_EXAMPLES", "20"))
# One endpoint as it is and one behind mappings; all of them where more examples are asked for.
COVERED = r"^/api/kic/v1/(klanten|digitaaladressen)" if EXAMPLES <= 20 else r"^/api/kic/"


@pytest.fixture(scope="module")
def document(demo_server: Server) -> dict[str, Any]:
    served: dict[str, Any] = httpx2.get(f"{demo_server.url}/openapi.json").json()
    return served


@pytest.mark.timeout(900)
def test_answers_keep_the_promise(demo_server: Server) -> None:
    """Whatever is sent: no 5xx, no status that is not documented, no answer that breaks its schema."""
    schema = schemathesis.openapi.from_url(f"{demo_server.url}/openapi.json")
    # The facades stand under a second prefix too; their answers there are those of the first.
    once = schema.exclude(path_regex=r"^/api/(?!kic/)")
    kept = drive(once, EXAMPLES)
    assert kept.statuses.total() >= 50 * EXAMPLES
    assert not kept.faults, "\n\n".join(kept.faults)


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_every_corner_of_a_schema_is_answered_as_promised(demo_server: Server, tmp_path: Path) -> None:
    """Each keyword of parameters and bodies, at and beyond its limit, and methods that do not exist."""
    checks = [check.__name__ for check in CHECKS]
    checks += ["response_headers_conformance", "allow_header_conformance", "unsupported_method"]
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "run", f"{demo_server.url}/openapi.json"),
        *("--phases", "coverage", "--include-path-regex", COVERED, "--checks", ",".join(checks)),
        *("--seed", "1", "--continue-on-failure", "--warnings", "off"),
    ]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-2000:]
    generated = re.search(r"(\d+) generated, (\d+) passed", done.stdout)
    assert generated is not None
    assert int(generated[1]) == int(generated[2]) > 1_000


def test_every_endpoint_is_in_the_document(document: dict[str, Any]) -> None:
    """Each facade under both prefixes, each method that an endpoint lists, and nothing else."""
    paths = document["paths"]
    for name in ("klanten", "contactmomenten", "klantcontactmomenten", "objectcontactmomenten"):
        assert paths[f"/api/{name}"].keys() == paths[f"/api/kic/v1/{name}"].keys()
    assert paths["/api/kic/v1/betrokkenenbijklantcontact"].keys() >= {"get", "post"}
    assert "delete" not in paths["/api/kic/v1/betrokkenenbijklantcontact/{id}"]
    operations = [o["operationId"] for item in paths.values() for o in item.values() if isinstance(o, dict)]
    assert len(operations) == len(set(operations))


def test_personal_data_is_marked(document: dict[str, Any]) -> None:
    """Members that hold personal data, by their schema or by their format, are marked in every form."""
    schemas = document["components"]["schemas"]
    for form in ("klant.contactnaam", "klant.contactnaam.write.inline"):
        assert schemas[form]["properties"]["achternaam"]["x-sensitive"] is True
    taak = schemas["klant.medewerker"]["properties"]["eMailadres"]
    assert taak["x-sensitive"] is True
    assert "x-sensitive" not in schemas["klant.partij"]["properties"]["soortPartij"]
