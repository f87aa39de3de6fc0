"""Weak points of the original that concern queries, each shown absent; the rows are in
``docs/reference/compared-with-the-original.md``."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
import pytest

from gateway_core.bundles.layout import lay_out
from gateway_core.bundles.read import read_folder
from gateway_core.catalog.build import build
from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.match import Match, MatchTable
from gateway_core.operations.call import Action, Call, Context
from gateway_core.operations.run import run
from gateway_core.store.sqlite import SqliteStore
from gateway_core.types import Principal

ROOT = Path(__file__).parents[2]
API = "/api/kic/v1"
PARTIJEN, ADRESSEN, KLANTEN = f"{API}/partijen", f"{API}/digitaaladressen", f"{API}/klanten"


def make(api: httpx2.Client, path: str = PARTIJEN, **body: Any) -> str:
    answer = api.post(path, json=body)
    assert answer.status_code == 201, answer.text
    id: str = answer.json()["id"]
    return id


def found(api: httpx2.Client, path: str = PARTIJEN, **params: Any) -> list[str]:
    answer = api.get(path, params=params)
    assert answer.status_code == 200, answer.text
    return [each["id"] for each in answer.json()["results"]]


class TestW2Bounds:
    def test_a_query_cannot_leave_its_kind(self, api: httpx2.Client) -> None:
        """No parameter names another schema, and operators of a database are none."""
        make(api, interneNotitie="W2")
        for name in ("_self.schema.id[$in][]", "_self.schema.id", "_self.schema", "interneNotitie[$in][]",
                     "interneNotitie[$elemMatch]", "interneNotitie[$where]", "_id[$ne]"):  # fmt: skip
            answer = api.get(PARTIJEN, params={name: "W2"})
            assert answer.status_code == 400, name

    def test_a_filter_on_the_owner_filters(self, api: httpx2.Client) -> None:
        """It narrows what is shown like any other filter, and switches nothing off."""
        id = make(api, interneNotitie="W2 owner")
        everything = api.get(PARTIJEN, params={"_limit": 1}).json()["total"]
        assert api.get(PARTIJEN, params={"_self.owner.id": "%"}).status_code == 400
        for params in ({"_self.owner.id": "%e%"}, {"_self.owner.id[ne]": "x"}, {"_self.owner.id": "demo"}):
            page = api.get(PARTIJEN, params={**params, "_limit": 500}).json()
            assert page["total"] <= everything
            assert {each["_self"]["schema"]["name"] for each in page["results"]} == {"partij"}
        assert found(api, **{"_self.owner.id": "nobody"}) == []
        assert found(api, interneNotitie="W2 owner", **{"_self.owner.id": "demo"}) == [id]


class TestW21Filters:
    def test_equality_is_of_the_whole_text_in_its_case(self, api: httpx2.Client) -> None:
        """Neither another case nor one line of several is equal; ``case_insensitive`` asks for the first."""
        id = make(api, interneNotitie="Eerste regel\nTweede W21 é=ë")
        for text in ("Tweede W21 é=ë", "eerste regel\ntweede w21 é=ë", "Eerste regel"):
            assert found(api, interneNotitie=text) == []
        assert found(api, interneNotitie="Eerste regel\nTweede W21 é=ë") == [id]
        assert found(api, **{"interneNotitie[exact]": "Eerste regel\nTweede W21 é=ë"}) == [id]
        assert found(api, **{"interneNotitie[case_insensitive]": "EERSTE REGEL\nTWEEDE W21 É=Ë"}) == [id]

    def test_diacritics_and_equal_signs_are_text(self, api: httpx2.Client) -> None:
        """They are found by equality, by a part and by a search, and lose nothing."""
        id = make(api, interneNotitie="José=W21=ñandú")
        for params in (
            {"interneNotitie": "José=W21=ñandú"},
            {"interneNotitie": "%é=W21=ñ%"},
            {"interneNotitie[like]": "É=w21=Ñ"},
            {"_search[interneNotitie]": "W21=ñandú"},
        ):
            assert found(api, **params) == [id]

    def test_numbers_and_booleans_need_no_cast(self, api: httpx2.Client) -> None:
        """A filter is read as the type of its member; both ends of a range count."""
        ids = [make(api, interneNotitie="W21 number", indicatieActief=on) for on in (True, False)]
        assert found(api, interneNotitie="W21 number", indicatieActief="true") == ids[:1]
        assert (
            found(api, interneNotitie="W21 number", **{"indicatieActief[bool_compare][]": "false"}) == ids[1:]
        )
        version = {"_self.version[>=]": "1", "_self.version[<=]": "1"}
        assert found(api, interneNotitie="W21 number", **version) == ids
        assert found(api, interneNotitie="W21 number", **{**version, "_self.version[>=]": "2"}) == []


def test_w22_the_envelope_tells_the_window(api: httpx2.Client) -> None:
    """``offset`` is what was skipped, whichever way it was asked for; a limit has bounds; without an order
    objects come as they were made."""
    ids = [make(api, interneNotitie="W22") for _ in range(7)]
    for params, offset in (
        ({"_start": 3}, 3), ({"_offset": 3}, 3), ({"_page": 2, "_limit": 3}, 3), ({"_start": 0}, 0),
        ({"_start": 9}, 9),
    ):  # fmt: skip
        page = api.get(PARTIJEN, params={"interneNotitie": "W22", "_limit": 3, **params}).json()
        assert (page["offset"], page["total"], page["limit"]) == (offset, 7, 3)
        assert [each["id"] for each in page["results"]] == ids[offset : offset + 3]
    for limit in ("0", "-1", "501", "99999999999999999999"):
        assert api.get(PARTIJEN, params={"_limit": limit}).status_code == 400


def test_w27_an_object_is_where_the_client_found_it(api: httpx2.Client) -> None:
    """``_self.self`` has the path that was asked, and ``uri`` the host of the request."""
    id = make(api, soortPartij="persoon", interneNotitie="W27")
    shown = api.get(f"{PARTIJEN}/{id}").json()["_self"]
    assert shown["self"] == f"{PARTIJEN}/{id}"
    assert shown["uri"] == f"{str(api.base_url).rstrip('/')}{PARTIJEN}/{id}"
    assert api.get(f"{KLANTEN}/{id}").json()["_self"]["self"] == f"{KLANTEN}/{id}"


def test_w39_children_are_found_by_their_reference(api: httpx2.Client) -> None:
    """Not by a text in which the id of the parent stands; a search of the client's own holds beside it."""
    address = {"adres": "w39@example.nl", "omschrijving": "x", "soortDigitaalAdres": "emailadres"}
    parent = make(api, verstrekteAdressen=[address])
    liar = make(api, interneNotitie=parent)
    related = api.get(f"{PARTIJEN}/{parent}").json()["verstrekteAdressen"]
    assert found(api, verstrekteAdressen=related[0]) == [parent]
    assert found(api, verstrekteAdressen=liar) == []
    assert found(api, _search=parent) == [liar]
    assert found(api, verstrekteAdressen=related[0], _search="nothing of the kind") == []


class Counted(str):
    """A text that counts how often it is looked at."""

    __slots__ = ()
    looks = 0

    def __hash__(self) -> int:
        Counted.looks += 1
        return super().__hash__()

    def __eq__(self, other: object) -> bool:
        Counted.looks += 1
        return super().__eq__(other)


def test_w42_a_path_is_found_in_a_table(bundle: Context) -> None:
    """Looking a path up costs the same among few endpoints and among thousands."""
    endpoint = bundle.catalog.endpoints[0]

    def looks(count: int) -> int:
        table = MatchTable(_endpoint(endpoint, f"/api/many/e{number}") for number in range(count))
        Counted.looks = 0
        assert isinstance(table.match(Counted("/api/many/e1")), Match)
        assert table.match(Counted("/api/many/none")) is None
        return Counted.looks

    assert looks(2) == looks(5_000) < 12


def _endpoint(like: Endpoint, path: str) -> Endpoint:
    return Endpoint(path, path, "", like.entity, like.collection, (path,), frozenset({"GET"}))


@pytest.fixture
def bundle(tmp_path: Path) -> Iterator[Context]:
    """The bundle of this repository on a store of its own, without a server."""
    store = SqliteStore(str(tmp_path / "w.db"), synchronous="NORMAL")
    laid_out = lay_out(read_folder(ROOT))
    catalog, _ = build(laid_out.artifacts)
    yield Context(catalog, store, lambda: datetime.now(UTC), lambda: 0.0, lambda: str(uuid.uuid4()))
    store.close()


def statements(bundle: Context, path: str, **params: Any) -> tuple[int, list[str]]:
    """How many objects a list has, and the statements that it took."""
    store = bundle.store
    assert isinstance(store, SqliteStore)
    said: list[str] = []
    match = bundle.catalog.table.match(path)
    assert match is not None
    with store._readers.snapshot() as connection:
        connection.set_trace_callback(said.append)
        call = Call(Action.LIST, match.endpoint, Principal("t", frozenset()), params=params)
        page: Any = run(call, bundle).body
        connection.set_trace_callback(None)
    return len(page["results"]), said


@pytest.mark.parametrize("path", [PARTIJEN, KLANTEN])
def test_w40_a_page_costs_the_same_statements_whatever_it_holds(bundle: Context, path: str) -> None:
    """One of two objects with their parts takes as many statements as one of forty; so does a search."""
    match = bundle.catalog.table.match(PARTIJEN)
    assert match is not None

    def fill(count: int) -> None:
        for number in range(count):
            address = {
                "adres": f"a{number}@example.nl",
                "omschrijving": "x",
                "soortDigitaalAdres": "emailadres",
            }
            body = {"soortPartij": "persoon", "interneNotitie": "W40", "verstrekteAdressen": [address] * 2}
            run(Call(Action.CREATE, match.endpoint, Principal("t", frozenset()), body=body), bundle)

    fill(2)
    few, small = statements(bundle, path, _limit="50")
    fill(38)
    many, large = statements(bundle, path, _limit="50")
    assert (few, many) == (2, 40)
    assert len(large) == len(small) < 10
    if path == PARTIJEN:
        hits, searching = statements(bundle, path, _search="W40", _limit="50")
        assert (hits, len(searching) <= len(large)) == (40, True)


def test_w43_an_unfiltered_total_is_read_not_counted(bundle: Context) -> None:
    """It is kept beside the objects; that of a filter is counted, and only when the page does not tell it."""
    _, said = statements(bundle, PARTIJEN, _limit="1")
    assert not [text for text in said if "COUNT(" in text]
    assert [text for text in said if "FROM counter" in text]
    _, said = statements(bundle, PARTIJEN, interneNotitie="x", _limit="1")
    assert not [text for text in said if "COUNT(" in text]


def test_w41_a_change_writes_what_changed(bundle: Context) -> None:
    """Of an object with parts one row is written when one member of it changes, once."""
    store, match = bundle.store, bundle.catalog.table.match(PARTIJEN)
    assert isinstance(store, SqliteStore)
    assert match is not None
    principal = Principal("t", frozenset())
    address = {"adres": "w41@example.nl", "omschrijving": "x", "soortDigitaalAdres": "emailadres"}
    body = {"soortPartij": "persoon", "verstrekteAdressen": [address, address]}
    made: Any = run(Call(Action.CREATE, match.endpoint, principal, body=body), bundle).body
    said: list[str] = []
    store._commits._connection.set_trace_callback(said.append)
    patch = Call(Action.PATCH, match.endpoint, principal, id=made["id"], body={"interneNotitie": "W41"})
    changed: Any = run(patch, bundle).body
    store._commits._connection.set_trace_callback(None)
    assert changed["interneNotitie"] == "W41"
    assert changed["verstrekteAdressen"] == made["verstrekteAdressen"]
    written = [text.split()[:3] for text in said if text.lstrip().startswith(("UPDATE", "INSERT", "DELETE"))]
    assert sum(words[:2] == ["UPDATE", "object"] for words in written) == 1
    assert not [words for words in written if words == ["INSERT", "INTO", "object"]]
