"""``gateway objects purge`` and ``erase``: forgetting what objects were."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import typer

from gateway_core.cli.output import fail, tell


def purge(
    before: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="Forget what ended before this day (UTC); without it, what is older than "
            "GATEWAY_HISTORY_DAYS (365).",
        ),
    ] = None,
) -> None:
    """Forget earlier versions and removed objects, as the serving process does every hour."""
    from gateway_core import app as gateway
    from gateway_core.query.times import instant
    from gateway_core.settings import Settings

    settings = Settings()
    store = gateway.store_of(settings)
    day = before.replace(tzinfo=UTC) if before is not None else None
    moment = instant(day) if day is not None else gateway.kept_since(settings.history_days)
    forgotten = store.purge(moment)
    store.close()
    tell(f"{forgotten} versions forgotten, all that ended before {moment}")


def erase(
    ids: Annotated[list[str], typer.Argument(help="The ids of the objects.", metavar="ID…")],
) -> None:
    """Forget all earlier versions of objects and of their parts, and removed objects altogether.
    Objects that are there stay as they are: delete them first to forget them."""
    from gateway_core import app as gateway
    from gateway_core.operations.forget import erase as forget
    from gateway_core.schema.formats import CHECKS
    from gateway_core.settings import Settings

    if not all(CHECKS["uuid"](id) for id in ids):
        fail("an id is a UUID; nothing was forgotten", code=2)
    settings = Settings()
    store = gateway.store_of(settings)
    catalog = gateway.live_of(settings, store).moment.catalog
    erased = forget(catalog, store, "", [id.lower() for id in ids])
    store.close()
    tell(f"{erased.versions} versions forgotten (objects: {len(set(ids))}, parts of them: {erased.parts})")
    if erased.there:
        tell(f"as they are now, these objects are there still: {', '.join(erased.there)}")
    if erased.unknown:
        fail(f"of these ids nothing is known: {', '.join(erased.unknown)}")
