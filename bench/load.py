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
    """Requests per second, milliseconds that half and 99 of 100 requests stayed under, and the
    microseconds of CPU that the server's process took per request (these hardly depend on what
    else the machine does)."""

    rate: float
    p50: float
    p99: float
    cpu: float
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


def run(url: str, seconds: float, process: int, connections: int = 8, body: bytes | None = None) -> Figures:
    """Ask ``url``, served by ``process``, for a while over several connections; with ``body``, POST that."""
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
        before = cpu_seconds(process)
        output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        return _read(output, cpu_seconds(process) - before)


def cpu_seconds(process: int) -> float:
    """What a process has used so far, in user and kernel mode (Linux only)."""
    fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _read(output: str, cpu: float) -> Figures:
    rate = re.search(r"Requests/sec:\s+([\d.]+)", output)
    wrong = re.search(r"Non-2xx or 3xx responses: (\d+)", output)
    if rate is None:
        raise SystemExit(f"wrk said:\n{output}")
    count = re.search(r"(\d+) requests in", output)
    return Figures(
        rate=float(rate[1]),
        p50=_percentile(output, "50"),
        p99=_percentile(output, "99"),
        cpu=cpu / int(count[1]) * 1e6 if count and int(count[1]) else float("nan"),
        errors=int(wrong[1]) if wrong else 0,
    )


def _percentile(output: str, which: str) -> float:
    match = re.search(rf"{which}%\s+([\d.]+)(us|ms|s|m)\b", output)
    return float(match[1]) * UNITS[match[2]] if match else float("nan")
