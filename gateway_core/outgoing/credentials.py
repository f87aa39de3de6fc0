"""How we show a source who we are: headers and query parameters of a call, and tokens that are kept."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from urllib.parse import urlencode

import jwt

from gateway_core.catalog.sources import Auth, AuthKind, Credentials, Source
from gateway_core.errors import UpstreamError
from gateway_core.outgoing.protocol import Answer, Request
from gateway_core.outgoing.secrets import Secrets
from gateway_core.types import Json, JsonObject

_EARLY: Final = 30.0  # seconds before its end that a token is renewed
_LASTING: Final = 300.0  # of a token that does not say how long it is good for
_LONGEST: Final = 86_400.0

Sender = Callable[[Request], Awaitable[Answer]]


@dataclass(frozen=True, slots=True, repr=False)
class Shown:
    """What joins a call. ``renewable``: a token that was kept, and may have been withdrawn."""

    headers: Mapping[str, str]
    query: Mapping[str, str]
    renewable: bool = False


@dataclass(slots=True, repr=False)
class _Token:
    auth: Auth
    text: str
    until: float


class Keyring:
    """Credentials for the calls of one event loop. Tokens are fetched once, whoever waits for them."""

    def __init__(
        self,
        secrets: Secrets,
        send: Sender,
        now: Callable[[], datetime],
        clock: Callable[[], float],
    ) -> None:
        self._secrets, self._send, self._now, self._clock = secrets, send, now, clock
        self._tokens: dict[str, _Token] = {}
        self._locks: dict[str, asyncio.Lock] = {}

    async def show(self, source: Source, *, anew: bool = False) -> Shown:
        """What the source wants to see. ``anew``: a kept token was refused, so fetch another."""
        auth = self._filled(source.auth)
        match auth.kind:
            case AuthKind.NONE:
                return Shown({}, {})
            case AuthKind.API_KEY if auth.where == "query":
                return Shown({}, {auth.name: auth.secret})
            case AuthKind.API_KEY:
                return Shown({auth.name: auth.secret}, {})
            case AuthKind.BASIC:
                return Shown({"Authorization": _basic(auth)}, {})
            case AuthKind.BEARER:
                return Shown({"Authorization": f"Bearer {auth.secret}"}, {})
            case AuthKind.ZGW_JWT:
                return Shown({"Authorization": f"Bearer {self._signed(auth)}"}, {})
            case AuthKind.OAUTH2:
                token, kept = await self._token(source, auth, anew=anew)
                return Shown({"Authorization": f"Bearer {token}"}, {}, renewable=kept)

    def _filled(self, auth: Auth) -> Auth:
        fill = self._secrets.fill
        return replace(
            auth,
            user=fill(auth.user),
            secret=fill(auth.secret),
            token_url=fill(auth.token_url),
            fields={name: fill(v) if isinstance(v, str) else v for name, v in auth.fields.items()},
            headers={name: fill(value) for name, value in auth.headers.items()},
        )

    def _signed(self, auth: Auth) -> str:
        """A token of the ZGW standard: signed with the secret, for this moment."""
        claims = {
            "iss": auth.user,
            "iat": int(self._now().timestamp()),
            "client_id": auth.user,
            "user_id": auth.user_id or auth.user,
            "user_representation": auth.user_representation or auth.user,
        }
        return jwt.encode(
            claims,
            auth.secret,
            algorithm="HS256",
            headers={"client_identifier": auth.user},
        )

    async def _token(self, source: Source, auth: Auth, *, anew: bool) -> tuple[str, bool]:
        async with self._locks.setdefault(source.reference, asyncio.Lock()):
            known = self._tokens.get(source.reference)
            if known is not None and known.auth == auth and not anew and self._clock() < known.until:
                return known.text, True
            token = self._tokens[source.reference] = await self._fetched(source, auth)
            return token.text, False

    async def _fetched(self, source: Source, auth: Auth) -> _Token:
        request = _token_request(auth)
        bounds = replace(request.bounds, connect=source.connect_seconds, total=source.total_seconds)
        answer = await self._send(replace(request, bounds=replace(bounds, answer=65_536)))
        given = _object(answer.body)
        token: Json = given
        for step in auth.token_field.split("."):
            token = token.get(step) if isinstance(token, dict) else None
        if not 200 <= answer.status < 300 or not isinstance(token, str) or not token.isprintable():
            raise UpstreamError(
                "it gave no token for our credentials", cause=f"the token server answered {answer.status}"
            )
        lasting = given.get("expires_in")
        seconds = float(lasting) if isinstance(lasting, int | float) else _LASTING
        return _Token(auth, token, self._clock() + max(0.0, min(seconds, _LONGEST) - _EARLY))


def _token_request(auth: Auth) -> Request:
    fields: dict[str, Json] = {"grant_type": "client_credentials"}
    headers = {"Accept": "application/json", **auth.headers}
    url, body = auth.token_url, b""
    if auth.credentials is Credentials.BASIC:
        headers["Authorization"] = _basic(auth)
    else:
        fields |= {"client_id": auth.user, "client_secret": auth.secret}
    if auth.scope:
        fields["scope"] = auth.scope
    fields |= auth.fields
    if auth.credentials is Credentials.JSON:
        headers["Content-Type"], body = "application/json", json.dumps(fields).encode()
    elif auth.credentials is Credentials.QUERY:
        url += ("&" if "?" in url else "?") + urlencode(_plain(fields))
    else:
        headers["Content-Type"], body = (
            "application/x-www-form-urlencoded",
            urlencode(_plain(fields)).encode(),
        )
    return Request("POST", url, headers, body)


def _plain(fields: Mapping[str, Json]) -> dict[str, str]:
    return {name: v if isinstance(v, str) else json.dumps(v) for name, v in fields.items()}


def _basic(auth: Auth) -> str:
    return "Basic " + base64.b64encode(f"{auth.user}:{auth.secret}".encode()).decode("ascii")


def _object(body: bytes) -> JsonObject:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
