"""What the mapping of an action is given: the occasion, and what computed endpoints answer about it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final

from gateway_core.errors import InvalidQuery, NotFound
from gateway_core.operations.actions.occasion import occasion
from gateway_core.operations.actions.protocol import WHOLE, Work
from gateway_core.operations.call import Action, Call
from gateway_core.operations.compute import answer_of
from gateway_core.operations.dotted import at
from gateway_core.types import Json, JsonObject, Reference

COMPUTED: Final = "computed"
ASKED: Final[JsonObject] = {
    "type": "object",
    "description": "what computed endpoints answer is given to the mapping as well, under `computed` and the "
    "name here; null where what is asked about is not there",
    "additionalProperties": {
        "type": "object",
        "required": ["reference", "object"],
        "additionalProperties": False,
        "properties": {
            "reference": {
                "type": "string",
                "x-refers": "computed endpoint",
                "description": "the `$id` of the computed endpoint",
            },
            "object": {
                "type": "string",
                "minLength": 1,
                "description": "where the id of the object stands that it is asked about, dotted: "
                "`id`, or `object.owner`",
            },
            "parameters": {
                "type": "object",
                "additionalProperties": {"type": "string", "minLength": 1},
                "description": "its query parameters, and where their values stand",
            },
        },
    },
}


class OneTarget:
    """What handlers with one target and no interest in particular schemas have in common."""

    aliases: tuple[str, ...] = ()

    def interest(
        self,
        configuration: Mapping[str, Json],  # noqa: ARG002 - whatever it says
    ) -> Mapping[Reference, Collection[str]] | None:
        return None

    def targets(self, work: Work) -> Iterable[str]:  # noqa: ARG002 - every event has the one
        return WHOLE


def given(work: Work) -> JsonObject:
    """The occasion of the work, with the answers that its configuration asks for."""
    told = occasion(work.event, work.document)
    asked: Mapping[str, Any] = work.configuration.get(COMPUTED) or {}
    if not asked:
        return told
    return {**told, COMPUTED: {name: _answer(work, each, told) for name, each in asked.items()}}


def _answer(work: Work, asked: Mapping[str, Any], told: JsonObject) -> Json:
    """What an endpoint answers; None where what it is asked about is not there."""
    context = work.tools.context
    (endpoint,) = (each for each in context.catalog.computed if each.reference == asked["reference"])
    id = at(told, asked["object"])
    found = ((name, at(told, place)) for name, place in (asked.get("parameters") or {}).items())
    params = {name: value for name, value in found if value is not None}
    if not isinstance(id, str):
        return None
    call = Call(Action.COMPUTE, endpoint, work.principal, id, params, base_url=work.tools.public_url)
    try:
        return answer_of(call, context)
    except (InvalidQuery, NotFound):  # removed meanwhile
        return None
