"""The mappings of the CustomerInteraction bundle: their cases, and what holds for any document."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from gateway_core.bundles.layout import lay_out
from gateway_core.bundles.read import read_folder
from gateway_core.catalog.build import build
from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.snapshot import Catalog, Entity
from gateway_core.errors import MappingError
from gateway_core.mapping.mapping import CompiledMapping, Services
from gateway_core.operations.call import Context
from gateway_core.operations.merge import merge_patch, three_way
from gateway_core.operations.prepare import prepare
from gateway_core.query.model import All
from gateway_core.schema.spec import PropertyKind

ROOT = Path(__file__).resolve().parents[2]
FOLDER = ROOT / "mappings"
PREFIX = "https://commongateway.nl/mapping/klant."
NOW = datetime(2025, 3, 14, 9, 35, tzinfo=UTC)
FACADES = ("klanten", "contactmomenten", "klantcontactmomenten", "objectcontactmomenten")
# Texts that the mappings themselves bring into a document: kinds, and names for what has none.
OWN_WORDS = frozenset(
    "bsn vestigingsnummer string kvknummer rsin ingeschrevenpersonen v1/zoeken emailadres email telefoonnummer"
    " telefoon e-mailadres binnenlands_adres buitenlands_adres postbusnummer antwoordnummer bezoekadres"
    " correspondentieadres Nederland ja nee zaak te_verwerken verwerkt contactverzoek Medewerker url uuid klant"
    " open afgehandeld".split()
) | {"Organisatorische eenheid"}


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


MAPPINGS = {body["$id"]: body for body in map(load, sorted(FOLDER.rglob("*.mapping.json")))}


@cache
def catalog() -> Catalog:
    """The bundle, compiled; nothing in it is remarked upon."""
    compiled, findings = build(lay_out(read_folder(ROOT)).artifacts)
    assert findings == ()
    return compiled


def services() -> Services:
    return Services(mapping=catalog().mappings.get, now=lambda: NOW)


def endpoint(facade: str) -> Endpoint:
    return next(e for e in catalog().endpoints if e.path.endswith(f"/{facade}"))


def mapping(facade: str, side: str) -> CompiledMapping:
    """The ``body_in``, ``query_in`` or ``item_out`` mapping of a facade."""
    found: CompiledMapping | None = getattr(endpoint(facade).pipeline, side)
    assert found is not None
    return found


def apply(facade: str, side: str, document: Any) -> Any:
    return mapping(facade, side).apply(document, services())


def short(reference: str) -> str:
    return reference.removeprefix(PREFIX).removesuffix(".mapping.json")


def case_files() -> list[Path]:
    return sorted(FOLDER.rglob("*.cases.json"))


def cases(path: Path) -> Iterator[tuple[str, Any]]:
    """The cases of a file, with the reference of the mapping that they are about."""
    for record in load(path):
        for case in record["cases"]:
            yield record["mapping"], case


CASES = [
    pytest.param(reference, case, id=f"{short(reference)}::{case['name']}")
    for path in case_files()
    for reference, case in cases(path)
]


def case_input(facade: str, side: str, name: str) -> Any:
    """The input of a case by the beginning of its name."""
    found = [p.values[1] for p in CASES if p.values[0] == mapping(facade, side).reference]
    return next(case["input"] for case in found if case["name"].startswith(name))


def leaves(value: Any) -> Iterator[Any]:
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield value


# -- the files --------------------------------------------------------------------------------


def test_every_mapping_has_cases() -> None:
    """Beside each mapping stands a file with its cases, whose names are unique."""
    for path in sorted(FOLDER.rglob("*.mapping.json")):
        beside = path.with_name(path.name.replace(".mapping.json", ".cases.json"))
        named = [case["name"] for reference, case in cases(beside) if reference == load(path)["$id"]]
        assert named, path.name
        assert len(named) == len(set(named)), path.name
    assert len(case_files()) == len(MAPPINGS)


@pytest.mark.parametrize("reference", MAPPINGS, ids=short)
def test_mapping_is_strict(reference: str) -> None:
    """A mapping explains itself, copies nothing unasked and leaves out what is absent."""
    body = MAPPINGS[reference]
    assert body["title"] and body["description"] and body["version"]
    assert (body["passTrough"], body["absent"]) == (False, "omit")
    assert catalog().mappings[reference].findings == ()


@pytest.mark.parametrize(("reference", "case"), CASES)
def test_case(reference: str, case: dict[str, Any]) -> None:
    """A mapping answers what its case file says, or fails as it says."""
    compiled = catalog().mappings[reference]
    if "error" in case:
        with pytest.raises(MappingError) as caught:
            compiled.apply(case["input"], services())
        assert caught.value.kind == case["error"]["kind"]
        assert caught.value.mapping
        assert not any(str(leaf) in str(caught.value) for leaf in leaves(case["input"]))
    else:
        assert compiled.apply(case["input"], services()) == case["output"]


# -- the shapes that clients see --------------------------------------------------------------


def shapes() -> Iterator[Any]:
    for facade in FACADES:
        shown = endpoint(facade)
        yield pytest.param(shown.request_shape, id=f"{facade} in")
        yield pytest.param(shown.response_shape, id=f"{facade} out")


def described(node: Any, place: str = "") -> Iterator[tuple[str, Any]]:
    for name, inner in node.get("properties", {}).items():
        yield f"{place}{name}", inner
        yield from described(inner, f"{place}{name}.")
    if isinstance(node.get("items"), dict):
        yield from described(node["items"], f"{place}[].")


@pytest.mark.parametrize("shape", shapes())
def test_shape_is_documented(shape: Any) -> None:
    """The shape that a client sends or sees is JSON Schema, with a description and valid examples."""
    Draft202012Validator.check_schema(shape)
    for place, node in described(shape):
        assert node.get("description") and node.get("examples"), place
        for example in node["examples"]:
            assert list(Draft202012Validator(node).iter_errors(example)) == [], place


@pytest.mark.parametrize("facade", FACADES)
def test_answers_have_the_documented_shape(facade: str) -> None:
    """What an out-mapping makes of each case is valid, and holds nothing that is not described."""
    out, shape = mapping(facade, "item_out"), endpoint(facade).response_shape
    assert shape is not None
    answers = [p.values[1]["output"] for p in CASES if p.values[0] == out.reference]
    assert answers
    for answer in answers:
        assert list(Draft202012Validator(shape).iter_errors(answer)) == []
        assert answer.keys() <= shape["properties"].keys()


FIXTURES = [
    pytest.param(facade, name, id=f"{facade} {name}")
    for facade, names in {
        "klanten": ("K7", "K8", "K9", "K10", "two addresses", "an address that says", "a kvk", "a rsin"),
        "contactmomenten": ("F2", "F3", "F5", "a zaak", "a long subject", "a status of its own"),
        "klantcontactmomenten": ("KC1", "as shown"),
        "objectcontactmomenten": ("O1", "a contactmoment", "a path"),
    }.items()
    for name in names
]


@pytest.mark.parametrize(("facade", "name"), FIXTURES)
def test_requests_have_the_documented_shape(facade: str, name: str) -> None:
    """What real clients send is valid by the documentation."""
    shape = endpoint(facade).request_shape
    assert shape is not None
    body = case_input(facade, "body_in", name)
    assert list(Draft202012Validator(shape).iter_errors(body)) == []


# -- there and back ---------------------------------------------------------------------------


def context() -> Context:
    numbers = count(1)
    return Context(
        catalog(), None, lambda: NOW, lambda: 0.0, lambda: f"00000000-0000-4000-8000-{next(numbers):012}"
    )  # type: ignore[arg-type]  # nothing is stored here


def entity_of(facade: str) -> Entity:
    return catalog().entities[endpoint(facade).entity]


def native(facade: str, body: Any, *, partial: bool = False) -> Any:
    """A client's body in the stored shape, tidied as before validation."""
    mapped = apply(facade, "body_in", body)
    id = "00000000-0000-4000-8000-000000000000"
    return prepare(context(), entity_of(facade), mapped, id, partial=partial)


def rendered(entity: Entity, document: Any, new_id: Any) -> dict[str, Any]:
    """A stored document with its related objects inside, as the register would answer it."""
    id = document.get("_id") or new_id()
    path = f"{entity.home}/{id}"
    moments = {"dateCreated": "2025-03-14T09:35:00Z", "dateModified": "2025-03-14T09:35:00Z"}
    itself = {"id": id, "self": path, "uri": f"https://klanten.example.nl{path}", "owner": None, **moments}
    shown: dict[str, Any] = {**entity.blank, **document, "_id": id, "id": id, "_self": itself}
    embedded = {}
    for prop in entity.relations:
        value = document.get(prop.name)
        target = catalog().entities[str(prop.target)]
        if isinstance(value, dict):
            embedded[prop.name] = rendered(target, value, new_id)
            shown[prop.name] = embedded[prop.name]["id"]
        elif isinstance(value, list) and prop.many:
            embedded[prop.name] = [rendered(target, v, new_id) for v in value if isinstance(v, dict)]
            shown[prop.name] = [v["id"] for v in embedded[prop.name]]
    return {**shown, "embedded": embedded} if embedded else shown


def answer(facade: str, stored: Any) -> Any:
    """What a client sees of a stored document."""
    return apply(facade, "item_out", rendered(entity_of(facade), stored, context().new_id))


def kept(sent: Any, seen: Any) -> bool:
    """Whether everything that was sent is seen; moments may be spelled otherwise, null is absence."""
    if isinstance(sent, dict):
        found = {**seen, **(seen.get("embedded") or {})} if isinstance(seen, dict) else {}
        return all(kept(value, found.get(key)) for key, value in sent.items() if value is not None)
    if isinstance(sent, list):
        return isinstance(seen, list) and len(sent) == len(seen) and all(map(kept, sent, seen))
    if isinstance(sent, str) and "UTC" in sent:
        return bool(seen == sent.replace("UTC", "T") + "Z")
    return bool(sent == seen)


@pytest.mark.parametrize(("facade", "name"), FIXTURES)
def test_what_is_sent_is_stored_validly(facade: str, name: str) -> None:
    """The stored shape of what clients send breaks no rule of its schema."""
    assert entity_of(facade).validator.check(native(facade, case_input(facade, "body_in", name))) == ()


@pytest.mark.parametrize(("facade", "name"), FIXTURES)
def test_what_is_sent_is_seen(facade: str, name: str) -> None:
    """Every field that a client sends comes back with the value it sent."""
    body = case_input(facade, "body_in", name)
    body.pop("_id", None), body.pop("id", None)
    if facade in ("klantcontactmomenten", "objectcontactmomenten"):
        body.pop("embedded", None)
    assert kept(body, answer(facade, native(facade, body)))


@pytest.mark.parametrize(("facade", "name"), FIXTURES)
def test_what_is_seen_can_be_sent_back(facade: str, name: str) -> None:
    """An answer sent back as it is stores what gives the same answer again."""
    shown = answer(facade, native(facade, case_input(facade, "body_in", name)))
    again = native(facade, shown)
    assert entity_of(facade).validator.check(again) == ()
    differing = {"_id", "id", "_self", "url"}
    first, second = (
        {key: value for key, value in each.items() if key not in differing}
        for each in (shown, answer(facade, again))
    )
    assert without_ids(second) == without_ids(first)


def without_ids(value: Any) -> Any:
    """The value without the ids of related objects, which this register gives out anew."""
    if isinstance(value, dict):
        return {key: without_ids(item) for key, item in value.items() if key not in {"_id", "id", "_self", "url"}}
    return [without_ids(item) for item in value] if isinstance(value, list) else value


def changed(facade: str, stored: Any, body: Any) -> Any:
    """The stored document after a PATCH or a merging PUT."""
    current = answer(facade, stored)
    before = native(facade, current, partial=True)
    return three_way(stored, before, native(facade, merge_patch(current, body), partial=True))


PARTIJ = {
    "nummer": 101,
    "soortPartij": "natuurlijk_persoon",
    "persoon": {"voorletters": "S.", "voornaam": "Suzanne", "achternaam": "Moulin"},
    "verstrekteAdressen": [
        {"adres": "s@example.nl", "omschrijving": "privé", "soortDigitaalAdres": "emailadres", "referentie": "Z-1"},
        {"adres": "0612345678", "omschrijving": "mobiel", "soortDigitaalAdres": "telefoon"},
        {"adres": "box-1", "omschrijving": "berichtenbox", "soortDigitaalAdres": "overig"},
    ],
    "externeIdentificaties": [
        {
            "partijIdentificator": {
                "objecttype": "ingeschrevenpersonen",
                "soortObjectId": "bsn",
                "objectId": "999993653",
                "register": "https://brp.example.nl",
            }
        }
    ],
}


def test_an_unchanged_klant_changes_nothing() -> None:
    """A klant sent back as it was shown leaves the partij alone."""
    assert changed("klanten", PARTIJ, answer("klanten", PARTIJ)) == PARTIJ


def test_contact_data_replaces_only_contact_data() -> None:
    """A PUT of contact data (K7) replaces those addresses, also one whose kind has the other spelling."""
    body = {"embedded": {"telefoonnummers": [{"telefoonnummer": "0101122334"}], "emails": []}}
    after = changed("klanten", PARTIJ, body)
    assert [each["adres"] for each in after.pop("verstrekteAdressen")] == ["box-1", "0101122334"]
    assert after == {key: value for key, value in PARTIJ.items() if key != "verstrekteAdressen"}


def test_an_address_that_stays_keeps_what_klanten_do_not_show() -> None:
    """An e-mail address that is sent back beside a new one keeps its reference."""
    shown = answer("klanten", PARTIJ)["embedded"]["emails"]
    after = changed("klanten", PARTIJ, {"emails": [*shown, {"email": "werk@example.nl"}]})
    assert [each.get("referentie") for each in after["verstrekteAdressen"]] == ["Z-1", None, None, None]


def test_a_number_is_replaced_not_doubled() -> None:
    """Another BSN takes the place of the old one, the same BSN changes nothing."""
    same = {"subjectIdentificatie": {"inpBsn": "999993653"}}
    assert changed("klanten", PARTIJ, same) == PARTIJ
    after = changed("klanten", PARTIJ, {"subjectIdentificatie": {"inpBsn": "999992235"}})
    numbers = [each["partijIdentificator"]["objectId"] for each in after["externeIdentificaties"]]
    assert numbers == ["999992235"]


def test_a_name_can_be_taken_away() -> None:
    """A null takes a name away and leaves the parts of it that a klant does not show."""
    after = changed("klanten", PARTIJ, {"achternaam": None})
    assert after["persoon"]["achternaam"] is None
    assert after["persoon"]["voorletters"] == "S."


def test_the_status_follows_the_text() -> None:
    """A contactmoment that gets its text later is no longer open."""
    stored = native("contactmomenten", case_input("contactmomenten", "body_in", "F3"))
    after = changed("contactmomenten", stored, {"tekst": "Teruggebeld"})
    assert answer("contactmomenten", stored)["status"] == "open"
    assert answer("contactmomenten", after)["status"] == "afgehandeld"


# -- nothing leaks in, nothing gets lost ------------------------------------------------------


def subsets(document: dict[str, Any]) -> st.SearchStrategy[dict[str, Any]]:
    """The document without any of its members, at the top level and under ``embedded``."""
    inner = document.get("embedded", {})
    parts = st.sets(st.sampled_from(sorted(document.keys() | {f"embedded.{name}" for name in inner})))

    def without(dropped: Iterable[str]) -> dict[str, Any]:
        left = {key: value for key, value in document.items() if key not in dropped}
        if "embedded" in left:
            left["embedded"] = {k: v for k, v in inner.items() if f"embedded.{k}" not in dropped}
        return left

    return parts.map(without)


KLANT = {
    **case_input("klanten", "body_in", "K10"),
    **case_input("klanten", "body_in", "two addresses"),
    "subjectIdentificatie": {"inpBsn": "999993653", "vestigingsNummer": "000037178598", "innNnpId": "12345678"},
    "bedrijfsnaam": "Bakkerij",
    "functie": "bellen",
    "embedded": {"emails": [{"email": "b@example.nl"}], "telefoonnummers": [{"telefoonnummer": "0201234567"}]},
}
CONTACTMOMENT = {
    **case_input("contactmomenten", "body_in", "F5"),
    **{key: value for key, value in case_input("contactmomenten", "body_in", "F2").items() if value},
    **case_input("contactmomenten", "body_in", "F3"),
    "zaaknummer": "ZAAK-1",
    "afdeling": "Burgerzaken",
    "status": "in behandeling",
}
SENT = {
    "klanten": KLANT,
    "contactmomenten": CONTACTMOMENT,
    "klantcontactmomenten": {"klant": "p-1", "contactmoment": "c-1", "rol": "gesprekspartner"},
    "objectcontactmomenten": {"contactmoment": "c-1", "object": "https://zaken.example.nl/1", "objectType": "taak"},
}
MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z")


@pytest.mark.parametrize("facade", FACADES)
@given(data=st.data())
def test_no_text_leaks_into_what_is_stored(facade: str, data: st.DataObject) -> None:
    """Whatever a client leaves out, only its own values and the mapping's own words are stored."""
    body = data.draw(subsets(SENT[facade]))
    sent = set(leaves(body))
    stored = {leaf for leaf in leaves(apply(facade, "body_in", body)) if not MOMENT.fullmatch(str(leaf))}
    assert stored <= sent | OWN_WORDS


@pytest.mark.parametrize("facade", FACADES)
@given(data=st.data())
def test_no_text_leaks_into_what_is_shown(facade: str, data: st.DataObject) -> None:
    """Whatever an object lacks, only its own values and the mapping's own words are shown, in every member."""
    whole = rendered(entity_of(facade), native(facade, SENT[facade]), context().new_id)
    body = {**entity_of(facade).blank, **data.draw(subsets(whole))}
    required = set(apply(facade, "item_out", whole)) - {"onderwerpLinks", "medewerkerIdentificatie"}
    shown = apply(facade, "item_out", body)
    allowed = {str(leaf).replace("/klantcontacten/", "/contactmomenten/") for leaf in leaves(body)}
    assert {str(leaf) for leaf in leaves(shown)} <= allowed | {str(leaf) for leaf in leaves(body)} | OWN_WORDS
    assert required - set(shown) <= {"_id", "id", "_self", "url", "embedded"}


# -- queries ----------------------------------------------------------------------------------


def parameter(path: tuple[str, ...]) -> str:
    """An input path of a query mapping as clients write it."""
    return path[0] + "".join(f"[{segment}]" for segment in path[1:])


@pytest.mark.parametrize("facade", FACADES)
def test_every_parameter_is_documented(facade: str) -> None:
    """The parameters that a query mapping reads are those that the endpoint documents."""
    named = {parameter["name"].removesuffix("[like]") for parameter in endpoint(facade).parameters}
    query = mapping(facade, "query_in")
    assert not query.reads_everything
    assert {parameter(path) for path in query.reads} == named


def asked(path: tuple[str, ...], example: str) -> dict[str, Any]:
    return {path[0]: {path[1]: example} if len(path) > 1 else example}


@pytest.mark.parametrize("facade", FACADES)
def test_every_parameter_reaches_the_register(facade: str) -> None:
    """Each documented parameter, with its example, becomes a condition or an order of the stored entity."""
    examples = {each["name"].removesuffix("[like]"): each["example"] for each in endpoint(facade).parameters}
    for path in mapping(facade, "query_in").reads:
        mapped = apply(facade, "query_in", asked(path, examples[parameter(path)]))
        query = entity_of(facade).parser.parse(mapped)
        assert query.order if path[0] == "_order" else query.where != All(), path


@pytest.mark.parametrize("facade", FACADES)
@given(data=st.data())
def test_no_parameter_disappears(facade: str, data: st.DataObject) -> None:
    """However parameters are combined, each value is passed on, and nothing that was not asked."""
    paths = sorted(mapping(facade, "query_in").reads)
    chosen = data.draw(st.sets(st.sampled_from(paths)))
    params: dict[str, Any] = {}
    for number, path in enumerate(sorted(chosen)):
        params = merge_patch(params, asked(path, f"value-{number}"))
    passed = set(leaves(apply(facade, "query_in", params)))
    assert set(leaves(params)) <= passed
    assert passed <= set(leaves(params)) | OWN_WORDS


def test_relations_are_inverse_where_they_are_derived() -> None:
    """The mappings write tasks of a contact on the far side of a relation, where they get their reference."""
    prop = entity_of("contactmomenten").spec.properties["interneTaakOntstaanUit"]
    assert prop.kind is PropertyKind.INVERSE
