"""Events below ``/admin``: what happened, what could not be delivered, and once more."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Query
from pydantic import Field

from gateway_core.operations import outbox
from gateway_core.store.protocol import Store
from gateway_core.types import JsonObject
from gateway_core.web.admin.models import Answer
from gateway_core.web.admin.office import PROBLEMS
from gateway_core.web.admin.rim import Door

Limit = Annotated[int, Query(ge=1, le=1000, description="How many at most.")]


class EventAnswer(Answer):
    """Something that happened; of the object only what configuration names."""

    number: int = Field(description="Grows; what happened to one object has it in order.")
    id: str
    name: str
    entity: str = Field(description="The `$id` of the schema; empty for a message that was received.")
    object: str | None
    version: int
    time: str
    application: str | None
    action: str
    data: dict[str, Any]


class LetterAnswer(EventAnswer):
    """What could not be delivered."""

    consumer: str = Field(description="The action, with a target of its own where it has several.")
    attempts: int
    lastAttempt: str  # noqa: N815 - as it is answered
    error: str


class BacklogAnswer(Answer):
    """How much waits."""

    events: int = Field(description="Events that were not handed out yet.")
    deliveries: int
    deadLetters: int  # noqa: N815 - as it is answered


class ReplayAnswer(Answer):
    """How many deliveries are tried again."""

    deliveries: int


def add_events(app: FastAPI, store: Store, door: Door, now: Callable[[], datetime]) -> None:
    """Look at events, and have dead letters tried again."""
    shared: dict[str, Any] = {"tags": ["Events"], "responses": PROBLEMS, "dependencies": [Depends(door)]}

    @app.get("/admin/events", response_model=list[EventAnswer], **shared)
    def list_events(
        limit: Limit = 100,
        before: Annotated[int | None, Query(description="The last `number` of the page before.")] = None,
        object: Annotated[str | None, Query(description="Only about the object of this id.")] = None,
    ) -> list[JsonObject]:
        """What happened, newest first."""
        return outbox.events(store, limit=limit, before=before, object=object)

    @app.get("/admin/events/dead", response_model=list[LetterAnswer], **shared)
    def list_dead_letters(
        limit: Limit = 100,
        after: Annotated[int, Query(ge=0, description="The last `number` of the page before.")] = 0,
    ) -> list[JsonObject]:
        """What could not be delivered, oldest first."""
        return outbox.dead_letters(store, limit=limit, after=after)

    @app.get("/admin/events/backlog", response_model=BacklogAnswer, **shared)
    def read_backlog() -> JsonObject:
        """How much waits."""
        return outbox.backlog(store)

    @app.post("/admin/events/replay", response_model=ReplayAnswer, **shared)
    def replay_dead_letters(
        event: Annotated[str | None, Query(description="The id of an event.")] = None,
        consumer: Annotated[str | None, Query(description="As a dead letter names it.")] = None,
    ) -> JsonObject:
        """Have dead letters tried again, as if never tried: of an event, of a consumer, or all."""
        return {"deliveries": outbox.replay(store, now(), event=event, consumer=consumer)}
