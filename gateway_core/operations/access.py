"""Credentials to a ``Principal``, and what a principal may do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass

import jwt

from gateway_core.catalog.endpoints import Bound, Endpoint
from gateway_core.errors import Forbidden, Unauthenticated
from gateway_core.operations.call import Action, Bounding
from gateway_core.query.values import read_text
from gateway_core.store.protocol import ApplicationRecord
from gateway_core.types import Json, Principal

READ, WRITE = "read", "write"
ADMIN = "admin"
SCOPES = (READ, WRITE)
"""What an application gets when nothing else is asked for: to administer is asked for by name."""
OWN = "own"
"""For an application that acts for one user at a time: it may do what its artifact's ``limits`` say, with the
objects that claims of its token point out, and nothing else."""
ALL_SCOPES = (*SCOPES, ADMIN, OWN)
FOREVER = 2**53
MAX_CLAIM = 200
_OF_OWN = {Action.READ: "GET", Action.LIST: "GET", Action.FIND: "GET", Action.PATCH: "PATCH"}
READING = frozenset(
    {Action.READ, Action.LIST, Action.FIND, Action.READ_VERSION, Action.VERSIONS, Action.COMPUTE}
)


@dataclass(frozen=True, slots=True)
class TokenSettings:
    """How fresh a signed token must be, in seconds: its age since ``iat``, and how far clocks may differ.

    A token needs no ``exp`` (ZGW clients send none); one that has it is held to it.
    """

    max_age: int = 3600
    leeway: int = 60


class Gatekeeper:
    """Knows the applications of one moment; made anew when they change."""

    def __init__(self, applications: Iterable[ApplicationRecord], tokens: TokenSettings) -> None:
        listed = tuple(applications)
        self._by_key = {a.key_hash: a for a in listed if a.key_hash}
        self._by_client = {a.client_id: a for a in listed if a.secret}
        self._tokens = tokens

    def principal(self, authorization: str | None, api_key: str | None, now: float) -> Principal:
        """Who sends these headers. ``now`` is seconds since the epoch.

        ``Authorization`` is ``Bearer <JWT>`` (HS256), or ``Token <key>``, ``Apikey <key>`` or
        the bare key; an ``X-API-Key`` header holds a key too. Raises ``Unauthenticated``.
        """
        if api_key:
            return self._by_api_key(api_key)
        if not authorization:
            raise Unauthenticated(
                "the request carries no credentials",
                hint="Send an API key or a signed token in the Authorization header.",
            )
        scheme, _, rest = authorization.partition(" ")
        if scheme.lower() == "bearer" and rest.count(".") == 2:
            return self._by_token(rest.strip(), now)
        keyed = scheme.lower() in ("token", "apikey", "bearer")
        return self._by_api_key((rest if keyed else authorization).strip())

    def _by_api_key(self, key: str) -> Principal:
        application = self._by_key.get(hash_key(key))
        if application is None:
            raise Unauthenticated("the API key is not known")
        return Principal(
            application.name, frozenset(application.scopes), reference=application.reference or ""
        )

    def _by_token(self, token: str, now: float) -> Principal:
        try:
            unverified = jwt.decode(token, options={"verify_signature": False})
            application = self._by_client.get(str(unverified.get("client_id") or unverified.get("iss")))
            if application is None or application.secret is None:
                raise Unauthenticated("the token names no application known here")
            claims = jwt.decode(
                token,
                application.secret,
                algorithms=["HS256"],
                options={
                    "verify_exp": False,
                    "verify_nbf": False,
                    "verify_iat": False,
                    "verify_aud": False,
                    "verify_iss": False,
                    "enforce_minimum_key_length": False,
                },
            )
        except (jwt.PyJWTError, ValueError, RecursionError):
            raise Unauthenticated("the token cannot be verified") from None
        self._check_times(claims, now)
        return Principal(
            application.name,
            frozenset(application.scopes),
            user=_text(claims.get("user_id")),
            user_name=_text(claims.get("user_representation")),
            reference=application.reference or "",
            claims=_claims(claims) if OWN in application.scopes else {},
        )

    def _check_times(self, claims: dict[str, object], now: float) -> None:
        issued, expires, starts = (_seconds(claims.get(name)) for name in ("iat", "exp", "nbf"))
        leeway = self._tokens.leeway
        if issued is None:
            raise Unauthenticated("the token does not say when it was issued", hint="Add the claim 'iat'.")
        if issued > now + leeway or (starts is not None and starts > now + leeway):
            raise Unauthenticated("the token is not valid yet", hint="Compare the clocks of both machines.")
        if now - issued > self._tokens.max_age + leeway or (expires is not None and expires + leeway < now):
            raise Unauthenticated("the token is too old", hint="Sign a new one for each request.")


def authorise(principal: Principal, action: Action, endpoint: Endpoint) -> tuple[Bounding, ...]:
    """The bounds that the action keeps to, none for who may do it with any object. ``endpoint`` is as the
    application sees it.

    Removed objects are for those who may remove: what is gone is not shown to whoever reads. Raises
    ``Forbidden`` when the principal's scopes do not cover the action.
    """
    if OWN in principal.scopes and principal.scopes.isdisjoint((READ, WRITE)):
        return _own(principal, action, endpoint)
    require(principal, READ if action in READING else WRITE)
    return ()


def _own(principal: Principal, action: Action, endpoint: Endpoint) -> tuple[Bounding, ...]:
    limit, method = endpoint.limit, _OF_OWN.get(action)
    if limit is None or method not in limit.methods:
        raise Forbidden(f"application '{principal.application}' may do no such thing here for its user")
    return tuple(Bounding(bound, _asked(principal, bound)) for bound in limit.bounds)


def _asked(principal: Principal, bound: Bound) -> Json:
    if not bound.claim:
        return bound.value
    value = principal.claims.get(bound.claim)
    if not value:
        hint = f"Sign a token for each request, with the claim '{bound.claim}'."
        raise Forbidden("the credentials do not tell whose data are meant", hint=hint)
    return value


def require(principal: Principal, scope: str) -> None:
    """Raise ``Forbidden`` when the principal does not have the scope."""
    if scope not in principal.scopes:
        does = "administer" if scope == ADMIN else scope
        raise Forbidden(f"application '{principal.application}' may not {does} here")


def hash_key(key: str) -> str:
    """What is stored of an API key. Keys are 256 random bits, so a plain hash cannot be guessed back."""
    return hashlib.sha256(key.encode("utf-8", "surrogateescape")).hexdigest()


def _seconds(claim: object) -> float | None:
    """A time of a token. NaN, which no comparison refuses, and what no clock reaches are none."""
    if isinstance(claim, int | float) and not isinstance(claim, bool) and abs(claim) < FOREVER:
        return float(claim)
    if claim is None:
        return None
    raise Unauthenticated("a time in the token is not a number of seconds")


def _claims(claims: dict[str, object]) -> dict[str, str]:
    """The texts of a token that a store can hold, whole: a part of one would be somebody else's."""
    texts = {name: text for name, text in claims.items() if isinstance(text, str) and len(text) <= MAX_CLAIM}
    return {name: text for name, text in texts.items() if read_text(text) == text}


def _text(claim: object) -> str | None:
    """A text that every store can hold, cut off; None when it is none."""
    text = read_text(claim) if isinstance(claim, str) else None
    return text[:MAX_CLAIM] if text else None
