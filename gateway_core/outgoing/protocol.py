"""What is sent to other systems and what comes back; the port behind which the client stands."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import NamedTuple, Protocol

from gateway_core.catalog.sources import Source
from gateway_core.errors import UpstreamDisabled
from gateway_core.types import Reference

REPEATABLE = frozenset({"GET", "HEAD", "OPTIONS", "PUT", "DELETE"})  # RFC 9110, section 9.2.2


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one request may cost: seconds until it is connected and until its answer is there, bytes of
    the answer (as sent, and unpacked), and how many redirects on the same host are followed. Without
    any, an answer that redirects is an answer like others."""

    connect: float = 5.0
    total: float = 10.0
    answer: int = 10_485_760
    redirects: int = 0


@dataclass(frozen=True, slots=True, repr=False)
class Identity:
    """How we show who we are, and whom we trust, when a connection is encrypted: texts in PEM form."""

    certificate: str = ""
    key: str = ""
    password: str = ""
    authority: str = ""


@dataclass(frozen=True, slots=True, repr=False)
class Request:
    """One request to another system. ``url`` is whole; names of headers are in any case.

    How it prints tells nothing of what it holds: addresses and bodies may be personal data or secrets.
    """

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    bounds: Bounds = Bounds()
    identity: Identity | None = None

    def __repr__(self) -> str:
        return f"Request({self.method})"


@dataclass(frozen=True, slots=True, repr=False)
class Answer:
    """What came back; names of ``headers`` are in small letters, the body is unpacked."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes

    def header(self, name: str) -> str:
        """The first header of this name; empty when there is none."""
        return next((value for key, value in self.headers if key == name), "")

    def __repr__(self) -> str:
        return f"Answer({self.status})"


class Outgoing(Protocol):
    """Sends requests to other systems, only to addresses that are allowed.

    Raises ``UpstreamForbidden`` for a place that may not be reached, ``UpstreamTimeout``, and
    ``UpstreamError`` for everything else that keeps an answer away. An answer is an answer, whatever
    its status. It sends each request once: who repeats is the caller.
    """

    def send(self, request: Request) -> Answer:
        """Send and wait, in any thread that may wait."""

    async def send_async(self, request: Request) -> Answer:
        """Send from a running event loop."""


@dataclass(frozen=True, slots=True, repr=False)
class Message:
    """A call to a source. ``path`` stands below its address, and may hold a query of its own; ``seconds``
    bound the call when they are fewer than the source has."""

    method: str = "GET"
    path: str = ""
    query: tuple[tuple[str, str], ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes | None = None
    seconds: float | None = None

    def __repr__(self) -> str:
        return f"Message({self.method})"


class CallSeen(NamedTuple):
    """A finished call to a source, without anything that was sent or answered: fit for a log.

    ``status`` is None when there was no answer, ``fault`` then says why, in words of ours.
    """

    source: Reference
    method: str
    status: int | None
    seconds: float
    attempts: int
    fault: str = ""


class SourceState(NamedTuple):
    """What can be told of a source without calling it: its host, whether it is switched on, the names of
    secrets that have no value, and why it cannot be called, if so."""

    host: str
    enabled: bool
    missing: tuple[str, ...]
    trouble: str = ""


class Sources(Protocol):
    """Calls the sources of the configuration: with credentials, repetitions and a breaker.

    Raises ``UpstreamDisabled`` for one that is switched off or lacks a secret, ``UpstreamUnavailable`` for
    one that is left alone after failures, and otherwise what ``Outgoing`` raises, each with the source. An
    answer is an answer, whatever its status.
    """

    def call(self, source: Source, message: Message, /) -> Answer:
        """Call and wait, in any thread that may wait."""

    async def call_async(self, source: Source, message: Message, /) -> Answer:
        """Call from a running event loop."""

    def state(self, source: Source) -> SourceState:
        """What is known of it without a call."""


class NoSources:
    """Where nothing may be called: while a bundle is installed, and in tests of mappings."""

    def call(self, source: Source, _: Message, /) -> Answer:
        raise _nowhere(source)

    async def call_async(self, source: Source, _: Message, /) -> Answer:
        raise _nowhere(source)

    def state(self, source: Source) -> SourceState:
        return SourceState("", source.enabled, ())


def _nowhere(source: Source) -> UpstreamDisabled:
    return UpstreamDisabled(f"source '{source.title}' may not be called here", source=source.reference)
