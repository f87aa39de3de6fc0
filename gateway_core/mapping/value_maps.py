"""Value maps: a table that replaces the values of a target, forwards in one mapping and backwards in another.

    "values": {target: table}

A table is ``{from: to}`` (a key is a text, and stands too for the null, boolean or number that
JSON spells so), ``[[from, to], …]`` with values of any scalar kind, or an object of directives:
``$pairs`` (such a list), ``$inverse`` ("<reference>#<target>", the table of another mapping read
backwards), and what becomes of a value that the table lacks: ``$default`` (this value) or
``$otherwise`` (keep, omit or refuse). A list is replaced element by element.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, Final

from gateway_core.errors import MappingError
from gateway_core.mapping import json_text
from gateway_core.mapping.casts import UNSET, Cast
from gateway_core.mapping.run import Run
from gateway_core.mapping.values import is_array, kind_of
from gateway_core.types import Json, Reference

Bodies = Callable[[Reference], Mapping[str, Any] | None]
"""The body of a mapping by its reference; None where there is none."""

FAULT: Final = "Value map: "
"""How the detail of an error about a table begins."""
KEEP, OMIT, REFUSE = "keep", "omit", "refuse"
_OTHERWISE: Final = (KEEP, OMIT, REFUSE)
_DIRECTIVES: Final = ("$default", "$inverse", "$otherwise", "$pairs")
_SPELT: Final = re.compile(r"(?:null|true|false|-?(?:0|[1-9][0-9]{0,15})(?:\.[0-9]{1,15})?)\Z")
_NAMED: Final = 8  # the most values that a refusal lists

Pair = tuple[Json, Json]
Key = tuple[str, Json]


def _wrong(detail: str) -> MappingError:
    return MappingError(f"{FAULT}{detail}", kind="type")


def no_bodies(reference: Reference) -> Mapping[str, Any] | None:
    """The default of ``Bodies``: no other mapping is known."""
    return None


@dataclass(frozen=True, slots=True)
class ValueMap:
    """A table: its pairs in file order (the first counts where two are alike), and what becomes
    of other values. ``spelt``: the keys are texts that also stand for what JSON spells so."""

    pairs: tuple[Pair, ...]
    spelt: bool = False
    otherwise: str = KEEP
    default: Json = UNSET

    def cast(self, key: str) -> Cast:
        """The table as one more cast of the target ``key``."""
        table = self._table()
        other = self._other(key)

        def one(value: Json, run: Run) -> Any:
            if is_array(value):
                return value
            found = table.get(_typed(value), table)
            new = other(value) if found is table else found
            if isinstance(new, str):
                run.work(len(new))  # a table may make much of little
            if not is_array(new):
                return new
            json_text.weigh(new, run)
            return deepcopy(new)

        def replace(value: Json, result: Json, run: Run) -> Any:
            if not isinstance(value, list):
                return one(value, run)
            run.items(len(value))
            return [new for item in value if (new := one(item, run)) is not UNSET]

        return replace

    def inverted(self, otherwise: str, default: Json) -> ValueMap:
        """The table read backwards. Raises MappingError where a value is no scalar."""
        if any(is_array(to) for _, to in self.pairs):
            raise _wrong("a table that makes lists or objects cannot be read backwards")
        pairs = tuple((to, source) for source, to in self.pairs)
        return ValueMap(pairs, otherwise=otherwise, default=default)

    def _table(self) -> dict[Key, Json]:
        table: dict[Key, Json] = {}
        for source, to in self.pairs:
            table.setdefault(_typed(source), to)
        for source, to in self.pairs if self.spelt else ():
            if _SPELT.match(source):
                table.setdefault(_typed(json.loads(source)), to)
        return table

    def _other(self, key: str) -> Callable[[Json], Any]:
        if self.default is not UNSET:
            return lambda value: self.default
        if self.otherwise == OMIT:
            return lambda value: UNSET
        if self.otherwise == KEEP:
            return lambda value: value
        known = [json.dumps(source, ensure_ascii=False) for source, _ in self.pairs]
        listed = ", ".join(known[:_NAMED]) + (", …" if len(known) > _NAMED else "")

        def refuse(value: Json) -> Any:
            raise MappingError(f'The value of "{key}" is not in its table', hint=f"it may be {listed}")

        return refuse


def _typed(value: Json) -> Key:
    """A value as a key that tells true from 1 and 1 from "1"; 1 and 1.0 are one number."""
    return type(value).__name__ if not isinstance(value, float) else "int", value


def read_value_map(own: Mapping[str, Any], target: str, definition: Json, bodies: Bodies) -> ValueMap:
    """The table of a target. ``own`` is the body that it stands in.

    Raises MappingError(kind="type") with what is wrong, without its place.
    """
    if isinstance(definition, list):
        return ValueMap(tuple(_pairs(definition)))
    if not isinstance(definition, dict):
        raise _wrong(f"a value map must be an object or a list of pairs, not {kind_of(definition)}")
    directives = {key: definition[key] for key in _DIRECTIVES if key in definition}
    otherwise, default = _rest(directives)
    table = {key: to for key, to in definition.items() if key not in directives}
    unknown = next((key for key in table if key.startswith("$")), None)
    if unknown is not None:
        raise _wrong(f'"{unknown}" is none of {", ".join(_DIRECTIVES)}; write such a value in "$pairs"')
    sources = [name for name in ("$pairs", "$inverse") if name in directives] + ["a table"] * bool(table)
    if len(sources) > 1:
        raise _wrong(f"{' and '.join(sources)} exclude one another")
    if "$inverse" in directives:
        return _named(own, target, directives["$inverse"], bodies).inverted(otherwise, default)
    if "$pairs" in directives:
        return ValueMap(tuple(_pairs(directives["$pairs"])), otherwise=otherwise, default=default)
    return ValueMap(tuple(table.items()), spelt=True, otherwise=otherwise, default=default)


def _rest(directives: Mapping[str, Json]) -> tuple[str, Json]:
    """What becomes of values that the table lacks."""
    otherwise = directives.get("$otherwise", KEEP)
    if otherwise not in _OTHERWISE:
        raise _wrong(f'"$otherwise" is one of {", ".join(_OTHERWISE)}')
    if "$default" in directives and "$otherwise" in directives:
        raise _wrong('"$default" and "$otherwise" exclude one another')
    return str(otherwise), directives.get("$default", UNSET)


def _pairs(listed: Json) -> Iterable[Pair]:
    if not isinstance(listed, list):
        raise _wrong(f'"$pairs" must be a list, not {kind_of(listed)}')
    for pair in listed:
        if not isinstance(pair, list) or len(pair) != 2:
            raise _wrong("each pair is a list of two: the value, and what it becomes")
        if is_array(pair[0]):
            raise _wrong(f"only a text, number, boolean or null is replaced, not {kind_of(pair[0])}")
        yield pair[0], pair[1]


def _named(own: Mapping[str, Any], target: str, name: Json, bodies: Bodies) -> ValueMap:
    """The table that ``$inverse`` names; without a target behind ``#`` that of the same target."""
    if not isinstance(name, str):
        raise _wrong('"$inverse" is a text: "<reference of a mapping>#<target>"')
    reference, _, key = name.partition("#")
    key = key or target
    body = bodies(reference) if reference else own
    if body is None:
        raise _wrong(f'"$inverse" names the mapping {reference}, which is not installed')
    tables = body.get("values")
    definition = tables.get(key) if isinstance(tables, dict) else None
    if definition is None:
        raise _wrong(f'"$inverse" names "{key}", for which that mapping has no value map')
    if isinstance(definition, dict) and "$inverse" in definition:
        raise _wrong(f'"$inverse" names "{key}", which is the inverse of another table itself')
    return read_value_map(body, key, definition, no_bodies)
