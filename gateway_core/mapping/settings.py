"""A mapping's body, read and checked: switches, unset paths, casts, value maps, and remarks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from gateway_core.errors import MappingError
from gateway_core.mapping import paths
from gateway_core.mapping.casts import KNOWN_CASTS, Cast, cast_names, compile_cast
from gateway_core.mapping.run import Run
from gateway_core.mapping.statements import did_you_mean
from gateway_core.mapping.values import is_array, is_true, kind_of, to_text, values_of
from gateway_core.types import Finding, Json, Reference, Severity

_BARE: Final = re.compile(r"[A-Za-z_@][\w@&#;-]*(?:\.[\w@&#;-]+)*\Z")
_GUARDS: Final = ("unsetIfValue==", "setNullIfValue==")


TargetCasts = tuple[str, paths.Path, tuple[Cast, ...]]


@dataclass(frozen=True, slots=True)
class Settings:
    """The parts of a mapping's body, with the casts compiled."""

    targets: Mapping[str, str]
    pass_through: bool
    omit_absent: bool
    unset: tuple[paths.Path, ...]
    casts: tuple[TargetCasts, ...]
    cast_names: Mapping[str, tuple[str, ...]]
    encodes: bool
    findings: tuple[Finding, ...]


def is_template(source: str) -> bool:
    """Whether a source is a template; every other source is a bare path."""
    return "{{" in source or "{%" in source or "{#" in source


def read_settings(reference: Reference, body: Mapping[str, Any]) -> Settings:
    """Read a mapping's body. Raises MappingError(kind="type") for a value of the wrong kind."""
    reader = _Reader(reference, body)
    targets = reader.targets()
    names, casts = reader.casts()
    omit = body.get("absent") == "omit"
    pass_through = _pass_through(body)
    unset = reader.unset()
    encoded = any(paths.ENCODED_DOT in key for key in targets)
    reader.check(targets, names, omit, pass_through)
    return Settings(
        targets=MappingProxyType(targets),
        pass_through=pass_through,
        omit_absent=omit,
        unset=unset,
        casts=(*casts, *reader.values()),
        cast_names=MappingProxyType(names),
        encodes=encoded,
        findings=tuple(reader.findings),
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
    def __init__(self, reference: Reference, body: Mapping[str, Any]) -> None:
        self.reference = reference
        self.body = body
        self.findings: list[Finding] = []

    def _error(self, detail: str, key: str, hint: str = "") -> MappingError:
        return MappingError(detail, kind="type", mapping=self.reference, key=key, hint=hint)

    def _warn(self, code: str, message: str, pointer: str, hint: str = "") -> None:
        finding = Finding(Severity.WARNING, code, message, self.reference, pointer, hint=hint)
        self.findings.append(finding)

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
            casts = [self._cast(name, key) for name in names]
            kept = tuple(cast for cast in casts if cast is not None)
            if kept:
                compiled.append((key, paths.split(key), kept))
        return known, compiled

    def _cast(self, name: str, key: str) -> Cast | None:
        cast = compile_cast(name, key)
        if cast is None and name:
            message = f'There is no cast "{name}"; the value of "{key}" is left as it is'
            hint = did_you_mean(name.strip(), tuple(KNOWN_CASTS))
            self._warn("mapping-unknown-cast", message, f"/cast/{key}", hint)
        return cast

    def values(self) -> list[TargetCasts]:
        """Value maps run after the casts, as one more cast of their target."""
        compiled: list[TargetCasts] = []
        for key, table in self._section("values").items():
            if not isinstance(table, dict):
                raise self._error(f"A value map must be an object, not {kind_of(table)}", key)
            compiled.append((key, paths.split(key), (_value_map(table),)))
        return compiled

    # -- remarks ---------------------------------------------------------------------------------

    def check(
        self, targets: dict[str, str], casts: dict[str, tuple[str, ...]], omit: bool, pass_through: bool
    ) -> None:
        if "passThrough" in self.body:
            message = '"passThrough" has no effect: the switch is spelt "passTrough" in this format'
            self._warn("mapping-pass-through", message, "/passThrough", 'write "passTrough"')
        if self.body.get("absent") not in (None, "omit"):
            self._warn("mapping-absent", 'The only value of "absent" is "omit"', "/absent")
        if not omit:
            self._check_bare_paths(targets, casts)
        self._check_overwritten(targets)
        if not pass_through:
            self._check_unused_casts(targets, casts)

    def _check_bare_paths(self, targets: dict[str, str], casts: dict[str, tuple[str, ...]]) -> None:
        for key, source in targets.items():
            if is_template(source) or not _BARE.match(source):
                continue
            guards = {f"{guard}{source}" for guard in _GUARDS} | (
                {"keyCantBeValue"} if key == source else set()
            )
            if guards.isdisjoint(casts.get(key, ())):
                message = f'Where the input has no "{source}", the target "{key}" gets that very text'
                hint = 'set "absent": "omit" on the mapping, or guard the target with unsetIfValue'
                self._warn("mapping-bare-path", message, f"/mapping/{key}", hint)

    def _check_overwritten(self, targets: dict[str, str]) -> None:
        earlier: set[paths.Path] = set()
        for key in targets:
            path = paths.split(key)
            if any(known[: len(path)] == path for known in earlier):
                message = f'The target "{key}" overwrites what was mapped below it before'
                self._warn("mapping-overwritten", message, f"/mapping/{key}")
            earlier.add(path)

    def _check_unused_casts(self, targets: dict[str, str], casts: dict[str, tuple[str, ...]]) -> None:
        made = [paths.split(key) for key in targets]
        for key in casts:
            path = paths.split(key)
            if not any(target[: len(path)] == path or path[: len(target)] == target for target in made):
                message = f'Nothing is mapped to "{key}", so its cast never runs'
                self._warn("mapping-unused-cast", message, f"/cast/{key}")


def _value_map(table: dict[str, Json]) -> Cast:
    def replace(value: Json, result: Json, run: Run) -> Any:
        return value if is_array(value) else table.get(to_text(value), value)

    return replace
