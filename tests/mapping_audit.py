"""Runs mappings with an audit hook that hears of files, sockets, processes, imports and compilers.

``python tests/mapping_audit.py`` prints one JSON object: how many mappings were run, and what was heard
while they ran. It is a program of its own, because an audit hook stays for the life of a process.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from hostile_templates import DOCUMENT, TEMPLATES
from mapping_bombs import BOMBS, ignite, services_of

from gateway_core.errors import MappingError
from gateway_core.mapping.dates import zones
from gateway_core.mapping.mapping import Services, compile_mapping

FORBIDDEN = frozenset(
    {
        *(
            "open",
            "compile",
            "exec",
            "import",
            "os",
            "subprocess",
            "socket",
            "shutil",
            "tempfile",
            "pty",
            "mmap",
        ),
        *(
            "ctypes",
            "code",
            "marshal",
            "pickle",
            "cpython",
            "glob",
            "pathlib",
            "urllib",
            "ftplib",
            "http",
            "smtplib",
        ),
        *(
            "sqlite3",
            "webbrowser",
            "fcntl",
            "resource",
            "signal",
            "syslog",
            "winreg",
            "gc",
            "function",
            "sys",
        ),
    }
)


class Listener:
    """Keeps the events of the time that it listens, but for those of the frames that time is told by."""

    def __init__(self) -> None:
        self.listening = False
        self.heard: list[str] = []
        sys.addaudithook(self)

    def __call__(self, event: str, arguments: Any) -> None:
        if self.listening and event.split(".", maxsplit=1)[0] in FORBIDDEN:
            self.heard.append(event if arguments[:1] == (os.devnull,) else f"{event} {arguments!r}"[:120])

    def during(self, run: Callable[[], Any]) -> None:
        """Run a mapping, heard."""
        self.listening = True
        try:
            run()
        except MappingError:
            pass
        finally:
            self.listening = False


def now() -> datetime:
    return datetime(2024, 6, 15, 12, tzinfo=UTC)


def golden_runs() -> Iterator[Callable[[], Any]]:
    """The cases of the reference data, compiled, each as a function that runs it."""
    root = Path(__file__).resolve().parents[1]
    shared = Path(os.environ.get("GATEWAY_SHARED", root.parent / "shared"))
    for path in sorted((shared / "golden" / "mapping").glob("*/*.json")):
        for record in json.loads(path.read_text(encoding="utf-8")):
            related = {}
            for reference, body in record.get("related", {}).items():
                related[reference] = compile_mapping(reference, body)
            try:
                mapping = compile_mapping("golden", record["mapping"])
            except MappingError:
                continue
            for case in record["cases"]:
                calls = case.get("calls", {})
                services = Services(
                    related.get,
                    case.get("objects", {}).get,
                    lambda source, endpoint, method, config, calls=calls: calls[endpoint],
                    now,
                    time.monotonic,
                )
                yield lambda m=mapping, c=case, s=services: m.apply(
                    c["input"], s, as_list=bool(c.get("list"))
                )


def hostile_runs() -> Iterator[Callable[[], Any]]:
    """The hostile templates that can be compiled."""
    plain = compile_mapping("plain", {"passTrough": False, "mapping": {"y": "x"}})
    services = Services(mapping={"plain": plain}.get, now=now, clock=time.monotonic)
    for templates in TEMPLATES.values():
        for template, _ in templates:
            try:
                mapping = compile_mapping("m", {"passTrough": False, "mapping": {"t": template}})
            except MappingError:
                continue
            yield lambda m=mapping: m.apply(DOCUMENT, services)


def bomb_runs() -> Iterator[Callable[[], Any]]:
    """The bombs, with the mappings that they call already compiled."""
    for bomb in BOMBS:
        try:
            mapping, services = compile_mapping("bomb", bomb.body), services_of(bomb)
        except MappingError:
            continue
        for reference in ("flat", *bomb.related):
            services.mapping(reference)
        document = bomb.document()
        yield lambda m=mapping, d=document, s=services, b=bomb: m.apply(d, s, as_list=b.as_list)


def main() -> None:
    """Warm up what is loaded once, then run everything."""
    zones()
    for bomb in BOMBS[:3]:
        ignite(bomb)
    listener = Listener()
    counts = {}
    for name, runs in (("golden", golden_runs()), ("hostile", hostile_runs()), ("bombs", bomb_runs())):
        counts[name] = 0
        for run in runs:
            listener.during(run)
            counts[name] += 1
    listener.during(lambda: open(os.devnull, "rb").close())  # noqa: PTH123 - shows that it hears
    sys.stdout.write(json.dumps({**counts, "heard": listener.heard}))


if __name__ == "__main__":
    main()
