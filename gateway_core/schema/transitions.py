"""Which value of a property may follow which: what the schema says, and what it answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from gateway_core.schema import nodes, vocabulary, walk
from gateway_core.schema.spec import Transitions
from gateway_core.types import Finding, Json, JsonObject, Severity

TRANSITIONS, INITIAL = "x-transitions", "x-initial"


@dataclass(frozen=True, slots=True)
class _Rules:
    """The two keywords of one property and where they stand."""

    path: tuple[str | int, ...]
    values: tuple[str, ...]
    follows: Mapping[str, list[str]]
    initial: tuple[str, ...]


def transitions_of(known: nodes.Property) -> Transitions | None:
    """What the schema says of the property; None when every value may follow every other."""
    node, values = known.node, _values(known.node)
    if known.many or not values or (TRANSITIONS not in node and INITIAL not in node):
        return None
    told = node.get(TRANSITIONS)
    listed = told if isinstance(told, dict) else {each: list(values) for each in values}
    follows = {value: nodes.names(listed, value) for value in values}
    return Transitions(values, follows, nodes.names(node, INITIAL) or values)


def inspect(body: JsonObject) -> Iterator[Finding]:
    """Findings about every use of the keywords in a schema that is well formed otherwise."""
    for path, node in walk.walk(body):
        if TRANSITIONS in node or INITIAL in node:
            yield from _findings(path, node)


def described(node: JsonObject) -> str:
    """The rules of a property in a sentence or two, empty when there are none."""
    rules = transitions_of(nodes.read(node, node))
    if rules is None:
        return ""
    ends = [value for value in rules.values if not rules.follows[value]]
    told = [f"{value} → {', '.join(rules.follows[value])}" for value in rules.values if rules.follows[value]]
    sentences = [f"What may follow what: {'; '.join(told)}."] if told and TRANSITIONS in node else []
    sentences += [f"Nothing follows {', '.join(ends)}."] if ends else []
    if set(rules.initial) != set(rules.values):
        sentences.append(f"A new object begins with {' or '.join(rules.initial)}.")
    return " ".join(sentences)


def _values(node: JsonObject) -> tuple[str, ...]:
    return nodes.names(node, "enum")


def _findings(path: tuple[str | int, ...], node: JsonObject) -> Iterator[Finding]:
    if len(path) != 2 or path[0] != "properties":
        keyword = TRANSITIONS if TRANSITIONS in node else INITIAL
        text = f"{keyword} means something only on a property of the schema itself"
        yield _finding((*path, keyword), text, "", Severity.WARNING)
        return
    values = _values(node)
    if not values or len(values) != len([v for v in node["enum"] if v is not None]) or "$ref" in node:
        keyword = TRANSITIONS if TRANSITIONS in node else INITIAL
        text = f"{keyword} needs the values beside it, which are texts"
        yield _finding((*path, keyword), text, 'list them: "enum": ["…", "…"]')
        return
    told = node.get(TRANSITIONS)
    follows = dict(told) if isinstance(told, dict) else {value: list(values) for value in values}
    rules = _Rules(path, values, follows, nodes.names(node, INITIAL) or values)
    yield from _unknown(rules)
    yield from _missing(rules, node)
    yield from _unreachable(rules)


def _unknown(rules: _Rules) -> Iterator[Finding]:
    """Names that are no value of the property."""
    places: list[tuple[tuple[str | int, ...], str]] = [((INITIAL, n), v) for n, v in enumerate(rules.initial)]
    for value, following in rules.follows.items():
        places.append(((TRANSITIONS, value), value))
        places += [((TRANSITIONS, value, number), each) for number, each in enumerate(following)]
    for place, value in places:
        if value not in rules.values:
            hint = vocabulary.suggestion(value, rules.values) or f"the values are {', '.join(rules.values)}"
            yield _finding((*rules.path, *place), f"'{value}' is no value of the property", hint)


def _missing(rules: _Rules, node: JsonObject) -> Iterator[Finding]:
    """Values that the table forgets, and a default that no object may begin with."""
    for value in rules.values:
        if value not in rules.follows:
            text = f"nothing is said of what may follow '{value}', so nothing may"
            hint = f'write "{value}": [] when that is meant'
            yield _finding((*rules.path, TRANSITIONS), text, hint, Severity.WARNING)
    default: Json = node.get("default")
    if default is not None and default in rules.values and default not in rules.initial:
        text = f"the default is '{default}', which no new object may have"
        yield _finding((*rules.path, INITIAL), text, "add it, or choose another default")


def _unreachable(rules: _Rules) -> Iterator[Finding]:
    """Values that no object can ever have."""
    reached = {value for value in rules.initial if value in rules.values}
    frontier = list(reached)
    while frontier:
        new = [value for value in rules.follows.get(frontier.pop(), ()) if value not in reached]
        reached.update(new)
        frontier += new
    for value in rules.values:
        if value not in reached:
            text = f"no object can come to be '{value}'"
            hint = f"let it follow another value, or name it in {INITIAL}"
            yield _finding((*rules.path, TRANSITIONS), text, hint, Severity.WARNING)


def _finding(
    path: tuple[str | int, ...], message: str, hint: str, severity: Severity = Severity.ERROR
) -> Finding:
    return Finding(severity, "schema-transitions", message, pointer=walk.pointer_text(path), hint=hint)
