"""The CustomerInteraction bundle with its mappings compiled, for tests that need no server."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

from gateway_core.app import build_settings
from gateway_core.bundles.layout import lay_out
from gateway_core.bundles.read import read_folder
from gateway_core.catalog.build import build
from gateway_core.catalog.endpoints import Endpoint
from gateway_core.catalog.snapshot import Catalog, Entity
from gateway_core.mapping.mapping import CompiledMapping, Services
from gateway_core.operations.call import Context
from gateway_core.operations.prepare import prepare
from gateway_core.settings import Settings

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "mappings"
PREFIX = "https://commongateway.nl/mapping/klant."
NOW = datetime(2025, 3, 14, 9, 35, tzinfo=UTC)
FACADES = ("klanten", "contactmomenten", "klantcontactmomenten", "objectcontactmomenten")
ID = "00000000-0000-4000-8000-000000000000"

# Texts that the mappings themselves bring into a document: kinds, and names for what has none.
OWN_WORDS = frozenset(
    {
        *("bsn", "vestigingsnummer", "string", "kvknummer", "rsin", "ingeschrevenpersonen", "v1/zoeken"),
        *("emailadres", "email", "telefoonnummer", "telefoon", "e-mailadres", "Nederland", "klant"),
        *("binnenlands_adres", "buitenlands_adres", "postbusnummer", "antwoordnummer"),
        *("bezoekadres", "correspondentieadres", "Medewerker", "Organisatorische eenheid"),
        *("ja", "nee", "open", "afgehandeld", "contactverzoek", "te_verwerken", "verwerkt"),
        *("zaak", "url", "uuid", "IS NOT NULL"),
    }
)

# What a mapped endpoint's clients send, by the cases of the in-mapping whose names begin so.
FIXTURES = {
    "klanten": ("K7", "K8", "K9", "K10", "two addresses", "an address that says", "a kvk-nummer", "a rsin"),
    "contactmomenten": (
        *("F2", "F3", "F5", "a zaak", "a long subject", "the subject of the question", "a status of its own"),
        "text that looks like an entity",
    ),
    "klantcontactmomenten": ("KC1", "as shown"),
    "objectcontactmomenten": ("O1", "a contactmoment", "a path"),
}
BODY_IN = {
    "klanten": "klantToPartij",
    "contactmomenten": "contactmomentToKlantContact",
    "klantcontactmomenten": "klantContactMomentToBetrokkeneBijKlantContact",
    "objectcontactmomenten": "objectContactMomentToOnderwerpObject",
}


def load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def short(reference: str) -> str:
    return reference.removeprefix(PREFIX).removesuffix(".mapping.json")


def cases(path: Path) -> Iterator[tuple[str, Any]]:
    """The cases of a file, each with the reference of the mapping that it is about."""
    for record in load(path):
        for case in record["cases"]:
            yield record["mapping"], case


def sent(facade: str, name: str) -> Any:
    """What a client of the facade sends, by the beginning of the case's name."""
    path = FOLDER / facade / f"klant.{BODY_IN[facade]}.cases.json"
    return next(case["input"] for _, case in cases(path) if case["name"].startswith(name))


@cache
def catalog() -> Catalog:
    """The bundle, compiled; nothing in it is remarked upon."""
    settings = build_settings(Settings(store="sqlite:///:memory:"))
    compiled, findings = build(lay_out(read_folder(ROOT)).artifacts, settings)
    assert findings == ()
    return compiled


def services() -> Services:
    return Services(mapping=catalog().mappings.get, now=lambda: NOW)


def endpoint(facade: str) -> Endpoint:
    return next(each for each in catalog().endpoints if each.path.endswith(f"/{facade}"))


def entity_of(facade: str) -> Entity:
    return catalog().entities[endpoint(facade).entity]


def mapping(facade: str, side: str) -> CompiledMapping:
    """The mapping of a facade: ``body_in``, ``query_in`` or ``item_out``."""
    found: CompiledMapping | None = getattr(endpoint(facade).pipeline, side)
    assert found is not None
    return found


def apply(facade: str, side: str, document: Any) -> Any:
    return mapping(facade, side).apply(document, services())


def leaves(value: Any) -> Iterator[Any]:
    """The texts and numbers in a document, at any depth."""
    if isinstance(value, dict | list):
        for item in value.values() if isinstance(value, dict) else value:
            yield from leaves(item)
    elif value is not None and not isinstance(value, bool):
        yield value


def native(facade: str, body: Any, *, partial: bool = False) -> Any:
    """A client's body in the stored shape, tidied as it is before validation."""
    context = Context(catalog(), None, lambda: NOW, lambda: 0.0, new_ids())  # type: ignore[arg-type]
    return prepare(context, entity_of(facade), apply(facade, "body_in", body), ID, partial=partial)


def answer(facade: str, stored: Any) -> Any:
    """What a client sees of a stored document with its related objects inside."""
    return apply(facade, "item_out", rendered(entity_of(facade), stored, new_ids()))


def new_ids() -> Callable[[], str]:
    numbers = count(1)
    return lambda: f"00000000-0000-4000-8000-{next(numbers):012}"


def rendered(entity: Entity, document: Any, new_id: Callable[[], str]) -> dict[str, Any]:
    """A stored document with its related objects inside, as the register would render it."""
    id = document.get("_id") or new_id()
    path = f"{entity.home}/{id}"
    moments = {"dateCreated": "2025-03-14T09:35:00Z", "dateModified": "2025-03-14T09:35:00Z"}
    itself = {"id": id, "self": path, "uri": f"https://klanten.example.nl{path}", "owner": None, **moments}
    shown: dict[str, Any] = {**entity.blank, **document, "_id": id, "id": id, "_self": itself}
    embedded: dict[str, Any] = {}
    for prop in entity.relations:
        value, target = document.get(prop.name), catalog().entities[str(prop.target)]
        if isinstance(value, dict):
            embedded[prop.name] = rendered(target, value, new_id)
            shown[prop.name] = embedded[prop.name]["id"]
        elif isinstance(value, list) and prop.many:
            embedded[prop.name] = [rendered(target, each, new_id) for each in value if isinstance(each, dict)]
            shown[prop.name] = [each["id"] for each in embedded[prop.name]]
    return {**shown, "embedded": embedded} if embedded else shown
