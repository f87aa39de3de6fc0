"""Which handlers there are: those that come with the gateway, and those of installed packages."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Final

from gateway_core.errors import ConfigurationError
from gateway_core.operations.actions.calling import CallSource, Proxy
from gateway_core.operations.actions.extend import Extend
from gateway_core.operations.actions.notify import Notify
from gateway_core.operations.actions.objects import Create, Map, Update
from gateway_core.operations.actions.protocol import Handler
from gateway_core.operations.actions.synchronizing import Synchronize

GROUP: Final = "gateway.actions"
BUILT_IN: Final[tuple[type[Handler], ...]] = (
    Notify,
    Map,
    Create,
    Update,
    CallSource,
    Proxy,
    Extend,
    Synchronize,
)


def handlers() -> Mapping[str, Handler]:
    """Every handler, by its name. Raises ``ConfigurationError`` when one of a package cannot be used."""
    found: dict[str, Handler] = {made.name: made for made in (kind() for kind in BUILT_IN)}
    for entry in entry_points(group=GROUP):
        try:
            handler: Handler = entry.load()()
            name, spec = handler.name, handler.schema
        except Exception as fault:  # noqa: BLE001 - a package may fail in any way
            what = f"the handler '{entry.name}' of a package cannot be used: {type(fault).__name__}"
            hint = f"Mend or remove the package that has '{entry.value}' as a '{GROUP}'."
            raise ConfigurationError(what, hint=hint) from None
        if name in found or not isinstance(spec, dict):
            raise ConfigurationError(f"the handler '{name}' of a package is there already, or has no schema")
        found[name] = handler
    return MappingProxyType(found)
