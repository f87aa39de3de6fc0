"""What a programmer would write instead of the original bundle's mappings: the floor of ``bench.mapping``.

Each function gives what its mapping gives for a document whose values are texts, numbers, lists
and objects in the right places, and the first one, which the bar is measured by, for any document;
tests hold them to it. None limits or explains anything.
"""

from __future__ import annotations

import html
import re
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


def of(value: Any, key: str) -> Any:
    """A member of an object; None where there is no object or no such member."""
    return value.get(key) if isinstance(value, dict) else None


def printed(value: Any) -> str:
    """A value as a template prints it, and as it is once its entities are decoded."""
    if isinstance(value, str):
        return html.unescape(value) if "&" in value else value
    if value is None or value is False:
        return ""
    if value is True:
        return "1"
    if isinstance(value, list | dict):
        return "Array"
    if isinstance(value, float):
        return fraction(value)
    return str(value)


def fraction(value: float) -> str:
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    mantissa, _, exponent = repr(value).upper().partition("E")
    if not exponent:
        return mantissa
    return f"{mantissa}E{exponent}" if "." in mantissa else f"{mantissa}.0E{exponent}"


def guarded(value: Any) -> str:
    """The same behind a guard: what is not true is left out."""
    if isinstance(value, str) and "&" not in value:
        return "" if value == "0" else value
    return "" if value == "0" or not value else printed(value)


def known(value: Any) -> str | None:
    """The same with null for what is empty."""
    if isinstance(value, str) and "&" not in value:
        return None if value in ("", "null") else value
    if value is None or value is False or value == "" or (isinstance(value, list | dict) and not value):
        return None
    text = printed(value)
    return None if text == "null" else text


def whole(text: str) -> int:
    """The digits that a text begins with."""
    digits = re.match(r"\s*([+-]?\d+)", text)
    return int(digits[1]) if digits else 0


def items(value: Any) -> list[Any]:
    """The elements of a list or an object; none of anything else."""
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []


def partij_to_klant(partij: Json) -> Json:
    klant: Json = {}
    own = guarded(partij.get("_id"))
    identifier = guarded(partij.get("id")) or own
    if own:
        klant["_id"] = own
    klant["_self"] = partij.get("_self", "_self")
    if identifier:
        klant["id"] = identifier
    persoon, embedded = partij.get("persoon"), partij.get("embedded")
    klant["klantnummer"] = known(partij.get("nummer"))
    klant["achternaam"] = known(of(persoon, "achternaam"))
    klant["adressen"] = [
        adres(given, kind)
        for given, kind in (
            (of(embedded, "bezoekadres"), "soortBezoekadres"),
            (of(embedded, "correspondentieadres"), "soortCorrespondentieadres"),
        )
        if given
    ]
    klant["bedrijfsnaam"] = known(of(partij.get("organisatie"), "naam"))
    klant["subjectType"] = known(partij.get("soortPartij"))
    klant["voornaam"] = known(of(persoon, "voornaam"))
    klant["voorvoegselAchternaam"] = known(of(persoon, "voorvoegselAchternaam"))
    klant["functie"] = known(partij.get("interneNotitie"))
    numbers = {"string": "", "bsn": ""}
    for one in items(partij.get("externeIdentificaties")):
        found = of(one, "partijIdentificator")
        kind = of(found, "soortObjectId")
        if kind is True:  # which PHP takes for equal to any text
            numbers = {name: text + printed(of(found, "objectId")) for name, text in numbers.items()}
        elif isinstance(kind, str) and kind in numbers:
            numbers[kind] += printed(of(found, "objectId"))
    below: Json = {
        "subjectIdentificatie": {
            "vestigingsNummer": None if numbers["string"] in ("", "0") else numbers["string"],
            "inpBsn": None if numbers["bsn"] in ("", "0") else numbers["bsn"],
        }
    }
    below["emails"] = below["telefoonnummers"] = None
    verstrekt = of(embedded, "verstrekteAdressen")
    if verstrekt:
        below["emails"] = digital(verstrekt, "emailadres", "email")
        below["telefoonnummers"] = digital(verstrekt, "telefoonnummer", "telefoonnummer")
    klant["embedded"] = below
    return klant


def digital(addresses: Any, kind: str, name: str) -> list[Json]:
    return [
        {"naam": one.get("omschrijving", "omschrijving"), name: one.get("adres", "adres")}
        for one in items(addresses)
        if of(one, "soortDigitaalAdres") in (kind, True)
    ]


def adres(given: Json, kind: str) -> Json:
    return {
        "naam": guarded(given.get(kind)),
        "straatnaam": guarded(given.get("straat")),
        "huisnummer": whole(guarded(given.get("huisnummer"))),
        "huisletter": guarded(given.get("huisletter")),
        "huisnummertoevoeging": guarded(given.get("huisnummertoevoeging")),
        "postcode": guarded(given.get("postcode")),
        "woonplaatsnaam": guarded(given.get("woonplaats")),
        "landcode": guarded(of(of(given.get("embedded"), "land"), "landcode")),
    }


def each(item: Any) -> Json:
    """What a mapping is given of an element of a list."""
    if isinstance(item, list):
        return {str(index): inner for index, inner in enumerate(item)}
    return item if isinstance(item, dict) else {"value": item}


def check(one: Any) -> Any:
    """The mappings named Check: a page with results, or one object."""

    def mapped(results: Any) -> Any:
        if isinstance(results, dict):
            return {key: one(each(item)) for key, item in results.items()}
        return [one(each(item)) for item in results]

    def checked(document: Json) -> Json:
        if "results" not in document:
            return one(document)
        names = ("count", "limit", "total", "offset", "page", "pages")
        return {
            "results": mapped(document["results"]),
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
