"""The only place that wires: settings to a store, a catalog and an ASGI application."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import secrets
import sys
import threading
import time
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson
from starlette.middleware.cors import CORSMiddleware

from gateway_core.bundles import read
from gateway_core.bundles.read import find_bundle
from gateway_core.catalog.build import BuildSettings
from gateway_core.catalog.endpoints import ErrorShape
from gateway_core.catalog.snapshot import Catalog
from gateway_core.console.pages import console
from gateway_core.dispatch import Dispatcher, Patience
from gateway_core.errors import ConfigurationError, GatewayError, StoreError
from gateway_core.mapping.dates import zones
from gateway_core.mapping.run import Limits as MappingLimits
from gateway_core.operations.access import TokenSettings
from gateway_core.operations.actions.perform import Performer
from gateway_core.operations.actions.protocol import spec_of
from gateway_core.operations.actions.registry import handlers
from gateway_core.operations.call import Context
from gateway_core.operations.install import install, is_installed, sentence
from gateway_core.operations.live import Live
from gateway_core.operations.places import placed
from gateway_core.outgoing.addresses import Allowed
from gateway_core.outgoing.http import HttpClient
from gateway_core.outgoing.protocol import Outgoing
from gateway_core.outgoing.thread import OutgoingThread
from gateway_core.query.parse import QuerySettings
from gateway_core.query.times import instant
from gateway_core.settings import Settings
from gateway_core.store.open import open_store
from gateway_core.store.protocol import Store
from gateway_core.types import Bundle
from gateway_core.web.asgi import ApiOptions, GatewayApi, Observation, Receive, Send
from gateway_core.web.connection import Limits
from gateway_core.web.dialects import Response, error_response
from gateway_core.web.guard import LoopbackOnly
from gateway_core.web.target import Scope

REFRESH_SECONDS = 0.3
FORGET_SECONDS = 3600
LOG_SECONDS = 0.2
LOG_LINES = 16  # some 3 kB: below what a pipe takes as a whole (PIPE_BUF)
SHOWN_WARNINGS = 10
API = "/api/"


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
    specs = tuple(spec_of(handler) for handler in handlers().values())
    return BuildSettings(query, settings.title if given else "", mapping_limits(settings), specs)


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


def live_of(settings: Settings, store: Store) -> Live:
    tokens = TokenSettings(settings.token_max_age, settings.clock_leeway)
    return Live(store, build_settings(settings), tokens)


def context_of(catalog: Catalog, store: Store) -> Context:
    return Context(catalog, store, now, time.thread_time, new_id)


def outgoing_of(settings: Settings) -> OutgoingThread:
    """The way out, to the addresses that the settings allow."""
    return OutgoingThread(lambda: HttpClient(Allowed.parse(settings.outgoing_allow)))


def performer_of(settings: Settings, outgoing: Outgoing) -> Performer:
    """What does actions. Without a public URL, messages name the address that is listened on."""
    url = settings.public_url or f"http://{settings.host}:{settings.port}"
    return Performer(handlers(), outgoing, url.rstrip("/"))


def dispatcher_of(settings: Settings, performer: Performer, live: Live) -> Dispatcher:
    """The worker that tells others of events."""
    return Dispatcher(
        performer,
        lambda: context_of(live.moment.catalog, live.store),
        holder=new_id(),
        patience=Patience(first=settings.events_retry, attempts=settings.events_attempts),
        now=now,
        clock=time.monotonic,
        chance=secrets.SystemRandom().random,
    )


def deliver(settings: Settings, stopping: threading.Event) -> None:
    """Tell others of events until ``stopping``: what the process beside those that serve does.

    It acknowledges nothing to anybody, so that it needs no durability: what a power cut takes is
    delivered once more.
    """
    store = open_store(settings.store, durability="fast")
    live, outgoing = live_of(settings, store), outgoing_of(settings)
    dispatcher = dispatcher_of(settings, performer_of(settings, outgoing), live)
    dispatcher.start()
    while not stopping.wait(REFRESH_SECONDS):
        try:
            live.refresh()
        except GatewayError as error:
            logging.getLogger("gateway").error("events wait for a configuration: %s", error.detail)
    dispatcher.stop()
    outgoing.close()
    store.close()


def connection_limits(settings: Settings) -> Limits:
    return Limits(
        header_timeout=settings.header_timeout,
        send_timeout=settings.send_timeout,
        max_header=settings.max_header,
        max_headers=settings.max_headers,
        max_connections=settings.max_connections,
    )


def read_bundle(name: str) -> Bundle:
    """A bundle from a folder or an archive, or one that is shipped or packaged, by its name."""
    with _about(name):
        return read.read_bundle(find_bundle(name))


def install_bundles(settings: Settings, store: Store, tell: Callable[[str], None]) -> None:
    """Install the bundles of the settings that the store does not hold in this very form, and
    create their data objects that do not exist. ``tell`` hears what is done, and the first warnings."""
    for name in settings.bundle_names():
        bundle = read_bundle(name)
        if is_installed(store, bundle):
            continue
        with _about(name), _placed(name):
            made = install(store, bundle, build_settings(settings), context_of)
        objects = f", {made.created} objects created" if made.created else ""
        tell(f"installed {bundle.name} {bundle.version}: {len(bundle.artifacts)} artifacts{objects}")
        for warning in made.warnings[:SHOWN_WARNINGS]:
            tell(f"  warning: {sentence(warning)}")
        if len(made.warnings) > SHOWN_WARNINGS:
            tell(f"  and {len(made.warnings) - SHOWN_WARNINGS} more warnings: gateway doctor shows them all")


@contextlib.contextmanager
def _about(name: str) -> Iterator[None]:
    """Say of which bundle it is that something cannot be used."""
    try:
        yield
    except ConfigurationError as error:
        faults = error.detail.splitlines()
        marked = (f"\n  {fault}" if fault.startswith(" ") else f"\n- {fault}" for fault in faults)
        listed = f" {faults[0]}" if len(faults) == 1 else "".join(marked)
        detail = f"bundle '{name}' cannot be installed:{listed}"
        raise ConfigurationError(detail, error.findings, hint=error.hint) from error


@contextlib.contextmanager
def _placed(name: str) -> Iterator[None]:
    """Tell what is wrong with mappings by line and column of their files, with a marker below the spot."""
    try:
        yield
    except ConfigurationError as error:
        detail = placed(error, find_bundle(name))
        raise ConfigurationError(detail, error.findings, hint=error.hint) from error


def problem_of(error: GatewayError) -> Response:
    """An error of a page, printed as those of the endpoints are."""
    return error_response(error, ErrorShape.PROBLEM, "", "")


class Gateway:
    """The whole application: generated endpoints under ``/api/``, pages for people elsewhere."""

    def __init__(self, settings: Settings, store: Store) -> None:
        self._live, self._settings = live_of(settings, store), settings
        self._outgoing = outgoing_of(settings)
        performer = performer_of(settings, self._outgoing)
        self._dispatcher = dispatcher_of(settings, performer, self._live)
        self._pool = ThreadPoolExecutor(settings.threads, thread_name_prefix="request")
        self._pool.submit(zones)  # before a template asks for one: templates open no files
        options = ApiOptions(
            demo=settings.demo,
            public_url=settings.public_url,
            max_body=settings.max_body,
            max_nesting=settings.max_nesting,
            read_timeout=settings.read_timeout,
        )
        self._log = AccessLog(sys.stderr.fileno())
        self._api: Any = GatewayApi(
            self._live,
            options,
            self._pool,
            now=now,
            clock=time.monotonic,
            work_clock=time.thread_time,
            new_id=new_id,
            observe=self._log,
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
        self._entrance = LoopbackOnly(self._route, settings.origins()) if settings.demo else self._route

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._entrance(scope, receive, send)

    async def _route(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith(API):
            await self._api(scope, receive, send)
        else:
            await self._pages(scope, receive, send)

    @asynccontextmanager
    async def _lifespan(self, _: object) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(self._follow()), asyncio.create_task(self._forget())]
        wanted = self._settings.deliver_events
        if wanted == "thread" or (wanted == "process" and not self._live.store.shared):
            self._dispatcher.start()
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            self._log.flush()
            await asyncio.get_running_loop().run_in_executor(None, self._dispatcher.stop)
            self._pool.shutdown(wait=True)
            self._outgoing.close()
            self._live.store.close()

    async def _follow(self) -> None:
        """Follow changed configuration, made by any process, within a second."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(REFRESH_SECONDS)
            try:
                await loop.run_in_executor(None, self._live.refresh)
            except GatewayError as error:
                logging.getLogger("gateway").error(
                    "the new configuration cannot be used, the old one stays: %s", error.detail
                )

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


class AccessLog:
    """One JSON object a line, written whole, so that processes may share the descriptor.

    It holds nothing that a client sent: no id, query, body or message. (The logging module
    would cost as much as reading an object does.) Lines are written together, at the latest
    after ``LOG_SECONDS``; a fault at once, with all that came before it.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._lines: list[bytes] = []

    def __call__(self, seen: Observation) -> None:
        line: dict[str, Any] = {
            "time": now(),
            "method": seen.method,
            "route": seen.route,
            "status": seen.status,
            "ms": round(seen.seconds * 1000, 1),
            "application": seen.application,
            "request": seen.request_id,
        }
        if seen.fault is not None:
            line["fault"] = type(seen.fault).__name__
            if isinstance(seen.fault, StoreError):  # its words are ours: the store, and what ails it
                line["detail"] = seen.fault.detail
            line["trace"] = [
                f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
                for frame in traceback.extract_tb(seen.fault.__traceback__)
            ]
        self._lines.append(orjson.dumps(line, option=orjson.OPT_APPEND_NEWLINE))
        if seen.fault is not None or len(self._lines) >= LOG_LINES:
            self.flush()
        elif len(self._lines) == 1:
            asyncio.get_running_loop().call_later(LOG_SECONDS, self.flush)

    def flush(self) -> None:
        """Write what waits. A log that cannot be written stops nobody."""
        lines, self._lines = self._lines, []
        if lines:
            with contextlib.suppress(OSError):
                os.write(self._descriptor, b"".join(lines))
