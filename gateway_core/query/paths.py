"""What a dotted path in a query names: a member here, in a list, or of a related object."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TypeAlias

from gateway_core.errors import InvalidQuery
from gateway_core.query.model import Hop, Path
from gateway_core.schema.spec import EntitySpec, PropertyKind, PropertySpec
from gateway_core.schema.vocabulary import suggestion
from gateway_core.types import Reference

MAX_HOPS = 4
MAX_SEGMENTS = 20
LISTED_NAMES = 60
SHOWN_NAME = 100

Specs: TypeAlias = Callable[[Reference], EntitySpec | None]
# A list of inline objects, or the way to related objects.
Step: TypeAlias = Path | Hop
# A number behind a step, by the position of the step.
Marks: TypeAlias = tuple[tuple[int, str], ...]

RELATIONS = (PropertyKind.RELATION, PropertyKind.INVERSE)
EMBEDDED = ("embedded", "_embedded")

ID = PropertySpec("id", types=frozenset({"string"}), format="reference")
ID_PATH: Path = ("_self", "id")
SELF: Mapping[str, PropertySpec] = MappingProxyType(
    {
        "id": ID,
        "dateCreated": PropertySpec("dateCreated", types=frozenset({"string"}), format="date-time"),
        "dateModified": PropertySpec("dateModified", types=frozenset({"string"}), format="date-time"),
        "owner": PropertySpec("owner", types=frozenset({"string"})),
        "version": PropertySpec("version", types=frozenset({"integer"})),
    }
)
_SELF_NAMES = tuple(f"_self.{name}" if name != "owner" else "_self.owner.id" for name in SELF)


@dataclass(frozen=True, slots=True)
class Target:
    """The member at ``path`` within the last of ``steps``.

    ``hop`` is set when the path ends at a relation: then ``path`` and ``prop`` are the id of
    the related object, and the hop comes after ``steps``. ``marks`` are the numbers that stand
    behind steps and behind the hop: conditions whose numbers differ may hold for different
    elements of one list.
    """

    steps: tuple[Step, ...]
    path: Path
    prop: PropertySpec
    hop: Hop | None = None
    marks: Marks = ()


class _Missing(Exception):
    def __init__(self, owner: str, segment: str, names: Iterable[str]) -> None:
        self.owner, self.segment, self.names = owner, segment, tuple(names)


class Paths:
    """Resolves the paths of one entity. Immutable; ``specs`` knows the entities it relates to."""

    __slots__ = ("_specs", "spec")

    def __init__(self, spec: EntitySpec, specs: Specs) -> None:
        self.spec = spec
        self._specs = specs

    def resolve(self, dotted: str, parameter: str, *, echo: bool = True) -> Target:
        """What ``dotted`` names.

        Segments ``embedded`` are skipped, and numbers behind a list are marks, unless a member
        has that name. Raises ``InvalidQuery`` about ``parameter`` when nothing has the name. ``echo``
        is False when the path was given as a value, which an error must not repeat.
        """
        prop = self.spec.properties.get(dotted)
        if prop is not None and prop.kind is PropertyKind.VALUE:
            return Target((), (dotted,), prop)
        segments = dotted.split(".")
        if len(segments) > MAX_SEGMENTS:
            detail = f"query parameter '{shown(parameter)}' has a path of more than {MAX_SEGMENTS} segments."
            raise InvalidQuery(detail, parameter=parameter)
        try:
            return self._in_entity(self.spec, segments, (), ())
        except _Missing as missing:
            raise _unknown(missing, parameter, self.spec.name, echo) from None

    def holds_plain_values(self, dotted: str) -> bool:
        """Whether the path ends at values that have no members."""
        try:
            target = self.resolve(dotted, dotted)
        except InvalidQuery:
            return False
        return target.hop is None and target.prop.kind is PropertyKind.VALUE and not is_free(target.prop)

    def members(self, prop: PropertySpec) -> Mapping[str, PropertySpec]:
        """The known members of the objects a property holds; empty when there are none."""
        if prop.properties or prop.target is None:
            return prop.properties
        return self.entity_members(prop.target)

    def entity(self, reference: Reference) -> EntitySpec | None:
        """A related entity, when it is known."""
        return self._specs(reference)

    def entity_members(self, reference: Reference) -> Mapping[str, PropertySpec]:
        """The members of an entity; empty when it is not known."""
        spec = self._specs(reference)
        return spec.properties if spec is not None else {}

    def _in_entity(
        self, spec: EntitySpec, segments: Sequence[str], steps: tuple[Step, ...], marks: Marks
    ) -> Target:
        segments = skipped(segments, spec.properties)
        head, rest = (segments[0], segments[1:]) if segments else ("", ())
        prop = spec.properties.get(head)
        if prop is None:
            return replace(_of_register(spec, head, rest, steps), marks=marks)
        if prop.kind in RELATIONS:
            return self._related(prop, rest, steps, marks)
        return self._in_document(prop, rest, steps, (), marks)

    def _related(
        self, prop: PropertySpec, rest: Sequence[str], steps: tuple[Step, ...], marks: Marks
    ) -> Target:
        target = self._specs(prop.target) if prop.target is not None else None
        hop = Hop(prop.name, prop.target or "", prop.inverse_of)
        behind = rest
        rest = skipped(behind, target.properties if target is not None else {}, numbers=True)
        marks += _marks(len(steps), behind, rest)
        if not rest:
            return Target(steps, ID_PATH, ID, hop, marks)
        hops = sum(isinstance(step, Hop) for step in steps)
        if target is None or hops == MAX_HOPS:
            raise _Missing(prop.name, rest[0], ())
        return self._in_entity(target, rest, (*steps, hop), marks)

    def _in_document(
        self,
        prop: PropertySpec,
        rest: Sequence[str],
        steps: tuple[Step, ...],
        prefix: Path,
        marks: Marks,
    ) -> Target:
        path = (*prefix, prop.name)
        members = self.members(prop) if rest or prop.kind is not PropertyKind.VALUE else {}
        behind = rest
        rest = skipped(behind, members, numbers=prop.many)
        if not rest:
            return Target(steps, path, prop, marks=marks)
        if prop.many:
            marks += _marks(len(steps), behind, rest)
            steps, path = (*steps, path), ()
        if members:
            inner = members.get(rest[0])
            if inner is None:
                raise _Missing(prop.name, rest[0], members)
            return self._in_document(inner, rest[1:], steps, path, marks)
        if not is_free(prop) or "" in rest or rest[0] == "_self":
            raise _Missing(prop.name, rest[0], ())
        return Target(steps, (*path, *rest), PropertySpec(rest[-1]), marks=marks)


def is_free(prop: PropertySpec) -> bool:
    """Whether a value is JSON whose members the schema does not name."""
    return prop.kind is PropertyKind.VALUE and (not prop.types or "object" in prop.types)


def shown(name: str) -> str:
    """A parameter's name as errors print it: not longer than a line."""
    return name if len(name) <= SHOWN_NAME else f"{name[:SHOWN_NAME]}…"


def listing(names: Iterable[str]) -> str:
    """Names as a sentence part, cut off where nobody reads on."""
    every = list(names)
    more = f" and {len(every) - LISTED_NAMES} more" if len(every) > LISTED_NAMES else ""
    return ", ".join(every[:LISTED_NAMES]) + more


def closest(name: str, names: Iterable[str]) -> str:
    """The end of an error's sentence, ``; did you mean 'x'?``, when a name is close to the wrong one."""
    found = suggestion(name[:SHOWN_NAME], names)
    return f"; {found}" if found else ""


def skipped(
    segments: Sequence[str], members: Mapping[str, PropertySpec], *, numbers: bool = False
) -> Sequence[str]:
    """The segments from the first that says something: not ``embedded``, and no number where
    ``numbers`` may stand; but what has the name of a member is one."""
    for count, segment in enumerate(segments):
        is_number = numbers and segment.isascii() and segment.isdigit()
        if segment in members or not (segment in EMBEDDED or is_number):
            return segments[count:]
    return ()


def _marks(position: int, behind: Sequence[str], rest: Sequence[str]) -> Marks:
    """The number among the segments that were skipped, the last one when there are more."""
    numbers = [segment for segment in behind[: len(behind) - len(rest)] if segment not in EMBEDDED]
    return ((position, numbers[-1]),) if numbers else ()


def _of_register(spec: EntitySpec, head: str, rest: Sequence[str], steps: tuple[Step, ...]) -> Target:
    """What the register itself knows of an object."""
    if head in ("id", "_id") and not rest:
        return Target(steps, ID_PATH, ID)
    if head == "_self" and rest:
        name = rest[0]
        if name in SELF and (len(rest) == 1 or (name == "owner" and list(rest[1:]) == ["id"])):
            return Target(steps, ("_self", name), SELF[name])
        raise _Missing(f"{spec.name}._self", ".".join((head, *rest)), _SELF_NAMES)
    raise _Missing(spec.name, head, (*spec.properties, *_SELF_NAMES))


def _unknown(missing: _Missing, parameter: str, entity: str, echo: bool) -> InvalidQuery:
    what = f"query parameter '{shown(parameter)}'"
    inside = "" if missing.owner == entity else f": '{missing.owner}' has no such member"
    if echo:
        detail = f"{what} is not known for {entity}{inside}"
    else:
        detail = f"{what} names something that is not known for {entity}"
    detail += closest(missing.segment, missing.names) or "."
    verb = "filtered" if echo else "named"
    hint = f"The members that can be {verb} are: {listing(missing.names)}." if missing.names else ""
    return InvalidQuery(detail, parameter=parameter, hint=hint)
