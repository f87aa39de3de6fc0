"""Reading sources, in our form and in Common Gateway's."""

from __future__ import annotations

import json
from typing import Any

import pytest

from gateway_core.catalog.read_sources import read_sources
from gateway_core.catalog.sources import AuthKind, Credentials, Source
from gateway_core.types import Artifact, Finding, Kind, Origin, Severity

REFERENCE = "https://example.org/source/my.pets-2.source.json"


def read(body: dict[str, Any]) -> tuple[Source, list[Finding]]:
    findings: list[Finding] = []
    artifact = Artifact(Kind.SOURCE, REFERENCE, "0.0.1", body, Origin("b", "sources/pets.json"))
    return read_sources([artifact], {}, findings)[REFERENCE], findings


class TestOurForm:
    def test_every_member_is_read(self) -> None:
        """A source that says everything is read without a remark."""
        source, findings = read(
            {
                "$id": REFERENCE,
                "title": "Pets",
                "description": "other pets",
                "version": "1",
                "url": "https://pets.example/api/",
                "enabled": False,
                "authentication": {
                    "kind": "oauth2",
                    "tokenUrl": "https://login.example/token",
                    "clientId": "me",
                    "clientSecret": "${PETS_SECRET}",
                    "scope": "read",
                    "credentials": "basic",
                    "fields": {"audience": "pets"},
                    "headers": {"X-A": "b"},
                    "tokenField": "data.token",
                },
                "certificate": {"certificate": "${CERT}", "key": "${KEY}", "password": "${PW}"},
                "headers": {"Accept-Crs": "EPSG:4326"},
                "query": {"lang": "nl"},
                "connectSeconds": 1,
                "totalSeconds": 2.5,
                "retries": 0,
                "breaker": {"failures": 3, "seconds": 60},
                "answers": "xml",
                "maxAnswer": 1000,
                "mappings": {"global": {"in": {}}},
                "passedHeaders": {"request": ["X-One"], "response": ["X-Two"]},
                "probe": "/health",
            }
        )
        assert findings == []
        assert (source.url, source.enabled, source.variable) == (
            "https://pets.example/api",
            False,
            "MY_PETS_2",
        )
        assert (source.auth.kind, source.auth.credentials) == (AuthKind.OAUTH2, Credentials.BASIC)
        assert (source.auth.user, source.auth.secret) == ("me", "${PETS_SECRET}")
        assert (source.total_seconds, source.retries, source.breaker.failures) == (2.5, 0, 3)
        assert "x-one" in source.passing.request_headers
        assert "accept" in source.passing.request_headers

    @pytest.mark.parametrize(
        ("member", "value", "told"),
        [
            ("url", "ftp://x", "address"),
            ("url", "https://user:secret@x/", "credentials"),
            ("url", "https://x/?a=b", "query"),
            ("authentication", {"kind": "magic"}, "one of none, api-key"),
            ("authentication", {"kind": "bearer"}, "lacks its secret"),
            ("authentication", {"kind": "bearer", "token": "${T}", "key": "${K}"}, "means nothing"),
            ("authentication", {"kind": "oauth2", "clientSecret": "${S}"}, "tokenUrl"),
            ("authentication", {"kind": "api-key", "key": "${K}", "in": "body"}, "'header' or 'query'"),
            ("totalSeconds", 0, "a number from"),
            ("totalSeconds", True, "a number from"),
            ("retries", "many", "a number from"),
            ("enabled", "no", "true or false"),
            ("headers", {"X": ["a", "b"]}, "a text"),
            ("headers", {"X Y": "a"}, "cannot be sent"),
            ("headers", {"X": "a\r\nY: b"}, "cannot be sent"),
            ("headers", [1], "an object"),
            ("mappings", {"global": {"out": {"query": {"mapping": "x"}}}}, "not installed"),
            ("mappings", {"global": {"out": {"qwery": {}}}}, "qwery"),
            ("passedHeaders", {"request": "all"}, "a list"),
        ],
    )
    def test_a_fault_stops_the_installation(self, member: str, value: object, told: str) -> None:
        """What cannot be used is an error that names the source and the member."""
        _, findings = read({"url": "https://x", member: value})
        (finding, *_) = findings
        assert finding.severity is Severity.ERROR
        assert told in finding.message
        assert REFERENCE in finding.message

    @pytest.mark.parametrize(
        ("member", "value"),
        [
            ("authentication", {"kind": "bearer", "token": "s3cret"}),
            ("authentication", {"kind": "api-key", "key": "s3cret"}),
            ("authentication", {"kind": "basic", "username": "me", "password": "s3cret"}),
            ("authentication", {"kind": "zgw-jwt", "clientId": "me", "secret": "s3cret"}),
            ("certificate", {"key": "s3cret"}),
            ("headers", {"Authorization": "s3cret"}),
            ("headers", {"x-api-key": "s3cret"}),
        ],
    )
    def test_a_secret_is_refused_and_not_repeated(self, member: str, value: object) -> None:
        """A secret that stands in a bundle stops the installation; the sentence does not show it."""
        _, findings = read({"url": "https://x", member: value})
        assert [f.severity for f in findings] == [Severity.ERROR]
        assert "holds a secret" in findings[0].message
        assert "s3cret" not in findings[0].message

    def test_an_unknown_key_is_a_warning(self) -> None:
        """A key that means nothing is told, with the one that may have been meant."""
        _, findings = read({"url": "https://x", "authentification": {}})
        assert [f.severity for f in findings] == [Severity.WARNING]
        assert "authentication" in findings[0].hint


class TestTheOriginals:
    def test_its_members_are_carried_over(self) -> None:
        """Address, switch, headers, options and mappings of an original source become ours."""
        source, findings = read(
            {
                "title": "Kvk",
                "location": "https://kvk.example/zoeken",
                "isEnabled": False,
                "headers": {"accept": "application/json", "x-origin-oin": "00000003273229750000"},
                "auth": "apikey",
                "authorizationHeader": "apikey",
                "configuration": {
                    "verify": False,
                    "timeout": 3,
                    "query": {"a": 1},
                    "cert": "${C}",
                    "ssl_key": [],
                },
            }
        )
        assert findings == []
        assert (source.url, source.enabled) == ("https://kvk.example/zoeken", False)
        assert (source.auth.kind, source.auth.name) == (AuthKind.API_KEY, "apikey")
        assert source.auth.secret == "${MY_PETS_2_APIKEY}"
        assert source.headers["x-origin-oin"] == "00000003273229750000"
        assert (source.total_seconds, dict(source.query)) == (3, {"a": "1"})
        assert source.certificate.certificate == "${C}"
        assert source.unusable == ""

    def test_what_is_to_be_filled_in_becomes_a_variable(self) -> None:
        """Placeholders of a bundle are variables of the source, which an administrator sets."""
        source, _ = read(
            {
                "location": "!ChangeMe!",
                "auth": "jwt-HS256",
                "jwtId": "!ChangeMe!",
                "headers": {"API-KEY": "!ChangeMe!", "API-Interface-ID": "!ChangeMe!"},
            }
        )
        assert source.url == "${MY_PETS_2_LOCATION}"
        assert (source.auth.user, source.auth.secret) == ("${MY_PETS_2_JWTID}", "${MY_PETS_2_SECRET}")
        assert source.headers == {
            "API-KEY": "${MY_PETS_2_API_KEY}",
            "API-Interface-ID": "${MY_PETS_2_API_INTERFACE_ID}",
        }

    def test_a_secret_of_a_bundle_is_not_used(self) -> None:
        """Of a secret that stands in an original bundle nothing is kept: it is asked for by name."""
        source, _ = read(
            {
                "location": "https://x",
                "auth": "username-password",
                "username": "me",
                "password": "s3cret",
                "headers": {"apikey": "s3cret"},
            }
        )
        assert "s3cret" not in json.dumps([source.auth.secret, dict(source.headers)])

    def test_oauth_is_carried_over(self) -> None:
        """The token server, its fields and how it wants our credentials."""
        source, _ = read(
            {
                "location": "https://x/api",
                "auth": "oauth",
                "username": "me",
                "authenticationConfig": {
                    "tokenUrl": "https://x/api/v1/token",
                    "tokenField": "token",
                    "additionalFields": {"issuer": "me", "expiresInMinute": "1"},
                    "headers": {"content-type": "application/json"},
                },
            }
        )
        assert (source.auth.kind, source.auth.credentials) == (AuthKind.OAUTH2, Credentials.JSON)
        assert (source.auth.token_url, source.auth.token_field) == ("https://x/api/v1/token", "token")
        assert source.auth.fields["issuer"] == "me"

    def test_what_is_not_known_leaves_the_source_unusable(self) -> None:
        """A way to show who we are that does not exist here is a warning, and told at each call."""
        source, findings = read({"location": "https://x", "auth": "vrijbrp-jwt"})
        assert [f.severity for f in findings] == [Severity.WARNING]
        assert "vrijbrp-jwt" in source.unusable
