"""Every error that the gateway raises on purpose.

    GatewayError
    ├── BadRequest            400  the request cannot be read
    │   ├── InvalidQuery      400  a query parameter is unknown or malformed
    │   └── InvalidDocument   400  the body breaks its schema; carries all violations
    ├── Unauthenticated       401
    ├── Forbidden             403
    ├── NotFound              404
    ├── MethodNotAllowed      405  carries the methods that exist
    ├── NotAcceptable         406
    ├── RequestTimeout        408
    ├── Conflict              409
    │   └── TransitionRefused 409  a value may not follow the one that the object has
    ├── PreconditionFailed    412
    ├── PayloadTooLarge       413
    ├── UnsupportedMediaType  415
    ├── MappingError          400  a mapping refuses or fails on a document; names mapping, key, position
    │   └── LimitExceeded     400  a mapping ran into one of its limits
    ├── NotSupported          405  what is configured here cannot be done as things are; says what is lacking
    ├── ConfigurationError    500  an artifact cannot be compiled; carries findings
    ├── RuleError             500  a condition of an action fails on its data, or ran out of steps
    ├── Hopeless              500  an action cannot succeed, however often it is tried
    ├── UpstreamError         502  another system that was called failed, or answered nonsense
    │   ├── UpstreamForbidden 502  it stands where nothing may be called
    │   │   └── UpstreamStrayed 502  the path leads out of its address
    │   ├── UpstreamTimeout   504  it did not answer in time
    │   └── UpstreamUnavailable 503  it is left alone after it failed repeatedly
    │       └── UpstreamDisabled 503  it is switched off, or lacks something that it is configured with
    └── StoreError            503  the store cannot be reached or is busy
        ├── NotUnique         409  another object has a value that none may share
        ├── OutcomeUnknown    503  the connection broke while a change was made: it may be there or not
        └── VersionConflict   409  an object changed since it was read (operations retry on it)

``NotAtOnce`` stands outside the family: a signal between rooms, never an answer.

A message names the thing, the place and the way out, and never repeats a value from a
request or a document: it may be personal data. ``status`` is a hint for rims that speak
HTTP; nothing here knows a web library.
"""

from __future__ import annotations

from collections.abc import Iterable

from gateway_core.types import Finding, Position, Violation


class GatewayError(Exception):
    """A fault of the gateway itself; its log tells more under the answer's ``requestId``.

    Base of the family: ``code`` is stable and for machines, ``detail`` is for people. The first
    sentence of each class is its row in the reference.
    """

    status = 500
    code = "error"
    title = "Error"

    def __init__(self, detail: str, *, hint: str = "") -> None:
        super().__init__(f"{detail} {hint}".strip())
        self.detail = detail
        self.hint = hint


class NotAtOnce(Exception):
    """Reading that was asked to be brief would take long; ask again where it may."""


class BadRequest(GatewayError):
    """The body or a header cannot be read: broken or ambiguous JSON, a number out of range, a NUL."""

    status, code, title = 400, "bad-request", "The request cannot be read"


class InvalidQuery(BadRequest):
    """A query parameter is one that nothing consumes, or cannot be read.

    ``parameter`` is its name (names are not personal data, values are).
    """

    code, title = "invalid-query", "The query cannot be read"

    def __init__(self, detail: str, *, parameter: str, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.parameter = parameter


class InvalidDocument(BadRequest):
    """The body is JSON and breaks its schema; every rule that it breaks is told at once."""

    code, title = "invalid", "The document breaks its schema"

    def __init__(self, detail: str, violations: Iterable[Violation]) -> None:
        super().__init__(detail)
        self.violations = tuple(violations)


class Unauthenticated(GatewayError):
    """No credentials came, or they are unknown, wrongly signed, too old or of the future."""

    status, code, title = 401, "unauthenticated", "Credentials are needed"


class Forbidden(GatewayError):
    """The application lacks the scope that the call needs; or another site asks a demonstration."""

    status, code, title = 403, "forbidden", "Not allowed"


class NotFound(GatewayError):
    """There is no endpoint at the path, or no object with the id."""

    status, code, title = 404, "not-found", "Not found"


class MethodNotAllowed(GatewayError):
    """The path exists and does not answer this method; ``Allow`` names those that it does."""

    status, code, title = 405, "method-not-allowed", "Method not allowed"

    def __init__(self, detail: str, allowed: Iterable[str]) -> None:
        super().__init__(detail)
        self.allowed = tuple(allowed)


class NotAcceptable(GatewayError):
    """``Accept`` excludes JSON, the only form in which answers exist."""

    status, code, title = 406, "not-acceptable", "No acceptable representation"


class RequestTimeout(GatewayError):
    """The body did not arrive within ``GATEWAY_READ_TIMEOUT`` seconds."""

    status, code, title = 408, "timeout", "The request took too long to arrive"


class Conflict(GatewayError):
    """What is asked for cannot be true beside what exists; or others changed it all the time: try again."""

    status, code, title = 409, "conflict", "Conflict"


class TransitionRefused(Conflict):
    """A value may not follow the one that the object has, by `x-transitions` of its schema, or is none
    that a new object may have; nothing was changed.

    ``name`` is the property.
    """

    code, title = "transition", "This value cannot follow"

    def __init__(self, detail: str, *, name: str, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.name = name


class PreconditionFailed(GatewayError):
    """``If-Match`` or ``If-None-Match`` excludes the object as it is; read it anew."""

    status, code, title = 412, "precondition-failed", "The object has changed"


class PayloadTooLarge(GatewayError):
    """The body is too large, too deeply nested, or holds an object with too many members."""

    status, code, title = 413, "too-large", "The request is too large"


class UnsupportedMediaType(GatewayError):
    """The body is declared as something else than JSON in UTF-8."""

    status, code, title = 415, "unsupported-media-type", "Unsupported media type"


class MappingError(GatewayError):
    """A mapping refuses this document or cannot run on it; the detail names mapping and key.

    ``kind`` is ``syntax`` (found at installation), ``runtime`` or ``type``. An error of
    compiling also holds ``others``: the further faults of the same mapping, one for each key.
    """

    status, code, title = 400, "mapping", "The mapping failed"

    def __init__(
        self,
        detail: str,
        *,
        kind: str = "runtime",
        mapping: str = "",
        key: str = "",
        position: Position | None = None,
        hint: str = "",
    ) -> None:
        super().__init__(detail, hint=hint)
        self.kind = kind
        self.mapping = mapping
        self.key = key
        self.position = position
        self.others: tuple[MappingError, ...] = ()

    def __str__(self) -> str:
        place = f"mapping {self.mapping}, " if self.mapping else ""
        place += f"key {self.key}, " if self.key else ""
        if self.position is not None:
            line = f"line {self.position.line}, " if self.position.line > 1 else ""
            place += f"{line}column {self.position.column}, "
        text = f"{place.removesuffix(', ')}: {self.detail}" if place else self.detail
        return f"{text}; {self.hint}" if self.hint else text


class LimitExceeded(MappingError):
    """A mapping needed more steps, depth or memory than one run may use."""

    code, title = "mapping-limit", "A mapping ran into a limit"

    def __init__(self, detail: str, *, limit: str, position: Position | None = None) -> None:
        super().__init__(detail, position=position)
        self.limit = limit


class NotSupported(GatewayError):
    """The endpoint is configured, and what it does needs a handler or a source that is not there.

    405 with an empty ``Allow``: so RFC 9110, 10.2.1, has a resource that the configuration has disabled.
    """

    status, code, title = 405, "not-supported", "Not available here"


class ConfigurationError(GatewayError):
    """A bundle cannot be read or compiled: found when it is installed, before a request meets it."""

    status, code, title = 500, "configuration", "The configuration cannot be used"

    def __init__(self, detail: str, findings: Iterable[Finding] = (), *, hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.findings = tuple(findings)


class UpstreamError(GatewayError):
    """Another system that was needed for the answer could not be reached, failed, or answered what cannot
    be read; the detail names the source.

    ``source`` is its reference, empty where none is configured. ``cause`` tells more, for the log:
    hosts and ports, never a path, a query, a body or a secret.
    """

    status, code, title = 502, "upstream", "Another system failed"

    def __init__(self, detail: str, *, source: str = "", cause: str = "", hint: str = "") -> None:
        super().__init__(detail, hint=hint)
        self.source = source
        self.cause = cause


class UpstreamForbidden(UpstreamError):
    """Another system stands where nothing may be called: inside the own network (see
    ``GATEWAY_OUTGOING_ALLOW``)."""

    code, title = "upstream-forbidden", "Another system may not be called"


class UpstreamStrayed(UpstreamForbidden):
    """The path to call leads out of the address of the source, or to another place."""

    code, title = "upstream-path", "A path leads out of another system"


class UpstreamTimeout(UpstreamError):
    """Another system that was needed for the answer did not answer in time."""

    status, code, title = 504, "upstream-timeout", "Another system did not answer in time"


class UpstreamUnavailable(UpstreamError):
    """Another system is left alone for a while because it failed repeatedly."""

    status, code, title = 503, "upstream-unavailable", "Another system is not available"


class UpstreamDisabled(UpstreamUnavailable):
    """Another system is switched off in the configuration, or lacks a secret or a certificate that it is
    configured with."""

    code, title = "upstream-disabled", "Another system is not set up"


class StoreError(GatewayError):
    """The store cannot be reached, is busy, full or damaged; ``Retry-After`` says when to try again."""

    status, code, title = 503, "store", "The store is not available"


class NotUnique(StoreError):
    """Another object has a value that no two objects of its schema may share; give another one.

    ``id`` is the object that was to be written, ``path`` the dotted path of the member. Where a client
    wrote the document, it is told as a violation of its schema instead.
    """

    status, code, title = 409, "not-unique", "A value is not unique"

    def __init__(self, id: str, path: str) -> None:
        text = f"another object than {id} has its value of '{path}', which is to be unique"
        super().__init__(text, hint="Give another value.")
        self.id = id
        self.path = path


class OutcomeUnknown(StoreError):
    """The connection to the store broke while a change was being committed, and it cannot be told any
    more whether it was; read the object before sending the change again."""

    code, title = "outcome-unknown", "Whether the change was made is unknown"


class VersionConflict(StoreError):
    """An object changed between reading and writing; the gateway itself tries again on it."""

    status, code, title = 409, "version-conflict", "The object changed meanwhile"


class RuleError(GatewayError):
    """A condition of an action failed on the data that it was asked about, or ran out of steps."""

    status, code, title = 500, "condition", "A condition cannot be told"


class Hopeless(GatewayError):
    """An action cannot succeed, however often it is tried: what is wrong is told to administrators."""

    status, code, title = 500, "hopeless", "An action cannot succeed"
