"""The kinds of stores that one contract is tested on."""

from __future__ import annotations

KINDS = ("sqlite", "memory", "tinydb", "postgresql")
