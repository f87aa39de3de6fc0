"""What telling others costs those who write: writes at a steady rate, with and without subscribers.

    python -m bench.events [--rate 500] [--seconds 8] [--rounds 3] [--subscribers 1]

On a machine that does other work, run it with priority (``nice -n -18``): on two busy cores a write
waits for any process more. Rounds alternate between a gateway that nobody subscribed to and one with
subscribers, on the same machine and in one run. Told are the milliseconds of a write (its median, and
what 99 of 100 stayed under), the microseconds of CPU of the gateway for each, and how far behind the
last notification came.
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import statistics
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path

from bench.http import ROOT, Server, server
from bench.load import cpu_seconds

TASKS, SUBSCRIPTIONS = "/api/kic/v1/taken", "/api/kic/v1/abonnement"
CLIENTS = 8
BAR = 0.10


@dataclass(frozen=True, slots=True)
class Round:
    """What one round of writes took."""

    p50: float
    p99: float
    cpu: float
    worker: float
    rate: float
    behind: float


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rate", type=int, default=500)
    options.add_argument("--seconds", type=float, default=8)
    options.add_argument("--rounds", type=int, default=3)
    options.add_argument("--subscribers", type=int, default=1)
    given, _ = options.parse_known_args()
    with tempfile.TemporaryDirectory() as folder:
        measure(Path(folder), given)


def measure(folder: Path, given: argparse.Namespace) -> None:
    receiver = server(
        [sys.executable, "-m", "uvicorn", "bench.receiver:app", "--no-access-log", "--port"],
        dict(os.environ),
        None,
        "/count",
    )
    silent, telling = gateway(folder, "silent"), gateway(folder, "telling")
    try:
        for number in range(given.subscribers):
            url = f"http://127.0.0.1:{receiver[1]}/{number}"
            ask(telling[1], "POST", SUBSCRIPTIONS, {"callbackUrl": url, "kanalen": [{"naam": "taken"}]})
        rounds: dict[str, list[Round]] = {"silent": [], "telling": []}
        for _ in range(given.rounds):
            rounds["silent"].append(one(silent, given, None))
            rounds["telling"].append(one(telling, given, receiver[1]))
        report(rounds, given)
    finally:
        for process, _ in (receiver, silent, telling):
            process.terminate()
            process.wait()


def gateway(folder: Path, name: str) -> Server:
    environment = {
        **os.environ,
        "GATEWAY_STORE": f"sqlite:///{folder}/{name}.db",
        "GATEWAY_DEMO": "true",
        "GATEWAY_OUTGOING_ALLOW": "127.0.0.1",
        "PYTHONPATH": str(ROOT),
    }
    return server(
        [sys.executable, "-m", "gateway_core.cli.main", "serve"], environment, "GATEWAY_PORT", "/readyz"
    )


def one(target: Server, given: argparse.Namespace, receiver: int | None) -> Round:
    """Write at the rate for the time; then wait until everybody was told."""
    process, port = target
    total, took = int(given.rate * given.seconds), []
    before = count(receiver) if receiver else 0
    workers = children(process.pid)
    cpu, worker = cpu_seconds(process.pid), sum(map(cpu_seconds, workers))
    started = time.monotonic()
    threads = [
        threading.Thread(target=write, args=(port, started, range(first, total, CLIENTS), given.rate, took))
        for first in range(CLIENTS)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    ended = time.monotonic()
    wanted, behind = before + total * given.subscribers, 0.0
    while receiver and count(receiver) < wanted:
        behind = time.monotonic() - ended
        if behind > 60:
            raise SystemExit("the worker did not keep up: a minute later not everybody was told")
        time.sleep(0.02)
    used = (cpu_seconds(process.pid) - cpu) / total * 1e6
    beside = (sum(map(cpu_seconds, workers)) - worker) / total * 1e6
    took.sort()
    return Round(
        statistics.median(took) * 1000,
        took[int(len(took) * 0.99)] * 1000,
        used,
        beside,
        total / (ended - started),
        behind,
    )


def children(process: int) -> list[int]:
    """The processes that one has started (Linux only)."""
    tasks = Path(f"/proc/{process}/task").iterdir()
    return [int(child) for task in tasks for child in (task / "children").read_text().split()]


def write(port: int, started: float, numbers: range, rate: int, took: list[float]) -> None:
    """Create a task at each of the moments of the numbers."""
    connection = http.client.HTTPConnection("127.0.0.1", port)
    body = json.dumps({"title": "Lever extra document aan", "onderwerp": "Aanvulling"})
    for number in numbers:
        pause = started + number / rate - time.monotonic()
        if pause > 0:
            time.sleep(pause)
        begun = time.monotonic()
        connection.request("POST", TASKS, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        if answer.status != 201:
            raise SystemExit(f"a write was answered {answer.status}")
        took.append(time.monotonic() - begun)


def ask(port: int, method: str, path: str, body: object = None) -> bytes:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    text = None if body is None else json.dumps(body)
    connection.request(method, path, text, {"Content-Type": "application/json"} if body else {})
    answer = connection.getresponse()
    content = answer.read()
    if answer.status >= 300:
        raise SystemExit(f"{method} {path} was answered {answer.status}: {content.decode()}")
    return content


def count(port: int) -> int:
    return int(ask(port, "GET", "/count"))


def report(rounds: dict[str, list[Round]], given: argparse.Namespace) -> None:
    print(f"{given.rate} writes/s for {given.seconds:g} s, {given.rounds} rounds")
    print(f"subscribers: {given.subscribers}")
    print(f"{'':10}{'p50 ms':>9}{'p99 ms':>9}{'cpu us':>9}{'beside us':>11}{'writes/s':>10}{'behind s':>10}")
    middle = {
        name: Round(
            *(statistics.median(getattr(each, field) for each in listed) for field in Round.__slots__)
        )
        for name, listed in rounds.items()
    }
    for name, each in middle.items():
        print(
            f"{name:10}{each.p50:9.2f}{each.p99:9.2f}{each.cpu:9.0f}{each.worker:11.0f}{each.rate:10.0f}{each.behind:10.2f}"
        )
    slower = middle["telling"].p50 / middle["silent"].p50 - 1
    met = "met" if slower <= BAR else "MISSED"
    print(f"a write takes {slower:+.0%} with subscribers; bar {BAR:+.0%}: {met}")


if __name__ == "__main__":
    main()
