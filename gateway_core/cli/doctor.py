"""``gateway doctor``: every check with its result, and the way out where one fails."""

from __future__ import annotations

from collections.abc import Callable

from gateway_core import app as gateway
from gateway_core.catalog.build import build
from gateway_core.errors import GatewayError
from gateway_core.query.model import Scope
from gateway_core.settings import Settings
from gateway_core.store.protocol import Store
from gateway_core.types import Severity


def examine(settings: Settings, tell: Callable[[str], None]) -> bool:
    """Run all checks, tell each result; whether nothing is wrong."""
    try:
        store = gateway.store_of(settings)
        store.check()
    except GatewayError as error:
        tell(f"store          FAILS  {error.detail} {error.hint}".rstrip())
        return False
    tell("store          ok     it answers and is undamaged")
    healthy = _configuration(settings, store, tell)
    _applications(settings, store, tell)
    store.close()
    return healthy


def _configuration(settings: Settings, store: Store, tell: Callable[[str], None]) -> bool:
    artifacts = store.artifacts()
    if not artifacts:
        tell(
            "configuration  none   no bundle is installed; 'gateway serve' installs those of GATEWAY_BUNDLES"
        )
        return True
    catalog, findings = build(tuple(artifacts), gateway.build_settings(settings))
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    warnings = [finding for finding in findings if finding.severity is Severity.WARNING]
    for finding in (*errors, *warnings):
        tell(f"configuration  {finding.severity.value}  {finding.message} {finding.hint}".rstrip())
    objects = sum(store.count(Scope("", reference)) for reference in catalog.entities)
    if not errors:
        tell(
            f"configuration  ok     {len(store.installed())} bundles, {len(catalog.entities)} schemas, "
            f"{len(catalog.endpoints)} endpoints, {len(catalog.mappings)} mappings, {objects} objects"
        )
    return not errors


def _applications(settings: Settings, store: Store, tell: Callable[[str], None]) -> None:
    count = len(store.applications())
    if count:
        tell(f"applications   ok     {count} may call")
    elif settings.demo:
        tell("applications   none   demo: no credentials are needed")
    else:
        tell("applications   none   nobody can call; 'gateway app add NAME' makes credentials")
