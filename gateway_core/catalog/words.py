"""Words of a collection's own language for words of the gateway."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from gateway_core.catalog.endpoints import FIND, Endpoint
from gateway_core.query.shape import REMOVED, VERSION, WORDS
from gateway_core.schema.spec import EntitySpec
from gateway_core.types import Finding, Json, Reference, Severity

OWN_WORDS = (*WORDS, VERSION, REMOVED, FIND)
# What a parameter may be called; the names without underscore, and those of ids, mean something already.
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,49}")
_OTHERS = frozenset(
    {*OWN_WORDS, *(word.removeprefix("_") for word in OWN_WORDS), "id", "uuid", "_id", "_self"}
)


def words_of(given: Json, where: str, findings: list[Finding]) -> dict[str, str]:
    """The aliases of a collection by the word that they stand for; what cannot be one is a finding."""
    if not isinstance(given, Mapping):
        findings.append(_error(f"{where}: 'words' must be an object of names by the gateway's own words"))
        return {}
    words: dict[str, str] = {}
    for word, alias in given.items():
        if word not in OWN_WORDS:
            text = f"{where}: 'words' names '{word}'; it may hold {', '.join(OWN_WORDS)}"
        elif not isinstance(alias, str) or _NAME.fullmatch(alias) is None:
            text = f"{where}: the word for '{word}' must be a name of letters, digits, '_' and '-'"
        elif alias in _OTHERS or alias in words.values():
            text = f"{where}: '{alias}' cannot be the word for '{word}': it means something already"
        else:
            words[word] = alias
            continue
        findings.append(_error(text))
    return words


def word_clashes(endpoints: Iterable[Endpoint], specs: Mapping[Reference, EntitySpec]) -> Iterator[Finding]:
    """An error for each word that is a filter of an endpoint: one of the two could never be asked for."""
    for endpoint in endpoints:
        mapping = endpoint.pipeline.query_in
        filters = {path[0] for path in mapping.reads} if mapping is not None else set[str]()
        filters |= {str(given.get("name")).partition("[")[0] for given in endpoint.parameters}
        spec = specs.get(endpoint.entity)
        filters |= spec.properties.keys() if spec is not None else set[str]()
        for word, alias in endpoint.collection.words.items():
            if alias in filters:
                where = f"collection {endpoint.collection.reference}"
                text = f"{where}: the word '{alias}' for '{word}' is a filter of {endpoint.path} too"
                yield _error(text, endpoint.collection.reference)


def _error(message: str, reference: Reference = "") -> Finding:
    return Finding(Severity.ERROR, "collection", message, reference)
