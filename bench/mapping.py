"""Microseconds to map one object: compiled, without shortcuts, and written by hand, in one run.

    python -m bench.mapping [--mapping-rounds 300]

The first rows are the original bundle's mappings, read from ``GATEWAY_SHARED`` (left out, and said
so, where it is absent); the others are this repository's own. Rounds of the three alternate and
the fastest of each counts, in CPU time, so that a busy machine slows all of them alike. The bar is
40 microseconds for the full partij, where the original takes 215, and five times the function.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench import by_hand, by_hand_own
from bench import mapping_documents as documents
from gateway_core.mapping.mapping import CompiledMapping, Limits, Services, compile_mapping

ROOT = Path(__file__).parent.parent
SHARED = Path(os.environ.get("GATEWAY_SHARED", ROOT.parent / "shared"))
ORIGINAL = SHARED / "corpus/bundles/CustomerInteractionBundle/Installation/Mapping"
OWN = ROOT / "mappings"
PREFIX = "https://commongateway.nl/mapping/klant."
UNHURRIED = Limits(seconds=60)  # a busy machine may put the benchmark aside for a while
BAR, TIMES, EACH_ROUND = 40.0, 5.0, 10


@dataclass(frozen=True, slots=True)
class Case:
    """A mapping of one folder, its document, and the function that a programmer would write.

    ``needs`` are members that the function takes for granted where the mapping would ask for
    another object.
    """

    folder: Path
    name: str
    document: dict[str, Any]
    by_hand: Callable[[dict[str, Any]], Any]
    needs: frozenset[str] = frozenset()

    @property
    def reference(self) -> str:
        return f"{PREFIX}{self.name}.mapping.json"


CASES = (
    Case(ORIGINAL, "partijToKlantCheck", documents.PARTIJ, by_hand.check(by_hand.partij_to_klant)),
    Case(ORIGINAL, "klantToPartij", documents.KLANT, by_hand.klant_to_partij),
    Case(
        ORIGINAL,
        "klantContactToContactmomentCheck",
        documents.KLANTCONTACT,
        by_hand.check(by_hand.klantcontact_to_contactmoment),
    ),
    Case(
        ORIGINAL,
        "contactmomentToKlantContact",
        documents.CONTACTMOMENT,
        by_hand.contactmoment_to_klantcontact,
    ),
    Case(
        ORIGINAL,
        "betrokkeneBijKlantContactToKlantContactMomentItem",
        documents.BETROKKENE,
        by_hand.betrokkene_to_klantcontactmoment,
        frozenset({"embedded", "partij", "klantcontact"}),
    ),
    Case(OWN, "partijToKlantItem", documents.PARTIJ, by_hand_own.partij_to_klant),
    Case(
        OWN,
        "klantContactToContactmomentItem",
        documents.KLANTCONTACT,
        by_hand_own.klantcontact_to_contactmoment,
    ),
    Case(
        OWN,
        "contactmomentToKlantContact",
        documents.CONTACTMOMENT,
        by_hand_own.contactmoment_to_klantcontact,
    ),
    Case(
        OWN,
        "betrokkeneBijKlantContactToKlantContactMomentItem",
        documents.BETROKKENE,
        by_hand_own.betrokkene_to_klantcontactmoment,
    ),
)


def compiled(folder: Path, *, plain: bool) -> dict[str, CompiledMapping]:
    """Every mapping of a folder by reference."""
    bodies = [json.loads(path.read_text("utf-8")) for path in sorted(folder.rglob("*.mapping.json"))]
    return {body["$id"]: compile_mapping(body["$id"], body, limits=UNHURRIED, plain=plain) for body in bodies}


def runs_of(case: Case) -> tuple[Callable[[], Any], Callable[[], Any], Callable[[], Any]]:
    """The case compiled, without shortcuts, and by hand."""
    runs = []
    for plain in (False, True):
        mappings = compiled(case.folder, plain=plain)
        services = Services(mapping=mappings.get, clock=time.monotonic)
        runs.append(lambda m=mappings[case.reference], s=services: m.apply(case.document, s))
    return runs[0], runs[1], lambda: case.by_hand(case.document)


def measure(runs: tuple[Callable[[], Any], ...], rounds: int) -> list[float]:
    """Microseconds of each, the fastest of the rounds."""
    best = [float("inf")] * len(runs)
    for _ in range(rounds):
        for index, run in enumerate(runs):
            start = time.perf_counter()
            for _ in range(EACH_ROUND):
                run()
            best[index] = min(best[index], (time.perf_counter() - start) / EACH_ROUND * 1e6)
    return best


def available() -> Iterator[Case]:
    for case in CASES:
        if case.folder.is_dir():
            yield case


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--mapping-rounds", type=int, default=300)
    asked, _ = options.parse_known_args()
    print(f"{'mapping, us per object':<58}{'compiled':>9}{'plain':>8}{'by hand':>9}{'/plain':>8}{'/hand':>7}")
    if not ORIGINAL.is_dir():
        print(f"(the original's mappings are not in {SHARED}: set GATEWAY_SHARED to the shared folder)")
    for case in available():
        quick, plain, hand = measure(runs_of(case), asked.mapping_rounds)
        name = f"{'original' if case.folder == ORIGINAL else 'own'} {case.name}"
        print(f"{name:<58}{quick:9.1f}{plain:8.1f}{hand:9.1f}{quick / plain:8.2f}{quick / hand:7.1f}")
    print(f"bar: the original's partijToKlantCheck in {BAR:g} us, and within {TIMES:g} times by hand")


if __name__ == "__main__":
    main()
