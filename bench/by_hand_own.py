"""What a programmer would write instead of this repository's own mappings; see ``bench.by_hand``."""

from __future__ import annotations

import re
from typing import Any

Json = dict[str, Any]
MOMENT = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}([.][0-9]+)?(Z|[+-][0-9]{2}:[0-9]{2})"
)
ASIDE = (
    *("bronorganisatie", "startdatum", "einddatum", "primaireVraag", "primaireVraagWeergave", "vraag"),
    *("specifiekevraag", "gespreksresultaat", "initiatiefnemer", "voorkeurskanaal", "voorkeurstaal"),
    *("vorigContactmoment", "verantwoordelijkeAfdeling", "medewerker"),
)
KEPT = (
    *("bronorganisatie", "kanaal", "vorigContactmoment", "voorkeurskanaal", "voorkeurstaal"),
    *("initiatiefnemer", "medewerker", "medewerkerIdentificatie", "onderwerpLinks", "primaireVraag"),
    *("primaireVraagWeergave", "afwijkendOnderwerp", "zaaknummer", "vraag", "specifiekevraag"),
    *("gespreksresultaat", "verantwoordelijkeAfdeling", "afdeling"),
)


def or_null(value: Any) -> Any:
    if type(value) is str:
        return None if value == "null" else value
    return None if value is None else str(value)


def copied(target: Json, source: Json, *names: str) -> None:
    for name in names:
        if name in source:
            target[name] = source[name]


def partij_to_klant(partij: Json) -> Json:
    klant: Json = {}
    copied(klant, partij, "_id", "id", "_self", "bronorganisatie")
    persoon, embedded = partij.get("persoon") or {}, partij.get("embedded") or {}
    klant["klantnummer"] = or_null(partij.get("nummer"))
    for name in ("voornaam", "voorvoegselAchternaam", "achternaam"):
        klant[name] = or_null(persoon.get(name))
    klant["bedrijfsnaam"] = or_null((partij.get("organisatie") or {}).get("naam"))
    for target, name in (("subjectType", "soortPartij"), ("functie", "interneNotitie")):
        if name in partij:
            klant[target] = partij[name]
    klant["adressen"] = adressen = []
    for name, kind in (
        ("bezoekadres", "soortBezoekadres"),
        ("correspondentieadres", "soortCorrespondentieadres"),
    ):
        if embedded.get(name):
            adressen.append(adres(embedded[name], name, kind))
    below: Json = {"subjectIdentificatie": identified(partij)}
    verstrekt = embedded.get("verstrekteAdressen") or ()
    below["emails"] = [
        digital(one, "email", "emailadres")
        for one in verstrekt
        if one.get("soortDigitaalAdres") in ("emailadres", "email")
    ]
    below["telefoonnummers"] = [
        digital(one, "telefoonnummer", "telefoonnummer")
        for one in verstrekt
        if one.get("soortDigitaalAdres") in ("telefoonnummer", "telefoon")
    ]
    klant["embedded"] = below
    return klant


def identified(partij: Json) -> Json:
    bsn = vestiging = nnp = None
    for one in partij.get("externeIdentificaties") or ():
        found = one.get("partijIdentificator") or {}
        kind = found.get("soortObjectId")
        if kind == "bsn":
            bsn = found.get("objectId")
        elif kind in {"vestigingsnummer", "string"}:
            vestiging = found.get("objectId")
        elif kind in {"kvknummer", "rsin"}:
            nnp = found.get("objectId")
    result: Json = {"inpBsn": or_null(bsn), "vestigingsNummer": or_null(vestiging)}
    if nnp:
        result["innNnpId"] = str(nnp)
    return result


def digital(given: Json, name: str, usual: str) -> Json:
    result: Json = {}
    if "omschrijving" in given:
        result["naam"] = given["omschrijving"]
    if "adres" in given:
        result[name] = given["adres"]
    if given.get("soortDigitaalAdres", usual) != usual:
        result["soortDigitaalAdres"] = given["soortDigitaalAdres"]
    return result


def adres(given: Json, soort: str, kind: str) -> Json:
    result: Json = {"soort": soort}
    for target, name in (("naam", kind), ("straatnaam", "straat")):
        if name in given:
            result[target] = given[name]
    copied(result, given, "huisnummer", "huisletter", "huisnummertoevoeging", "postcode")
    if "woonplaats" in given:
        result["woonplaatsnaam"] = given["woonplaats"]
    land = (given.get("embedded") or {}).get("land") or {}
    result["landcode"], result["landnaam"] = or_null(land.get("landcode")), or_null(land.get("landnaam"))
    return result


def contactmoment_to_klantcontact(moment: Json) -> Json:
    contact: Json = {}
    copied(contact, moment, "gespreksId", "resultaat")
    text = moment.get("tekst")
    if "tekst" in moment:
        contact["inhoud"] = text
    when = moment.get("registratiedatum") or moment.get("startdatum")
    if when:
        contact["plaatsgevondenOp"] = moment_of(when)
    subject = (moment.get("afwijkendOnderwerp") or moment.get("primaireVraagWeergave") or "")[:200]
    if subject:
        contact["onderwerp"] = subject
    contact["indicatieContactGelukt"] = "ja" if text else "nee"
    zaak = moment.get("zaaknummer")
    if zaak:
        identificator = {"objecttype": "zaak", "soortObjectId": "string", "objectId": str(zaak)}
        contact["gaatOver"] = {"objectIdentificator": identificator}
    contact["actors"], contact["interneTaakOntstaanUit"] = [], []
    kept: Json = {}
    copied(kept, moment, *KEPT)
    for name in ("registratiedatum", "startdatum", "einddatum"):
        if moment.get(name):
            kept[name] = moment_of(moment[name])
    if moment.get("status") and moment["status"] not in ("open", "afgehandeld"):
        kept["status"] = moment["status"]
    contact["kic"] = kept
    return contact


def moment_of(value: str) -> str:
    if MOMENT.fullmatch(value):
        return value
    raise ValueError("the benchmark's moments are complete")


def klantcontact_to_contactmoment(contact: Json) -> Json:
    moment: Json = {}
    copied(moment, contact, "_id", "id", "_self", "gespreksId", "resultaat")
    uri = (contact.get("_self") or {}).get("uri") or ""
    if uri:
        moment["url"] = uri.replace("/klantcontacten/", "/contactmomenten/")
    for target, name in (("registratiedatum", "plaatsgevondenOp"), ("tekst", "inhoud")):
        if name in contact:
            moment[target] = contact[name]
    kept, embedded = contact.get("kic") or {}, contact.get("embedded") or {}
    for name in ASIDE:
        moment[name] = or_null(kept.get(name))
    copied(moment, kept, "onderwerpLinks", "medewerkerIdentificatie")
    channel = (embedded.get("kanaal") or {}).get("soortDigitaalAdres")
    moment["kanaal"] = or_null(kept["kanaal"] if kept.get("kanaal") is not None else channel)
    subject, given = contact.get("onderwerp"), kept.get("afwijkendOnderwerp")
    shown = (given or kept.get("primaireVraagWeergave") or "")[:200]
    moment["afwijkendOnderwerp"] = or_null(given if shown == (subject or "") else subject)
    about = (contact.get("gaatOver") or {}).get("objectIdentificator") or {}
    zaak = kept.get("zaaknummer")
    moment["zaaknummer"] = or_null(about.get("objectId") if zaak is None else zaak)
    usual = "open" if contact.get("indicatieContactGelukt") == "nee" else "afgehandeld"
    moment["status"] = usual if kept.get("status") is None else str(kept["status"])
    units = [a for a in embedded.get("actors") or () if a.get("soortActor") == "Organisatorische eenheid"]
    unit = kept.get("afdeling")
    moment["afdeling"] = or_null(unit if unit is not None else units[0].get("naam") if units else None)
    below: Json = {}
    if contact.get("todo"):
        below["todo"] = todo(contact, embedded)
    below["objectcontactmomenten"] = []
    moment["embedded"] = below
    return moment


def todo(contact: Json, embedded: Json) -> Json:
    task = (embedded.get("interneTaakOntstaanUit") or [{}])[0]
    done = task.get("afgehandeldOp")
    if done is None and task.get("status") == "verwerkt":
        done = (task.get("_self") or {}).get("dateModified")
    name = task.get("gevraagdeHandeling")
    return {
        "id": task.get("id"),
        "name": "contactverzoek" if name is None else name,
        "description": contact["todo"],
        "attendees": [actor.get("naam") for actor in embedded.get("actors") or ()],
        "completed": done,
    }


def betrokkene_to_klantcontactmoment(betrokkene: Json) -> Json:
    result: Json = {}
    copied(result, betrokkene, "_id", "id", "_self", "rol")
    for target, name in (("klant", "partij"), ("contactmoment", "klantcontact")):
        if name in betrokkene:
            result[target] = betrokkene[name]
    embedded = betrokkene.get("embedded") or {}
    below: Json = {}
    if embedded.get("klantcontact"):
        below["contactmoment"] = klantcontact_to_contactmoment(embedded["klantcontact"])
    if embedded.get("partij"):
        below["klant"] = partij_to_klant(embedded["partij"])
    result["embedded"] = below
    return result
