"""The page of commands."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import typer.main

from gateway_core.cli.main import app
from gateway_core.cli.output import EXIT_CODES
from reference.text import meanings, page, prose, table

INTRODUCTION = """
Data goes to standard output and messages to standard error. Every command reads the [settings](settings.md);
`--help` behind any of them says the same as this page.
"""


def commands() -> str:
    """Every command with its arguments and options, and the exit codes."""
    root = typer.main.get_command(app)
    common = [parameter for parameter in root.params if parameter.name != "help"]
    before = "Options that may stand before every command:\n\n" + _table(common)
    parts = [_command(path, command) for path, command in walk(("gateway",), root)]
    codes = "## Exit codes\n\n" + meanings("Code", {str(code): text for code, text in EXIT_CODES.items()})
    return page("Commands", INTRODUCTION, before, *parts, codes)


def walk(path: tuple[str, ...], command: Any) -> Iterator[tuple[tuple[str, ...], Any]]:
    """The commands below a group, with the words that call them."""
    below = getattr(command, "commands", None)
    if below is None:
        yield path, command
        return
    for name, child in below.items():
        yield from walk((*path, name), child)


def _command(path: tuple[str, ...], command: Any) -> str:
    own = [parameter for parameter in command.params if parameter.name != "help"]
    arguments = [parameter for parameter in own if parameter.param_type_name == "argument"]
    options = [parameter for parameter in own if parameter.param_type_name == "option"]
    usage = " ".join([*path, *map(_argument, arguments), *(["[OPTIONS]"] if options else [])])
    parts = [f"## {' '.join(path)}", f"`{usage}`", prose(command.help)]
    return "\n\n".join([*parts, *([_table([*arguments, *options])] if own else [])])


def _argument(parameter: Any) -> str:
    """An argument in the line of usage: in brackets when it may be left out, with dots when it repeats."""
    shown = f"{str(parameter.name).upper()}{'...' if parameter.nargs == -1 else ''}"
    return shown if parameter.required else f"[{shown}]"


def _table(parameters: list[Any]) -> str:
    return table(("", "Meaning"), ((_name(each), prose(each.help)) for each in parameters))


def _name(parameter: Any) -> str:
    if parameter.param_type_name == "argument":
        return f"`{str(parameter.name).upper()}`{', repeatable' if parameter.nargs == -1 else ''}"
    names = ", ".join(f"`{name}`" for name in (*parameter.opts, *parameter.secondary_opts))
    return f"{names}, repeatable" if parameter.multiple else names
