"""Requests per second of the gateway, each beside the floor, in one run.

    python -m bench.http [--objects 100000] [--seconds 3] [--rounds 3]

Both servers are single processes with uvloop and httptools on the loopback address, with one
access log line a request (gateway) or none (floor). Rounds alternate between them; the median counts.
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import random
import socket
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from bench import peer
from bench.data import documents, numbers, partij
from bench.load import Figures, ensure_wrk, run

ROOT = Path(__file__).parent.parent
PARTIJEN, KLANTEN = "/api/kic/v1/partijen", "/api/kic/v1/klanten"
BSN_FILTER = "embedded.subjectIdentificatie.inpBsn"
Server = tuple[subprocess.Popen[bytes], int]
BARS = {"GET one partij": 0.40, "POST partij, two addresses": 0.25}


@dataclass(frozen=True, slots=True)
class Case:
    """What is measured: a path of the gateway, a path of the floor, and the body of a POST."""

    name: str
    path: str
    floor: str
    body: bytes | None = None


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--objects", type=int, default=100_000)
    options.add_argument("--seconds", type=float, default=3)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--case", default="", help="measure only what has this in its name")
    given, _ = options.parse_known_args()
    ensure_wrk()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), given)


def measure(folder: Path, given: argparse.Namespace) -> None:
    objects: int = given.objects
    environment = {**os.environ, "GATEWAY_STORE": f"sqlite:///{folder}/gateway.db", "GATEWAY_DEMO": "true"}
    fill(folder, environment, objects)
    gateway = server(
        [sys.executable, "-m", "gateway_core.cli.main", "serve"], environment, "GATEWAY_PORT", "/readyz"
    )
    try:
        cases = prepare(folder, f"http://127.0.0.1:{gateway[1]}", objects)
        floor_command = [sys.executable, "-m", "uvicorn", "bench.floor:app", "--no-access-log", "--port"]
        floor = server(floor_command, {**os.environ, "FLOOR_DB": f"{folder}/floor.db"}, None, "/page/list")
        try:
            wanted = [case for case in cases if given.case in case.name]
            rates = report(wanted, gateway, floor, given.seconds, given.rounds)
            print("\n".join(peer.compare(rates, objects)))
        finally:
            floor[0].terminate()
    finally:
        gateway[0].terminate()
        gateway[0].wait()


def fill(folder: Path, environment: dict[str, str], objects: int) -> None:
    """Import the partijen through the command that administrators use."""
    file = folder / "partijen.jsonl"
    with file.open("w") as lines:
        for document in documents(objects):
            lines.write(json.dumps(document) + "\n")
    started = time.monotonic()
    command = [sys.executable, "-m", "gateway_core.cli.main", "objects", "import", str(file)]
    subprocess.run(command, env=environment, cwd=ROOT, check=True, stderr=subprocess.DEVNULL)
    took = time.monotonic() - started
    rate = 3 * objects / took
    print(f"import: {objects} partijen with {2 * objects} addresses in {took:.0f} s, {rate:.0f} objects/s")


def server(command: list[str], environment: dict[str, str], variable: str | None, ready: str) -> Server:
    """Start a server on a free port and wait until it answers."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    given = {**environment, variable: str(port)} if variable else environment
    full = command if variable else [*command, str(port)]
    process = subprocess.Popen(
        full, env=given, cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL
    )
    for _ in range(300):
        try:
            fetch(f"http://127.0.0.1:{port}{ready}")
        except OSError:
            time.sleep(0.1)
        else:
            return process, port
    raise SystemExit(f"{command} did not start")


def fetch(url: str) -> bytes:
    with urllib.request.urlopen(url, timeout=30) as answer:
        content: bytes = answer.read()
    return content


def prepare(folder: Path, url: str, objects: int) -> list[Case]:
    """The cases, with the gateway's own answers as the floor's bytes."""
    os.environ["FLOOR_DB"] = f"{folder}/floor.db"
    cases = cases_of(objects)
    with sqlite3.connect(f"{folder}/floor.db") as floor:
        floor.execute("CREATE TABLE item (key TEXT PRIMARY KEY, found TEXT, body BLOB)")
        floor.execute("CREATE TABLE page (key TEXT PRIMARY KEY, body BLOB)")
        for number, case in enumerate(cases):
            if case.body is not None:
                continue
            content = fetch(url + case.path)
            if case.floor.startswith("/page"):
                floor.execute("INSERT INTO page VALUES (?, ?)", (str(number), content))
            else:
                floor.execute("INSERT INTO item VALUES (?, ?, ?)", (str(number), f"f{number}", content))
        floor.execute("INSERT INTO page VALUES ('list', '{}')")
        padding = ((str(i), f"p{i}", b"x" * 1_400) for i in range(1_000, 21_000))
        floor.executemany("INSERT INTO item VALUES (?, ?, ?)", padding)
    return cases


def cases_of(objects: int) -> list[Case]:
    """What is asked of a store that ``fill`` filled; the objects asked for lie in its middle."""
    known = list(zip(documents(objects), numbers(), strict=False))
    document, bsn = known[objects // 2]
    key = document["_id"]
    new = partij(next(itertools.islice(numbers(), objects, None)), 1, random.Random(7))
    body = json.dumps({name: value for name, value in new.items() if name != "nummer"}).encode()
    return [
        Case("GET one partij", f"{PARTIJEN}/{key}", "/item/0"),
        Case("GET one klant (mapped)", f"{KLANTEN}/{key}", "/item/1"),
        Case("list of 100 partijen", f"{PARTIJEN}?_limit=100&_page=20", "/page/2"),
        Case("list of 100 klanten (mapped)", f"{KLANTEN}?_limit=100&_page=20", "/page/3"),
        Case("find klant by BSN", f"{KLANTEN}?{BSN_FILTER}={bsn}", "/find?found=f4"),
        Case("POST partij, two addresses", PARTIJEN, "/item", body),
    ]


def report(
    cases: list[Case], gateway: Server, floor: Server, seconds: float, rounds: int
) -> dict[str, float]:
    """Measure and print; requests per second of the gateway by case."""
    rates: dict[str, float] = {}
    print(f"{'':30}{'gateway':>36}{'floor':>36}{'of floor':>18}")
    titles = f"{'req/s':>9}{'p50 ms':>9}{'p99 ms':>9}{'cpu us':>9}"
    print(f"{'':30}{titles}{titles}{'req/s':>9}{'cpu':>9}")
    for case in cases:
        ours, theirs = [], []
        for _ in range(rounds):
            ours.append(asked(gateway, case.path, seconds, case.body))
            theirs.append(asked(floor, case.floor, seconds, case.body))
        rates[case.name] = middle_of(ours, lambda f: f.rate)
        ratio = rates[case.name] / middle_of(theirs, lambda f: f.rate)
        effort = middle_of(theirs, lambda f: f.cpu) / middle_of(ours, lambda f: f.cpu)
        errors = sum(figures.errors for figures in ours + theirs)
        bar = BARS.get(case.name)
        note = f"  bar {bar:.0%}: {'met' if ratio >= bar else 'MISSED'}" if bar else ""
        note += f"  {errors} errors" if errors else ""
        print(f"{case.name:30}{cells(ours)}{cells(theirs)}{ratio:>9.0%}{effort:>9.0%}{note}", flush=True)
    return rates


def asked(server: Server, path: str, seconds: float, body: bytes | None) -> Figures:
    return run(f"http://127.0.0.1:{server[1]}{path}", seconds, server[0].pid, body=body)


def cells(figures: list[Figures]) -> str:
    rate, p50, p99, cpu = (
        middle_of(figures, read)
        for read in (lambda f: f.rate, lambda f: f.p50, lambda f: f.p99, lambda f: f.cpu)
    )
    return f"{rate:>9.0f}{p50:>9.2f}{p99:>9.2f}{cpu:>9.0f}"


def middle_of(figures: list[Figures], read: Callable[[Figures], float]) -> float:
    return statistics.median(map(read, figures))


if __name__ == "__main__":
    main()
