"""Calls to sources, against real servers: credentials, repetitions, the breaker, encryption."""

from __future__ import annotations

import asyncio
import base64
import json
import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import jwt
import pytest
import stub_server
import trustme
from stub_server import Heard, Said, always, serving

from gateway_core.catalog.sources import Auth, AuthKind, Breaker, Certificate, Credentials, Source
from gateway_core.errors import (
    UpstreamDisabled,
    UpstreamError,
    UpstreamStrayed,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway_core.outgoing.addresses import Allowed
from gateway_core.outgoing.calls import SourceCalls
from gateway_core.outgoing.http import HttpClient
from gateway_core.outgoing.protocol import CallSeen, Message
from gateway_core.outgoing.secrets import Secrets
from gateway_core.outgoing.thread import OutgoingThread

SECRET = "s3cret-of-the-source-with-thirty-two-letters"
NOW = datetime(2026, 1, 2, tzinfo=UTC)
Made = Callable[..., SourceCalls]


class World:
    """The calls of a test, with a clock of its own and pauses that take no time."""

    def __init__(self) -> None:
        self.thread = OutgoingThread(lambda: HttpClient(Allowed.parse("127.0.0.1, localhost")))
        self.seen: list[CallSeen] = []
        self.pauses: list[float] = []
        self.time = 0.0

    def calls(self, **values: str) -> SourceCalls:
        return SourceCalls(
            self.thread,
            Secrets({"KEY": SECRET, **values}),
            now=lambda: NOW,
            clock=lambda: self.time,
            chance=lambda: 1.0,
            observe=self.seen.append,
            pause=self._pause,
        )

    async def _pause(self, seconds: float) -> None:
        self.pauses.append(seconds)


@pytest.fixture
def world() -> Iterator[World]:
    made = World()
    yield made
    made.thread.close()


@pytest.fixture
def stub() -> Iterator[stub_server.Stub]:
    with serving(always(200, {})) as server:
        yield server


def source(stub: stub_server.Stub, **members: Any) -> Source:
    return Source("https://example.org/pets.source.json", "Pets", f"{stub.url}/api", "PETS", **members)


GET = Message("GET", "/a", (("q", "1"),), {"X-One": "1"})


class TestCredentials:
    def test_none(self, stub: stub_server.Stub, world: World) -> None:
        """A source that knows nobody gets the call as it is, below its address."""
        world.calls().call(source(stub, headers={"X-Two": "2"}, query={"r": "3"}), GET)
        (heard,) = stub.heard
        assert heard.path == "/api/a?q=1&r=3"
        assert (heard.headers["x-one"], heard.headers["x-two"]) == ("1", "2")
        assert "authorization" not in heard.headers

    @pytest.mark.parametrize(
        ("auth", "header", "value"),
        [
            (Auth(AuthKind.API_KEY, name="apikey", secret="${KEY}"), "apikey", SECRET),
            (Auth(AuthKind.API_KEY, secret="Token ${KEY}"), "authorization", f"Token {SECRET}"),
            (Auth(AuthKind.BEARER, secret="${KEY}"), "authorization", f"Bearer {SECRET}"),
            (
                Auth(AuthKind.BASIC, user="me", secret="${KEY}"),
                "authorization",
                "Basic " + base64.b64encode(f"me:{SECRET}".encode()).decode(),
            ),
        ],
    )
    def test_in_a_header(
        self, auth: Auth, header: str, value: str, stub: stub_server.Stub, world: World
    ) -> None:
        """Key, token, and name with password arrive as the source wants them; a client's header gives way."""
        world.calls().call(source(stub, auth=auth), Message("GET", "", headers={header.title(): "client's"}))
        assert stub.heard[0].headers[header] == value

    def test_in_the_query(self, stub: stub_server.Stub, world: World) -> None:
        """A key may be a query parameter."""
        auth = Auth(AuthKind.API_KEY, where="query", name="key", secret="${KEY}")
        world.calls().call(source(stub, auth=auth), GET)
        assert stub.heard[0].path == f"/api/a?q=1&key={SECRET}"

    def test_a_zgw_token_is_signed_for_each_call(self, stub: stub_server.Stub, world: World) -> None:
        """The token names the client twice and the user, was issued now, and is signed with the secret."""
        auth = Auth(AuthKind.ZGW_JWT, user="me", secret="${KEY}", user_id="u", user_representation="U")
        world.calls().call(source(stub, auth=auth), GET)
        token = stub.heard[0].headers["authorization"].removeprefix("Bearer ")
        claims = jwt.decode(token, SECRET, algorithms=["HS256"], options={"verify_iat": False})
        assert claims == {
            "iss": "me",
            "client_id": "me",
            "iat": int(NOW.timestamp()),
            "user_id": "u",
            "user_representation": "U",
        }


class TestTokens:
    """W44: a token is fetched when there is none that is good, not for every call."""

    def auth(self, stub: stub_server.Stub, **members: Any) -> Auth:
        return Auth(AuthKind.OAUTH2, user="me", secret="${KEY}", token_url=f"{stub.url}/token", **members)

    def script(self, good: Callable[[str], bool] = lambda _: True) -> stub_server.Script:
        given = iter(range(1, 100))

        def answer(heard: Heard) -> Said:
            if heard.path.startswith("/token"):
                return Said(200, {"access_token": f"t{next(given)}", "expires_in": 3600})
            token = heard.headers["authorization"]
            return Said(200 if good(token) else 401, {"token": token})

        return answer

    def test_a_token_is_kept(self, stub: stub_server.Stub, world: World) -> None:
        """Many calls, also at one time, fetch one token; when it ends, another."""
        stub.script = self.script()
        calls, made = world.calls(), source(stub, auth=self.auth(stub, scope="read"))

        async def many() -> None:
            await asyncio.gather(*(calls.call_async(made, GET) for _ in range(10)))

        asyncio.run(many())
        fetched = [heard for heard in stub.heard if heard.path == "/token"]
        assert len(fetched) == 1
        assert set(fetched[0].body.decode().split("&")) == {
            "grant_type=client_credentials",
            "client_id=me",
            f"client_secret={SECRET}",
            "scope=read",
        }
        world.time = 3600.0
        assert json.loads(calls.call(made, GET).body) == {"token": "Bearer t2"}

    def test_a_token_that_was_withdrawn_is_renewed_once(self, stub: stub_server.Stub, world: World) -> None:
        """A 401 to a kept token fetches another; a 401 to a new one is the answer."""
        withdrawn: set[str] = set()
        stub.script = self.script(lambda token: token not in withdrawn)
        calls, made = world.calls(), source(stub, auth=self.auth(stub))
        assert calls.call(made, GET).status == 200
        withdrawn.add("Bearer t1")
        assert calls.call(made, GET).status == 200
        withdrawn.update(f"Bearer t{number}" for number in range(100))
        assert calls.call(made, GET).status == 401
        assert len([heard for heard in stub.heard if heard.path == "/token"]) == 3

    @pytest.mark.parametrize("kind", list(Credentials))
    def test_credentials_go_where_the_server_wants_them(
        self, kind: Credentials, stub: stub_server.Stub, world: World
    ) -> None:
        """As a form, as JSON, as a name with a password, or in the query."""
        stub.script = self.script()
        world.calls().call(source(stub, auth=self.auth(stub, credentials=kind, fields={"issuer": "i"})), GET)
        heard = stub.heard[0]
        text = f"{heard.path} {heard.headers.get('authorization', '')} {heard.body.decode()}"
        basic = base64.b64encode(f"me:{SECRET}".encode()).decode()
        assert (basic if kind is Credentials.BASIC else SECRET) in text
        assert "issuer" in text
        if kind is Credentials.JSON:
            assert heard.json["client_id"] == "me"

    @pytest.mark.parametrize(
        "said",
        [Said(401, {"error": "no"}), Said(200, {}), Said(200, b"<html>"), Said(200, {"access_token": 1})],
    )
    def test_no_token_is_an_error(self, said: Said, stub: stub_server.Stub, world: World) -> None:
        """A server that gives none ends the call, and no secret is told."""
        stub.script = lambda _: said
        with pytest.raises(UpstreamError, match="no token") as caught:
            world.calls().call(source(stub, auth=self.auth(stub)), GET)
        assert SECRET not in f"{caught.value} {caught.value.cause} {world.seen}"


class TestRepetition:
    def test_what_may_be_repeated_is(self, stub: stub_server.Stub, world: World) -> None:
        """A passing failure is tried again, later each time, and as late as the source asks."""
        answers = iter([Said(503, headers={"Retry-After": "1"}), Said(502), Said(200, {"at": "last"})])
        stub.script = lambda _: next(answers)
        assert world.calls().call(source(stub), GET).status == 200
        assert world.pauses == [1.0, 0.2]
        assert world.seen[0].attempts == 3

    def test_what_may_not_be_repeated_is_not(self, stub: stub_server.Stub, world: World) -> None:
        """A POST is sent once: the first may have been worked on."""
        stub.script = always(503, {})
        assert world.calls().call(source(stub), Message("POST", "", body=b"{}")).status == 503
        assert len(stub.heard) == 1

    @pytest.mark.parametrize("status", [200, 400, 404, 500])
    def test_an_answer_that_stays_is_taken(self, status: int, stub: stub_server.Stub, world: World) -> None:
        """Other answers are not asked for again."""
        stub.script = always(status, {})
        assert world.calls().call(source(stub), GET).status == status
        assert len(stub.heard) == 1

    def test_a_call_ends_in_time(self, stub: stub_server.Stub, world: World) -> None:
        """All of a call, repetitions too, has one deadline; the error names the source."""
        stub.script = lambda _: Said(wire=lambda _, stopping: stopping.wait(30))
        with pytest.raises(UpstreamTimeout, match="source 'Pets'"):
            world.calls().call(source(stub, total_seconds=0.3), GET)


class TestTheBreaker:
    def test_a_source_that_fails_is_left_alone(self, stub: stub_server.Stub, world: World) -> None:
        """After failures in a row nothing is sent for a while; then one call tries it."""
        stub.script = always(500, {})
        calls, made = world.calls(), source(stub, breaker=Breaker(2, 30))
        for _ in range(2):
            calls.call(made, GET)
        with pytest.raises(UpstreamUnavailable, match="left alone"):
            calls.call(made, GET)
        assert len(stub.heard) == 2
        assert "left alone" in calls.state(made).trouble
        world.time = 31.0
        stub.script = always(200, {})
        assert calls.call(made, GET).status == 200
        assert calls.state(made).trouble == ""

    def test_refusals_do_not_count(self, stub: stub_server.Stub, world: World) -> None:
        """A source that says no to what it is asked works."""
        stub.script = always(404, {})
        calls, made = world.calls(), source(stub, breaker=Breaker(1, 30))
        assert [calls.call(made, GET).status for _ in range(3)] == [404, 404, 404]


class TestWhatIsNotCalled:
    def test_w36_a_source_that_is_switched_off(self, stub: stub_server.Stub, world: World) -> None:
        """A source that is switched off is an error; a variable switches it on, or off."""
        made = source(stub, enabled=False)
        with pytest.raises(UpstreamDisabled, match="source 'Pets': it is switched off"):
            world.calls().call(made, GET)
        assert world.calls(PETS_ENABLED="true").call(made, GET).status == 200
        with pytest.raises(UpstreamDisabled):
            world.calls(PETS_ENABLED="false").call(source(stub), GET)
        assert len(stub.heard) == 1

    def test_a_source_without_its_secret(self, stub: stub_server.Stub, world: World) -> None:
        """A secret that has no value is told to the log by its name, and nothing is sent."""
        made = source(stub, auth=Auth(AuthKind.BEARER, secret="${NONE}"))
        with pytest.raises(UpstreamDisabled, match="not set up"):
            world.calls().call(made, GET)
        assert "GATEWAY_SECRET_NONE" in world.seen[0].fault
        assert world.calls().state(made).missing == ("NONE",)
        assert stub.heard == []

    def test_a_source_that_cannot_be_used(self, stub: stub_server.Stub, world: World) -> None:
        """A source with a fault in its configuration says so at each call."""
        with pytest.raises(UpstreamDisabled, match="as it is configured"):
            world.calls().call(source(stub, unusable="its address is none"), GET)

    def test_w9_another_place_than_its_own(self, stub: stub_server.Stub, world: World) -> None:
        """A call never leaves the address of its source, whatever its path or an answer says."""
        stub.script = always(302, None, Location="http://localhost:1/")
        for path in ("/../admin", "http://169.254.169.254/latest"):
            with pytest.raises(UpstreamStrayed):
                world.calls().call(source(stub), Message("GET", path))
        with pytest.raises(UpstreamError, match="redirects to another host"):
            world.calls().call(source(stub), Message("GET", "/a"))

    def test_the_address_may_be_set(self, stub: stub_server.Stub, world: World) -> None:
        """A variable says where a source stands, without a change of its bundle."""
        made = Source("r", "Pets", "${PETS_LOCATION}", "PETS")
        assert world.calls(PETS_LOCATION=f"{stub.url}/x").call(made, GET).status == 200
        assert world.calls(PETS_URL=f"{stub.url}/y").call(source(stub), GET).status == 200
        assert [heard.path for heard in stub.heard] == ["/x/a?q=1", "/y/a?q=1"]
        assert world.calls(PETS_LOCATION=f"{stub.url}/x").state(made).host == f"127.0.0.1:{stub.port}"


def test_w12_what_is_seen_of_a_call_holds_nothing_of_it(stub: stub_server.Stub, world: World) -> None:
    """What is told of a call is its source, method and outcome: no path, header, body or secret."""
    auth = Auth(AuthKind.API_KEY, where="query", name="key", secret="${KEY}")
    message = Message("POST", "/999993653", (("q", "999993653"),), {"X": "999993653"}, b"999993653")
    world.calls().call(source(stub, auth=auth), message)
    stub.script = lambda _: Said(wire=lambda handler, _: handler.wfile.write(b"999993653"))
    with pytest.raises(UpstreamError) as caught:
        world.calls().call(source(stub, auth=auth), message)
    told = f"{world.seen} {caught.value!r} {caught.value.cause} {message!r}"
    assert "999993653" not in told
    assert SECRET not in told


class TestEncryption:
    """A server that wants a certificate of ours, with an authority of its own."""

    def serve(self, authority: trustme.CA, own: trustme.LeafCert) -> Any:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        own.configure_cert(context)
        authority.configure_trust(context)
        context.verify_mode = ssl.CERT_REQUIRED
        return serving(always(200, {}), context)

    def test_both_sides_show_who_they_are(self, world: World) -> None:
        """With authority, certificate and key from secrets the call arrives; without them it does not."""
        authority = trustme.CA()
        client = authority.issue_cert("gateway@example.org")
        pem = {
            "CA": authority.cert_pem.bytes().decode(),
            "CERT": client.cert_chain_pems[0].bytes().decode(),
            "PRIVATE": client.private_key_pem.bytes().decode(),
        }
        with self.serve(authority, authority.issue_cert("localhost")) as stub:
            url = f"https://localhost:{stub.port}"
            whole = Certificate("${CERT}", "${PRIVATE}", "", "${CA}")
            calls = world.calls(**pem)
            assert calls.call(Source("r", "S", url, "S", certificate=whole), GET).status == 200
            for part in (Certificate(authority="${CA}"), Certificate("${CERT}", "${PRIVATE}"), Certificate()):
                with pytest.raises(UpstreamError):
                    calls.call(Source("r2", "S", url, "S", certificate=part, retries=0), GET)
            for wrong in (Certificate("${CERT}", "${CERT}"), Certificate("${CERT}", "${KEY}")):
                with pytest.raises(UpstreamDisabled, match="certificate or key") as caught:
                    calls.call(Source("r3", "S", url, "S", certificate=wrong), GET)
                assert SECRET not in str(caught.value)
