"""Which conditions an index of the parts of texts helps with, and what is asked of it. Pure."""

from __future__ import annotations

from collections.abc import Collection
from typing import TypeAlias

from gateway_core.query.model import All, AnyOf, Compare, Condition, Element, Op, Path
from gateway_core.store.grams import ANYTHING, LENGTH, MAX_ALTERNATIVES, sought

Alternatives: TypeAlias = tuple[tuple[str, ...], ...]
"""Some of these: each is what ``grams.sought`` says of a part."""

_IN_TEXT = frozenset({Op.LIKE, Op.EQ_NOCASE})


def alternatives(condition: Condition, covered: Collection[str], prefix: Path = ()) -> Alternatives | None:
    """What the texts at the ``covered`` dotted paths of every match contain, None when that is unknown."""
    match condition:
        case Compare(path=path, op=op, values=values) if op in _IN_TEXT and path[:1] != ("_self",):
            named = prefix + path
            if any("." in name for name in named) or ".".join(named) not in covered:
                return None
            return _of_parts([sought(part) if isinstance(part, str) else None for part in values])
        case Element(path=path, where=where):
            return alternatives(where, covered, prefix + path)
        case All(conditions=parts):
            found = [each for part in parts if (each := alternatives(part, covered, prefix)) is not None]
            return max(found, key=_narrowness, default=None)
        case AnyOf(conditions=parts):
            each_of = [alternatives(part, covered, prefix) for part in parts]
            return _of_parts([one for each in each_of for one in (each if each is not None else (None,))])
    return None


def fts5_query(wanted: Alternatives) -> str:
    """The query of SQLite's FTS5. A gram holds no character that its syntax knows."""
    each = [f'"{one[0]}"*' if _short(one) else " AND ".join(f'"{gram}"' for gram in one) for one in wanted]
    return " OR ".join(f"({one})" for one in (*each, f'"{ANYTHING}"'))


def tsquery(wanted: Alternatives) -> str:
    """The ``tsquery`` of PostgreSQL. A gram holds no character that its syntax knows."""
    each = [f"'{one[0]}':*" if _short(one) else " & ".join(f"'{gram}'" for gram in one) for one in wanted]
    return " | ".join(f"({one})" for one in (*each, f"'{ANYTHING}'"))


def _of_parts(found: Collection[tuple[str, ...] | None]) -> Alternatives | None:
    known = tuple(dict.fromkeys(one for one in found if one is not None))
    if not found or len(known) > MAX_ALTERNATIVES or any(one is None for one in found):
        return None
    return known


def _short(one: tuple[str, ...]) -> bool:
    return len(one[0]) < LENGTH


def _narrowness(wanted: Alternatives) -> tuple[int, int]:
    """Few alternatives, of long parts, are found in few objects."""
    return -len(wanted), min(sum(map(len, one)) for one in wanted)
