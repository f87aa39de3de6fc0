"""What a request costs as the register grows, and the memory that the process takes.

    python -m bench.growth [--sizes 10000,100000,1000000] [--times 200] [--case NAME]
                           [--folder DIRECTORY | --server postgresql://USER@HOST:PORT]

Each size is a store of so many partijen, each with two addresses and one identification, filled through
``gateway objects import`` and kept in the folder, where a later run finds it again; or a database of the
PostgreSQL server, with the name ``growth_`` and the size. Each is asked by a process of its own, inside it
and without HTTP, for objects all over the store. Milliseconds: the median and what 99 of 100 requests stayed
under, by the clock, and the median of CPU time, which hardly moves when the machine is busy with other
things. The quotients are to the smallest size.
"""

from __future__ import annotations

import argparse
import asyncio
import itertools
import json
import os
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, LiteralString, Protocol
from urllib.parse import quote

import psycopg

from bench.data import documents
from gateway_core.app import create_app

ROOT = Path(__file__).parent.parent
PARTIJEN, KLANTEN = "/api/kic/v1/partijen", "/api/kic/v1/klanten"
BAR, BAR_MEGABYTES = 2.0, 300
SECONDS = 20.0  # a case that is slow is asked so long at most, and five times at least
SAMPLES = 200
IDENTIFICATIONS, ADDRESSES = "externeIdentificaties", "verstrekteAdressen"


@dataclass(frozen=True, slots=True)
class Sample:
    """A partij of the store, as cases ask for it."""

    key: str
    bsn: str
    email: str
    number: int


def cases(sample: Sample) -> dict[str, str]:
    """What is asked: the name of a case, and its path with the query."""
    email = quote(sample.email)
    return {
        "GET one": f"{PARTIJEN}/{sample.key}",
        "first page": f"{PARTIJEN}?_limit=10",
        "page 1,000": f"{PARTIJEN}?_limit=10&_page=1000",
        "find by BSN": f"{KLANTEN}?embedded.subjectIdentificatie.inpBsn={sample.bsn}",
        "emails.email[like]": f"{KLANTEN}?embedded.emails.email[like]={email}",
        "kind and [like]": f"{KLANTEN}?subjectType=natuurlijk_persoon&embedded.emails.email[like]={email}"
        "&_order[achternaam]=asc",
        "_search": f"{PARTIJEN}?_search={sample.bsn}",
        "_order": f"{PARTIJEN}?_limit=10&_order[nummer]=desc",
    }


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--sizes", default="10000,100000,1000000")
    options.add_argument("--times", type=int, default=200)
    options.add_argument("--case", default="", help="measure only what has this in its name")
    options.add_argument(
        "--folder", type=Path, help="where stores are kept; else they are removed afterwards"
    )
    options.add_argument("--server", help="a PostgreSQL server with a user that may make databases")
    options.add_argument("--ask", type=int, help=argparse.SUPPRESS)
    given, _ = options.parse_known_args()
    if given.ask:
        asyncio.run(ask(given.ask, given.times, given.case))
        return
    sizes = sorted(int(size) for size in given.sizes.split(","))
    with tempfile.TemporaryDirectory() as temporary:
        folder = given.folder or Path(temporary)
        folder.mkdir(parents=True, exist_ok=True)
        stores: Stores = Databases(given.server) if given.server else Files(folder)
        figures = {size: measure(stores, size, given.times, given.case) for size in sizes}
    report(figures)


class Stores(Protocol):
    """Where the stores of all sizes are; one gets its name when it is full."""

    def full(self, size: int) -> str | None:
        """The URL of the store of this size, if it is full."""

    def empty(self) -> str:
        """The URL of a store that is new."""

    def name(self, size: int) -> str:
        """Keep the new store as that of this size; its URL."""


@dataclass(frozen=True, slots=True)
class Files:
    """Stores in files of a folder."""

    folder: Path

    def full(self, size: int) -> str | None:
        store = self.folder / f"{size}.db"
        return f"sqlite:///{store}" if store.exists() else None

    def empty(self) -> str:
        for rest in self.folder.glob("partial.db*"):
            rest.unlink()
        return f"sqlite:///{self.folder / 'partial.db'}"

    def name(self, size: int) -> str:
        (self.folder / "partial.db").rename(self.folder / f"{size}.db")
        return f"sqlite:///{self.folder / f'{size}.db'}"


@dataclass(frozen=True, slots=True)
class Databases:
    """Stores in databases of a server."""

    server: str

    def full(self, size: int) -> str | None:
        known = self._do("SELECT 1 FROM pg_database WHERE datname = %s", f"growth_{size}")
        return f"{self.server}/growth_{size}" if known else None

    def empty(self) -> str:
        self._do("DROP DATABASE IF EXISTS growth_partial")
        self._do("CREATE DATABASE growth_partial ENCODING 'UTF8' TEMPLATE template0")
        return f"{self.server}/growth_partial"

    def name(self, size: int) -> str:
        self._do(f"ALTER DATABASE growth_partial RENAME TO growth_{size}")
        return f"{self.server}/growth_{size}"

    def _do(self, statement: LiteralString, *values: str) -> bool:
        with psycopg.connect(f"{self.server}/postgres", autocommit=True) as connection:
            return connection.execute(statement, values or None).rowcount > 0


def measure(stores: Stores, size: int, times: int, case: str) -> dict[str, Any]:
    """Fill the store of this size unless it is there, and ask it from a process of its own."""
    environment = {**os.environ, "GATEWAY_DEMO": "true"}
    environment["GATEWAY_STORE"] = stores.full(size) or fill(stores, size, environment)
    command = [
        sys.executable,
        "-m",
        "bench.growth",
        "--ask",
        str(size),
        "--times",
        str(times),
        "--case",
        case,
    ]
    done = subprocess.run(command, env=environment, cwd=ROOT, check=False, capture_output=True, text=True)
    if done.returncode:
        raise SystemExit(done.stderr.rpartition("}\n")[2])  # behind the access log
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def fill(stores: Stores, size: int, environment: dict[str, str]) -> str:
    """Import the partijen through the command that administrators use; the URL of the store."""
    environment = {**environment, "GATEWAY_STORE": stores.empty()}
    started, before = time.monotonic(), resource.getrusage(resource.RUSAGE_CHILDREN)
    command = [sys.executable, "-m", "gateway_core.cli.main", "objects", "import", "-"]
    process = subprocess.Popen(
        command, env=environment, cwd=ROOT, stdin=subprocess.PIPE, stderr=subprocess.DEVNULL
    )
    assert process.stdin is not None
    for document in documents(size):
        process.stdin.write(json.dumps(document).encode() + b"\n")
    process.stdin.close()
    if process.wait() != 0:
        raise SystemExit("the import failed")
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = used.ru_utime + used.ru_stime - before.ru_utime - before.ru_stime
    took = time.monotonic() - started
    url = stores.name(size)
    print(
        f"filled {size} partijen, {3 * size} objects: {3 * size / took:.0f} objects/s,"
        f" {3 * size / cpu:.0f} per second of CPU, at most {used.ru_maxrss // 1024} MB",
        flush=True,
    )
    return url


def samples(size: int) -> Iterator[Sample]:
    """Partijen from all over the store."""
    step = max(1, size // SAMPLES)
    for document in itertools.islice(documents(size), step // 2, None, step):
        yield Sample(
            document["_id"],
            document[IDENTIFICATIONS][0]["partijIdentificator"]["objectId"],
            document[ADDRESSES][0]["adres"],
            document["nummer"],
        )


async def ask(size: int, times: int, case: str) -> None:
    """Ask every case that has ``case`` in its name, and print the figures as JSON."""
    app = create_app()
    asked = [cases(sample) for sample in samples(size)]
    figures: dict[str, Any] = {}
    for name in [name for name in asked[0] if case in name]:
        clock, cpu = [], []
        end = time.monotonic() + SECONDS
        for number, paths in enumerate(itertools.islice(itertools.cycle(asked), times)):
            if number >= 5 and time.monotonic() > end:
                break
            started, worked = time.perf_counter(), time.process_time()
            total = await answer(app, paths[name])
            cpu.append(1000 * (time.process_time() - worked))
            clock.append(1000 * (time.perf_counter() - started))
            check(name, total, size)
        figures[name] = {
            "median": statistics.median(clock),
            "p99": sorted(clock)[min(len(clock) - 1, round(0.99 * len(clock)))],
            "cpu": statistics.median(cpu),
            "times": len(clock),
        }
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    print(json.dumps({"cases": figures, "megabytes": peak}))


def check(name: str, total: int | None, size: int) -> None:
    """That the answer is the one that was meant: one object, or a page of all."""
    wanted = {"first page": size, "page 1,000": size, "_order": size, "GET one": None}.get(name, 1)
    if total != wanted:
        raise SystemExit(f"{name}: the answer counts {total}, not {wanted}")


async def answer(app: Any, target: str) -> int | None:
    """Ask the application; the total that it answers, None of one object."""
    path, _, query = target.partition("?")
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "query_string": query.encode(),
        "scheme": "http",
        "headers": [(b"host", b"127.0.0.1")],
    }
    status, body = 0, b""

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: dict[str, Any]) -> None:
        nonlocal status, body
        status = message.get("status", status)
        body += message.get("body", b"")

    await app(scope, receive, send)
    if status != 200:
        raise SystemExit(f"{target}: {status} {body.decode()}")
    total: int | None = json.loads(body).get("total")
    return total


def report(figures: dict[int, dict[str, Any]]) -> None:
    """A block for each size; the last two columns are quotients to the smallest."""
    smallest = min(figures)
    for size, found in figures.items():
        print(f"\n{size} partijen, at most {found['megabytes']:.0f} MB")
        print(f"{'':22}{'median ms':>11}{'p99 ms':>9}{'cpu ms':>9}{'asked':>7}{'median':>9}{'cpu':>7}")
        for name, case in found["cases"].items():
            least = figures[smallest]["cases"][name]
            times, effort = case["median"] / least["median"], case["cpu"] / least["cpu"]
            note = "" if size == smallest else f"  bar {BAR:g}: {'met' if times <= BAR else 'MISSED'}"
            print(
                f"{name:22}{case['median']:>11.2f}{case['p99']:>9.2f}{case['cpu']:>9.2f}{case['times']:>7}"
                f"{times:>8.1f}x{effort:>6.1f}x{note}"
            )
    peak = max(found["megabytes"] for found in figures.values())
    print(f"\nmemory: {peak:.0f} MB, bar {BAR_MEGABYTES}: {'met' if peak < BAR_MEGABYTES else 'MISSED'}")


if __name__ == "__main__":
    main()
