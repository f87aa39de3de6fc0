"""CPU time of requests inside the process, without HTTP: what the gateway's own code costs.

    python -m bench.inside [--objects 5000] [--times 300] [--profile NAME]

Unlike requests per second these figures hardly move when the machine is busy with other things.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import statistics
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import Executor, Future
from pathlib import Path
from typing import Any

from bench.http import Case, cases_of, fill
from gateway_core.app import create_app

ROOT = Path(__file__).parent.parent


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--objects", type=int, default=5_000)
    options.add_argument("--times", type=int, default=300)
    options.add_argument("--store", help="a store that an earlier run filled, or a place to keep it")
    options.add_argument("--profile", help="print where the time of this case goes")
    asked = options.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        place = Path(asked.store or f"{folder}/gateway.db")
        environment = {"GATEWAY_STORE": f"sqlite:///{place}", "GATEWAY_DEMO": "true"}
        os.environ.update(environment)
        if not place.exists():
            fill(Path(folder), dict(os.environ), asked.objects)
        asyncio.run(measure(cases_of(asked.objects), asked.times, asked.profile))


async def measure(cases: list[Case], times: int, profile: str | None) -> None:
    app = create_app()
    if profile:
        app._api._pool = Inline()  # noqa: SLF001 - the profiler watches one thread only
    for case in cases:
        if profile and profile not in case.name:
            continue
        count = max(10, times // 20) if case.name.startswith("list") else times
        await repeat(app, case, count // 5)
        if profile:
            watch = cProfile.Profile()
            watch.enable()
            await repeat(app, case, count)
            watch.disable()
            pstats.Stats(watch).sort_stats("tottime").print_stats(35)
            continue
        costs = [await repeat(app, case, count) for _ in range(5)]
        print(f"{case.name:32}{min(costs):>10.1f} us least{statistics.median(costs):>10.1f} us median")


class Inline(Executor):
    """Runs what it is given at once."""

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        done: Future[Any] = Future()
        done.set_result(fn(*args, **kwargs))
        return done


async def repeat(app: Any, case: Case, count: int) -> float:
    """Microseconds of CPU per request, in all threads."""
    path, _, query = case.path.partition("?")
    headers = [(b"host", b"127.0.0.1"), (b"content-type", b"application/json")]
    scope = {
        "type": "http",
        "method": "POST" if case.body else "GET",
        "path": path,
        "query_string": query.encode(),
        "scheme": "http",
        "headers": headers,
    }
    status: list[int] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": case.body or b""}

    async def send(message: dict[str, Any]) -> None:
        if "status" in message:
            status.append(message["status"])

    started = time.process_time()
    for _ in range(count):
        await app(scope, receive, send)
    took = time.process_time() - started
    if any(code >= 300 for code in status):
        raise SystemExit(f"{case.name}: {set(status)}")
    return took / count * 1e6


if __name__ == "__main__":
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the access log
    main()
