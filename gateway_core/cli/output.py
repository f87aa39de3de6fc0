"""Printing for people."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import NoReturn

from gateway_core.errors import GatewayError, MappingError

# What a command ends with; the reference page is printed from it.
EXIT_CODES: Mapping[int, str] = MappingProxyType(
    {
        0: "done",
        1: "something is wrong with what was asked for, or was found to be wrong; a sentence says what",
        2: "the command or a setting was written wrongly; of `gateway bundle plan`: there is something to do",
        130: "interrupted (Ctrl+C)",
        141: "whoever read the output left early",
    }
)


def tell(message: str) -> None:
    """A message, on standard error: standard output is for data."""
    print(message, file=sys.stderr, flush=True)


def fail(message: str, *, code: int = 1) -> NoReturn:
    """Say what is wrong, and end."""
    tell(f"error: {message}")
    raise SystemExit(code)


def explain(error: GatewayError) -> str:
    """What is wrong and the way out, as sentences."""
    if isinstance(error, MappingError):
        return str(error)  # with mapping, target and place
    if not error.hint:
        return error.detail
    joint = "\n" if "\n" in error.detail else " " if error.detail.endswith(".") else ". "
    return f"{error.detail}{joint}{error.hint}"
