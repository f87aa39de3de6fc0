"""A mapping's body, read and checked: switches, unset paths, casts and value maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from gateway_core.errors import MappingError
from gateway_core.mapping import paths
from gateway_core.mapping.casts import Cast, cast_names, compile_cast
from gateway_core.mapping.remarks import Written, remarks
from gateway_core.mapping.value_maps import Bodies, no_bodies, read_value_map
from gateway_core.mapping.values import is_array, is_true, kind_of, to_text, values_of
from gateway_core.types import Finding, Reference

TargetCasts = tuple[str, paths.Path, tuple[Cast, ...]]


@dataclass(frozen=True, slots=True)
class Settings:
    """The parts of a mapping's body, with the casts compiled.

    ``casts`` are those of ``cast`` in file order and then, as one more cast each, the tables of
    the targets named by ``value_maps``.
    """

    targets: Mapping[str, str]
    pass_through: bool
    omit_absent: bool
    unset: tuple[paths.Path, ...]
    casts: tuple[TargetCasts, ...]
    cast_names: Mapping[str, tuple[str, ...]]
    value_maps: tuple[str, ...]
    encodes: bool
    findings: tuple[Finding, ...]


def read_settings(reference: Reference, body: Mapping[str, Any], bodies: Bodies = no_bodies) -> Settings:
    """Read a mapping's body. Raises MappingError(kind="type") for a value of the wrong kind.

    ``bodies`` finds the mappings whose value maps this one reads backwards.
    """
    reader = _Reader(reference, body, bodies)
    targets = reader.targets()
    names, casts = reader.casts()
    omit = body.get("absent") == "omit"
    pass_through = _pass_through(body)
    unset = reader.unset()
    encoded = any(paths.ENCODED_DOT in key for key in targets)
    value_maps = reader.values()
    mapped = tuple(key for key, _, _ in value_maps)
    written = Written(targets, names, mapped, pass_through=pass_through, omit_absent=omit)
    return Settings(
        targets=MappingProxyType(targets),
        pass_through=pass_through,
        omit_absent=omit,
        unset=unset,
        casts=(*casts, *value_maps),
        cast_names=MappingProxyType(names),
        value_maps=mapped,
        encodes=encoded,
        findings=remarks(reference, body, written),
    )


def _is_unicode(text: object) -> bool:
    """Whether a text can be written as UTF-8: JSON can spell characters that do not exist."""
    if not isinstance(text, str) or text.isascii():
        return True
    return not any("\ud800" <= letter <= "\udfff" for letter in text)


def _pass_through(body: Mapping[str, Any]) -> bool:
    """``passTrough`` is the original's spelling, the only one it reads; absent and null mean true."""
    value = body.get("passTrough")
    return True if value is None else is_true(value)


class _Reader:
    def __init__(self, reference: Reference, body: Mapping[str, Any], bodies: Bodies) -> None:
        self.reference = reference
        self.body = body
        self.bodies = bodies

    def _error(self, detail: str, key: str, hint: str = "") -> MappingError:
        return MappingError(detail, kind="type", mapping=self.reference, key=key, hint=hint)

    def _section(self, name: str) -> dict[str, Any]:
        section = self.body.get(name)
        if section is None or section == []:
            return {}
        if not isinstance(section, dict):
            raise self._error(f'"{name}" must be an object, not {kind_of(section)}', name)
        return section

    def targets(self) -> dict[str, str]:
        """Target to source text; numbers and booleans count as the text PHP prints for them."""
        targets: dict[str, str] = {}
        for key, source in self._section("mapping").items():
            if not (_is_unicode(key) and _is_unicode(source)):
                raise self._error("A target and its source must be Unicode text, without lone surrogates", "")
            if source is None or is_array(source):
                detail = f"A source must be a path or a template, not {kind_of(source)}"
                raise self._error(detail, key, "write it as text")
            targets[key] = to_text(source)
        return targets

    def unset(self) -> tuple[paths.Path, ...]:
        section = self.body.get("unset")
        if section is None:
            return ()
        if not is_array(section):
            raise self._error(f'"unset" must be a list of paths, not {kind_of(section)}', "unset")
        return tuple(paths.split(to_text(path)) for path in values_of(section))

    def casts(self) -> tuple[dict[str, tuple[str, ...]], list[TargetCasts]]:
        known: dict[str, tuple[str, ...]] = {}
        compiled: list[TargetCasts] = []
        for key, entry in self._section("cast").items():
            names = tuple(cast_names(entry))
            known[key] = names
            kept = tuple(cast for name in names if (cast := compile_cast(name, key)) is not None)
            if kept:
                compiled.append((key, paths.split(key), kept))
        return known, compiled

    def values(self) -> list[TargetCasts]:
        """Value maps run after the casts, as one more cast of their target."""
        compiled: list[TargetCasts] = []
        for key, table in self._section("values").items():
            try:
                value_map = read_value_map(self.body, key, table, self.bodies)
            except MappingError as error:
                error.mapping, error.key = self.reference, key
                raise
            compiled.append((key, paths.split(key), (value_map.cast(key),)))
        return compiled
