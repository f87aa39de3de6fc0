"""Full documents for ``bench.mapping``: fictional, with values of the right kind in every place."""

from __future__ import annotations

from typing import Any

SELF = {
    "id": "9d3a6c1e-52b4-4f0e-8c57-3e1f0a9b2d64",
    "uri": "/api/kic/v1/klantcontacten/9d3a6c1e-52b4-4f0e-8c57-3e1f0a9b2d64",
    "dateCreated": "2026-03-02T09:15:00+01:00",
    "dateModified": None,
}
PARTIJ: dict[str, Any] = {
    "_id": SELF["id"],
    "_self": SELF,
    "id": SELF["id"],
    "nummer": 4711,
    "bronorganisatie": "999990639",
    "soortPartij": "natuurlijk_persoon",
    "interneNotitie": "Belt liever 's ochtends;\nspreekt Nederlands & Turks",
    "indicatieActief": True,
    "persoon": {"voornaam": "Noor", "voorvoegselAchternaam": "van 't", "achternaam": "Zuid & Zn"},
    "externeIdentificaties": [
        {"partijIdentificator": {"objectId": "999994542", "soortObjectId": "bsn"}},
        {"partijIdentificator": {"objectId": "000037178601", "soortObjectId": "string"}},
    ],
    "embedded": {
        "bezoekadres": {
            "soortBezoekadres": "woonadres",
            "straat": "Langestraat",
            "huisnummer": 12,
            "huisletter": "a",
            "huisnummertoevoeging": "2-hg",
            "postcode": "1012 JS",
            "woonplaats": "'s-Gravenhage",
            "embedded": {"land": {"landcode": "6030", "landnaam": "Nederland"}},
        },
        "correspondentieadres": {
            "soortCorrespondentieadres": "postbus",
            "straat": "Postbus",
            "huisnummer": "90",
            "huisletter": "",
            "postcode": "2500 EA",
            "woonplaats": "Den Haag",
            "embedded": {"land": None},
        },
        "verstrekteAdressen": [
            {"soortDigitaalAdres": "emailadres", "adres": "noor@example.nl", "omschrijving": "thuis"},
            {"soortDigitaalAdres": "telefoonnummer", "adres": "+31 6 10000001", "omschrijving": "mobiel"},
            {"soortDigitaalAdres": "emailadres", "adres": "info@example.nl", "omschrijving": None},
            {"soortDigitaalAdres": "overig", "adres": "@noor", "omschrijving": "chat"},
        ],
    },
}
KLANTCONTACT: dict[str, Any] = {
    "_id": SELF["id"],
    "_self": SELF,
    "id": SELF["id"],
    "nummer": 17,
    "plaatsgevondenOp": "2026-03-02T09:10:00+01:00",
    "inhoud": "Vraag over de aanslag",
    "resultaat": "beantwoord",
    "onderwerp": "Aanslag",
    "gaatOver": {"objectIdentificator": {"objectId": "ZAAK-2026-0017", "soortObjectId": "string"}},
    "indicatieContactGelukt": "nee",
    "todo": "Bel terug na tien uur",
    "actors": [{"organisatorischeEenheid": {"omschrijving": "Belastingen"}}],
    "kic": {"bronorganisatie": "999990639", "startdatum": "2026-03-02T09:00:00Z", "vraag": "Aanslag"},
    "embedded": {
        "kanaal": {"soortDigitaalAdres": "telefoon"},
        "actors": [
            {"soortActor": "Organisatorische eenheid", "naam": "Belastingen"},
            {"naam": "Bram", "medewerker": {"eMailadres": "bram@example.nl"}},
        ],
    },
}
KLANT: dict[str, Any] = {
    "_id": SELF["id"],
    "id": SELF["id"],
    "_self": SELF,
    "klantnummer": "4711",
    "subjectType": "natuurlijk_persoon",
    "bedrijfsnaam": "Zuid & Zn",
    "voornaam": "Noor",
    "voorvoegselAchternaam": "van 't",
    "achternaam": "Zuid",
    "functie": "voorzitter",
    "adressen": [{"straatnaam": "Langestraat", "huisnummer": 12, "postcode": "1012 JS"}],
    "emails": [{"naam": "thuis", "email": "noor@example.nl"}, {"naam": "werk", "email": "info@example.nl"}],
    "telefoonnummers": [{"naam": "mobiel", "telefoonnummer": "0610000001"}],
    "subjectIdentificatie": {"inpBsn": "999994542", "vestigingsNummer": ""},
}
CONTACTMOMENT: dict[str, Any] = {
    "bronorganisatie": "999990639",
    "registratiedatum": "2026-03-02T09:10:00+01:00",
    "startdatum": "2026-03-02T09:00:00Z",
    "kanaal": "telefoon",
    "tekst": "Vraag over de aanslag",
    "resultaat": "beantwoord",
    "afwijkendOnderwerp": "Aanslag",
    "zaaknummer": "ZAAK-2026-0017",
    "voorkeurskanaal": "e-mail",
    "vraag": "Aanslag",
}
BETROKKENE: dict[str, Any] = {
    "_id": SELF["id"],
    "id": SELF["id"],
    "_self": SELF,
    "rol": "klant",
    "partij": "partij-1",
    "klantcontact": "contact-1",
    "embedded": {"partij": PARTIJ, "klantcontact": KLANTCONTACT},
}
