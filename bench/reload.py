"""Installing bundles in a gateway that is asked all the while: is a request lost, and how soon is it served?

    python -m bench.reload [SOURCE …] [--rate 500] [--seconds 10]

The sources are bundles, as ``gateway bundle install`` takes them (the petstore by itself). All of them are
installed by one command, two seconds after the requests begin: a list of five partijen at each moment of the
rate, over eight connections that are kept. Told are the answers by status, whatever is not 200 counting as
lost; their milliseconds before, during and after the installation; how long the command took; and
how long after its end the gateway served the paths of the new bundles.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from bench.events import CLIENTS, gateway
from bench.http import ROOT

ASKED = "/api/kic/v1/partijen?_limit=5"
PARTIJ = {"soortPartij": "persoon", "persoon": {"achternaam": "Jansen"}}
BEFORE, BAR_SECONDS = 2.0, 1.0


@dataclass(frozen=True, slots=True)
class Asked:
    """One request: when it was sent, in seconds of the run, the seconds it took, and its status."""

    sent: float
    took: float
    status: str


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("sources", nargs="*", default=[str(ROOT / "bundles" / "petstore")])
    options.add_argument("--rate", type=int, default=500)
    options.add_argument("--seconds", type=float, default=10)
    given, _ = options.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), given)


def measure(folder: Path, given: argparse.Namespace) -> None:
    process, port = gateway(folder, "reload")
    try:
        for _ in range(5):
            post(port)
        known = paths(port)
        asked: list[Asked] = []
        started = time.monotonic()
        threads = [
            threading.Thread(
                target=ask, args=(port, started, range(first, total(given), CLIENTS), given.rate, asked)
            )
            for first in range(CLIENTS)
        ]
        for thread in threads:
            thread.start()
        time.sleep(BEFORE)
        began = time.monotonic() - started
        install(folder, given.sources)
        ended = time.monotonic() - started
        while paths(port) == known and time.monotonic() - started < given.seconds + 30:
            time.sleep(0.02)
        served = time.monotonic() - started
        for thread in threads:
            thread.join()
        report(asked, began, ended, served)
    finally:
        process.terminate()
        process.wait()


def total(given: argparse.Namespace) -> int:
    return int(given.rate * given.seconds)


def install(folder: Path, sources: list[str]) -> None:
    """All bundles, by one command beside the gateway."""
    environment = {**os.environ, "GATEWAY_STORE": f"sqlite:///{folder}/reload.db", "PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-m", "gateway_core.cli.main", "bundle", "install", *sources]
    done = subprocess.run(
        [*command, "--leave-to-others", "--yes"], env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"the bundles were not installed:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")


def ask(port: int, started: float, numbers: range, rate: int, asked: list[Asked]) -> None:
    """Ask at each of the moments of the numbers."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    for number in numbers:
        pause = started + number / rate - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        begun = time.monotonic()
        try:
            connection.request("GET", ASKED)
            answer = connection.getresponse()
            answer.read()
            status = str(answer.status)
        except (OSError, http.client.HTTPException) as error:
            status = type(error).__name__
            connection.close()
        asked.append(Asked(begun - started, time.monotonic() - begun, status))


def post(port: int) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request(
        "POST", "/api/kic/v1/partijen", json.dumps(PARTIJ), {"Content-Type": "application/json"}
    )
    answer = connection.getresponse()
    if answer.status != 201:
        raise SystemExit(f"a partij was answered {answer.status}: {answer.read().decode()}")


def paths(port: int) -> frozenset[str]:
    """The paths that are served now."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    connection.request("GET", "/openapi.json")
    return frozenset(json.loads(connection.getresponse().read())["paths"])


def report(asked: list[Asked], began: float, ended: float, served: float) -> None:
    statuses = Counter(each.status for each in asked)
    last = max(each.sent for each in asked)
    print(f"{len(asked)} requests, {len(asked) / last:.0f}/s; installed in {ended - began:.2f} s")
    print("answers: " + ", ".join(f"{count} times {status}" for status, count in statuses.most_common()))
    parts = {"before": (0.0, began), "during": (began, served), "after": (served, float("inf"))}
    print(f"{'':10}{'asked':>8}{'p50 ms':>9}{'p99 ms':>9}{'max ms':>9}")
    for name, (first, end) in parts.items():
        took = sorted(each.took * 1000 for each in asked if first <= each.sent < end)
        if took:
            middle, high = took[len(took) // 2], took[int(len(took) * 0.99)]
            print(f"{name:10}{len(took):8}{middle:9.1f}{high:9.1f}{took[-1]:9.1f}")
    lost = len(asked) - statuses["200"]
    print(f"lost requests: {lost}; bar none: {'met' if not lost else 'MISSED'}")
    soon = "met" if served - ended <= BAR_SECONDS else "MISSED"
    print(f"served {served - ended:.2f} s after the command; bar {BAR_SECONDS:g} s: {soon}")


if __name__ == "__main__":
    main()
