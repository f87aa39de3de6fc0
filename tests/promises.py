"""Whether a gateway answers as its API document promises."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
]


@dataclass
class Kept:
    """What was sent and answered: how often each status came, and what broke a promise."""

    operations: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def drive(schema: Any, examples: int) -> Kept:
    """Send this many examples to every operation of a schema, and check each answer."""
    kept = Kept()
    for result in schema.get_all_operations():
        operation = result.ok()
        kept.operations += 1

        @settings(
            max_examples=examples,
            deadline=None,
            derandomize=True,
            database=None,
            phases=[Phase.explicit, Phase.generate],
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy())
        def keeps_its_promise(case: Any) -> None:
            answer = case.call()
            kept.statuses[answer.status_code] += 1
            case.validate_response(answer, checks=CHECKS)

        try:
            keeps_its_promise()
        except (Exception, BaseExceptionGroup) as fault:  # noqa: BLE001 - every operation is to be heard
            kept.faults.append(f"{operation.method.upper()} {operation.path}: {str(fault)[:1500]}")
    return kept
