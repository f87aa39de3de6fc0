"""Printing for people."""

from __future__ import annotations

import sys
from typing import NoReturn


def tell(message: str) -> None:
    """A message, on standard error: standard output is for data."""
    print(message, file=sys.stderr, flush=True)


def fail(message: str, *, code: int = 1) -> NoReturn:
    """Say what is wrong, and end."""
    tell(f"error: {message}")
    raise SystemExit(code)
