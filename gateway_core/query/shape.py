"""The parameters that do not filter by a path: window, order, shape and search."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

from gateway_core.query.filters import within
from gateway_core.query.model import AnyOf, Condition, Hop, Order, Path, Window
from gateway_core.query.operators import Subject, like
from gateway_core.query.paths import EMBEDDED, Paths, Step, Target, listing, skipped
from gateway_core.query.values import holds_scalars, read_integer, read_text, reads, refusal, unshown
from gateway_core.schema.spec import PropertyKind, PropertySpec
from gateway_core.types import Json, JsonObject

WORDS = (
    "_limit",
    "_page",
    "_start",
    "_offset",
    "_order",
    "_fields",
    "_unset",
    "_extend",
    "_search",
    "_queries",
)
WINDOW = ("_limit", "_page", "_start", "_offset")
# Which version of one object, and whether a collection is that of the removed objects.
VERSION, REMOVED = "_version", "_removed"
MAX_VERSION = 2**53
EVERYTHING = "all"
MAX_OFFSET = 2**62
MAX_NAMES = 200
MAX_FACETS = 10
MAX_SEARCH_DEPTH = 4

# A text member: the way to it, its path there, and what the schema says of it.
Searched: TypeAlias = tuple[tuple[Step, ...], Path, PropertySpec]

# Members that every answer has, whatever the schema says.
_ANSWER = frozenset({"id", "_id", "_self"})
_SELF_ANSWER = frozenset(
    {"id", "name", "self", "uri", "schema", "owner", "version", "dateCreated", "dateModified"}
)
_DIRECTIONS = {"asc": False, "desc": True}


@dataclass(frozen=True, slots=True)
class QuerySettings:
    """``default_limit`` objects a page when the client does not say, ``max_limit`` at most."""

    default_limit: int = 30
    max_limit: int = 500


def window(params: JsonObject, settings: QuerySettings) -> Window:
    """``_limit``, and where to begin: ``_start`` or else ``_offset`` (both from 0) or else
    ``_page`` (from 1). All that are given must be readable."""
    limit = _whole(params, "_limit", 1, settings.max_limit)
    limit = min(settings.default_limit, settings.max_limit) if limit is None else limit
    start = _whole(params, "_start", 0, MAX_OFFSET)
    offset = _whole(params, "_offset", 0, MAX_OFFSET)
    page = _whole(params, "_page", 1, MAX_OFFSET // limit)
    if start is None:
        start = offset
    if start is None:
        start = (page - 1) * limit if page is not None else 0
    return Window(limit, start)


def _whole(params: JsonObject, name: str, least: int, most: int) -> int | None:
    if name not in params:
        return None
    number = read_integer(params[name])
    if number is None or not least <= number <= most:
        bounds = f"from {least} to {most}" if most < MAX_OFFSET // 1000 else f"of {least} or more"
        raise refusal(name, f"must be a whole number {bounds}")
    return number


def order(paths: Paths, value: Json) -> tuple[Order, ...]:
    """``_order[path]=asc|desc``, or ``_order=path,-path``; the first counts most."""
    if value is None:
        raise refusal("_order", "holds nothing")
    if not isinstance(value, dict):
        return tuple(_named_order(paths, name) for name in names_of(value, "_order"))
    found = []
    for parameter, dotted, direction in _flattened("_order", "", value, 0):
        descending = _DIRECTIONS.get(direction.lower()) if isinstance(direction, str) else None
        if descending is None:
            raise refusal(parameter, "must be asc or desc")
        found.append(_order(paths.resolve(dotted, parameter), parameter, descending))
    return tuple(found)


def _named_order(paths: Paths, name: str) -> Order:
    target = paths.resolve(name.removeprefix("-"), "_order", echo=False)
    return _order(target, "_order", name.startswith("-"))


def _order(target: Target, parameter: str, descending: bool) -> Order:
    hops = tuple(step for step in target.steps if isinstance(step, Hop))
    single = len(hops) == len(target.steps) and not target.prop.many and target.hop is None
    if not single or not holds_scalars(target.prop):
        rule = "must name a single value to order by, not a list, an object or a relation"
        raise refusal(parameter, rule)
    moment = target.prop.format == "date-time" and target.path[:1] != ("_self",)
    return Order(target.path, descending, hops, moment)


def _flattened(parameter: str, dotted: str, value: JsonObject, depth: int) -> Iterator[tuple[str, str, Json]]:
    if not value or depth > 10:
        raise refusal(parameter, "nests too deep" if value else "holds an empty object")
    for key, inner in value.items():
        name = f"{parameter}[{key}]"
        path = f"{dotted}.{key}" if dotted else key
        if isinstance(inner, dict):
            yield from _flattened(name, path, inner, depth + 1)
        else:
            yield name, path, inner


def names_of(value: Json, parameter: str = "_fields") -> tuple[str, ...]:
    """A list of names: repeated, with brackets, or separated by commas; none for None."""
    if value is None:
        return ()
    listed = value if isinstance(value, list) else [value]
    if not listed or not all(isinstance(each, str) for each in listed):
        raise refusal(parameter, "must be a list of names")
    found = [name.strip() for each in listed for name in each.split(",")]
    if not all(found):
        raise refusal(parameter, "has an empty name in its list")
    if len(found) > MAX_NAMES:
        raise refusal(parameter, f"lists more than {MAX_NAMES} names")
    return tuple(dict.fromkeys(found))


def facets(paths: Paths, value: Json) -> tuple[tuple[str, Path], ...]:
    """``_queries``: members whose values are counted, each with its path in the document."""
    names = names_of(value, "_queries")
    if len(names) > MAX_FACETS:
        raise refusal("_queries", f"lists more than {MAX_FACETS} names")
    return tuple((name, _facet(paths.resolve(name, "_queries", echo=False))) for name in names)


def _facet(target: Target) -> Path:
    """The path of a member of the objects themselves; of a relation the ids that they hold."""
    lists = [step for step in target.steps if not isinstance(step, Hop)]
    near = len(lists) == len(target.steps) and (target.hop is None or target.hop.inverse is None)
    if not near or (target.hop is None and not holds_scalars(target.prop)):
        rule = "must name members of the objects themselves that hold plain values"
        raise refusal("_queries", rule, "Members of related objects cannot be counted here.")
    last = target.path if target.hop is None else (target.hop.property,)
    return tuple(name for path in (*lists, last) for name in path)


def check_field(paths: Paths, name: str, parameter: str = "_fields") -> None:
    """Refuse a field that no answer of the entity has."""
    head, *rest = skipped(name.split("."), paths.spec.properties) or [""]
    if head not in paths.spec.properties:
        always = head in _ANSWER or name in EMBEDDED
        if (always and not rest) or (head == "_self" and rest[0] in _SELF_ANSWER):
            return
    paths.resolve(name, parameter, echo=False)


def extension(paths: Paths, name: str) -> str | None:
    """The relations that ``name`` passes, dotted; None when it passes none (what it names is
    kept inline, or is ``_self``, and is answered anyhow)."""
    segments = name.split(".")
    if name == EVERYTHING and name not in paths.spec.properties:
        return name
    target = paths.resolve(name, "_extend", echo=False) if not _names_self(segments) else None
    if target is None:
        return None
    hops = [step.property for step in target.steps if isinstance(step, Hop)]
    if target.hop is not None:
        return ".".join((*hops, target.hop.property))
    if target.path[:1] == ("_self",):
        return ".".join(hops) or None
    if target.prop.kind is PropertyKind.INLINE:
        return ".".join(hops) or None
    known = [relation.name for relation in paths.spec.relations]
    hint = f"The relations that can be extended are: {', '.join((EVERYTHING, *known))}."
    raise refusal("_extend", "must name a relation, and names a plain member", hint)


def _names_self(segments: list[str]) -> bool:
    """``_self`` and what stands in it, of this object: always answered."""
    inner = [segment for segment in segments if segment not in EMBEDDED]
    return inner[:1] == ["_self"] and (len(inner) == 1 or inner[1] in _SELF_ANSWER)


def search(paths: Paths, value: Json, *, guarded: bool = False) -> Iterator[Condition]:
    """``_search=term``: some text of the object that is searched, inside what is inline too, contains the
    term: each that its schema marks, or every one where it marks none.
    ``_search[a,b.c]=term``: one of those named does. ``guarded`` refuses members that are personal data."""
    if not isinstance(value, dict):
        subjects = searched(paths)
        if not subjects:
            raise refusal("_search", f"finds nothing to search: {paths.spec.name} has no text members")
        if guarded and any(prop.sensitive for _, _, prop in subjects):
            raise unshown("_search")
        yield _contains(subjects, "_search", value)
        return
    for parameter, dotted, term in _flattened("_search", "", value, 0):
        named = names_of(dotted, parameter)
        targets = [paths.resolve(name, parameter) for name in named]
        for target in targets:
            if target.hop is not None or target.prop.kind is not PropertyKind.VALUE:
                hint = f"Name one of its members: {listing(paths.members(target.prop))}."
                raise refusal(parameter, "must name members that hold text", hint)
            if guarded and target.prop.sensitive:
                raise unshown(parameter)
        yield _contains(((t.steps, t.path, t.prop) for t in targets), parameter, term)


def searched(paths: Paths) -> tuple[Searched, ...]:
    """The text members that ``_search`` looks in."""
    every = tuple(_texts(paths, paths.spec.properties.values(), (), (), 0))
    return tuple(each for each in every if each[2].searched) or every


def _contains(subjects: Iterable[Searched], parameter: str, term: Json) -> Condition:
    text = read_text(term)
    if text is None or not text.strip():
        raise refusal(parameter, "needs one term to search for")
    found = []
    for steps, path, prop in subjects:
        condition = like(Subject(path, prop, parameter), text)
        for step in reversed(steps):
            condition = within(step, condition)
        found.append(condition)
    return AnyOf(tuple(found))


def _texts(
    paths: Paths, props: Iterable[PropertySpec], steps: tuple[Step, ...], prefix: Path, depth: int
) -> Iterator[Searched]:
    for prop in props:
        path = (*prefix, prop.name)
        if prop.kind is PropertyKind.VALUE:
            if reads(prop, "string"):
                yield steps, path, prop
        elif (prop.kind is PropertyKind.INLINE or depth) and depth < MAX_SEARCH_DEPTH:
            inner = paths.members(prop).values()
            below, start = ((*steps, path), ()) if prop.many else (steps, path)
            yield from _texts(paths, inner, below, start, depth + 1)
