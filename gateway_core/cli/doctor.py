"""``gateway doctor``: every check with its result, and the way out where one fails."""

from __future__ import annotations

from collections.abc import Callable

from gateway_core import app as gateway
from gateway_core.catalog.build import build
from gateway_core.cli.output import explain
from gateway_core.errors import GatewayError
from gateway_core.operations.explain import explain as explained
from gateway_core.operations.install import is_installed, sentence
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
        tell(f"store          FAILS  {explain(error)}")
        return False
    tell("store          ok     it answers and is undamaged")
    for finding in store.findings():
        tell(f"store          warns  {sentence(finding)}")
    healthy = _workers(settings, store, tell)
    healthy = _configuration(settings, store, tell) and healthy
    healthy = _bundles(settings, store, tell) and healthy
    _applications(settings, store, tell)
    _events(store, tell)
    store.close()
    return healthy


def _events(store: Store, tell: Callable[[str], None]) -> None:
    waits = store.outbox.backlog()
    if waits.dead:
        way_out = "gateway events list --dead shows why, gateway events replay tries again"
        tell(f"events         warns  {waits.dead} could not be delivered ({way_out})")
    else:
        tell(f"events         ok     {waits.events + waits.deliveries} wait to be delivered")


def explain_request(settings: Settings, request: str, tell: Callable[[str], None]) -> None:
    """Tell how the store answers a request for a list, without the values in it."""
    store = gateway.store_of(settings)
    try:
        catalog, _ = build(tuple(store.artifacts()), gateway.build_settings(settings))
        for line in explained(request, gateway.context_of(catalog, store)):
            tell(line)
    finally:
        store.close()


def _workers(settings: Settings, store: Store, tell: Callable[[str], None]) -> bool:
    try:
        gateway.check_workers(settings, store)
    except GatewayError as error:
        tell(f"workers        FAILS  {explain(error)}")
        return False
    return True


def _configuration(settings: Settings, store: Store, tell: Callable[[str], None]) -> bool:
    artifacts = store.artifacts()
    if not artifacts:
        tell("configuration  none   nothing is installed yet")
        return True
    catalog, findings = build(tuple(artifacts), gateway.build_settings(settings))
    errors = [finding for finding in findings if finding.severity is Severity.ERROR]
    warnings = [finding for finding in findings if finding.severity is Severity.WARNING]
    for finding in errors:
        tell(f"configuration  FAILS  {sentence(finding)}")
    for finding in warnings:
        tell(f"configuration  warns  {sentence(finding)}")
    objects = sum(store.count(Scope("", reference)) for reference in catalog.entities)
    if not errors:
        tell(
            f"configuration  ok     {len(store.installed())} bundles, {len(catalog.entities)} schemas, "
            f"{len(catalog.endpoints)} endpoints, {len(catalog.mappings)} mappings, {objects} objects"
        )
    return not errors


def _bundles(settings: Settings, store: Store, tell: Callable[[str], None]) -> bool:
    """Whether the bundles that the next start installs can be read."""
    healthy = True
    for name in settings.bundle_names():
        try:
            bundle = gateway.read_bundle(name)
        except GatewayError as error:
            tell(f"bundles        FAILS  {explain(error)}")
            healthy = False
            continue
        if is_installed(store, bundle):
            tell(f"bundles        ok     {bundle.name} {bundle.version} is installed")
        else:
            tell(
                f"bundles        waits  {bundle.name} {bundle.version}: the next 'gateway serve' installs it"
            )
    return healthy


def _applications(settings: Settings, store: Store, tell: Callable[[str], None]) -> None:
    count = len(store.applications())
    if count:
        tell(f"applications   ok     {count} may call")
    elif settings.demo:
        tell("applications   none   demo: no credentials are needed")
    else:
        tell("applications   none   nobody can call; 'gateway app add NAME' makes credentials")
