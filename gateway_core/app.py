"""The only place that wires: settings to a store, a catalog and an ASGI application."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import secrets
import sys
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from starlette.middleware.cors import CORSMiddleware

from gateway_core.bundles.order import bundles_by_requirement
from gateway_core.bundles.packages import registered_handlers
from gateway_core.catalog.build import BuildSettings
from gateway_core.catalog.endpoints import ErrorShape
from gateway_core.catalog.snapshot import Catalog
from gateway_core.console.pages import console
from gateway_core.dispatch import Dispatcher, Patience, Timer
from gateway_core.errors import ConfigurationError, GatewayError, StoreError
from gateway_core.mapping.dates import zones
from gateway_core.mapping.run import Limits as MappingLimits
from gateway_core.operations.access import TokenSettings
from gateway_core.operations.actions.perform import Performer
from gateway_core.operations.actions.registry import handlers, specs
from gateway_core.operations.call import Budget, Context
from gateway_core.operations.install import (
    install,
    is_installed,
    make_indexes,
    sentence,
    was_rolled_back,
)
from gateway_core.operations.live import Live
from gateway_core.operations.locked import refuse_deviating, refuse_unlocked
from gateway_core.operations.sources import about, located, read_source
from gateway_core.outgoing.addresses import Allowed
from gateway_core.outgoing.calls import SourceCalls
from gateway_core.outgoing.http import HttpClient
from gateway_core.outgoing.log import CallLog
from gateway_core.outgoing.protocol import CallSeen, Outgoing, Sources
from gateway_core.outgoing.secrets import Secrets
from gateway_core.outgoing.thread import OutgoingThread
from gateway_core.query.parse import QuerySettings
from gateway_core.query.times import instant
from gateway_core.settings import Settings
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Store
from gateway_core.types import Bundle
from gateway_core.web.admin.api import administration
from gateway_core.web.asgi import ApiOptions, GatewayApi, Receive, Send
from gateway_core.web.connection import Limits
from gateway_core.web.dialects import Response, error_response
from gateway_core.web.guard import LoopbackOnly
from gateway_core.web.log import AccessLog
from gateway_core.web.target import Scope

REFRESH_SECONDS = 0.3
FORGET_SECONDS = 3600
SHOWN_WARNINGS = 10
API, ADMIN, ADMIN_DOCS = "/api/", "/admin/", "/admin/docs"


def now() -> datetime:
    return datetime.now(UTC)


def new_id() -> str:
    """A UUID of version 7 (RFC 9562, section 5.7): milliseconds since 1970, then 74 random bits.

    Ids that grow with time stand side by side in every index: a write changes a third of the pages
    that it would with random ones. They tell when an object was made, which ``_self`` tells as well.
    """
    stamp, chance = time.time_ns() // 1_000_000, int.from_bytes(os.urandom(10), "big")
    head, tail = chance >> 68, chance & 0x3FFF_FFFF_FFFF_FFFF
    digits = f"{stamp:012x}7{head:03x}{tail | 0x8000_0000_0000_0000:016x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def build_settings(settings: Settings) -> BuildSettings:
    query = QuerySettings(default_limit=settings.default_limit, max_limit=settings.max_limit)
    given = "title" in settings.model_fields_set
    title = settings.title if given else ""
    known = frozenset(registered_handlers())
    return BuildSettings(query, title, mapping_limits(settings), handlers=known, actions=specs())


def mapping_limits(settings: Settings) -> MappingLimits:
    return MappingLimits(
        steps=settings.mapping_steps,
        text=settings.mapping_text,
        items=settings.mapping_items,
        depth=settings.mapping_depth,
        map_depth=settings.mapping_map_depth,
        seconds=settings.mapping_seconds,
    )


def store_of(settings: Settings) -> Store:
    return open_store(settings.store, durability=settings.durability)


def check_workers(settings: Settings, store: Store) -> None:
    """Raise ``StoreError`` when more processes shall serve than the store bears."""
    if settings.workers > 1 and not store.shared:
        detail = f"the store serves one process, and GATEWAY_WORKERS asks for {settings.workers}"
        raise StoreError(detail, hint="Set it to 1, or use a sqlite: or postgresql: store.")


def live_of(settings: Settings, store: Store, build: BuildSettings | None = None) -> Live:
    tokens = TokenSettings(settings.token_max_age, settings.clock_leeway)
    return Live(store, build or build_settings(settings), tokens)


def context_of(catalog: Catalog, store: Store) -> Context:
    return Context(catalog, store, now, time.thread_time, new_id)


def outgoing_of(settings: Settings) -> OutgoingThread:
    """The way out, to the addresses that the settings allow."""
    return OutgoingThread(lambda: HttpClient(Allowed.parse(settings.outgoing_allow)))


def sources_of(
    settings: Settings, outgoing: OutgoingThread, observe: Callable[[CallSeen], None] | None = None
) -> SourceCalls:
    """The sources of the configuration, with the secrets that the settings name. Calls are told to the
    log of the process, unless to ``observe``."""
    return SourceCalls(
        outgoing,
        Secrets.read(os.environ, settings.secrets),
        now=now,
        clock=time.monotonic,
        chance=secrets.SystemRandom().random,
        observe=observe or CallLog(sys.stderr.fileno(), now),
    )


def performer_of(settings: Settings, outgoing: Outgoing) -> Performer:
    """What does actions. Without a public URL, messages name the address that is listened on."""
    url = settings.public_url or f"http://{settings.host}:{settings.port}"
    return Performer(handlers(), outgoing, url.rstrip("/"))


def dispatcher_of(settings: Settings, performer: Performer, live: Live, sources: Sources) -> Dispatcher:
    """The worker that tells others of events."""

    def context() -> Context:
        made = context_of(live.moment.catalog, live.store)
        return made._replace(sources=sources, calls=Budget(settings.mapping_calls))

    return Dispatcher(
        performer,
        context,
        holder=new_id(),
        patience=Patience(first=settings.events_retry, attempts=settings.events_attempts),
        now=now,
        clock=time.monotonic,
        chance=secrets.SystemRandom().random,
    )


def timer_of(live: Live) -> Timer:
    """The worker that starts cronjobs."""
    return Timer(lambda: context_of(live.moment.catalog, live.store), holder=new_id())


def connection_limits(settings: Settings) -> Limits:
    return Limits(
        header_timeout=settings.header_timeout,
        send_timeout=settings.send_timeout,
        max_header=settings.max_header,
        max_headers=settings.max_headers,
        max_connections=settings.max_connections,
    )


def read_bundle(name: str) -> Bundle:
    """The bundle of ``read_source``."""
    return read_source(name).bundle


def install_bundles(settings: Settings, store: Store, tell: Callable[[str], None]) -> None:
    """Install the bundles of the settings that the store does not hold in this very form, each behind
    those that it requires, and create their data objects that do not exist. A version that was rolled
    back is passed over. ``tell`` hears what is done, and the first warnings. Raises
    ``ConfigurationError`` for what is not as it was locked, where the settings ask for that."""
    sources = {}
    build = build_settings(settings)
    lock = lock_file(Path(settings.lock)) if settings.locked else ""
    for name in settings.bundle_names():
        source = read_source(name)
        sources[source.bundle.name] = (name, source)
    if settings.locked:
        refuse_unlocked([source.bundle for _, source in sources.values()], lock, settings.lock)
    for bundle in bundles_by_requirement([source.bundle for _, source in sources.values()]):
        name, source = sources[bundle.name]
        if is_installed(store, bundle):
            continue
        if was_rolled_back(store, bundle):
            way = f"'gateway bundle install {name}' installs it all the same"
            tell(f"not installed: {bundle.name} {bundle.version}, which was rolled back; {way}")
            continue
        with about(name), located(source):
            made = install(store, bundle, build, context_of, source=source.place)
        objects = f", {made.created} objects created" if made.created else ""
        tell(f"installed {bundle.name} {bundle.version}: {len(bundle.artifacts)} artifacts{objects}")
        for warning in made.warnings[:SHOWN_WARNINGS]:
            tell(f"  warning: {sentence(warning)}")
        if len(made.warnings) > SHOWN_WARNINGS:
            tell(f"  and {len(made.warnings) - SHOWN_WARNINGS} more warnings: gateway doctor shows them all")
    if settings.locked:
        refuse_deviating(store, lock, settings.lock)


def lock_file(file: Path) -> str:
    """The text of a lock file. Raises ``ConfigurationError`` when it cannot be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        hint = "'gateway bundle lock' writes it."
        raise ConfigurationError(f"the lock file {file} cannot be read", hint=hint) from None


def problem_of(error: GatewayError) -> Response:
    """An error of a page, printed as those of the endpoints are."""
    return error_response(error, ErrorShape.PROBLEM, "", "")


class Gateway:
    """The whole application: generated endpoints under ``/api/``, configuration under ``/admin/``, pages
    for people elsewhere."""

    def __init__(self, settings: Settings, store: Store) -> None:
        build = build_settings(settings)  # shared: what did not change is compiled once
        self._live, self._settings = live_of(settings, store, build), settings
        self._outgoing = outgoing_of(settings)
        performer = performer_of(settings, self._outgoing)
        sources = sources_of(settings, self._outgoing)
        self._dispatcher = dispatcher_of(settings, performer, self._live, sources)
        self._timer = timer_of(self._live)
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="request")
        self._pool.submit(zones)  # before a template asks for one: templates open no files
        options = ApiOptions(
            demo=settings.demo,
            public_url=settings.public_url,
            max_body=settings.max_body,
            max_nesting=settings.max_nesting,
            read_timeout=settings.read_timeout,
            mapping_calls=settings.mapping_calls,
        )
        self._log = AccessLog(sys.stderr.fileno(), now)
        self._api: Any = GatewayApi(
            self._live,
            options,
            self._pool,
            now=now,
            clock=time.monotonic,
            work_clock=time.thread_time,
            new_id=new_id,
            observe=self._log,
            sources=sources,
            follow=performer.follow,
        )
        if settings.origins():
            self._api = CORSMiddleware(
                self._api,
                allow_origins=settings.origins(),
                allow_credentials=True,
                allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
                allow_headers=["*"],
                expose_headers=["ETag", "Location", "X-Request-ID"],
            )
        self._pages = console(self._live, problem_of, demo=settings.demo)
        self._pages.router.lifespan_context = self._lifespan
        self._admin = administration(
            self._live, build, context_of, now=now, clock=time.monotonic, observe=self._log
        )
        self._entrance = LoopbackOnly(self._route, settings.origins()) if settings.demo else self._route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._entrance(scope, receive, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(API):
            await self._api(scope, receive, send)
        elif scope["type"] == "http" and scope["path"].startswith(ADMIN) and scope["path"] != ADMIN_DOCS:
            await self._admin(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, _: object) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._forget())]
        wanted = self._settings.deliver_events
        if wanted == "thread" or (wanted == "process" and not self._live.store.shared):
            self._dispatcher.start()
            self._timer.start()
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            self._log.flush()
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(None, self._timer.stop)
            await loop.run_in_executor(None, self._dispatcher.stop)
            self._pool.shutdown(wait=True)
            self._outgoing.close()
            self._live.store.close()

    async def _follow(self) -> None:
        """Follow changed configuration, made by any process, within a second."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                await loop.run_in_executor(None, self._refresh)
            except GatewayError as error:
                logging.getLogger("gateway").error(
                    "the new configuration cannot be used, the old one stays: %s", error.detail
                )

    def _refresh(self) -> None:
        if self._live.refresh():
            make_indexes(self._live.store, self._live.moment.catalog)

    async def _forget(self) -> None:
        """Forget what was kept for its time; that several processes do so does no harm."""
        loop = asyncio.get_running_loop()
        while True:
            try:
                store, settings = self._live.store, self._settings
                await loop.run_in_executor(None, store.purge, kept_since(settings.history_days))
                await loop.run_in_executor(None, store.outbox.purge, kept_since(settings.events_days))
            except GatewayError as error:
                logging.getLogger("gateway").error("what is old could not be forgotten: %s", error.detail)
            await asyncio.sleep(FORGET_SECONDS)


def kept_since(days: int) -> str:
    """The moment from before which nothing is kept for so many days."""
    return instant(now() - timedelta(days=days))


def create_app() -> Gateway:
    """The application of the environment's settings: what each server process runs."""
    settings = Settings()
    application = Gateway(settings, store_of(settings))
    spare_collections()
    return application


def spare_collections() -> None:
    """Let the garbage collector leave alone what lives as long as the process, and come less often.

    A page of a hundred objects is thousands of small dictionaries without a cycle among them;
    with Python's defaults a third of the time of reading it goes into looking for cycles.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 100)
