"""What a client hears when the store fails: not what ails it, but whether to try again."""

from __future__ import annotations

import orjson
import pytest

from gateway_core.catalog.endpoints import ErrorShape
from gateway_core.errors import OutcomeUnknown, StoreError
from gateway_core.web.dialects import error_response


@pytest.mark.parametrize("shape", list(ErrorShape))
def test_a_store_out_of_reach_and_an_unknown_outcome_are_told_apart(shape: ErrorShape) -> None:
    """Both are 503 with Retry-After; only the second one says to look before trying again."""
    away = StoreError("The store db.internal/register cannot be reached.", hint="Look at its log.")
    unknown = OutcomeUnknown("Whether the change was made is unknown.", hint="Read the object again.")
    answers = [error_response(error, shape, "/things", "request-1") for error in (away, unknown)]
    assert [answer.status for answer in answers] == [503, 503]
    assert [dict(answer.headers)[b"retry-after"] for answer in answers] == [b"1", b"1"]
    texts = [orjson.dumps(orjson.loads(answer.body)).decode() for answer in answers]
    assert "db.internal" not in texts[0]
    assert "unknown" not in texts[0]
    assert "Whether the change was made is unknown. Read the object again." in texts[1]
