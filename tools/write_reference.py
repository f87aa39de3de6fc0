"""Write the reference documents that follow from the code: settings and commands.

    python tools/write_reference.py

A test compares the documents with what this program makes, so that they cannot fall behind.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import typer.main
from pydantic.fields import FieldInfo

from gateway_core.cli.main import app
from gateway_core.settings import Settings

FOLDER = Path(__file__).resolve().parents[1] / "docs" / "reference"
MADE = "<!-- Written by tools/write_reference.py: change the code and run it again. -->"

SETTINGS = f"""# Settings

{MADE}

Each setting is an environment variable. `gateway serve` has options for some of them; an option counts
before the variable. Values that cannot be are refused at the start, all of them together, with exit code 2.

| Variable | Default | Values | Meaning |
|---|---|---|---|
"""

COMMANDS = f"""# Commands

{MADE}

Data goes to standard output and messages to standard error. Exit codes: 0 done, 1 something is wrong with
what was asked for, 2 the command or a setting was written wrongly, 130 interrupted. Every command reads the
[settings](settings.md); `--help` behind any of them says the same as this page.
"""


def settings() -> str:
    """The table of all settings."""
    return SETTINGS + "".join(_setting(name, info) for name, info in Settings.model_fields.items())


def _setting(name: str, info: FieldInfo) -> str:
    default = info.default
    shown = f"`{str(default).lower() if isinstance(default, bool) else default}`" if default != "" else ""
    return f"| `GATEWAY_{name.upper()}` | {shown} | {_values(info)} | {info.description} |\n"


def _values(info: FieldInfo) -> str:
    choices = get_args(info.annotation)
    if choices:
        return " or ".join(f"`{choice}`" for choice in choices)
    if info.annotation is bool:
        return "`true` or `false`"
    if info.annotation is not int:
        return "text"
    least = next((each.ge for each in info.metadata if hasattr(each, "ge")), None)
    most = next((each.le for each in info.metadata if hasattr(each, "le")), None)
    return f"{least} to {most}" if most is not None else f"from {least}"


def commands() -> str:
    """Every command with its arguments and options."""
    root = typer.main.get_command(app)
    return COMMANDS + "".join(_command(path, command) for path, command in _walk(("gateway",), root))


def _walk(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
        return
    for name, child in below.items():
        yield from _walk((*path, name), child)


def _command(path: tuple[str, ...], command: Any) -> str:
    own = [parameter for parameter in command.params if parameter.name != "help"]
    arguments = [parameter for parameter in own if parameter.param_type_name == "argument"]
    names = [str(parameter.name).upper() for parameter in arguments]
    usage = " ".join([*path, *names, *(["[OPTIONS]"] if len(own) > len(arguments) else [])])
    rows = [_row(f"`{name}`", each) for name, each in zip(names, arguments, strict=True)]
    rows += [_row(_option(each), each) for each in own if each.param_type_name == "option"]
    table = "".join(["\n| | |\n|---|---|\n", *rows]) if rows else ""
    return f"\n## {' '.join(path)}\n\n`{usage}`\n\n{_prose(command.help)}\n{table}"


def _option(parameter: Any) -> str:
    names = ", ".join(f"`{name}`" for name in parameter.opts)
    return f"{names}, repeatable" if parameter.multiple else names


def _row(name: str, parameter: Any) -> str:
    return f"| {name} | {_prose(parameter.help)} |\n"


def _prose(text: str | None) -> str:
    return re.sub(r"\s+", " ", text or "").strip()


DOCUMENTS = {"settings.md": settings, "commands.md": commands}


def main() -> None:
    """Write both documents."""
    for name, make in DOCUMENTS.items():
        (FOLDER / name).write_text(make(), encoding="utf-8")
        print(f"docs/reference/{name}", file=sys.stderr)


if __name__ == "__main__":
    main()
