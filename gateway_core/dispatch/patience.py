"""How long to wait before the next attempt, and after how many to give up. Pure."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Patience:
    """Attempts are made ``first`` seconds after one another, then twice as long each time, up to
    ``longest``; after ``attempts`` of them a delivery is a dead letter. A target in trouble rests in the
    same way, up to ``rest`` seconds."""

    first: float = 2.0
    longest: float = 3600.0
    attempts: int = 16
    rest: float = 60.0

    def wait(self, attempts: int, chance: Callable[[], float]) -> float:
        """Seconds after so many failed attempts. ``chance`` gives a number from 0 to 1: waits differ by a
        half, so that what failed together does not come again together."""
        return self._spread(min(self.first * 2 ** min(attempts - 1, 32), self.longest), chance)

    def rested(self, failures: int, chance: Callable[[], float]) -> float:
        """Seconds for which a target rests after so many failures in a row."""
        return self._spread(min(self.first * 2 ** min(failures - 1, 32), self.rest), chance)

    def is_over(self, attempts: int) -> bool:
        """Whether it is given up after so many attempts."""
        return attempts >= self.attempts

    @staticmethod
    def _spread(seconds: float, chance: Callable[[], float]) -> float:
        return seconds * (0.75 + chance() / 2)
