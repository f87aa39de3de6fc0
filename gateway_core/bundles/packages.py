"""What installed Python packages bring: bundles, and handlers of actions. Nothing of them is run here."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import EntryPoint, entry_points
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from gateway_core.catalog.original import handler_name

BUNDLES: Final = "gateway.bundles"
HANDLERS: Final = "gateway.actions"


def packaged_bundles() -> dict[str, Path]:
    """Name → folder of the bundles of installed packages.

    An entry point of the group ``gateway.bundles`` has the bundle's name, and for its value the package
    that holds its files: ``shop = "acme_shop"``, or a package inside it (``acme_shop.bundle``). The
    package is found, and not imported.
    """
    found = {}
    for point in entry_points(group=BUNDLES):
        folder = _folder(point.module)
        if folder is not None:
            found[point.name] = folder
    return found


def registered_handlers() -> Mapping[str, EntryPoint]:
    """The handlers that installed packages provide, by the name of the class that actions ask for.

    An entry point of the group ``gateway.actions`` has that name, with dots for the backslashes of PHP:
    ``"Acme.ShopBundle.ActionHandler.OrderHandler" = "acme_shop.orders:OrderHandler"``.
    """
    return {handler_name(point.name): point for point in entry_points(group=HANDLERS)}


def _folder(module: str) -> Path | None:
    top, *inner = module.split(".")
    try:
        spec = find_spec(top)
    except (ImportError, ValueError):
        return None
    places = list(spec.submodule_search_locations or ()) if spec is not None else []
    folders = (Path(place).joinpath(*inner) for place in places)
    return next((folder for folder in folders if folder.is_dir()), None)
