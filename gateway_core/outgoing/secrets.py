"""Secrets and variables of sources: from the environment or from files, and from nowhere else.

Configuration names them (``${NAME}``). Of the environment only what begins with ``GATEWAY_SECRET_`` counts:
a bundle cannot ask for another variable.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from gateway_core.catalog.source_fields import VARIABLE
from gateway_core.errors import ConfigurationError, UpstreamDisabled

PREFIX: Final = "GATEWAY_SECRET_"
_LARGEST: Final = 1_048_576


class Secrets:
    """Values by name. Prints as nothing, so that no trace of a fault shows one."""

    def __init__(self, values: Mapping[str, str] = MappingProxyType({})) -> None:
        self._values = dict(values)

    def __repr__(self) -> str:
        return f"Secrets({len(self._values)})"

    @classmethod
    def read(cls, environment: Mapping[str, str], place: str = "") -> Secrets:
        r"""Those of a file or folder, and over them those of the environment.

        A folder holds a file for each, named after it, as Docker and Kubernetes mount them; a file holds
        lines of ``NAME=value``, in which a value in double quotes is read as JSON has it, so that
        ``\n`` ends a line. Raises ``ConfigurationError`` about what cannot be read; never with a value.
        """
        values = _of_place(Path(place)) if place else {}
        named = {n.removeprefix(PREFIX): v for n, v in environment.items() if n.startswith(PREFIX)}
        return cls(values | named)

    def get(self, name: str) -> str | None:
        return self._values.get(name)

    def missing(self, *texts: str) -> tuple[str, ...]:
        """The names in these texts that have no value."""
        named = [name for text in texts for name in VARIABLE.findall(text)]
        return tuple(name for name in dict.fromkeys(named) if name not in self._values)

    def fill(self, text: str) -> str:
        """The text with values for names. Raises ``UpstreamDisabled`` naming what has none."""
        if "${" not in text:
            return text
        missing = self.missing(text)
        if missing:
            names = ", ".join(PREFIX + name for name in missing)
            raise UpstreamDisabled("it is not set up", cause=f"set {names}, or write it in GATEWAY_SECRETS")
        return VARIABLE.sub(lambda found: self._values[found[1]], text)


def _of_place(place: Path) -> dict[str, str]:
    try:
        if place.is_dir():
            files = [path for path in place.iterdir() if path.is_file() and not path.name.startswith(".")]
            return {path.name: _text(path).removesuffix("\n") for path in files}
        return _of_lines(_text(place))
    except (OSError, UnicodeDecodeError):
        raise ConfigurationError(
            f"the secrets in {place} cannot be read", hint="GATEWAY_SECRETS names a file or a folder."
        ) from None


def _text(path: Path) -> str:
    if path.stat().st_size > _LARGEST:
        raise ConfigurationError(f"{path} is larger than secrets are")
    return path.read_text(encoding="utf-8")


def _of_lines(text: str) -> dict[str, str]:
    values: dict[str, str] = {}
    for number, line in enumerate(text.splitlines(), 1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        name, equals, value = (part.strip() for part in line.partition("="))
        if not equals or VARIABLE.fullmatch(f"${{{name}}}") is None:
            raise ConfigurationError(f"line {number} of the secrets is not NAME=value")
        if value.startswith('"'):
            try:
                value = str(json.loads(value))
            except ValueError:
                raise ConfigurationError(
                    f"line {number} of the secrets has a broken text in quotes"
                ) from None
        values[name] = value
    return values
