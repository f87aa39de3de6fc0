"""Is what is to be installed, and what is installed, as it was locked?"""

from __future__ import annotations

from collections.abc import Iterable

from gateway_core.bundles.layout import digest
from gateway_core.bundles.lock import Locked, deviations, lock_text, locked_of, read_lock
from gateway_core.bundles.plan import contents_of, name_of
from gateway_core.errors import ConfigurationError, Conflict
from gateway_core.operations.in_force import LOCAL
from gateway_core.operations.planning import State, current_state, installed_bundle
from gateway_core.store.protocol import Store
from gateway_core.types import Bundle

WAY_OUT = "'gateway bundle lock' writes down what is installed now, if that is what you want."


def lock_of(store: Store) -> tuple[str, int]:
    """The text of the lock of what is installed, and how many bundles it holds.

    Raises ``Conflict`` where something was edited at run time: no bundle would bring it again.
    """
    state = current_state(store)
    changed = _edited(state)
    if changed:
        hint = "'gateway bundle export --edited' saves it; --overwrite-local, when installing, undoes it."
        raise Conflict(f"what was edited at run time cannot be locked: {', '.join(changed)}", hint=hint)
    locked = {name: locked_of(name, record) for name, record in state.installed.items()}
    return lock_text(locked), len(locked)


def refuse_unlocked(bundles: Iterable[Bundle], text: str, place: str) -> None:
    """Raise ``ConfigurationError`` unless each bundle is in the lock with this very content."""
    found = {b.name: Locked(b.name, b.version, digest(b), contents_of(b.artifacts)) for b in bundles}
    _refuse(list(deviations(read_lock(text, place), found, complete=False)), place)


def refuse_deviating(store: Store, text: str, place: str) -> None:
    """Raise ``ConfigurationError`` unless exactly what was locked is installed, and nothing was edited."""
    state = current_state(store)
    found = {name: locked_of(name, record) for name, record in state.installed.items()}
    faults = list(deviations(read_lock(text, place), found, complete=True))
    faults += [f"{name} was edited at run time" for name in _edited(state)]
    _refuse(faults, place)


def _edited(state: State) -> list[str]:
    return [
        name_of(artifact)
        for name in state.installed
        if name != LOCAL
        for artifact in installed_bundle(state, name).edited
    ]


def _refuse(faults: list[str], place: str) -> None:
    if faults:
        raise ConfigurationError(f"this is not what {place} holds: {'; '.join(faults)}", hint=WAY_OUT)
