"""What is in force beside what bundles brought: artifacts that were made or edited at run time."""

from __future__ import annotations

from typing import Final

from gateway_core.errors import NotFound
from gateway_core.operations.planning import State, installed_bundle
from gateway_core.types import Artifact, Bundle

LOCAL: Final = "local"
"""The bundle of what was made at run time."""


def bundle_in_force(state: State, name: str) -> Bundle:
    """An installed bundle as it is in force. Raises ``NotFound`` when it is not installed."""
    held = installed_bundle(state, name)
    record = state.installed[name]
    return Bundle(
        name=name,
        version=held.version,
        title=str(record.get("title", name)),
        description=str(record.get("description", "")),
        requires=tuple(record.get("requires") or ()),
        artifacts=held.artifacts,
    )


def edited_bundle(state: State) -> Bundle:
    """All that was made or edited at run time, as one bundle. Raises ``NotFound`` when nothing was."""
    found: list[Artifact] = []
    for name in state.installed:
        held = installed_bundle(state, name)
        found += held.artifacts if name == LOCAL else held.edited
    if not found:
        raise NotFound("nothing was made or edited at run time")
    return Bundle(LOCAL, "0.1.0", "Edited", "What was made or edited at run time.", (), tuple(found))
