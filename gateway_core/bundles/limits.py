"""How large a bundle may be."""

from __future__ import annotations

from typing import Final

from gateway_core.errors import ConfigurationError

MAX_FILES: Final = 5_000
MAX_BYTES: Final = 50 * 1024 * 1024


class Tally:
    """Counts what is read of a bundle, and stops before there is too much of it."""

    def __init__(self, name: str) -> None:
        self._name, self._files, self._bytes = name, 0, 0

    def file(self, size: int) -> None:
        """One more file. Raises ``ConfigurationError`` when it is one too many, or too large."""
        self._files += 1
        self._bytes += size
        if self._files > MAX_FILES or self._bytes > MAX_BYTES:
            limits = f"at most {MAX_FILES} files and {MAX_BYTES} bytes"
            raise ConfigurationError(f"bundle {self._name} is too large: {limits}")

    @property
    def left(self) -> int:
        """How many bytes may still be read."""
        return MAX_BYTES - self._bytes
