"""Documents as tests read them: blocks, headings, links; and a reader who types what a page says.

The reader sits in a folder that looks like a fresh clone in which ``make`` has installed what it
installs: every file of the checkout is there, and ``.venv`` is the environment of the tests. The
shell blocks of a page run there, in order, in one shell that ends at the first command that fails.
What the reader does differently is this, and no more:

- ``8000`` is read as a free port (``PORT`` and ``GATEWAY_PORT`` say the same to commands that
  name none);
- a command that serves (``make run``, ``gateway serve``) runs in the background, as in a second
  terminal, and is stopped with the signal of Ctrl+C before the next one that serves;
- ``make test`` is asked only what it would do (``--dry-run``): these tests are a part of it;
- ``KEY=…`` and ``SECRET=…`` get what ``gateway app add`` printed before, as a reader pastes it;
- ``curl`` tells the status of each answer as well.

A block of ``json`` behind a shell block is what the page claims of the last answer: its members
are in the answer with these values (``…`` stands for any), and the answer has the ``status`` that
it shows, else one of success. Each line of a block of ``text`` is a line of the output.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx2
from gateway_process import ROOT, START_SECONDS, free_port

ANY = "…"
SERVES = re.compile(r"^(?:[A-Z_]+=\S+ )*(?:make run|(?:\.venv/bin/)?gateway (?:--\S+ )*serve)\b")
PRINTED = re.compile(r"^(api key|secret): +(\S+)", re.MULTILINE)
CURL = "curl() { command curl -w '%{stderr}\\n[status %{http_code}]\\n' \"$@\"; }"
NOT_CLONED = {".git", ".venv", "var", "build", "dist"}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its language, its text, and the line of the page that it begins at."""

    language: str
    text: str
    line: int


def blocks(text: str) -> list[Block]:
    """The fenced blocks of a page, in order."""
    found: list[Block] = []
    inside: tuple[str, int, list[str]] | None = None
    for number, line in enumerate(text.splitlines(), 1):
        if line.startswith("```"):
            if inside is None:
                inside = (line[3:].strip(), number, [])
            else:
                found.append(Block(inside[0], "\n".join(inside[2]), inside[1]))
                inside = None
        elif inside is not None:
            inside[2].append(line)
    return found


def prose(text: str) -> str:
    """A page without its fenced blocks."""
    return re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text: str) -> set[str]:
    """The anchors that headings of a page make, as forges make them."""
    found: dict[str, int] = {}
    result = set()
    for heading in re.findall(r"^#{1,6} +(.+?) *#*$", prose(text), re.MULTILINE):
        plain = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", heading).replace("`", "").lower()
        slug = re.sub(r"[^\w\- ]", "", plain).strip().replace(" ", "-")
        count = found.get(slug, 0)
        found[slug] = count + 1
        result.add(f"{slug}-{count}" if count else slug)
    return result


def steps(script: str) -> list[tuple[bool, str]]:
    """A shell block as commands that serve (True) and what stands before, between and behind them."""
    result: list[tuple[bool, str]] = []
    for line in script.splitlines():
        if SERVES.match(line):
            result.append((True, line))
        elif result and not result[-1][0]:
            result[-1] = (False, f"{result[-1][1]}\n{line}")
        else:
            result.append((False, line))
    return result


def fits(shown: str, text: str) -> bool:
    """Whether a text is the one that is shown, in which ``…`` stands for anything."""
    return re.fullmatch(".*".join(map(re.escape, shown.split(ANY))), text, re.DOTALL) is not None


def differences(claimed: Any, answer: Any, place: str = "answer") -> list[str]:
    """Where an answer is not what a page shows of it."""
    if claimed == ANY or (isinstance(claimed, str) and isinstance(answer, str) and fits(claimed, answer)):
        return []
    if isinstance(claimed, dict) and isinstance(answer, dict):
        missing = [f"{place} has no '{name}'" for name in claimed.keys() - answer.keys()]
        shared = [name for name in claimed if name in answer]
        return missing + [d for n in shared for d in differences(claimed[n], answer[n], f"{place}.{n}")]
    if isinstance(claimed, list) and isinstance(answer, list):
        if claimed and claimed[-1] == ANY and len(answer) >= len(claimed):
            answer = answer[: len(claimed)]
        if len(claimed) != len(answer):
            return [f"{place} has {len(answer)} elements, not {len(claimed)}"]
        pairs = enumerate(zip(claimed, answer, strict=True))
        return [d for i, (c, a) in pairs for d in differences(c, a, f"{place}.{i}")]
    return [] if claimed == answer else [f"{place} is {answer!r}, not {claimed!r}"]


class Reader:
    """Somebody who types the commands of one page, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self._printed: dict[str, str] = {}
        self._count = 0
        self._server: int | None = None
        _clone(folder)
        kept = {name: value for name, value in os.environ.items() if not name.startswith("GATEWAY_")}
        kept.pop("MAKEFLAGS", None)
        ports = {"PORT": str(self.port), "GATEWAY_PORT": str(self.port)}
        self._shell = subprocess.Popen(
            ["bash", "--noprofile", "--norc"],
            cwd=folder,
            env=kept | ports,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        # Whatever ends the shell, the one who waits for it is told.
        self._send(f"exec 3>&1\ntrap 'echo failed >&3' EXIT\nset -m -e -o pipefail\n{CURL}\n")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.interrupt()
        self._shell.kill()
        self._shell.wait()
        for stream in (self._shell.stdin, self._shell.stdout):
            if stream is not None:
                stream.close()

    def read(self, page: Path) -> int:
        """Type every shell block of a page and compare what it claims; how many blocks there were."""
        output = Output("", "")
        count = 0
        before = ""
        for block in blocks(page.read_text(encoding="utf-8")):
            place = f"{page.relative_to(ROOT).as_posix()}:{block.line}"
            if block.language == "sh":
                if before == "sh":
                    output.check_success(place)
                output = self.type(block.text, place)
                count += 1
            elif before == "sh" and block.language == "json":
                output.check_answer(json.loads(block.text), place)
            elif before == "sh" and block.language == "text":
                output.check_lines(block.text, place)
            before = block.language
        if before == "sh":
            output.check_success(page.name)
        return count

    def type(self, script: str, place: str) -> Output:
        """Run a block; what it printed. A command that fails fails the test."""
        output = Output("", "")
        for serves, text in steps(self._as_read(script)):
            output = self._serve(text, place) if serves else self._run(text, place)
        self._printed.update(PRINTED.findall(output.out))
        return output

    def interrupt(self) -> None:
        """Ctrl+C for the gateway that runs, and the wait until it has gone."""
        if self._server is None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._server, signal.SIGINT)
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline and self._answers():
            time.sleep(0.05)
        self._server = None

    def _as_read(self, script: str) -> str:
        text = script.replace("8000", str(self.port))
        text = re.sub(r"^make test\b", "make --dry-run test", text, flags=re.MULTILINE)
        for name, label in (("KEY", "api key"), ("SECRET", "secret")):
            text = text.replace(f"{name}={ANY}", f"{name}={self._printed.get(label, ANY)}")
        return text

    def _serve(self, command: str, place: str) -> Output:
        self.interrupt()
        log = self.folder / f"served-{self._count}.log"
        ended = log.with_suffix(".ended")
        alone = command.partition("#")[0].rstrip()
        done = self._run(f"{{ {alone} || true; touch {ended}; }} > {log} 2>&1 3>&- &\necho $!", place)
        self._server = int(done.out.split()[-1])
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline and not ended.exists():
            if self._answers():
                return Output("", log.read_text(encoding="utf-8"))
            time.sleep(0.05)
        raise AssertionError(f"{place}: nothing answers:\n{log.read_text(encoding='utf-8')[-2000:]}")

    def _answers(self) -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/readyz", timeout=2).status_code == 200
        except httpx2.HTTPError:
            return False

    def _run(self, script: str, place: str) -> Output:
        self._count += 1
        base = self.folder / f"step-{self._count}"
        base.with_suffix(".sh").write_text(script + "\n", encoding="utf-8")
        self._send(f"source {base}.sh > {base}.out 2> {base}.err < /dev/null\necho finished >&3\n")
        assert self._shell.stdout is not None
        finished = self._shell.stdout.readline() == "finished\n"
        output = Output(*(base.with_suffix(end).read_text(encoding="utf-8") for end in (".out", ".err")))
        assert finished, f"{place}: a command failed\n{script}\n{output.out[-2000:]}\n{output.err[-2000:]}"
        return output

    def _send(self, text: str) -> None:
        assert self._shell.stdin is not None
        self._shell.stdin.write(text)
        self._shell.stdin.flush()


@dataclass(frozen=True, slots=True)
class Output:
    """What a block printed on standard output and on standard error."""

    out: str
    err: str

    @property
    def statuses(self) -> list[int]:
        """The status of each answer that curl got."""
        return [int(code) for code in re.findall(r"^\[status (\d+)\]$", self.err, re.MULTILINE)]

    def check_success(self, place: str) -> None:
        """Every answer was one of success."""
        assert [status for status in self.statuses if status >= 400] == [], f"{place}: {self.out}"

    def check_answer(self, claimed: Any, place: str) -> None:
        """The last answer is as the page shows it, and so is its status."""
        assert self.statuses, f"{place}: an answer is shown, and nothing was asked"
        answer = json.loads(self.out)
        assert differences(claimed, answer) == [], f"{place}: {self.out}"
        shown = claimed.get("status") if isinstance(claimed, dict) else None
        if isinstance(shown, int):
            assert self.statuses[-1] == shown, place
        else:
            self.check_success(place)

    def check_lines(self, claimed: str, place: str) -> None:
        """Each line that the page shows was printed."""
        printed = [line.rstrip() for line in f"{self.out}\n{self.err}".splitlines()]
        for line in claimed.splitlines():
            assert any(fits(line.rstrip(), each) for each in printed), f"{place}: {line}\n{printed}"


def _clone(folder: Path) -> None:
    """A folder with every file of the checkout, and what ``make`` installs."""
    for path in ROOT.iterdir():
        if path.name not in NOT_CLONED:
            (folder / path.name).symlink_to(path)
    environment = folder / ".venv"
    environment.mkdir()
    for path in Path(sys.prefix).iterdir():
        if not path.name.startswith(".installed"):
            (environment / path.name).symlink_to(path)
    for name in (".installed-runtime", ".installed-dev"):
        (environment / name).touch()


def lacking() -> str:
    """The programs that a reader needs and this machine does not have."""
    return ", ".join(name for name in ("bash", "curl", "make") if shutil.which(name) is None)
