"""Credentials: keys, signed tokens, and how fresh they must be."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from datetime import UTC, datetime

import jwt
import pytest

from gateway_core.catalog.endpoints import Bound, Collection, Endpoint, Limit
from gateway_core.errors import Forbidden, Unauthenticated
from gateway_core.operations.access import Gatekeeper, TokenSettings, authorise, hash_key
from gateway_core.operations.call import Action
from gateway_core.store.protocol import ApplicationRecord
from gateway_core.types import Principal

NOW = 1_750_000_000
SECRET = "a-secret-that-is-longer-than-sixty-four-characters-so-that-no-algorithm-minds"
KEY = "the-api-key"


RECORD = ApplicationRecord(
    name="Front desk",
    client_id="desk",
    key_hash=hash_key(KEY),
    secret=SECRET,
    scopes=("read", "write"),
    created=datetime(2025, 1, 1, tzinfo=UTC),
)
ENDPOINT = Endpoint(
    reference="urn:endpoint",
    title="Things",
    description="",
    entity="urn:thing",
    collection=Collection(reference="urn:collection", title="", prefix="", schema_prefixes=()),
    paths=("/api/things",),
    methods=frozenset({"GET", "POST", "PATCH"}),
)


@pytest.fixture
def gatekeeper():
    return Gatekeeper([RECORD], TokenSettings(max_age=3600, leeway=60))


def signed(secret=SECRET, algorithm="HS256", **claims):
    payload = {"client_id": "desk", "iat": NOW} | claims
    return jwt.encode({k: v for k, v in payload.items() if v is not None}, secret, algorithm=algorithm)


@pytest.mark.parametrize("header", [f"Token {KEY}", f"Apikey {KEY}", KEY, f"Bearer {KEY}"])
def test_a_key_is_taken_in_each_usual_header(gatekeeper, header):
    """Clients write the key behind a scheme or bare."""
    assert gatekeeper.principal(header, None, NOW).application == "Front desk"


def test_a_key_may_have_a_header_of_its_own(gatekeeper):
    """X-API-Key goes before Authorization."""
    assert gatekeeper.principal("Bearer x", KEY, NOW).application == "Front desk"


@pytest.mark.parametrize(
    "header", [None, "", "Token wrong", "Bearer a.b.c", "Bearer ..", "Bearer", "Basic eDp5"]
)
def test_what_is_no_credential_is_refused(gatekeeper, header):
    """Anything else is 401, never another error."""
    with pytest.raises(Unauthenticated):
        gatekeeper.principal(header, None, NOW)


def test_a_token_needs_no_expiry(gatekeeper):
    """A token with only iat is judged on its age; it names the user."""
    principal = gatekeeper.principal(
        f"Bearer {signed(user_id='u1', user_representation='U. One')}", None, NOW
    )
    assert (principal.user, principal.user_name) == ("u1", "U. One")


@pytest.mark.parametrize(
    ("claims", "accepted"),
    [
        ({"iat": NOW - 3600}, True),
        ({"iat": NOW - 3659}, True),
        ({"iat": NOW - 3661}, False),
        ({"iat": NOW + 59}, True),
        ({"iat": NOW + 61}, False),
        ({"iat": None}, False),
        ({"iat": "yesterday"}, False),
        ({"iat": str(NOW)}, False),
        ({"iat": True}, False),
        ({"iat": [NOW]}, False),
        ({"iat": float("nan")}, False),
        ({"iat": float("inf")}, False),
        ({"iat": float("-inf")}, False),
        ({"iat": 10**400}, False),
        ({"iat": -(10**400)}, False),
        ({"iat": NOW, "exp": float("nan")}, False),
        ({"iat": NOW, "nbf": "later"}, False),
        ({"client_id": ["desk"]}, False),
        ({"client_id": {"desk": 1}, "iss": "desk"}, False),
        ({"iat": NOW - 10, "exp": NOW - 61}, False),
        ({"iat": NOW - 10, "exp": NOW - 59}, True),
        ({"iat": NOW, "nbf": NOW + 61}, False),
        ({"client_id": None, "iss": "desk"}, True),
        ({"client_id": "nobody"}, False),
    ],
)
def test_freshness(gatekeeper, claims, accepted):
    """Age is judged on iat with leeway; exp and nbf hold when they are there."""
    header = f"Bearer {signed(**claims)}"
    if accepted:
        assert gatekeeper.principal(header, None, NOW).application == "Front desk"
    else:
        with pytest.raises(Unauthenticated):
            gatekeeper.principal(header, None, NOW)


@pytest.mark.parametrize("user", ["\ud800", "a\0b", "", 5, None, ["u"]])
def test_a_user_that_no_store_can_hold_is_no_user(gatekeeper, user):
    """A claim that is no text, or text that cannot be stored, names nobody and breaks nothing."""
    principal = gatekeeper.principal(f"Bearer {signed(user_id=user, user_representation=user)}", None, NOW)
    assert (principal.user, principal.user_name) == (None, None)


@pytest.mark.parametrize("size", [10_000, 1_000_000])
def test_a_giant_token_is_refused(gatekeeper, size):
    """Size alone opens nothing and breaks nothing, in any of the parts, nor does depth."""
    head, body, signature = signed().split(".")
    deep = base64.urlsafe_b64encode(b"[" * size).decode().rstrip("=")
    for token in (f"{head}.{body}.{signature}{'A' * size}", f"{'A' * size}.{body}.x", f"{head}.{deep}.x"):
        with pytest.raises(Unauthenticated):
            gatekeeper.principal(f"Bearer {token}", None, NOW)


def test_a_public_key_as_secret_opens_nothing(gatekeeper):
    """A token that says RS256 is refused, whatever it is signed with."""
    head = base64.urlsafe_b64encode(b'{"alg":"RS256","typ":"JWT"}').decode().rstrip("=")
    body, signature = signed().split(".")[1:]
    with pytest.raises(Unauthenticated):
        gatekeeper.principal(f"Bearer {head}.{body}.{signature}", None, NOW)


@pytest.mark.parametrize("key", ["é" * 20, "\x00", "a b", " ", "'; DROP", "ÿ\x80", "x" * 100_000])
def test_keys_with_odd_characters_are_unknown(gatekeeper, key):
    """A key of any characters that a header can hold is looked up, and not found."""
    for authorization, header in ((None, key), (f"Token {key}", None), (key, None)):
        with pytest.raises(Unauthenticated):
            gatekeeper.principal(authorization, header, NOW)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_other_algorithms_are_refused(gatekeeper, algorithm):
    """The token does not choose the algorithm."""
    with pytest.raises(Unauthenticated):
        gatekeeper.principal(f"Bearer {signed(algorithm=algorithm)}", None, NOW)


def test_an_unsigned_token_is_refused(gatekeeper):
    """Algorithm none opens nothing."""
    parts = [{"alg": "none", "typ": "JWT"}, {"client_id": "desk", "iat": NOW}]
    head, body = (base64.urlsafe_b64encode(json.dumps(p).encode()).rstrip(b"=").decode() for p in parts)
    for token in (f"{head}.{body}.", f"{head}.{body}.x"):
        with pytest.raises(Unauthenticated):
            gatekeeper.principal(f"Bearer {token}", None, NOW)


def test_a_token_of_another_secret_is_refused(gatekeeper):
    """The signature decides."""
    with pytest.raises(Unauthenticated):
        gatekeeper.principal(f"Bearer {signed(secret='x' * 40)}", None, NOW)


def test_messages_do_not_repeat_credentials(gatekeeper):
    """Nothing of what was sent stands in the error."""
    with pytest.raises(Unauthenticated) as caught:
        gatekeeper.principal("Token very-private", None, NOW)
    assert "very-private" not in str(caught.value)


@pytest.mark.parametrize("action", list(Action))
def test_scopes_bound_what_an_application_does(action):
    """An application that may only read cannot change anything."""
    reader = Principal("reader", frozenset({"read"}))
    reads = (Action.READ, Action.LIST, Action.FIND, Action.READ_VERSION, Action.VERSIONS, Action.COMPUTE)
    if action in reads:
        assert authorise(reader, action, ENDPOINT) == ()
    else:
        with pytest.raises(Forbidden):
            authorise(reader, action, ENDPOINT)


LIMITED = replace(
    ENDPOINT,
    limit=Limit(frozenset({"GET"}), (Bound("owner.number", claim="number"), Bound("kind", value="own"))),
)


@pytest.mark.parametrize("action", list(Action))
def test_who_sees_only_its_users_own_does_what_its_limits_say(action):
    """With the scope ``own`` what a limit names is done, within its bounds; nothing where there is none."""
    own = Principal("portal", frozenset({"own"}), claims={"number": "42", "other": "7"})
    if action in (Action.READ, Action.LIST, Action.FIND):
        bounds = authorise(own, action, LIMITED)
        assert [(each.bound.name, each.value) for each in bounds] == [("owner.number", "42"), ("kind", "own")]
    else:
        with pytest.raises(Forbidden):
            authorise(own, action, LIMITED)
    with pytest.raises(Forbidden):
        authorise(own, action, ENDPOINT)
    wider = replace(own, scopes=frozenset({"own", "read"}))
    if action is Action.LIST:
        assert authorise(wider, action, LIMITED) == ()


@pytest.mark.parametrize("claims", [{}, {"number": ""}, {"Number": "42"}])
def test_who_does_not_say_whose_data_are_meant_sees_none(claims):
    """A bound without its claim is no bound: nothing is shown."""
    with pytest.raises(Forbidden, match="whose data"):
        authorise(Principal("portal", frozenset({"own"}), claims=claims), Action.LIST, LIMITED)


@pytest.mark.parametrize(
    ("claim", "kept"),
    [
        ("999993653", True),
        ("x" * 200, True),
        ("x" * 201, False),
        ("\ud800", False),
        (5, False),
        (["a"], False),
    ],
)
def test_claims_are_kept_whole_or_not_at_all(claim, kept):
    """Texts of a token are for bounds; what is no text, or would have to be cut, is none. They stand in no
    description of who calls."""
    record = replace(RECORD, scopes=("own",))
    principal = Gatekeeper([record], TokenSettings()).principal(f"Bearer {signed(number=claim)}", None, NOW)
    assert principal.claims.get("number") == (claim if kept else None)
    assert str(claim) not in repr(principal) or len(str(claim)) < 6
    plain = Gatekeeper([RECORD], TokenSettings()).principal(f"Bearer {signed(number=claim)}", None, NOW)
    assert plain.claims == {}
