"""Other systems as configuration describes them. Texts may name secrets (``${NAME}``) and never hold one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from gateway_core.mapping.mapping import CompiledMapping
from gateway_core.types import Json, Reference


class AuthKind(StrEnum):
    """How a source knows us."""

    NONE = "none"
    API_KEY = "api-key"
    BASIC = "basic"
    BEARER = "bearer"
    ZGW_JWT = "zgw-jwt"
    OAUTH2 = "oauth2"


class Decoding(StrEnum):
    """How the body of an answer is read: by its media type, or as what it always is."""

    AUTO = "auto"
    JSON = "json"
    XML = "xml"
    TEXT = "text"


class Credentials(StrEnum):
    """Where an OAuth2 server finds our credentials."""

    FORM = "form"
    JSON = "json"
    BASIC = "basic"
    QUERY = "query"


@dataclass(frozen=True, slots=True)
class Auth:
    """``where`` is ``header`` or ``query``, and ``name`` its name, for an API key. ``user`` is a client id
    or user name, ``secret`` a key, password or token. For OAuth2, ``fields`` join the request for a token,
    which is read from ``token_field`` of the answer."""

    kind: AuthKind = AuthKind.NONE
    where: str = "header"
    name: str = "Authorization"
    user: str = ""
    secret: str = ""
    user_id: str = ""
    user_representation: str = ""
    token_url: str = ""
    token_field: str = "access_token"  # noqa: S105 - the name of a member
    scope: str = ""
    credentials: Credentials = Credentials.FORM
    fields: Mapping[str, Json] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Certificate:
    """For connections on which both sides show who they are: texts in PEM form, as names of secrets."""

    certificate: str = ""
    key: str = ""
    password: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True)
class Breaker:
    """After so many ``failures`` in a row a source is left alone for some ``seconds``."""

    failures: int = 5
    seconds: float = 30.0


@dataclass(frozen=True, slots=True)
class Exchange:
    """The mappings around a call to one path of a source, or to any: what goes out, and what comes in."""

    query_out: CompiledMapping | None = None
    headers_out: CompiledMapping | None = None
    body_out: CompiledMapping | None = None
    headers_in: CompiledMapping | None = None
    body_in: CompiledMapping | None = None
    error_in: CompiledMapping | None = None


@dataclass(frozen=True, slots=True)
class Passing:
    """What an endpoint that hands requests on lets through, by names of headers in small letters."""

    request_headers: frozenset[str]
    response_headers: frozenset[str]


PASSED_REQUEST_HEADERS = frozenset(
    {
        *("accept", "accept-crs", "accept-language", "content-crs", "content-type", "if-match"),
        *("if-modified-since", "if-none-match", "prefer", "traceparent"),
    }
)
PASSED_RESPONSE_HEADERS = frozenset(
    {
        *("cache-control", "content-crs", "content-disposition", "content-language", "content-type", "etag"),
        *("last-modified", "link", "location", "retry-after"),
    }
)


@dataclass(frozen=True, slots=True)
class Source:
    """Another system. ``url`` is its address, below which every call goes.

    ``variable`` begins the names of the variables with which an administrator changes it without
    touching the bundle: ``<variable>_URL`` and ``<variable>_ENABLED``. ``unusable`` says why it can
    never be called, whatever is switched on. ``probe`` is the path that tells whether it works.
    """

    reference: Reference
    title: str
    url: str
    variable: str
    description: str = ""
    enabled: bool = True
    auth: Auth = Auth()
    certificate: Certificate = Certificate()
    headers: Mapping[str, str] = field(default_factory=dict)
    query: Mapping[str, str] = field(default_factory=dict)
    connect_seconds: float = 5.0
    total_seconds: float = 10.0
    retries: int = 2
    breaker: Breaker = Breaker()
    decoding: Decoding = Decoding.AUTO
    max_answer: int = 10_485_760
    exchanges: Mapping[str, Exchange] = field(default_factory=dict)
    passing: Passing = Passing(PASSED_REQUEST_HEADERS, PASSED_RESPONSE_HEADERS)
    probe: str = ""
    unusable: str = ""

    def exchange(self, path: str) -> Exchange:
        """The mappings for a path: its own, or those for any."""
        own = self.exchanges.get(path) or self.exchanges.get(path.strip("/"))
        return own or self.exchanges.get("global") or Exchange()
