"""``gateway.lock``: what an installation consists of, by content hash. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from gateway_core.errors import ConfigurationError
from gateway_core.types import JsonObject

LOCK_FILE: Final = "gateway.lock"
FORMAT: Final = 1


@dataclass(frozen=True, slots=True)
class Locked:
    """One bundle of a lock: its version, the hash of all that it configures, and of each artifact."""

    name: str
    version: str
    digest: str
    artifacts: Mapping[str, str]


def lock_text(bundles: Mapping[str, Locked]) -> str:
    """The file: readable, and the same for the same installation."""
    listed = {
        each.name: {
            "version": each.version,
            "digest": each.digest,
            "artifacts": dict(sorted(each.artifacts.items())),
        }
        for each in sorted(bundles.values(), key=lambda each: each.name)
    }
    return json.dumps({"lock": FORMAT, "bundles": listed}, ensure_ascii=False, indent=2) + "\n"


def read_lock(text: str, place: str) -> dict[str, Locked]:
    """The bundles of a lock. Raises ``ConfigurationError`` when the text is none."""
    try:
        found = json.loads(text)
        if found["lock"] != FORMAT:
            raise ConfigurationError(
                f"{place} has the format {found['lock']}, which is not known here",
                hint="Write it anew with: gateway bundle lock",
            )
        return {name: _locked(name, each) for name, each in found["bundles"].items()}
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        hint = "Write it anew with: gateway bundle lock"
        raise ConfigurationError(f"{place} is no lock file", hint=hint) from None


def locked_of(name: str, record: JsonObject) -> Locked:
    """What is locked of an installed bundle, from the record of its installation."""
    contents = record.get("contents")
    held = contents if isinstance(contents, dict) else {}
    return Locked(name, str(record.get("version", "")), str(record.get("digest", "")), held)


def deviations(locked: Mapping[str, Locked], found: Mapping[str, Locked], *, complete: bool) -> Iterator[str]:
    """A sentence for each thing that is not as it was locked. ``complete``: every locked bundle has
    to be there too."""
    for name, each in found.items():
        lock = locked.get(name)
        if lock is None:
            yield f"bundle {name} is not in the lock"
        elif lock.digest != each.digest:
            changed = sorted(
                artifact
                for artifact in lock.artifacts.keys() | each.artifacts.keys()
                if lock.artifacts.get(artifact) != each.artifacts.get(artifact)
            )
            what = f": {', '.join(changed[:3])}{' and others' if len(changed) > 3 else ''}" if changed else ""
            yield f"bundle {name} {each.version} is not what was locked as {lock.version}{what}"
    if complete:
        yield from (f"bundle {name} is locked and not installed" for name in locked if name not in found)


def _locked(name: str, told: Any) -> Locked:
    return Locked(name, str(told["version"]), str(told["digest"]), dict(told["artifacts"]))
