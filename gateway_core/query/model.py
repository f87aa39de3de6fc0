"""The query model: what every store must be able to answer, as frozen values.

A path names a member of a stored document, outermost first. A path that starts with
``_self`` names one of ``SELF_FIELDS``, what the register itself knows of an object.

Conditions that a client puts on one array or one relation are grouped, so that they hold
for the *same* element or related object (``Element``, ``Related``).
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Path: TypeAlias = tuple[str, ...]
Scalar: TypeAlias = str | int | float | bool

SELF_FIELDS = frozenset({"id", "dateCreated", "dateModified", "owner", "version"})


class Op(StrEnum):
    """How a member is compared.

    ``EQ`` and ``IN`` are exact in case and type, save that text and number are never equal.
    ``LIKE`` is contains, without regard to case (Unicode). ``LT`` … ``GE`` compare within one type:
    numbers by value, text by code point (dates and date-times are stored in UTC, so that
    code points order them). An array matches when any element does. ``IS_NULL`` holds for
    an absent member, a null and an empty array; ``NOT_NULL`` is its opposite.
    ``EQ_NOCASE`` is equality without regard to case.
    """

    EQ = "eq"
    NE = "ne"
    EQ_NOCASE = "eq_nocase"
    IN = "in"
    LIKE = "like"
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
    """Some element of the array at ``path`` satisfies ``where`` (paths inside the element)."""

    path: Path
    where: Condition


@dataclass(frozen=True, slots=True)
class Related:
    """Some object reached by ``hop`` satisfies ``where``."""

    hop: Hop
    where: Condition


@dataclass(frozen=True, slots=True)
class All:
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class AnyOf:
    conditions: tuple[Condition, ...] = ()


@dataclass(frozen=True, slots=True)
class Not:
    condition: Condition


Condition: TypeAlias = Compare | Element | Related | All | AnyOf | Not


@dataclass(frozen=True, slots=True)
class Order:
    """Sort by the member at ``path`` of the (first) object reached by ``hops``; nulls come last."""

    path: Path
    descending: bool = False
    hops: tuple[Hop, ...] = ()


@dataclass(frozen=True, slots=True)
class Window:
    limit: int
    offset: int = 0


@dataclass(frozen=True, slots=True)
class Query:
    """What a client asks of a collection.

    Without ``order``, and as the last tie-breaker, objects come in the order of their creation.
    ``fields`` and ``extend`` shape the answer and do not concern a store.
    """

    where: Condition = All()
    order: tuple[Order, ...] = ()
    window: Window = Window(30)
    fields: tuple[str, ...] = ()
    extend: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Scope:
    """The bounds a client cannot reach: AND-ed by the store outside the ``Query``."""

    tenant: str
    entity: str
    owner: str | None = None
