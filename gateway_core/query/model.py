"""The query model: what every store must be able to answer, as frozen values.

A path names a member of a stored document, outermost first. A path that starts with
``_self`` names one of ``SELF_FIELDS``, what the register itself knows of an object; its times
are compared as text, as ``times.instant`` writes them.

Conditions that a client puts on one array or one relation are grouped, so that they hold
for the *same* element or related object (``Element``, ``Related``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Path: TypeAlias = tuple[str, ...]
Scalar: TypeAlias = str | int | float | bool

# What the end of a date-time's text may be without it being another moment, or an earlier one.
TAIL = "Z0."
SELF_FIELDS = frozenset({"id", "dateCreated", "dateModified", "owner", "version"})


class Op(StrEnum):
    """How a member is compared. ``evaluate`` is this text as code.

    A path leads to the values of a member: none when it is absent or null, each element when
    it is a list, and so for every list on the way. Nulls in a list do not count. A comparison
    holds when it does for *any* of the values, so never for a member without values; except
    ``NE``, which is the opposite of ``EQ`` (no value equals), and ``IS_NULL``, which holds when
    there are no values (``NOT_NULL`` is its opposite). An empty text or object is a value.

    Values are compared within their class: text, numbers (1 equals 1.0) and booleans (true is
    not 1); across classes nothing is equal and nothing is smaller. ``EQ`` and ``IN`` are exact
    in case. ``EQ_NOCASE`` is equality of texts and ``LIKE`` is contains, both after
    ``str.casefold``; ``EQ_NOCASE`` with another value is ``EQ``. ``REGEX`` holds for texts in which
    ``patterns.matcher`` finds a match. ``GT`` … ``LE`` compare numbers
    by value and text by code point (date-times are stored in UTC; ``times`` tells how they are
    compared); they hold for no boolean.
    """

    EQ = "eq"
    NE = "ne"
    EQ_NOCASE = "eq_nocase"
    IN = "in"
    LIKE = "like"
    REGEX = "regex"
    GT = "gt"
    GE = "ge"
    LT = "lt"
    LE = "le"
    IS_NULL = "is_null"
    NOT_NULL = "not_null"


@dataclass(frozen=True, slots=True)
class Hop:
    """One step to related objects of ``entity``.

    Forward (``inverse`` is None): the objects whose ids stand under ``property`` here.
    Backward: the objects of ``entity`` that refer to this one through their property ``inverse``.
    """

    property: str
    entity: str
    inverse: str | None = None


@dataclass(frozen=True, slots=True)
class Compare:
    """``values`` holds one value for most operators, several for ``IN``, none for null tests."""

    path: Path
    op: Op
    values: tuple[Scalar, ...] = ()


@dataclass(frozen=True, slots=True)
class Element:
    """Some element of the array at ``path`` satisfies ``where`` (paths inside the element; there
    are no ``Related`` and no ``_self`` in it). An object that is not in an array is no element."""

    path: Path
    where: Condition


@dataclass(frozen=True, slots=True)
class Related:
    """Some object reached by ``hop`` satisfies ``where``; ``All()`` asks that there is one.

    Ids of objects that do not exist, or are of another entity than the hop's, reach nothing."""

    hop: Hop
    where: Condition


@dataclass(frozen=True, slots=True)
class All:
    """Every condition holds; so of none."""

    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    """Some condition holds; never of none."""

    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition


Condition: TypeAlias = Compare | Element | Related | All | AnyOf | Not


def asks(condition: Condition, op: Op) -> bool:
    """Whether the operator stands anywhere in the condition."""
    match condition:
        case Compare(op=own):
            return own is op
        case Not(condition=inner) | Element(where=inner) | Related(where=inner):
            return asks(inner, op)
        case All(conditions=parts) | AnyOf(conditions=parts):
            return any(asks(part, op) for part in parts)


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by the scalar at ``path``, a path through objects only, of the object reached by ``hops``.

    Each hop goes to the first object: forward in the order of the list, backward in the order
    of creation. Numbers (and booleans, as 0 and 1) come before text. What has no scalar there
    comes last in either direction. ``moment`` tells that the texts are date-times in UTC of any
    precision: they are compared without ``TAIL`` at their end (``times`` says why)."""

    path: Path
    descending: bool = False
    hops: tuple[Hop, ...] = ()
    moment: bool = False


@dataclass(frozen=True, slots=True)
class Window:
    limit: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """What a client asks of a collection.

    Without ``order``, and as the last tie-breaker, objects come in the order of their creation.
    ``fields``, ``unset`` and ``extend`` shape the answer and do not concern a store; ``facets``, a name
    and a path each, are counted beside the window (``Store.facets``).
    """

    where: Condition = All()
    order: tuple[Order, ...] = ()
    window: Window = Window(30)
    fields: tuple[str, ...] = ()
    extend: tuple[str, ...] = ()
    unset: tuple[str, ...] = ()
    facets: tuple[tuple[str, Path], ...] = ()


@dataclass(frozen=True, slots=True)
class Facet:
    """The values under a path of the objects that match: ``values`` are the most frequent ones, each
    with the number of objects that hold it, and ``different`` tells how many there are in all.

    An object counts once for each different text, number or boolean under the path, through lists
    wherever they stand; what has none counts for nothing. Equal numbers are one value, a whole one
    below 2**63 an integer. The order is by number of objects, most first, then false, true, numbers
    and texts, each by size.
    """

    values: tuple[tuple[Scalar, int], ...]
    different: int


@dataclass(frozen=True, slots=True)
class Scope:
    """The bounds a client cannot reach: AND-ed by the store outside the ``Query``.

    ``removed``: among the objects that were removed, in the order of their removal, instead of
    those that are there. They have no relations.
    """

    tenant: str
    entity: str
    owner: str | None = None
    removed: bool = False
