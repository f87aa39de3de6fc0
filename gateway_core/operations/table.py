r"""Documents as rows of a table: columns named by dotted paths (``a.0.b``), cells of text.

Of what a schema declares, objects are spread over columns (``a.b``) and lists over repeated ones
(``a.0``, ``a.1``); anything else that is no scalar stands in a cell as JSON. A dot in the name of a
member is written ``\.``. An empty cell is an absent member: a null does not survive.

Spreadsheets run a cell that begins with one of ``= + - @``, a tab or a line end as a formula. Such
texts get an apostrophe in front (OWASP, CSV injection), which reading takes off again; so does
the empty text, which would be no cell otherwise.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

import orjson

from gateway_core.catalog.snapshot import Catalog
from gateway_core.errors import BadRequest
from gateway_core.operations.transfer import SCHEMA, SELF
from gateway_core.schema import EntitySpec, PropertyKind, PropertySpec
from gateway_core.schema.spec import Entities
from gateway_core.types import Json, JsonObject

Path: TypeAlias = tuple[str | int, ...]
Cells: TypeAlias = dict[Path, Json]

MAX_COLUMNS = 10_000
_DANGER = re.compile(r"'*(?:[=+\-@\t\r\n]|\Z)")
_DANGER_READ = re.compile(r"'+(?:[=+\-@\t\r\n]|\Z)")
_STEP = re.compile(r"((?:[^.\\]|\\.)*)(?:\.|\Z)", re.DOTALL)
_RELATIONS = (PropertyKind.RELATION, PropertyKind.INVERSE)
_TEXT = PropertySpec("", types=frozenset({"string"}))
_OWNER = PropertySpec("owner", PropertyKind.INLINE, properties={"id": _TEXT, "name": _TEXT})
_ITSELF: Mapping[str, PropertySpec] = {
    "version": PropertySpec("version", types=frozenset({"integer"})),
    "owner": _OWNER,
    **dict.fromkeys(("application", "author", "dateCreated", "dateModified"), _TEXT),
}
_SYSTEM: Mapping[str, PropertySpec] = {
    SCHEMA: _TEXT,
    "_id": _TEXT,
    SELF: PropertySpec(SELF, PropertyKind.INLINE, properties=_ITSELF),
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column for documents of one schema; ``types`` are those of its values, empty for any."""

    path: Path
    types: frozenset[str]


def column_name(path: Path) -> str:
    """The path as the header has it."""
    return ".".join(re.sub(r"([.\\])", r"\\\1", str(step)) for step in path)


def path_of(name: str) -> Path:
    """The steps of a name; list positions are still text."""
    steps = [re.sub(r"\\(.)", r"\1", found) for found in _STEP.findall(name)]
    return tuple(steps[:-1] if len(steps) > 1 and not name.endswith(".") else steps)


def column(name: str, spec: EntitySpec, entity: Entities, *, part: bool = False) -> Column:
    """The column of this name. Raises ``BadRequest`` when the schema has none of it.

    With ``part`` a name may leave out the positions in lists: it stands for columns of all elements.
    """
    properties: Mapping[str, PropertySpec] | None = {**spec.properties, **_SYSTEM}
    path: list[str | int] = []
    types: frozenset[str] = frozenset()
    steps = list(path_of(name))
    while steps:
        step = str(steps.pop(0))
        path.append(step)
        if properties is None:
            continue
        known = properties.get(step)
        if known is None and step == "_id" and len(path) > 1:
            known = _TEXT
        if known is None:
            raise BadRequest(f"column '{name}': {spec.title} has no '{column_name(tuple(path))}'")
        types = frozenset({"string"}) if known.kind in _RELATIONS else known.types
        if known.many and steps:
            position = str(steps[0])
            if position.isascii() and position.isdecimal() and len(position) < 5:
                path.append(int(steps.pop(0)))
            elif not part:
                held = column_name(tuple(path))
                raise BadRequest(f"column '{name}': '{held}' is a list; name an element: '{held}.0'")
        elif known.many:
            types = frozenset({"array"})
        properties = _members(known, entity) or None
        if properties is None and steps:
            types = frozenset()
    return Column(tuple(path), types)


def _members(known: PropertySpec, entity: Entities) -> Mapping[str, PropertySpec]:
    """What an object under the property may hold, as far as that is declared."""
    target = entity(known.target) if known.target is not None else None
    return target.properties if target is not None else known.properties


def cells_of(document: JsonObject, spec: EntitySpec, entity: Entities) -> Cells:
    """The values of a document by the path of their column; nulls are left out."""
    found: Cells = {}
    for name, value in document.items():
        known = _SYSTEM.get(name) or spec.properties.get(name)
        found.update(_spread((name,), value, known, entity))
    return found


def _spread(
    path: Path, value: Json, known: PropertySpec | None, entity: Entities
) -> Iterator[tuple[Path, Json]]:
    if value is None:
        return
    if known is not None and known.many and isinstance(value, list) and value:
        for position, element in enumerate(value):
            yield from _spread_one((*path, position), element, known, entity)
    else:
        yield from _spread_one(path, value, known, entity)


def _spread_one(
    path: Path, value: Json, known: PropertySpec | None, entity: Entities
) -> Iterator[tuple[Path, Json]]:
    members = _members(known, entity) if known is not None else {}
    if isinstance(value, dict) and value and value.keys() <= members.keys():
        for name, inner in value.items():
            yield from _spread((*path, name), inner, members[name], entity)
    elif value is not None:
        yield path, value


def cell(value: Json) -> str:
    """A value as the text of its cell."""
    if isinstance(value, str):
        return f"'{value}" if _DANGER.match(value) else value
    return orjson.dumps(value).decode()


def unguarded(text: str) -> str:
    """The text of a cell without the apostrophe that guards it."""
    return text[1:] if _DANGER_READ.match(text) else text


def value_of(text: str, types: frozenset[str], read: Callable[[bytes], Json]) -> Json:
    """The value that a cell holds, None for an empty one.

    Where the schema has no text, the cell is read as JSON; what is none stays text, for the
    validator to refuse. ``read`` is a strict reader of JSON.
    """
    if not text:
        return None
    text = unguarded(text)
    if not types or "string" in types:
        return text
    if "boolean" in types and text.casefold() in ("true", "false"):
        return text.casefold() == "true"
    try:
        value: Json = orjson.loads(text)
    except orjson.JSONDecodeError:
        return text
    return value if isinstance(value, str) else read(text.encode())


def document_of(cells: Iterable[tuple[Path, Json]]) -> JsonObject:
    """The document with these values; lists close up over positions without one.

    Raises ``BadRequest`` when one column lies inside another that has a value too.
    """
    root: dict[str | int, Json] = {}
    for path, value in cells:
        holder = root
        for step in path[:-1]:
            below = holder.setdefault(step, _Node())
            if not isinstance(below, _Node):
                raise _inside(path)
            holder = below
        if path[-1] in holder:
            raise _inside(path)
        holder[path[-1]] = value
    return {str(name): _closed(value) for name, value in root.items()}


class _Node(dict[str | int, Json]):
    """An object or list that is being put together, apart from objects that are values of cells."""


def _closed(value: Json) -> Json:
    if not isinstance(value, _Node):
        return value
    if any(isinstance(step, int) for step in value):
        return [_closed(value[position]) for position in sorted(value, key=int)]
    return {str(name): _closed(inner) for name, inner in value.items()}


def _inside(path: Path) -> BadRequest:
    return BadRequest(f"column '{column_name(path)}' and one that it is part of both have a value")


def ordered(paths: Iterable[Path], spec: EntitySpec, entity: Entities) -> list[Path]:
    """The paths as columns stand: the id, then in the order of the schema, ``_self`` at the end."""
    return sorted(paths, key=lambda path: _rank(path, spec, entity))


def _rank(path: Path, spec: EntitySpec, entity: Entities) -> tuple[tuple[int, int, str], ...]:
    first = {SCHEMA: 0, "_id": 1, SELF: 4}.get(str(path[0]))
    properties: Mapping[str, PropertySpec] = _ITSELF if first == 4 else spec.properties
    ranks = [(first, 0, "")] if first is not None else []
    for step in path[1:] if first is not None else path:
        if isinstance(step, int):
            ranks.append((2, step, ""))
            continue
        position = list(properties).index(step) if step in properties else len(properties)
        ranks.append((2, position, step))
        properties = _members(properties[step], entity) if step in properties else {}
    return tuple(ranks)


def columns_of(documents: Iterable[JsonObject], catalog: Catalog) -> list[Path]:
    """The columns of all that occurs, schema after schema. Raises ``BadRequest`` when they are too many."""
    found: dict[str, set[Path]] = {}
    for document in documents:
        reference = document[SCHEMA]
        paths = found.setdefault(reference, set())
        paths.update(cells_of(document, catalog.entities[reference].spec, catalog.spec))
        if len(paths) > MAX_COLUMNS:
            raise BadRequest(
                f"objects of {reference} have more than {MAX_COLUMNS} columns",
                hint="Choose some with --columns, or write JSON lines.",
            )
    result: dict[Path, None] = {}
    for reference, paths in found.items():
        spec = catalog.entities[reference].spec
        result.update(dict.fromkeys(ordered(paths, spec, catalog.spec)))
    itself = [path for path in result if path[0] == SELF]
    return [*(path for path in result if path[0] != SELF), *itself]


def chosen(paths: Sequence[Path], asked: Sequence[str]) -> list[Path]:
    """Of ``paths`` those that are asked for or lie within what is, in the order that is asked for.

    What is asked for and does not occur keeps a column.
    """
    result: dict[Path, None] = {}
    for name in asked:
        steps = path_of(name)
        held = [path for path in paths if _within(path, steps)]
        result.update(dict.fromkeys(held or [steps]))
    return list(result)


def chosen_of(document: JsonObject, asked: Sequence[str], catalog: Catalog) -> JsonObject:
    """The members of a document that are asked for, nulls apart."""
    cells = cells_of(document, catalog.entities[document[SCHEMA]].spec, catalog.spec)
    return document_of((path, cells[path]) for path in chosen(list(cells), asked) if path in cells)


def _within(path: Path, steps: Path) -> bool:
    """Whether a path begins with these steps, which may leave out positions in lists."""
    left = list(steps)
    for step in path:
        if not left:
            break
        if str(step) == left[0]:
            left.pop(0)
        elif not isinstance(step, int):
            return False
    return not left
