"""The page of events and actions: their keys, conditions, and the handlers that come with the gateway."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from gateway_core.catalog.actions import EVENT_ALIASES
from gateway_core.catalog.keys import ACTION_KEYS
from gateway_core.logic.rules import MAX_DEPTH, MAX_NODES, OPERATORS, STEPS
from gateway_core.operations.actions.perform import MAX_DEPTH as DEEPEST
from gateway_core.operations.actions.registry import BUILT_IN, GROUP
from gateway_core.operations.receive import LARGEST
from reference.text import meanings, page, table

EVENTS = f"""
## Events

Whenever an object is created, changed or removed, by whichever endpoint and also as a part of another
one, an event is recorded in the transaction of the change: both are there, or neither. Beside those
three an endpoint may throw names of its own (`throws`), and one with `receives` turns messages of other
systems into events. Such a message is at most {LARGEST} bytes; one that comes twice is one, by the
members of `identity`.

| Event | When |
|---|---|
| `gateway.object.created` | an object is there, also again |
| `gateway.object.updated` | an object has a new version |
| `gateway.object.deleted` | an object was removed |

Events that no action hears are not recorded: nobody could be told of them. Actions and subscribers that
come later are told of what happens from then on.

An event holds its `id` (a UUID that grows with time), `name`, `entity` (the `$id` of the schema),
`object` (the id), `version`, `time`, `application` and `action` (`create`, `update`, `delete` or
`receive`), and **no member of the object**, unless an action names it to be carried
(`channels[].members` of `notify`). A member that is personal data is remarked upon when the bundle is
installed. `gateway events list` prints events; `GATEWAY_EVENTS_DAYS` says how long they are kept.

Events are delivered **at least once**: after a kill or a lost answer one may come again, with the same
`id`. Deliveries about one object to one consumer are made in order, and the next one waits until the
one before has succeeded or was given up. What fails is tried again after `GATEWAY_EVENTS_RETRY`
seconds, then after twice as long each time, up to an hour; after `GATEWAY_EVENTS_ATTEMPTS` attempts it
is a *dead letter*, which `gateway events list --dead` shows with its reason and `gateway events replay`
has tried once more. A consumer that cannot be reached rests, and holds up no other.

## Actions

An action is a file in `actions/` of a bundle, or stands under `actions` in its `installation.json`.
"""

MEMBERS = meanings(
    "Member",
    {
        "name": "the name of the event",
        "entity": "the `$id` of the schema of its object",
        "id": "the id of its object; `version`, `time`, `application` and `action` are those of the event",
        "object": "the object as clients see it without a mapping, as it is now; of one that was removed, as "
        "it was last",
        "response": "the same, for rules of Common Gateway",
        "data": "what the event carries",
        "body": "the body of a received message",
        "query": "the query of a read",
        "method": "`POST`, `PATCH`, `DELETE` or `GET`, by what was done",
    },
)
NAMES = ", ".join(f"`{name}`" for name in OPERATORS)
CONDITIONS = f"""
## Conditions

`conditions` is a rule in [JSON Logic](https://jsonlogic.com). It is asked about an object with these
members:

{MEMBERS}

```json
{{"and": [{{"==": [{{"var": "object.status"}}, "open"]}}, {{"in": ["zaken", {{"var": "body.kanaal"}}]}}]}}
```

Equality and order are PHP's, as in json-logic-php; an empty list is false, and `"0"` is true. A rule
has at most {MAX_NODES} parts and {MAX_DEPTH} levels, and {STEPS} steps. Operators: {NAMES}.
"""

ORDER = f"""
## Before the answer, or after

With `"async": true` an action is done soon after, by one process for all that share a store. With
`"async": false` it is tried before the request is answered. A change is committed by then: what fails
is told in the log and tried again like any other delivery, and the client has its answer. On what an
endpoint throws when it is *read*, nothing was changed: such an action may make another answer, and its
error is the answer.

`throws` of an action are events about the same object. An action that hears what it throws would go on
for ever: after {DEEPEST} steps an event is passed over, and the log says so.

## Handlers
"""

PACKAGES = f"""
## Handlers of packages

A Python package adds a handler with an entry point in the group `{GROUP}`, which names a class that
fits `gateway_core.operations.actions.protocol.Handler`:

```toml
[project.entry-points."{GROUP}"]
"letter" = "my_package:Letter"
```

```python
class Letter:
    name = "letter"
    aliases = ()
    summary = "prints a letter"
    schema = {{
        "type": "object",
        "properties": {{"printer": {{"type": "string", "description": "its name"}}}},
    }}

    def interest(self, configuration):
        return None  # all schemas

    def targets(self, work):
        return ("",)  # one; for each of several there is a delivery of its own

    def run(self, work):
        print(work.configuration["printer"], work.document)
```

It runs in several threads, and again for an event that it may have worked on. What it raises is tried
again, unless it is a `Hopeless`; an `UpstreamError` lets the target rest. What goes out goes through
`work.tools.outgoing`, which reaches only addresses that `GATEWAY_OUTGOING_ALLOW` and the open internet
hold. In the handler's schema `"x-refers": "mapping"` or `"schema"` beside a text has it checked that
such a one is installed.
"""


def actions() -> str:
    """Events, the keys of actions, their conditions, and each handler with its configuration."""
    aliases = table(("There", "Here"), ((f"`{name}`", f"`{own}`") for name, own in EVENT_ALIASES.items()))
    parts = [EVENTS, meanings("Key", ACTION_KEYS)]
    parts += ["Names of events of Common Gateway mean ours:", aliases, CONDITIONS, ORDER]
    for kind in BUILT_IN:
        handler = kind()
        parts += [f"### {handler.name}", f"It {handler.summary}.", table(*_members(handler.schema))]
    return page("Events and actions", *parts, PACKAGES)


def _members(schema: Mapping[str, Any]) -> tuple[tuple[str, str], list[tuple[str, str]]]:
    return ("Configuration", "Meaning"), list(_rows(schema, ""))


def _rows(schema: Mapping[str, Any], before: str) -> Iterator[tuple[str, str]]:
    """The properties of a configuration, at any depth, by their paths."""
    needed = schema.get("required", ())
    for name, each in schema.get("properties", {}).items():
        path = f"{before}{name}"
        yield f"`{path}`", each["description"] + ("; needed" if name in needed else "")
        yield from _rows(each, f"{path}.")
        items, others = each.get("items"), each.get("additionalProperties")
        if isinstance(items, dict):
            yield from _rows(items, f"{path}[].")
        if isinstance(others, dict):
            yield from _rows(others, f"{path}.*.")
