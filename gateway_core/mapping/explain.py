"""What a compiled mapping does, told as plain data: for people, and for the command that prints it.

    explain(settings, entries, …) -> Explanation

Paths are dotted texts, with the dots within keys encoded as in the mapping itself; the whole
input is written ``_context``.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway_core.mapping.entries import Entry
from gateway_core.mapping.reads import CONTEXT, Reads
from gateway_core.mapping.settings import Settings
from gateway_core.types import Reference

WAYS: Final = {
    "path": "a look-up in the input, which keeps the type of the value",
    "text": "a look-up in the input, printed as text, with its casts in one table",
    "shortcut": "plain look-ups and conditions, without a template",
    "map": "calls of other mappings, whose results stay values",
    "list": "a list of what other mappings answer, put together from values",
    "value": "an expression whose result stays a value, where its text would be read as JSON",
    "json": "a template whose parts stay values where its text would be read as JSON",
    "template": "a template",
}
"""What each word of ``TargetAccount.became`` means."""


@dataclass(frozen=True, slots=True)
class TargetAccount:
    """One target: its source as written, what that became (a key of ``WAYS``), and what it uses.

    ``casts`` are the names of its casts in order; ``at_once`` tells that they run with the
    look-up itself, not after all targets. ``reads`` are the input paths it can read and
    ``references`` the mappings it can reach. ``absent`` is what it gives where a bare path is
    not in the input: ``text`` (its own text) or ``omit``; empty for a template.
    """

    key: str
    source: str
    became: str
    absent: str
    casts: tuple[str, ...]
    at_once: bool
    reads: tuple[str, ...]
    references: tuple[Reference, ...]


@dataclass(frozen=True, slots=True)
class Explanation:
    """A whole mapping: its targets in file order, then what happens after them.

    ``casts_afterwards`` are the targets whose casts run after all others, with the names;
    ``copies_input`` tells that everything of the input is copied first (pass-through).
    """

    reference: Reference
    copies_input: bool
    targets: tuple[TargetAccount, ...]
    unset: tuple[str, ...]
    casts_afterwards: tuple[tuple[str, tuple[str, ...]], ...]
    reads: tuple[str, ...]
    references: tuple[Reference, ...]


def explain(
    reference: Reference, settings: Settings, entries: tuple[Entry, ...], afterwards: frozenset[str]
) -> Explanation:
    """The account of a mapping. ``afterwards`` holds the keys whose casts are not run at once."""
    names, reads = settings.cast_names, Reads()
    for entry in entries:
        reads.add(entry.reads)
    return Explanation(
        reference=reference,
        copies_input=settings.pass_through,
        targets=tuple(_account(entry, settings, afterwards) for entry in entries),
        unset=tuple(".".join(path) for path in settings.unset),
        casts_afterwards=tuple((key, names[key]) for key in names if key in afterwards),
        reads=_paths(reads, everything=settings.pass_through),
        references=tuple(sorted(reads.references)),
    )


def _account(entry: Entry, settings: Settings, afterwards: frozenset[str]) -> TargetAccount:
    absent = "" if entry.how != "path" else "omit" if settings.omit_absent else "text"
    casts = settings.cast_names.get(entry.key, ())
    return TargetAccount(
        key=entry.key,
        source=entry.source,
        became=entry.how,
        absent=absent,
        casts=casts,
        at_once=bool(casts) and entry.key not in afterwards,
        reads=_paths(entry.reads),
        references=tuple(sorted(entry.reads.references)),
    )


def _paths(reads: Reads, *, everything: bool = False) -> tuple[str, ...]:
    whole = (CONTEXT,) if everything or reads.everything else ()
    return (*whole, *sorted(".".join(path) for path in reads.written))
