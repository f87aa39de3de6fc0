"""Load from ``wrk``, and the figures it prints."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


@dataclass(frozen=True, slots=True)
class Figures:
    """Requests per second, and milliseconds that half and 99 of 100 requests stayed under."""

    rate: float
    p50: float
    p99: float
    errors: int


def ensure_wrk() -> str:
    """The load generator; installed from the system's packages when that may be done."""
    found = shutil.which("wrk")
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        subprocess.run(["apt-get", "install", "-qq", "-y", "wrk"], check=False, capture_output=True)
        found = shutil.which("wrk")
    if found is None:
        raise SystemExit(
            "the benchmark needs 'wrk' (https://github.com/wg/wrk): install the package of that name"
        )
    return found


def run(url: str, seconds: float, connections: int = 8, body: bytes | None = None) -> Figures:
    """Ask ``url`` for a while over several connections; with ``body``, POST that."""
    command = [ensure_wrk(), "-t1", f"-c{connections}", f"-d{seconds:g}s", "--latency", url]
    with tempfile.TemporaryDirectory() as folder:
        if body is not None:
            script = Path(folder) / "post.lua"
            quoted = body.decode().replace("]==]", "")
            script.write_text(
                'wrk.method = "POST"\n'
                'wrk.headers["Content-Type"] = "application/json"\n'
                f"wrk.body = [==[{quoted}]==]\n"
            )
            command[1:1] = ["-s", str(script)]
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    return _read(output)


def _read(output: str) -> Figures:
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    if rate is None:
        raise SystemExit(f"wrk said:\n{output}")
    return Figures(
        float(rate[1]), _percentile(output, "50"), _percentile(output, "99"), int(wrong[1]) if wrong else 0
    )


def _percentile(output: str, which: str) -> float:
    match = re.search(rf"{which}%\s+([\d.]+)(us|ms|s|m)\b", output)
    return float(match[1]) * UNITS[match[2]] if match else float("nan")
