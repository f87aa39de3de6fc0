"""The process beside those that serve, which delivers events; it ends with the one that started it."""

from __future__ import annotations

import contextlib
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Final

PAUSE: Final = 1.0
PATIENCE: Final = 15.0
COMMAND: Final = (sys.executable, "-m", "gateway_core.cli.main", "events", "deliver", "--until-eof")


@contextlib.contextmanager
def beside(tell: Callable[[str], None]) -> Iterator[None]:
    """Have the process while inside; started again when it ends by itself.

    It reads from a pipe that nobody writes to: when this process is gone, however it went, the pipe
    ends, and so does the other.
    """
    stopping = threading.Event()
    thread = threading.Thread(target=_watch, args=(stopping, tell), name="beside", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stopping.set()
        thread.join(PATIENCE)


def _watch(stopping: threading.Event, tell: Callable[[str], None]) -> None:
    while not stopping.is_set():
        process = subprocess.Popen(COMMAND, stdin=subprocess.PIPE)  # noqa: S603 - our own words
        while process.poll() is None and not stopping.wait(PAUSE / 4):
            pass
        if not stopping.is_set():
            tell(f"the process that delivers events ended ({process.returncode}); it is started again")
            stopping.wait(PAUSE)
            continue
        if process.stdin is not None:
            process.stdin.close()
        try:
            process.wait(PATIENCE - 2)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
