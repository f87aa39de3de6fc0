"""What a programmer would write instead of the original bundle's mappings: the floor of ``bench.mapping``.

Each function gives what its mapping gives for a document whose values are texts, numbers, lists
and objects in the right places; a test holds them to it. None checks, limits or explains anything.
"""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def text(value: Any) -> str:
    """A value as a template prints it behind its guard."""
    if type(value) is str:
        return "" if value == "0" else value
    return str(value) if value else ""


def or_null(value: Any) -> Any:
    if type(value) is str:
        return value if value and value != "null" else None
    return None if value is None else str(value)


def identified(target: Json, source: Json) -> None:
    own = text(source.get("_id"))
    if own:
        target["_id"] = own
    target["_self"] = source.get("_self", "_self")
    identifier = text(source.get("id")) or own
    if identifier:
        target["id"] = identifier


def partij_to_klant(partij: Json) -> Json:
    klant: Json = {}
    identified(klant, partij)
    persoon, embedded = partij.get("persoon") or {}, partij.get("embedded") or {}
    klant["klantnummer"] = or_null(partij.get("nummer"))
    klant["achternaam"] = or_null(persoon.get("achternaam"))
    klant["adressen"] = adressen = []
    if embedded.get("bezoekadres"):
        adressen.append(adres(embedded["bezoekadres"], "soortBezoekadres"))
    if embedded.get("correspondentieadres"):
        adressen.append(adres(embedded["correspondentieadres"], "soortCorrespondentieadres"))
    klant["bedrijfsnaam"] = or_null((partij.get("organisatie") or {}).get("naam"))
    klant["subjectType"] = or_null(partij.get("soortPartij"))
    klant["voornaam"] = or_null(persoon.get("voornaam"))
    klant["voorvoegselAchternaam"] = or_null(persoon.get("voorvoegselAchternaam"))
    klant["functie"] = or_null(partij.get("interneNotitie"))
    numbers: dict[str, str] = {}
    for one in partij.get("externeIdentificaties") or ():
        found = one.get("partijIdentificator") or {}
        kind = found.get("soortObjectId")
        numbers[kind] = numbers.get(kind, "") + found.get("objectId", "")
    below: Json = {"subjectIdentificatie": {"vestigingsNummer": numbers.get("string") or None}}
    below["subjectIdentificatie"]["inpBsn"] = numbers.get("bsn") or None
    below["emails"] = below["telefoonnummers"] = None
    verstrekt = embedded.get("verstrekteAdressen")
    if verstrekt:
        below["emails"] = [
            {"naam": one.get("omschrijving", "omschrijving"), "email": one.get("adres", "adres")}
            for one in verstrekt
            if one.get("soortDigitaalAdres") == "emailadres"
        ]
        below["telefoonnummers"] = [
            {"naam": one.get("omschrijving", "omschrijving"), "telefoonnummer": one.get("adres", "adres")}
            for one in verstrekt
            if one.get("soortDigitaalAdres") == "telefoonnummer"
        ]
    klant["embedded"] = below
    return klant


def adres(given: Json, kind: str) -> Json:
    huisnummer = given.get("huisnummer")
    land = (given.get("embedded") or {}).get("land") or {}
    return {
        "naam": text(given.get(kind)),
        "straatnaam": text(given.get("straat")),
        "huisnummer": int(huisnummer) if huisnummer else 0,
        "huisletter": text(given.get("huisletter")),
        "huisnummertoevoeging": text(given.get("huisnummertoevoeging")),
        "postcode": text(given.get("postcode")),
        "woonplaatsnaam": text(given.get("woonplaats")),
        "landcode": text(land.get("landcode")),
    }


def check(one: Any) -> Any:
    """The mappings named Check: a page with results, or one object."""

    def checked(document: Json) -> Json:
        if "results" not in document:
            return one(document)
        names = ("count", "limit", "total", "offset", "page", "pages")
        return {
            "results": [one(item) for item in document["results"]],
            **{name: document.get(name, name) for name in names},
        }

    return checked


def klantcontact_to_contactmoment(contact: Json) -> Json:
    moment: Json = {}
    identified(moment, contact)
    embedded = contact.get("embedded") or {}
    moment["bronorganisatie"] = or_null(contact.get("nummer"))
    moment["registratiedatum"] = or_null(contact.get("plaatsgevondenOp"))
    moment["kanaal"] = or_null((embedded.get("kanaal") or {}).get("soortDigitaalAdres"))
    moment["tekst"] = or_null(contact.get("inhoud"))
    moment["resultaat"] = or_null(contact.get("resultaat"))
    moment["afwijkendOnderwerp"] = or_null(contact.get("onderwerp"))
    about = (contact.get("gaatOver") or {}).get("objectIdentificator") or {}
    moment["zaaknummer"] = or_null(about.get("objectId"))
    moment["status"] = "open" if contact.get("indicatieContactGelukt") == "nee" else "afgehandeld"
    units, addresses = "", ""
    if embedded.get("actors"):
        for actor in contact.get("actors") or ():
            inner = (actor.get("embedded") or {}).get("organisatorischeEenheid") or {}
            units += text(inner.get("omschrijving")) or text(
                (actor.get("organisatorischeEenheid") or {}).get("omschrijving")
            )
        for actor in embedded["actors"]:
            inner = (actor.get("embedded") or {}).get("medewerker") or {}
            addresses += text(inner.get("eMailadres")) or text(
                (actor.get("medewerker") or {}).get("eMailadres")
            )
    moment["afdeling"] = or_null(units) if units else ""
    todo: Json = {}
    description = text(contact.get("todo"))
    if description and description != "null":
        todo["description"] = description
    if addresses:
        todo["attendees"] = [addresses]
    moment["embedded"] = {"todo": todo} if todo else {}
    return moment


def klant_to_partij(klant: Json) -> Json:
    partij: Json = {}
    identified(partij, klant)
    nummer = klant.get("klantnummer")
    partij["nummer"] = int(nummer) if nummer else 0
    partij["soortPartij"] = klant.get("subjectType", "subjectType")
    partij["organisatie"] = {}
    if klant.get("bedrijfsnaam", "bedrijfsnaam"):
        partij["organisatie"]["naam"] = klant.get("bedrijfsnaam", "bedrijfsnaam")
    names = ("achternaam", "voornaam", "voorvoegselAchternaam")
    partij["persoon"] = {name: klant.get(name, name) for name in names}
    if klant.get("adressen"):
        partij["bezoekadres"] = klant["adressen"][0]
    partij["verstrekteAdressen"] = [
        {
            "soortDigitaalAdres": "emailadres",
            "omschrijving": one.get("naam", "naam"),
            "adres": one.get("email", "email"),
        }
        for one in klant.get("emails") or ()
    ] + [
        {
            "soortDigitaalAdres": "telefoonnummer",
            "omschrijving": one.get("naam", "naam"),
            "adres": one.get("telefoonnummer", "telefoonnummer"),
        }
        for one in klant.get("telefoonnummers") or ()
    ]
    given = klant.get("subjectIdentificatie") or {}
    vestiging, bsn = text(given.get("vestigingsNummer")), text(given.get("inpBsn"))
    found: Json = {}
    if vestiging:
        found = {"register": "{kvkUrl}", "objecttype": "v1/zoeken", "soortObjectId": "string"}
    elif bsn:
        found = {"register": "{brpUrl}", "objecttype": "ingeschrevenpersonen", "soortObjectId": "bsn"}
    if found:
        found["objectId"] = vestiging or bsn
    partij["externeIdentificaties"] = [{"partijIdentificator": found}]
    partij["indicatieActief"] = True
    partij["indicatieGeheimhouding"] = False
    partij["interneNotitie"] = or_null(klant.get("functie"))
    return partij


def betrokkene_to_klantcontactmoment(betrokkene: Json) -> Json:
    result: Json = {}
    identified(result, betrokkene)
    result["contactmoment"] = text(betrokkene.get("klantcontact"))
    result["klant"] = text(betrokkene.get("partij"))
    embedded = betrokkene.get("embedded") or {}
    contact, partij = embedded.get("klantcontact"), embedded.get("partij")
    result["embedded"] = {
        "contactmoment": klantcontact_to_contactmoment(contact) if contact else None,
        "klant": partij_to_klant(partij) if partij else None,
    }
    return result


def contactmoment_to_klantcontact(moment: Json) -> Json:
    contact: Json = {}
    contact["nummer"] = int(moment.get("bronorganisatie") or 0)
    for target, name in (
        ("geregistreerdOp", "registratiedatum"),
        ("plaatsgevondenOp", "registratiedatum"),
        ("onderwerp", "afwijkendOnderwerp"),
    ):
        if name in moment:
            contact[target] = moment[name]
    if moment.get("kanaal"):
        contact["kanaal"] = {"soortDigitaalAdres": moment["kanaal"]}
    todo = moment.get("todo") or {}
    for target, value in (
        ("inhoud", text(moment.get("tekst"))),
        ("todo", text(todo.get("description"))),
        ("resultaat", text(moment.get("resultaat"))),
    ):
        if value:
            contact[target] = value
    zaak = text(moment.get("zaaknummer"))
    if zaak:
        about = {"objectId": zaak, "objectType": "zaken", "soortObjectId": "string"}
        contact["gaatOver"] = {"objectIdentificator": about}
    # The mapping's own spelling: its casts are for "gaatOver", so that the empty text stays.
    contact["gaatOVer"] = {"objectIdentificator": {"register": {"type": text(moment.get("zrcUrl"))}}}
    contact["indicatieContactGelukt"] = "ja" if text(moment.get("tekst")) else "nee"
    attendees = todo.get("attendees")
    if attendees and attendees[0]:
        contact["actors"] = [{"medewerker": {"eMailadres": attendees[0]}}]
    return contact
