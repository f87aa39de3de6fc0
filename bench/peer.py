"""Our requests per second beside those of the registers that one would otherwise choose.

The peers do not run here. Their figures were measured on 23 November 2026, on another machine of the
same size (two cores, server and load generator on both), with uWSGI (2 processes of 4 threads),
PostgreSQL 15 and Redis. So the quotients tell an order of magnitude, not a percentage.
"""

from __future__ import annotations

from collections.abc import Mapping

LARGE = 50_000
# Requests per second of open-klant 2.18 and objects-api 4.0, each the best that was measured: among
# ten thousand objects, and among a hundred thousand where that was measured too.
Pair = tuple[float, float]
SMALL_FIGURES: Mapping[str, Pair] = {
    "GET one partij": (95, 102),
    "list of 100 partijen": (9.6, 22),
    "find klant by BSN": (45, 67),
    "POST partij, two addresses": (29, 52),
}
LARGE_FIGURES: Mapping[str, Pair] = {
    **SMALL_FIGURES,
    "list of 100 partijen": (10.5, 8.2),
    "find klant by BSN": (31, 26),
}
BARS = {
    "GET one partij": 20,
    "list of 100 partijen": 20,
    "find klant by BSN": 20,
    "POST partij, two addresses": 15,
}


def compare(rates: Mapping[str, float], objects: int) -> list[str]:
    """A line for each case that the peers were measured on too; ``rates`` are ours, by case."""
    figures = LARGE_FIGURES if objects >= LARGE else SMALL_FIGURES
    lines = [
        "peers: requests per second of ANOTHER run, on another machine of the same size (see bench/peer.py)",
        f"{'':30}{'ours':>9}{'open-klant':>12}{'times':>8}{'objects-api':>13}{'times':>8}",
    ]
    for name, (klant, objects_api) in figures.items():
        if name not in rates:
            continue
        ours, bar = rates[name], BARS[name]
        met = min(ours / klant, ours / objects_api) >= bar
        beside = f"{klant:>12.1f}{ours / klant:>8.0f}{objects_api:>13.1f}{ours / objects_api:>8.0f}"
        lines.append(f"{name:30}{ours:>9.0f}{beside}  bar {bar} times: {'met' if met else 'MISSED'}")
    return lines
