"""What the operations below ``/admin`` share: their parameters, and how a plan is carried out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import Query

from gateway_core.bundles.plan import Local
from gateway_core.catalog.build import BuildSettings
from gateway_core.errors import Conflict
from gateway_core.operations.install import apply
from gateway_core.operations.live import Live
from gateway_core.operations.planning import ContextOf, Objects, Planned
from gateway_core.operations.report import plan_json
from gateway_core.types import JsonObject, Principal
from gateway_core.web.admin.models import ProblemAnswer

PROBLEMS: dict[int | str, dict[str, Any]] = {
    status: {"model": ProblemAnswer, "description": text}
    for status, text in (
        (401, "No credentials, or unknown ones."),
        (403, "The application lacks the scope `admin`."),
        (409, "It cannot be beside what exists, or the configuration has changed since the plan."),
        (422, "The configuration cannot be used; `findings` tells everything that is wrong."),
    )
}
Base = Annotated[str | None, Query(description="Change only while this state is in force.")]
DryRun = Annotated[bool, Query(description="Plan, and change nothing.")]
LocalChoice = Annotated[
    Local, Query(description="What becomes of artifacts that were edited at run time and that change too.")
]
OthersChoice = Annotated[bool, Query(description="What another bundle has stays as that one has it.")]
ObjectsChoice = Annotated[Objects, Query(description="What becomes of objects whose schema goes.")]


@dataclass(frozen=True, slots=True)
class Office:
    """What the operations work with."""

    live: Live
    build: BuildSettings
    context_of: ContextOf

    def carry_out(self, work: Planned, who: Principal, base: str | None, *, dry_run: bool) -> JsonObject:
        """Apply a plan unless it is only asked for; the answer. Raises ``Conflict`` for another ``base``,
        and ``ConfigurationError`` for a plan with errors."""
        plan = work.plan
        if base is not None and base != plan.base:
            raise Conflict("the configuration has changed since the plan was made", hint="Plan again.")
        if dry_run:
            return {**plan_json(plan), "applied": False}
        record = {**work.record, "by": who.application} if work.record else {}
        apply(self.live.store, replace(work, record=record), self.context_of)
        self.live.refresh()
        return {**plan_json(plan), "applied": plan.is_needed}
