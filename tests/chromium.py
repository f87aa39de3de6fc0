"""A browser without a window for tests, spoken to in the Chrome DevTools Protocol over a pipe."""

from __future__ import annotations

import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Self

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --hide-scrollbars --remote-debugging-pipe"
)
PATIENCE = 60


def program() -> str:
    """The browser's program; it is installed where that is possible; else the test is skipped."""
    found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None and os.geteuid() == 0 and shutil.which("apt-get"):
        quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
        settings = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update"], ["apt-get", "install", "-y", "chromium"]):
            subprocess.run(command, env=settings, check=False, **quiet)
        found = next((path for name in NAMES if (path := shutil.which(name))), None)
    if found is None:
        pytest.skip("there is no browser: install chromium (apt-get install chromium) to run this test")
    return found


class Browser:
    """One tab. ``events`` are all that the browser told, in order."""

    def __init__(self, folder: Path) -> None:
        inward, self._write = os.pipe()
        self._read, outward = os.pipe()
        # The protocol's pipe is file descriptors 3 and 4, whichever those are here.
        command = f'exec "$0" {FLAGS} --user-data-dir="$1" about:blank 3<&{inward} 4>&{outward}'
        self._log = (folder / "browser.log").open("wb")
        self._process = subprocess.Popen(
            ["bash", "-c", command, program(), str(folder / "profile")],
            pass_fds=(inward, outward),
            stdout=self._log,
            stderr=self._log,
        )
        os.close(inward)
        os.close(outward)
        self._rest = b""
        self._sent = 0
        self.events: list[dict[str, Any]] = []
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        self._session = ""
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        for domain in ("Page", "Network", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.terminate()
        try:
            self._process.wait(timeout=10)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        os.close(self._write)
        os.close(self._read)
        self._log.close()

    def open(self, url: str, width: int, height: int, ready: str) -> None:
        """Open a page in a window of this size and wait until the expression ``ready`` holds in it."""
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600}
        self.call("Emulation.setDeviceMetricsOverride", **size)
        self.call("Page.navigate", url=url)
        self._until(lambda: self.ask(f"document.readyState === 'complete' && ({ready})"), ready)

    def ask(self, expression: str) -> Any:
        """The value of a JavaScript expression in the page."""
        found = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return found["result"].get("value")

    def wait(self, expression: str) -> None:
        """Wait until the expression holds in the page."""
        self._until(lambda: self.ask(expression), expression)

    def requests(self) -> list[str]:
        """The addresses that pages asked for."""
        named = "Network.requestWillBeSent"
        return [e["params"]["request"]["url"] for e in self.events if e["method"] == named]

    def complaints(self) -> list[str]:
        """Errors and warnings of the console, exceptions, and requests that failed."""
        found = []
        for event in self.events:
            told = event["params"]
            if event["method"] == "Log.entryAdded" and told["entry"]["level"] in ("error", "warning"):
                found.append(told["entry"]["text"])
            elif event["method"] == "Runtime.consoleAPICalled" and told["type"] in ("error", "warning"):
                found.append(str([argument.get("value") for argument in told["args"]]))
            elif event["method"] == "Runtime.exceptionThrown":
                found.append(str(told["exceptionDetails"]))
            elif event["method"] == "Network.loadingFailed" and not told.get("canceled"):
                found.append(told["errorText"])
        return found

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """Call the browser and wait for its answer."""
        self._sent += 1
        message: dict[str, Any] = {"id": self._sent, "method": method, "params": params}
        if getattr(self, "_session", ""):
            message["sessionId"] = self._session
        os.write(self._write, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            for told in self._hear():
                if told.get("id") == self._sent:
                    assert "error" not in told, told
                    result: dict[str, Any] = told["result"]
                    return result
        raise AssertionError(f"the browser did not answer {method}")

    def _hear(self) -> list[dict[str, Any]]:
        """What came within a tenth of a second; events are kept."""
        if select.select([self._read], [], [], 0.1)[0]:
            self._rest += os.read(self._read, 1 << 20)
        *whole, self._rest = self._rest.split(b"\0")
        told = [json.loads(each) for each in whole]
        self.events += [each for each in told if "method" in each]
        return told

    def _until(self, holds: Callable[[], Any], what: str) -> None:
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline:
            if holds():
                return
            time.sleep(0.1)
        raise AssertionError(f"never came about: {what}; {self.complaints()}")
