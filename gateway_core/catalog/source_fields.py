"""Reading the members of a source artifact: each of its kind, within its bounds, with a sentence if not."""

from __future__ import annotations

import re
from collections.abc import Callable
from enum import StrEnum
from typing import Final, TypeVar

from gateway_core.types import Json, JsonObject, Reference

Choice = TypeVar("Choice", bound=StrEnum)
VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
SECRET_HEADERS: Final = frozenset(
    {"authorization", "proxy-authorization", "cookie", "apikey", "api-key", "x-api-key", "application_token"}
)


def is_variable(text: str) -> bool:
    """Whether a text holds nothing of a secret, but names it: ``${NAME}``, with words around it or not."""
    return VARIABLE.search(text) is not None


def variables(reference: Reference) -> str:
    """What the names of a source's variables begin with: the last part of its reference, in capitals."""
    last = reference.rstrip("/").rpartition("/")[2].removesuffix(".json").removesuffix(".source")
    stem = re.sub(r"[^A-Za-z0-9]+", "_", last).strip("_").upper()
    return f"S_{stem}" if not stem or stem[0].isdigit() else stem


class Fields:
    """The members of one object; ``fault`` hears of each that is of the wrong kind."""

    def __init__(self, given: JsonObject, fault: Callable[[str], None], place: str = "") -> None:
        self.given, self._fault, self._place = given, fault, place

    def names(self) -> frozenset[str]:
        return frozenset(self.given)

    def text(self, name: str) -> str:
        value = self.given.get(name)
        if value is None or isinstance(value, str):
            return value or ""
        self._wrong(name, "a text")
        return ""

    def truth(self, name: str, *, default: bool) -> bool:
        value = self.given.get(name)
        if value is None or isinstance(value, bool):
            return default if value is None else value
        self._wrong(name, "true or false")
        return default

    def number(self, name: str, default: float, least: float, most: float) -> float:
        value = self.given.get(name)
        if value is None:
            return default
        if isinstance(value, int | float) and not isinstance(value, bool) and least <= value <= most:
            return value
        self._wrong(name, f"a number from {least:g} to {most:g}")
        return default

    def choice(self, name: str, kind: type[Choice], default: Choice) -> Choice:
        value = self.given.get(name)
        if value is None:
            return default
        if value in tuple(kind):
            return kind(value)
        self._wrong(name, f"one of {', '.join(kind)}")
        return default

    def below(self, name: str) -> Fields:
        value = self.given.get(name)
        if value is not None and value != [] and not isinstance(value, dict):
            self._wrong(name, "an object")
        return Fields(value if isinstance(value, dict) else {}, self._fault, f"{self._place}{name}.")

    def texts(self, name: str) -> dict[str, str]:
        """An object of texts; a list of one text counts as the text, as the original has it."""
        found: dict[str, str] = {}
        for key, value in self.below(name).given.items():
            one = value[0] if isinstance(value, list) and len(value) == 1 else value
            if isinstance(one, str | int | float) and not isinstance(one, bool):
                found[key] = str(one)
            else:
                self._wrong(f"{name}.{key}"[:80], "a text")
        return found

    def listed(self, name: str) -> tuple[str, ...]:
        value: Json = self.given.get(name) or []
        if isinstance(value, list) and all(isinstance(each, str) for each in value):
            return tuple(value)
        self._wrong(name, "a list of texts")
        return ()

    def _wrong(self, name: str, wanted: str) -> None:
        self._fault(f"'{self._place}{name}' must be {wanted}")
