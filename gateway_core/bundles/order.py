"""What comes before what: artifacts and bundles in the order of what they refer to. Pure."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, TypeVar

from gateway_core.types import Artifact, Bundle, Json, Kind

T = TypeVar("T")
_WORD = re.compile(r"[^\s'\"(){}\[\],]+")
_FIRST = (Kind.COLLECTION, Kind.SCHEMA, Kind.MAPPING, Kind.ENDPOINT, Kind.COMPUTED)
_RANK = {kind: number for number, kind in enumerate(_FIRST)}


def by_dependency(artifacts: Iterable[Artifact]) -> list[Artifact]:
    """The artifacts, each behind those that it names; where they name each other in a ring, by name."""
    listed = sorted(
        artifacts, key=lambda a: (a.kind is Kind.DATA, _RANK.get(a.kind, len(_RANK)), a.reference)
    )
    known: dict[str, list[Artifact]] = {}
    for artifact in listed:
        known.setdefault(artifact.reference, []).append(artifact)

    def needed(artifact: Artifact) -> Iterator[Artifact]:
        for word in dict.fromkeys(_words(artifact.body)):
            yield from known.get(word, ())

    return _ordered(listed, needed, id)


def bundles_by_requirement(bundles: Sequence[Bundle]) -> list[Bundle]:
    """The bundles, each behind those among them that it requires."""
    by_name = {bundle.name: bundle for bundle in bundles}

    def needed(bundle: Bundle) -> Iterator[Bundle]:
        return (by_name[name] for name in bundle.requires if name in by_name)

    return _ordered(bundles, needed, lambda bundle: bundle.name)


def _ordered(items: Iterable[T], needed: Callable[[T], Iterator[T]], key: Callable[[T], Any]) -> list[T]:
    """Depth first, without recursion: configuration decides how deep it is."""
    done: dict[Any, T] = {}
    seen: set[Any] = set()
    for item in items:
        stack = [(item, needed(item))] if key(item) not in seen else []
        seen.add(key(item))
        while stack:
            current, rest = stack[-1]
            following = next((each for each in rest if key(each) not in seen), None)
            if following is None:
                done[key(current)] = current
                stack.pop()
            else:
                seen.add(key(following))
                stack.append((following, needed(following)))
    return list(done.values())


def _words(body: Json) -> Iterator[str]:
    """Every word of every text in a body that may be a reference, without its fragment."""
    pending: list[Json] = [body]
    while pending:
        node = pending.pop()
        if isinstance(node, Mapping):
            pending.extend(reversed([*node, *node.values()]))
        elif isinstance(node, list | tuple):
            pending.extend(reversed(node))
        elif isinstance(node, str):
            yield from (word.partition("#")[0] for word in _WORD.findall(node))
