"""What one run of a mapping may use and reach: limits, fuel, services, and the running template's frame.

A run is shared by a top-level ``apply`` and everything it reaches through ``map()``, so a
mapping cannot buy time by calling another one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Protocol

from gateway_core.errors import LimitExceeded, MappingError
from gateway_core.types import Json, JsonObject, Reference

CLOCK_EVERY: Final = 256
_PART: Final = 4096


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on one run (all but ``template`` and ``depth``, which bound one template).

    ``steps`` evaluation steps; ``text`` characters of any one text; ``items`` of any one
    array; ``depth`` of expressions, blocks and values; ``map_depth`` mappings within
    mappings; ``seconds`` of wall time; ``template`` characters of one source.
    """

    steps: int = 200_000
    text: int = 1_000_000
    items: int = 100_000
    depth: int = 100
    map_depth: int = 16
    seconds: float = 0.25
    template: int = 65_536


class Mappable(Protocol):
    """A compiled mapping, as ``map()`` sees it.

    ``bounded``: it copies no part of its input twice. ``faithful``: it makes its result of
    parts of its input and of constants that stay themselves when they are written as JSON and
    read again by ``jsonToArray``; where such a part does not, the run is told. ``settles``: it is
    both, and ``quick`` may be asked for an object of the input, ``quick_list`` for a list.
    """

    @property
    def bounded(self) -> bool: ...

    @property
    def faithful(self) -> bool: ...

    @property
    def settles(self) -> bool: ...

    def quick(self, document: JsonObject, run: Run) -> Json: ...

    def quick_list(self, documents: list[Json], run: Run) -> list[Json]: ...

    def apply_within(self, document: Json, run: Run, *, as_list: bool, encoded: bool) -> Json: ...


def _no_mapping(reference: Reference) -> Mappable | None:
    return None


def _no_object(identifier: str) -> JsonObject | None:
    return None


def _no_call(source: str, endpoint: str, method: str, config: JsonObject) -> Json:
    raise MappingError("Mappings may not call sources here", hint="configure a source that allows it")


def _no_time() -> datetime:
    raise MappingError("Mappings are not told the time here", hint="give the services a clock")


def _no_clock() -> float:
    return 0.0


@dataclass(frozen=True, slots=True)
class Services:
    """What a mapping may ask of the world. Every default refuses or knows nothing.

    ``mapping`` finds a compiled mapping by reference, ``get_object`` the document of an
    object, ``call`` asks a source; ``now`` is the time in UTC and ``clock`` counts
    monotonic seconds for the limit on wall time (the default never runs out).
    """

    mapping: Callable[[Reference], Mappable | None] = _no_mapping
    get_object: Callable[[str], JsonObject | None] = _no_object
    call: Callable[[str, str, str, JsonObject], Json] = _no_call
    now: Callable[[], datetime] = _no_time
    clock: Callable[[], float] = _no_clock


class Run:
    """The budget of one run, and what is known of the document that it was started with.

    ``burn`` is called for every step, in bulk where the count is known; the innermost loops take
    from ``left`` themselves, and call ``check`` when it is below ``check_at``. ``settled``: the
    document is far smaller than a text may be, none of its texts holds what reads as an entity,
    and all that was copied of it so far stays itself when it is written as JSON and read again by
    ``jsonToArray``. ``size`` is the document's, and ``copies`` how many of it fit a text (none
    where values may come from elsewhere). ``find`` finds a mapping.
    """

    __slots__ = (
        *("_deadline", "check_at", "copies", "depth", "find", "keys_seen", "left", "limits", "maps"),
        *("services", "settled", "size"),
    )

    def __init__(
        self,
        limits: Limits,
        services: Services,
        *,
        settled: bool = False,
        size: int = 0,
    ) -> None:
        self.limits = limits
        self.services = services
        self.depth = 0
        self.maps = 0
        self.keys_seen = False
        self.settled = settled and size << 6 <= limits.text
        self.size = size
        self.copies = limits.text // size if size else 0
        self.find = services.mapping
        self.left = limits.steps
        self.check_at = limits.steps - CLOCK_EVERY
        self._deadline = services.clock() + limits.seconds

    def forget(self) -> None:
        """Expect the worst of values again: one came in that the run does not know."""
        self.settled = False
        self.copies = 0

    def burn(self, steps: int) -> None:
        """Pay for steps; looks at the clock every 256 of them."""
        self.left -= steps
        if self.left < self.check_at:
            self.check()

    def check(self) -> None:
        """Look at the clock, and whether the steps are used up."""
        limits = self.limits
        if self.left < 0:
            raise LimitExceeded(f"The mapping took more than {limits.steps} steps", limit="steps")
        if self.services.clock() > self._deadline:
            raise LimitExceeded(f"The mapping took longer than {limits.seconds} seconds", limit="seconds")
        self.check_at = self.left - CLOCK_EVERY

    def text(self, length: int) -> None:
        """Ask to build a text of this many characters, before building it."""
        if length > self.limits.text:
            raise self.too_long()
        self.left -= 1 + (length >> 5)
        if self.left < self.check_at:
            self.check()

    def items(self, count: int) -> None:
        """Ask to build an array of this many items, before building it."""
        if count > self.limits.items:
            raise LimitExceeded(f"An array would have more than {self.limits.items} items", limit="items")
        self.left -= 1 + (count >> 1)
        if self.left < self.check_at:
            self.check()

    def each(self, count: int, cost: int) -> None:
        """Ask to build an array of this many items, each of which takes ``cost`` steps more."""
        if count > self.limits.items:
            self.items(count)
        self.left -= 1 + (count >> 1) + cost * count
        if self.left < self.check_at:
            self.check()

    def work(self, letters: int) -> None:
        """Pay for going over this many letters without keeping them."""
        self.left -= 1 + (letters >> 6)
        if self.left < self.check_at:
            self.check()

    def grown(self, text: str, most: int, size_of: Callable[[str], int]) -> None:
        """Ask to build a text from ``text`` where a letter becomes up to ``most`` letters.

        Only where that could pass the limit is the size worked out, in parts, by ``size_of``.
        """
        length = len(text) * most
        if length > self.limits.text:
            if len(text) > self.limits.text:
                raise self.too_long()
            self.work(length)
            length = 0
            for start in range(0, len(text), _PART):
                length += size_of(text[start : start + _PART])
                if length > self.limits.text:
                    raise self.too_long()
        self.text(max(length, len(text)))

    def enter(self) -> None:
        """Go one call deeper (macro); the caller leaves by ``run.depth -= 1``."""
        self.depth += 1
        if self.depth > self.limits.depth:
            raise self.too_nested()

    def too_nested(self) -> LimitExceeded:
        return LimitExceeded(f"Calls are nested deeper than {self.limits.depth}, or too much", limit="depth")

    def too_long(self) -> LimitExceeded:
        return LimitExceeded(f"A text would be longer than {self.limits.text} characters", limit="text")

    def too_deep(self) -> LimitExceeded:
        return LimitExceeded(f"A value is nested deeper than {self.limits.depth} levels", limit="depth")


class Frame:
    """Where a template runs: its variables, the document they came from, and the run that pays."""

    __slots__ = ("document", "run", "variables")

    def __init__(self, variables: dict[str, Json], run: Run, document: Json = None) -> None:
        self.variables = variables
        self.run = run
        self.document = document
