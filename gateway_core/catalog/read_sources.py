"""Source artifacts, in our form or Common Gateway's, to ``Source``s."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any, Final
from urllib.parse import urlsplit

from gateway_core.catalog.original_sources import ORIGINAL_KEYS, in_our_form
from gateway_core.catalog.source_fields import SECRET_HEADERS, Fields, is_variable, variables
from gateway_core.catalog.sources import (
    PASSED_REQUEST_HEADERS,
    PASSED_RESPONSE_HEADERS,
    Auth,
    AuthKind,
    Breaker,
    Certificate,
    Credentials,
    Decoding,
    Exchange,
    Passing,
    Source,
)
from gateway_core.mapping.mapping import CompiledMapping
from gateway_core.schema.vocabulary import suggestion
from gateway_core.types import Artifact, Finding, JsonObject, Reference, Severity

SOURCE_KEYS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "$id": "its reference; needed",
        "title": "what it is called in errors",
        "description": "for people",
        "version": "for people",
        "url": "its address (`https://host/base`); every call goes below it; needed",
        "enabled": "whether it may be called (default true)",
        "authentication": "how it knows us, see below",
        "certificate": "`certificate`, `key`, `password` and `authority`, each a `${NAME}`: for connections "
        "where both sides show who they are, and for an authority of one's own",
        "headers": "an object of headers that every call has",
        "query": "an object of query parameters that every call has",
        "connectSeconds": "seconds until it is connected (default 5, at most 60)",
        "totalSeconds": "seconds for a whole call, repetitions included (default 10, at most 120)",
        "retries": "how often a call that may be repeated is, when it fails (default 2, at most 5)",
        "breaker": "`failures` in a row (default 5) after which it is left alone for `seconds` (default 30)",
        "answers": "how bodies are read: `auto` (by media type; default), `json`, `xml` or `text`",
        "maxAnswer": "bytes of an answer, at most (default 10485760)",
        "mappings": "mappings around calls, by path or `global`, see below",
        "passedHeaders": "`request` and `response`: lists of headers that pass an endpoint that hands "
        "requests on, beside those that always do",
        "probe": "the path that `gateway source test` asks (default: the address itself)",
    }
)
AUTHENTICATION: Final[Mapping[AuthKind, str]] = MappingProxyType(
    {
        AuthKind.NONE: "nothing is sent (default)",
        AuthKind.API_KEY: "`key`, sent as the header or query parameter (`in`: `header` or `query`) of the "
        "`name` (default the header `Authorization`)",
        AuthKind.BASIC: "`username` and `password`",
        AuthKind.BEARER: "`token`",
        AuthKind.ZGW_JWT: "`clientId` and `secret`: a token as the ZGW APIs want it, signed for each call; "
        "`userId` and `userRepresentation` tell for whom",
        AuthKind.OAUTH2: "`tokenUrl`, `clientId`, `clientSecret`, `scope`: client credentials; the token is "
        "kept until it expires. `credentials` says where they are sent: `form` (default), `json`, `basic` or "
        "`query`; `fields` and `headers` join the request, `tokenField` is where the token stands "
        "(default `access_token`)",
    }
)
_AUTH_MEMBERS: Final[Mapping[AuthKind, frozenset[str]]] = MappingProxyType(
    {
        AuthKind.NONE: frozenset(),
        AuthKind.API_KEY: frozenset({"in", "name", "key"}),
        AuthKind.BASIC: frozenset({"username", "password"}),
        AuthKind.BEARER: frozenset({"token"}),
        AuthKind.ZGW_JWT: frozenset({"clientId", "secret", "userId", "userRepresentation"}),
        AuthKind.OAUTH2: frozenset(
            {
                *("tokenUrl", "clientId", "clientSecret", "scope", "credentials", "fields", "headers"),
                "tokenField",
            }
        ),
    }
)
_CERTIFICATE: Final = frozenset({"certificate", "key", "password", "authority"})
_OUT: Final = ("query", "headers", "body")
_IN: Final = ("headers", "body", "error")
_TOKEN: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


def read_sources(
    artifacts: Iterable[Artifact], mappings: Mapping[Reference, CompiledMapping], findings: list[Finding]
) -> dict[Reference, Source]:
    """The sources by reference. One with a fault is among the findings: an error in our own form, in
    Common Gateway's a warning, and then the source is there and says at each call why it cannot be used."""
    return {a.reference: _Reader(a, mappings, findings).read() for a in artifacts}


class _Reader:
    def __init__(
        self, artifact: Artifact, mappings: Mapping[Reference, CompiledMapping], findings: list[Finding]
    ) -> None:
        self._artifact, self._mappings, self._findings = artifact, mappings, findings
        self._original = "url" not in artifact.body
        self._faults: list[str] = []

    def read(self) -> Source:
        given = dict(self._artifact.body)
        body = in_our_form(self._artifact.reference, given, self._fault) if self._original else given
        self._unknown(given, ORIGINAL_KEYS if self._original else SOURCE_KEYS)
        fields = Fields(body, self._fault)
        breaker, passed = fields.below("breaker"), fields.below("passedHeaders")
        source = Source(
            reference=self._artifact.reference,
            title=fields.text("title") or self._artifact.reference,
            description=fields.text("description"),
            url=self._url(fields.text("url")),
            variable=variables(self._artifact.reference),
            enabled=fields.truth("enabled", default=True),
            auth=self._auth(fields.below("authentication")),
            certificate=self._certificate(fields.below("certificate")),
            headers=MappingProxyType(self._headers(fields)),
            query=MappingProxyType(fields.texts("query")),
            connect_seconds=fields.number("connectSeconds", 5.0, 0.1, 60.0),
            total_seconds=fields.number("totalSeconds", 10.0, 0.1, 120.0),
            retries=int(fields.number("retries", 2, 0, 5)),
            breaker=Breaker(
                int(breaker.number("failures", 5, 1, 1_000)), breaker.number("seconds", 30.0, 1.0, 3_600.0)
            ),
            decoding=fields.choice("answers", Decoding, Decoding.AUTO),
            max_answer=int(fields.number("maxAnswer", 10_485_760, 1, 104_857_600)),
            exchanges=MappingProxyType(dict(self._exchanges(fields.below("mappings")))),
            passing=Passing(
                PASSED_REQUEST_HEADERS | {name.lower() for name in passed.listed("request")},
                PASSED_RESPONSE_HEADERS | {name.lower() for name in passed.listed("response")},
            ),
            probe=fields.text("probe"),
            unusable="",
        )
        return self._told(source)

    def _told(self, source: Source) -> Source:
        severity = Severity.WARNING if self._original else Severity.ERROR
        for fault in self._faults:
            text = f"source {source.reference}: {fault}"
            self._findings.append(
                Finding(severity, "source", text, source.reference, path=self._artifact.origin.path)
            )
        if not self._faults:
            return source
        # The first fault is told at each call, until it is mended.
        return replace(source, unusable=self._faults[0])

    def _fault(self, text: str) -> None:
        self._faults.append(text)

    def _unknown(self, body: Mapping[str, Any], known: Mapping[str, str]) -> None:
        for key in body:
            if key not in known and not key.startswith("$"):
                text = f"source {self._artifact.reference}: '{key}' means nothing here and has no effect"
                self._findings.append(
                    Finding(
                        Severity.WARNING,
                        "unknown-key",
                        text,
                        self._artifact.reference,
                        hint=suggestion(key, known),
                        path=self._artifact.origin.path,
                    )
                )

    def _url(self, url: str) -> str:
        if is_variable(url):
            return url
        try:
            parts = urlsplit(url)
            fine = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
        except ValueError:
            fine, parts = False, urlsplit("")
        if not fine:
            self._fault("its address is not one of http or https")
        elif "@" in parts.netloc or parts.query or parts.fragment:
            self._fault("its address holds credentials, a query or a fragment; write those as members")
        return url.rstrip("/")

    def _headers(self, fields: Fields) -> dict[str, str]:
        headers = fields.texts("headers")
        for name, value in headers.items():
            if not _TOKEN.fullmatch(name) or any(ord(letter) < 32 for letter in value):
                self._fault(f"'{name[:50]}' of its headers cannot be sent")
            if name.lower() in SECRET_HEADERS and value and not is_variable(value):
                self._secret(f"headers.{name}")
        return headers

    def _auth(self, given: Fields) -> Auth:
        kind = given.choice("kind", AuthKind, AuthKind.NONE)
        for name in sorted(given.names() - _AUTH_MEMBERS[kind] - {"kind"}):
            self._fault(f"'authentication.{name}' means nothing for '{kind}'")
        oauth = kind is AuthKind.OAUTH2
        secret = next(
            (n for n in ("key", "password", "token", "secret", "clientSecret") if given.text(n)), ""
        )
        if secret and not is_variable(given.text(secret)):
            self._secret(f"authentication.{secret}")
        if kind is not AuthKind.NONE and not secret:
            self._fault(f"authentication '{kind}' lacks its secret")
        if oauth and not given.text("tokenUrl"):
            self._fault("authentication 'oauth2' lacks 'tokenUrl'")
        where = given.text("in") or "header"
        if where not in ("header", "query"):
            self._fault("'authentication.in' is 'header' or 'query'")
        return Auth(
            kind=kind,
            where=where,
            name=given.text("name") or "Authorization",
            user=given.text("username") or given.text("clientId"),
            secret=given.text(secret) if secret else "",
            user_id=given.text("userId"),
            user_representation=given.text("userRepresentation"),
            token_url=given.text("tokenUrl"),
            token_field=given.text("tokenField") or "access_token",
            scope=given.text("scope"),
            credentials=given.choice("credentials", Credentials, Credentials.FORM),
            fields=MappingProxyType(given.below("fields").given),
            headers=MappingProxyType(given.texts("headers")),
        )

    def _certificate(self, given: Fields) -> Certificate:
        for name in sorted(given.names() - _CERTIFICATE):
            self._fault(f"'certificate.{name}' means nothing")
        for name in ("certificate", "key", "password"):
            if given.text(name) and not is_variable(given.text(name)):
                self._secret(f"certificate.{name}")
        return Certificate(*(given.text(name) for name in ("certificate", "key", "password", "authority")))

    def _secret(self, member: str) -> None:
        self._fault(
            f"'{member}' holds a secret itself; write ${{NAME}} and set the variable GATEWAY_SECRET_NAME"
        )

    def _exchanges(self, given: Fields) -> Iterator[tuple[str, Exchange]]:
        for path in given.names():
            sides = given.below(path)
            outward, inward = sides.below("out"), sides.below("in")
            for side, known in ((outward, _OUT), (inward, _IN)):
                for name in sorted(side.names() - set(known)):
                    self._fault(f"'{name}' is nothing that is mapped around a call")
            yield (
                path,
                Exchange(
                    **{f"{name}_out": self._mapping(outward.given, name) for name in _OUT},
                    **{f"{name}_in": self._mapping(inward.given, name) for name in _IN},
                ),
            )

    def _mapping(self, side: JsonObject, name: str) -> CompiledMapping | None:
        given = side.get(name)
        reference = given.get("mapping") if isinstance(given, dict) else given
        if reference is None:
            return None
        mapping = self._mappings.get(str(reference))
        if mapping is None:
            self._fault(f"mapping '{reference}' is not installed")
        return mapping
