"""Fictional partijen with BSNs that pass the eleven-test, as many as are asked for."""

from __future__ import annotations

import random
import uuid
from collections.abc import Iterator
from typing import Any

FIRST = ("Sanne", "Daan", "Fatima", "Ruben", "Noor", "Youssef", "Lotte", "Bram")
LAST = ("Jansen", "de Vries", "Yilmaz", "Bakker", "Visser", "El Idrissi", "Smit", "Meijer")
PARTIJ = "https://commongateway.nl/klant.partij.schema.json"


def numbers() -> Iterator[str]:
    """Nine-digit numbers that pass the eleven-test, ascending, none twice."""
    for head in range(10_000_000, 99_999_999):
        digits = str(head)
        rest = sum(int(d) * w for d, w in zip(digits, range(9, 1, -1), strict=True)) % 11
        if rest < 10:
            yield digits + str(rest)


def partij(bsn: str, number: int, chance: random.Random) -> dict[str, Any]:
    """One person with two addresses, in the shape that a client posts."""
    first, last = chance.choice(FIRST), chance.choice(LAST)
    return {
        "nummer": number,
        "soortPartij": "natuurlijk_persoon",
        "bronorganisatie": "999990639",
        "persoon": {"voornaam": first, "achternaam": last, "voorletters": f"{first[0]}."},
        "externeIdentificaties": [
            {
                "partijIdentificator": {
                    "objecttype": "ingeschrevenpersonen",
                    "soortObjectId": "bsn",
                    "objectId": bsn,
                }
            }
        ],
        "verstrekteAdressen": [
            {
                "soortDigitaalAdres": "emailadres",
                "omschrijving": "prive",
                "adres": f"{first.lower()}{number}@example.nl",
            },
            {"soortDigitaalAdres": "telefoonnummer", "omschrijving": "mobiel", "adres": f"06{number:08d}"},
        ],
    }


def documents(count: int) -> Iterator[dict[str, Any]]:
    """``count`` partijen with fixed ids, as lines of an import."""
    chance = random.Random(2026)
    for number, bsn in zip(range(1, count + 1), numbers(), strict=False):
        key = uuid.UUID(int=chance.getrandbits(128), version=4)
        yield {"_schema": PARTIJ, "_id": str(key), **partij(bsn, number, chance)}
