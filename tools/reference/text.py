"""Markdown, as the pages of the reference need it."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

MADE = "<!-- Written by `make docs`: change the code and run it again. -->"


def page(title: str, *parts: str) -> str:
    """A whole page: its title, the note that a program writes it, and its parts, a blank line between."""
    return "\n\n".join([f"# {title}", MADE, *(part.strip("\n") for part in parts)]) + "\n"


def table(headings: Iterable[str], rows: Iterable[Iterable[str]]) -> str:
    """A table; what stands in a cell may hold any character."""
    named = list(headings)
    lines = [_row(named), "|" + "---|" * len(named), *map(_row, rows)]
    return "\n".join(lines)


def meanings(heading: str, rows: Mapping[str, str]) -> str:
    """A table of names, as code, and what they mean."""
    return table((heading, "Meaning"), ((f"`{name}`", text) for name, text in rows.items()))


def prose(text: str | None) -> str:
    """A docstring or help text as one line of Markdown."""
    return re.sub(r"\s+", " ", (text or "").replace("``", "`")).strip()


def first_sentence(docstring: str | None) -> str:
    """The first paragraph of a docstring."""
    return prose((docstring or "").strip().split("\n\n")[0])


def _row(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells).rstrip() + " |"
