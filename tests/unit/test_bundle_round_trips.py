"""Documents there and back through the mappings of the CustomerInteraction bundle."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from mapped_bundle import (
    FACADES,
    FIXTURES,
    OWN_WORDS,
    answer,
    apply,
    entity_of,
    leaves,
    native,
    new_ids,
    rendered,
    sent,
)

from gateway_core.operations.merge import merge_patch, three_way

EVERY_FIXTURE = pytest.mark.parametrize(
    ("facade", "name"), [(facade, name) for facade, names in FIXTURES.items() for name in names]
)
GIVEN_OUT = ("_id", "id", "_self", "url")
# The members of an answer that stand there only when they hold something.
WHEN_GIVEN = {"onderwerpLinks", "medewerkerIdentificatie", "embedded"}
# Shown, but kept by an endpoint of its own or written by its id only.
SHOWN_ONLY = {"klantcontactmomenten": ("embedded",), "objectcontactmomenten": ("embedded",)}


def kept(sent: Any, seen: Any) -> bool:
    """Whether everything that was sent is seen: null is absence, and a moment may be spelled otherwise."""
    if isinstance(sent, dict):
        found = {**seen, **(seen.get("embedded") or {})} if isinstance(seen, dict) else {}
        members = {**sent, **sent.get("embedded", {})}
        members.pop("embedded", None)
        return all(kept(value, found.get(key)) for key, value in members.items() if value is not None)
    if isinstance(sent, list):
        return isinstance(seen, list) and len(sent) == len(seen) and all(map(kept, sent, seen))
    if isinstance(sent, str) and re.fullmatch(r"\d{4}-\d\d-\d\dUTC.*", sent):
        return bool(seen == sent.replace("UTC", "T") + "Z")
    if isinstance(sent, str) and sent.endswith("+01:00"):
        return isinstance(seen, str) and seen.endswith("Z")
    return bool(sent == seen)


@EVERY_FIXTURE
def test_what_is_sent_is_stored_validly(facade: str, name: str) -> None:
    """The stored shape of what clients send breaks no rule of its schema."""
    assert entity_of(facade).validator.check(native(facade, sent(facade, name))) == ()


@EVERY_FIXTURE
def test_what_is_sent_is_seen(facade: str, name: str) -> None:
    """Every field that a client sends comes back with the value it sent."""
    ignored = {*GIVEN_OUT, *SHOWN_ONLY.get(facade, ())}
    body = {key: value for key, value in sent(facade, name).items() if key not in ignored}
    assert kept(body, answer(facade, native(facade, body)))


@EVERY_FIXTURE
def test_what_is_seen_can_be_sent_back(facade: str, name: str) -> None:
    """An answer sent back as it is gives the same answer again."""
    shown = answer(facade, native(facade, sent(facade, name)))
    again = native(facade, shown)
    assert entity_of(facade).validator.check(again) == ()
    assert without_ids(answer(facade, again)) == without_ids(shown)


def without_ids(value: Any) -> Any:
    """The value without the ids that a register gives out anew."""
    if isinstance(value, dict):
        return {key: without_ids(item) for key, item in value.items() if key not in GIVEN_OUT}
    return [without_ids(item) for item in value] if isinstance(value, list) else value


def changed(facade: str, stored: Any, body: Any) -> Any:
    """The stored document after a PATCH or a merging PUT."""
    current = answer(facade, stored)
    before = native(facade, current, partial=True)
    return present(three_way(stored, before, native(facade, merge_patch(current, body), partial=True)))


def present(value: Any) -> Any:
    """The value without nulls, which stand for members that are taken away."""
    if isinstance(value, dict):
        return {key: present(item) for key, item in value.items() if item is not None}
    return [present(item) for item in value] if isinstance(value, list) else value


PARTIJ = {
    "nummer": 101,
    "soortPartij": "natuurlijk_persoon",
    "persoon": {"voorletters": "S.", "voornaam": "Suzanne", "achternaam": "Moulin"},
    "verstrekteAdressen": [
        {
            "adres": "s@example.nl",
            "omschrijving": "privé",
            "soortDigitaalAdres": "emailadres",
            "referentie": "Z-1",
        },
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
    assert after["persoon"] == {"voorletters": "S.", "voornaam": "Suzanne"}


def test_the_status_follows_the_text() -> None:
    """A contactmoment that gets its text later is no longer open."""
    stored = native("contactmomenten", sent("contactmomenten", "F3"))
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
    **sent("klanten", "K10"),
    **sent("klanten", "two addresses"),
    "subjectIdentificatie": {
        "inpBsn": "999993653",
        "vestigingsNummer": "000037178598",
        "innNnpId": "12345678",
    },
    "bedrijfsnaam": "Bakkerij",
    "functie": "bellen",
    "embedded": {
        "emails": [{"email": "b@example.nl"}],
        "telefoonnummers": [{"telefoonnummer": "0201234567"}],
    },
}
CONTACTMOMENT = {
    **sent("contactmomenten", "F5"),
    **{key: value for key, value in sent("contactmomenten", "F2").items() if value},
    **sent("contactmomenten", "F3"),
    "zaaknummer": "ZAAK-1",
    "afdeling": "Burgerzaken",
    "status": "in behandeling",
}
SENT = {
    "klanten": KLANT,
    "contactmomenten": CONTACTMOMENT,
    "klantcontactmomenten": {"klant": "p-1", "contactmoment": "c-1", "rol": "gesprekspartner"},
    "objectcontactmomenten": {
        "contactmoment": "c-1",
        "object": "https://zaken.example.nl/1",
        "objectType": "taak",
    },
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
    """Whatever an object lacks, only its own values and the mapping's own words are shown, in all members."""
    whole = rendered(entity_of(facade), native(facade, SENT[facade]), new_ids())
    always = {key: whole[key] for key in (*GIVEN_OUT, *entity_of(facade).spec.required) if key in whole}
    body = {**entity_of(facade).blank, **data.draw(subsets(whole)), **always}
    shown = apply(facade, "item_out", body)
    own = {str(leaf) for leaf in leaves(body)}
    moved = {text.replace("/klantcontacten/", "/contactmomenten/") for text in own}
    assert {str(leaf) for leaf in leaves(shown)} <= own | moved | OWN_WORDS
    assert apply(facade, "item_out", whole).keys() - shown.keys() <= WHEN_GIVEN
