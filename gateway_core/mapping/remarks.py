"""Remarks about a mapping that compiles and yet may not do what its author means."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway_core.mapping import paths
from gateway_core.mapping.casts import KNOWN_CASTS, compile_cast
from gateway_core.mapping.statements import did_you_mean
from gateway_core.types import Finding, Reference, Severity

KNOWN_KEYS: Final = (
    *("$id", "$schema", "title", "name", "reference", "description", "version"),
    *("mapping", "passTrough", "unset", "cast", "values", "absent", "input", "output"),
)
_BARE: Final = re.compile(r"[A-Za-z_@][\w@&#;-]*(?:\.[\w@&#;-]+)*\Z")
_NEAR: Final = 200  # targets that a name is compared with
_GUARDS: Final = ("unsetIfValue==", "setNullIfValue==")
_PASS_THROUGH: Final = frozenset({"passthrough", "passtrough"})


@dataclass(frozen=True, slots=True)
class Written:
    """What a body says, read: the source of each target, the casts of each, and the targets with a
    value map."""

    targets: Mapping[str, str]
    casts: Mapping[str, tuple[str, ...]]
    value_maps: tuple[str, ...]
    pass_through: bool
    omit_absent: bool


def is_template(source: str) -> bool:
    """Whether a source is a template; every other source is a bare path."""
    return "{{" in source or "{%" in source or "{#" in source


def remarks(reference: Reference, body: Mapping[str, Any], written: Written) -> tuple[Finding, ...]:
    """Findings of severity warning, each with the pointer of the member that it is about."""
    found = [*_keys(body), *_unknown_casts(written), *_bare_paths(written), *_overwritten(written.targets)]
    if not written.pass_through:
        found += _unused(written)
    return tuple(
        Finding(Severity.WARNING, code, message, reference, pointer, hint=hint)
        for code, pointer, message, hint in found
    )


Remark = tuple[str, str, str, str]  # code, pointer, message, hint


def _keys(body: Mapping[str, Any]) -> Iterator[Remark]:
    misspelt = [key for key in body if key != "passTrough" and key.lower() in _PASS_THROUGH]
    for key in misspelt:
        message = f'"{key}" has no effect: the switch is spelt "passTrough" in this format'
        yield "mapping-pass-through", f"/{key}", message, 'write "passTrough"'
    if body.get("passTrough") is None and not misspelt:
        message = 'Without "passTrough" the whole input is copied to the result first'
        yield "mapping-pass-through", "", message, 'write "passTrough": true if that is meant, else false'
    for key in body:
        if key not in KNOWN_KEYS and key not in misspelt:
            message = f'"{key}" has no meaning in a mapping'
            yield "mapping-unknown-key", f"/{key}", message, did_you_mean(key, KNOWN_KEYS)
    if body.get("absent") not in (None, "omit"):
        yield "mapping-absent", "/absent", 'The only value of "absent" is "omit"', ""


def _unknown_casts(written: Written) -> Iterator[Remark]:
    for key, names in written.casts.items():
        for name in filter(None, names):
            if compile_cast(name, key) is None:
                message = f'There is no cast "{name}"; the value of "{key}" is left as it is'
                yield "mapping-unknown-cast", f"/cast/{key}", message, did_you_mean(name.strip(), KNOWN_CASTS)


def _bare_paths(written: Written) -> Iterator[Remark]:
    for key, source in written.targets.items():
        if written.omit_absent or is_template(source) or not _BARE.match(source):
            continue
        guards = {f"{guard}{source}" for guard in _GUARDS} | ({"keyCantBeValue"} if key == source else set())
        if guards.isdisjoint(written.casts.get(key, ())):
            message = f'Where the input has no "{source}", the target "{key}" gets that very text'
            hint = 'set "absent": "omit" on the mapping, or guard the target with unsetIfValue'
            yield "mapping-bare-path", f"/mapping/{key}", message, hint


def _overwritten(targets: Iterable[str]) -> Iterator[Remark]:
    earlier: dict[paths.Path, str] = {}  # the first target at or below each level
    for key in targets:
        path = paths.split(key)
        below = earlier.get(path)
        if below is not None:
            message = f'The target "{key}" overwrites "{below}", which is mapped before it'
            yield "mapping-overwritten", f"/mapping/{key}", message, "put it first, or leave one out"
        for level in paths.levels(path):
            earlier.setdefault(level, key)


def _unused(written: Written) -> Iterator[Remark]:
    made = {paths.split(key) for key in written.targets}
    levels = {level for path in made for level in paths.levels(path)}
    names = tuple(written.targets)[:_NEAR]
    listed = [("cast", key) for key in written.casts] + [("values", key) for key in written.value_maps]
    for section, key in listed:
        path = paths.split(key)
        if path not in levels and made.isdisjoint(paths.levels(path)):
            what = "cast" if section == "cast" else "value map"
            message = f'Nothing is mapped to "{key}", so its {what} never runs'
            near = did_you_mean(key, names)
            yield f"mapping-unused-{what.replace(' ', '-')}", f"/{section}/{key}", message, near
