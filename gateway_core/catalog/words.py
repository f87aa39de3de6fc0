"""Words of a collection's own language for words of the gateway."""

from __future__ import annotations

import re
from collections.abc import Mapping

from gateway_core.catalog.endpoints import FIND
from gateway_core.types import Finding, Json, Severity

OWN_WORDS = (FIND,)
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]{0,49}")


def words_of(given: Json, where: str, findings: list[Finding]) -> dict[str, str]:
    """The aliases of a collection by the word that they stand for; what cannot be one is a finding."""
    if not isinstance(given, Mapping):
        findings.append(_error(f"{where}: 'words' must be an object of names by the gateway's own words"))
        return {}
    words: dict[str, str] = {}
    for word, alias in given.items():
        if word not in OWN_WORDS:
            findings.append(_error(f"{where}: 'words' names '{word}'; it may hold {', '.join(OWN_WORDS)}"))
        elif not isinstance(alias, str) or _NAME.fullmatch(alias) is None or alias in OWN_WORDS:
            text = f"{where}: the word for '{word}' must be another name of letters, digits, '_' and '-'"
            findings.append(_error(text))
        else:
            words[word] = alias
    return words


def _error(message: str) -> Finding:
    return Finding(Severity.ERROR, "collection", message)
