"""A source that fails again and again is left alone for a while, and then tried once."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from gateway_core.catalog.sources import Breaker
from gateway_core.errors import UpstreamUnavailable


@dataclass(slots=True)
class _State:
    failures: int = 0
    opened: float | None = None
    trying: bool = False


class Breakers:
    """The state of every source, for one thread. ``clock`` counts seconds and never goes back."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._states: dict[str, _State] = {}

    def is_open(self, reference: str) -> bool:
        """Whether the source is left alone at this moment."""
        state = self._states.get(reference)
        return state is not None and state.opened is not None

    def enter(self, reference: str, rule: Breaker) -> None:
        """Ask to call. Raises ``UpstreamUnavailable`` while the source is left alone, or being tried."""
        state = self._states.setdefault(reference, _State())
        if state.opened is None:
            return
        if state.trying or self._clock() - state.opened < rule.seconds:
            raise UpstreamUnavailable("it failed repeatedly and is left alone for a while")
        state.trying = True

    def leave(self, reference: str, rule: Breaker, *, failed: bool | None) -> None:
        """Tell what came of a call that was entered; None when it tells nothing of the source."""
        state = self._states[reference]
        tried, state.trying = state.trying, False
        if failed is None:
            return
        if not failed:
            state.failures, state.opened = 0, None
            return
        state.failures += 1
        if tried or state.failures >= rule.failures:
            state.opened = self._clock()
