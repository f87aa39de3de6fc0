"""The page of errors."""

from __future__ import annotations

import json
from collections.abc import Iterator

from gateway_core.catalog.endpoints import ErrorShape
from gateway_core.errors import GatewayError, InvalidDocument
from gateway_core.schema import reason
from gateway_core.schema.reasons import SENTENCES
from gateway_core.types import Violation
from gateway_core.web.dialects import error_response
from reference.text import first_sentence, page, table

INTRODUCTION = """
An error is answered in the shape that the [collection](bundle-format.md#a-collection) asks for: problem
details (RFC 9457), or the older `message`, `data` and `path`. No error repeats a value of the request, which
may be personal data; it names the thing, the place and the way out.
"""

STABLE = """
`code` is for machines and stays; `title`, `detail` and `reason` are for people and may be worded better at
any time. `instance` is absent where there is no endpoint. `requestId` is in the gateway's log and in the
header `X-Request-ID`; pages have none.
"""

CODES = """
## Codes

An answer has the status of its row.
"""

VIOLATIONS = """
## Codes in invalidParams

When a document breaks its schema, each fault has the place (`name`, dotted), the rule (`code`) and a
sentence. A parameter of the query that is wrong stands there with the code `invalid-query`.
"""

# Parameters for every sentence, so that each can be shown.
SAMPLE = {
    "limit": 3,
    "types": ["string"],
    "allowed": ["a", "b"],
    "expected": "a",
    "format": "date",
    "factor": 5,
    "pattern": "^[a-z]+$",
    "suggestion": "name",
}


def errors() -> str:
    """Every code of an error with its status, and every code of a violation with its sentence."""
    rows = [
        (f"`{kind.code}`", str(kind.status), kind.title, first_sentence(kind.__doc__))
        for kind in sorted(family(GatewayError), key=lambda kind: (kind.status, kind.code))
    ]
    violations = [(f"`{code}`", reason(Violation((), code, SAMPLE))) for code in SENTENCES]
    return page(
        "Errors",
        INTRODUCTION,
        _answer(ErrorShape.PROBLEM),
        STABLE,
        "The same in the older shape:\n\n" + _answer(ErrorShape.MESSAGE),
        CODES + "\n" + table(("Code", "Status", "Title", "When"), rows),
        VIOLATIONS + "\n" + table(("Code", "Sentence, for example"), violations),
    )


def _answer(shape: ErrorShape) -> str:
    """An error as it is answered."""
    violations = [Violation(("species",), "required"), Violation(("name",), "maxLength", {"limit": 50})]
    error = InvalidDocument("the document has 2 errors", violations)
    body = json.loads(error_response(error, shape, "/api/petstore/pets", "…").body)
    return f"```json\n{json.dumps(body, indent=2, ensure_ascii=False)}\n```"


def family(kind: type[GatewayError]) -> Iterator[type[GatewayError]]:
    """A class of errors and all below it."""
    yield kind
    for below in kind.__subclasses__():
        yield from family(below)
