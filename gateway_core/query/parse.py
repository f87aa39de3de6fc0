"""Parameters of a request → a ``Query``; nothing that a client asks is passed over in silence.

    canonical   ``limit`` → ``_limit`` and the like
    QueryParser one per entity, built with the catalog

A parameter that nothing consumes raises ``InvalidQuery`` with the names that exist. Rules that
differ from the original's: text is equal when it is equal in case too; a list filter and a
``%`` filter compare by the property's type; a date stands for its whole day (UTC).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway_core.errors import InvalidQuery
from gateway_core.query import filters, shape
from gateway_core.query.model import All, Condition, Query
from gateway_core.query.paths import Paths, Specs, closest, shown
from gateway_core.query.shape import REMOVED, WORDS, QuerySettings, names_of
from gateway_core.query.values import refusal
from gateway_core.schema.spec import EntitySpec
from gateway_core.types import Json, JsonObject

__all__ = ["QueryParser", "QuerySettings", "canonical", "closest", "names_of", "parse", "spelled"]

_BARE = {word.removeprefix("_"): word for word in WORDS}


def _nothing(_: str) -> bool:
    return False


def canonical(params: Mapping[str, Json], is_property: Callable[[str], bool] = _nothing) -> JsonObject:
    """A new map of the same parameters with ``limit``, ``page`` … ``search`` spelled ``_limit`` and so on.

    A word that ``is_property`` holds for is left alone: it filters. Raises ``InvalidQuery``
    when both spellings are given and differ.
    """
    if _BARE.keys().isdisjoint(params):
        return dict(params)
    result: JsonObject = {}
    for name, value in params.items():
        word = _BARE.get(name)
        target = name if word is None or is_property(name) else word
        if target in result and result[target] != value:
            raise refusal(target.removeprefix("_"), f"is given as '{target}' too, with another value")
        result[target] = value
    return result


def spelled(params: JsonObject, aliases: Mapping[str, str]) -> JsonObject:
    """The same parameters with the words of the gateway in the place of their aliases.

    Raises ``InvalidQuery`` when both are given and differ.
    """
    if aliases.keys().isdisjoint(params):
        return params
    result: JsonObject = {}
    for name, value in params.items():
        word = aliases.get(name, name)
        if word in result and result[word] != value:
            raise refusal(word, "is given in two spellings, with two values")
        result[word] = value
    return result


class QueryParser:
    """Parses the parameters of one entity's collections. Immutable and safe to share."""

    __slots__ = ("_paths", "_settings")

    def __init__(self, spec: EntitySpec, specs: Specs, settings: QuerySettings) -> None:
        """``specs`` gives the entities that ``spec`` relates to, by reference; it is asked
        while parsing, so that entities may refer to each other."""
        self._paths = Paths(spec, specs)
        self._settings = settings

    @property
    def most(self) -> int:
        """How many objects a page may hold."""
        return self._settings.max_limit

    def parse(self, params: JsonObject, *, guarded: bool = False) -> Query:
        """The query that the parameters ask for.

        Values are text, or what a query mapping or a JSON body makes of them: other scalars,
        lists and maps. ``Query.fields`` are as the client named them, ``Query.extend`` are
        dotted relations without ``embedded``, or ``all``. ``guarded`` refuses to look for personal
        data: the parameters stand in a URL that may not hold any. Raises ``InvalidQuery`` and nothing else.
        """
        properties = self._paths.spec.properties
        params = canonical(params, properties.__contains__)
        asked = {word: params[word] for word in WORDS if word in params}
        rest = {name: value for name, value in params.items() if name not in asked} if asked else params
        for name in rest:
            if name.startswith("_"):
                self._check_word(name)
        where = filters.condition(self._paths, rest, guarded=guarded)
        window = shape.window(asked, self._settings)
        if not asked:
            return Query(where, window=window)
        if "_search" in asked:
            where = _both(where, tuple(shape.search(self._paths, asked["_search"], guarded=guarded)))
        order = shape.order(self._paths, asked["_order"]) if "_order" in asked else ()
        fields = names_of(asked.get("_fields"))
        for name in fields:
            shape.check_field(self._paths, name)
        extend = self._extensions(names_of(asked.get("_extend"), "_extend"))
        unset = names_of(asked.get("_unset"), "_unset")
        for name in unset:
            shape.check_field(self._paths, name, "_unset")
        facets = shape.facets(self._paths, asked.get("_queries"))
        return Query(where, order, window, fields, extend, unset, facets)

    def _extensions(self, names: tuple[str, ...]) -> tuple[str, ...]:
        found = (shape.extension(self._paths, name) for name in names)
        return tuple(dict.fromkeys(name for name in found if name is not None))

    def _check_word(self, name: str) -> None:
        """A name of the gateway's own kind that it does not have."""
        head = name.partition(".")[0]
        if head in ("_self", "_id", "_embedded") or head in self._paths.spec.properties:
            return
        detail = f"query parameter '{shown(name)}' is not known{closest(name, (*WORDS, REMOVED)) or '.'}"
        hint = f"Beside filters there are: {', '.join((*WORDS, REMOVED))}."
        raise InvalidQuery(detail, parameter=name, hint=hint)


def parse(params: JsonObject, spec: EntitySpec, specs: Specs, settings: QuerySettings) -> Query:
    """As ``QueryParser.parse``, for one use."""
    return QueryParser(spec, specs, settings).parse(params)


def _both(where: Condition, more: tuple[Condition, ...]) -> Condition:
    parts = (*(where.conditions if isinstance(where, All) else (where,)), *more)
    return parts[0] if len(parts) == 1 else All(parts)
