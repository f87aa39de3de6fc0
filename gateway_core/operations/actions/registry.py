"""Which handlers there are: those that come with the gateway, and those of installed packages."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import entry_points
from types import MappingProxyType
from typing import Final

from gateway_core.catalog.actions import HandlerSpec
from gateway_core.errors import ConfigurationError
from gateway_core.operations.actions.calling import CallSource, Proxy
from gateway_core.operations.actions.extend import Extend
from gateway_core.operations.actions.fetching import Fetch
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
    Fetch,
)


def handlers() -> Mapping[str, Handler]:
    """Every handler, by its name. Raises ``ConfigurationError`` when one of a package cannot be used."""
    return MappingProxyType({handler.name: handler for handler, _ in _all()})


def specs() -> tuple[HandlerSpec, ...]:
    """What the catalog is told of them; a handler of a package is also found by its entry point's name."""
    return tuple(
        HandlerSpec(handler.name, (*handler.aliases, *called), handler.schema, handler.interest)
        for handler, called in _all()
    )


def _all() -> list[tuple[Handler, tuple[str, ...]]]:
    found: list[tuple[Handler, tuple[str, ...]]] = [(kind(), ()) for kind in BUILT_IN]
    for entry in entry_points(group=GROUP):
        try:
            handler: Handler = entry.load()()
            usable = bool(handler.name) and isinstance(handler.schema, dict)
        except Exception as fault:  # noqa: BLE001 - a package may fail in any way
            what = f"the handler '{entry.name}' of a package cannot be used: {type(fault).__name__}"
            hint = f"Mend or remove the package that has '{entry.value}' as a '{GROUP}'."
            raise ConfigurationError(what, hint=hint) from None
        if not usable or any(handler.name == other.name for other, _ in found):
            raise ConfigurationError(
                f"the handler '{entry.name}' of a package has no schema, or another's name"
            )
        found.append((handler, (entry.name,) if entry.name != handler.name else ()))
    return found
