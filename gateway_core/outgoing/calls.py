"""Calls to sources: with credentials, again where that may help, and not at all where it will not."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime
from typing import Final

from gateway_core.catalog.sources import Source
from gateway_core.errors import (
    UpstreamDisabled,
    UpstreamError,
    UpstreamForbidden,
    UpstreamTimeout,
    UpstreamUnavailable,
)
from gateway_core.outgoing.breaker import Breakers
from gateway_core.outgoing.credentials import Keyring, Shown
from gateway_core.outgoing.places import host_of, place
from gateway_core.outgoing.protocol import (
    REPEATABLE,
    Answer,
    Bounds,
    CallSeen,
    Identity,
    Message,
    Request,
    SourceState,
)
from gateway_core.outgoing.secrets import Secrets
from gateway_core.outgoing.thread import OutgoingThread

_PASSING: Final = frozenset({429, 502, 503, 504})  # answers that may be others a moment later
_FIRST_PAUSE: Final = 0.1
_LONGEST_PAUSE: Final = 2.0
_REDIRECTS: Final = 3
_SWITCHES: Final = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}


class SourceCalls:
    """The ``Sources`` of a process.

    ``clock`` counts seconds and never goes back, ``chance`` is a random number from 0 to 1 that spreads
    repetitions, ``observe`` is told of each call; ``pause`` sleeps.
    """

    def __init__(
        self,
        thread: OutgoingThread,
        secrets: Secrets,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float],
        chance: Callable[[], float],
        observe: Callable[[CallSeen], None],
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        self._thread, self._secrets = thread, secrets
        self._clock, self._chance, self._observe, self._pause = clock, chance, observe, pause
        self._breakers = Breakers(clock)
        self._keyring = Keyring(secrets, thread.once, now, clock)

    def call(self, source: Source, message: Message) -> Answer:
        """As ``Sources`` says."""
        return self._thread.wait(self._call(source, message))

    async def call_async(self, source: Source, message: Message) -> Answer:
        """As ``Sources`` says."""
        return await self._thread.wait_async(self._call(source, message))

    def state(self, source: Source) -> SourceState:
        """As ``Sources`` says."""
        auth, pem = source.auth, source.certificate
        url = self._secrets.get(f"{source.variable}_URL") or source.url
        texts = [
            url,
            auth.user,
            auth.secret,
            auth.token_url,
            *auth.headers.values(),
            *source.headers.values(),
        ]
        texts += [pem.certificate, pem.key, pem.password, pem.authority, *source.query.values()]
        texts += [value for value in auth.fields.values() if isinstance(value, str)]
        missing = self._secrets.missing(*texts)
        trouble = source.unusable
        if not trouble and missing:
            trouble = f"it lacks {', '.join(missing)}"
        if not trouble and self._breakers.is_open(source.reference):
            trouble = "it failed repeatedly and is left alone for a while"
        host = "" if self._secrets.missing(url) else host_of(self._secrets.fill(url))
        return SourceState(host, self._enabled(source), missing, trouble)

    def _enabled(self, source: Source) -> bool:
        switched = (self._secrets.get(f"{source.variable}_ENABLED") or "").strip().lower()
        return _SWITCHES.get(switched, source.enabled)

    async def _call(self, source: Source, message: Message) -> Answer:
        started, tries = self._clock(), _Tries()
        status, fault = None, ""
        try:
            answer = await self._guarded(source, message, tries)
        except UpstreamError as error:
            fault = f"{error.detail} ({error.cause})" if error.cause else error.detail
            raise _named(source, error) from None
        else:
            status = answer.status
            return answer
        finally:
            seconds = self._clock() - started
            self._observe(CallSeen(source.reference, message.method, status, seconds, tries.count, fault))

    async def _guarded(self, source: Source, message: Message, tries: _Tries) -> Answer:
        if source.unusable:
            raise UpstreamDisabled("it cannot be used as it is configured", cause=source.unusable)
        if not self._enabled(source):
            switch = f"GATEWAY_SECRET_{source.variable}_ENABLED=true switches it on"
            raise UpstreamDisabled("it is switched off", cause=switch)
        self._breakers.enter(source.reference, source.breaker)
        failed: bool | None = None
        try:
            async with asyncio.timeout(min(source.total_seconds, message.seconds or source.total_seconds)):
                answer = await self._attempts(source, message, tries)
        except TimeoutError:
            failed = True
            raise UpstreamTimeout("it did not answer in time") from None
        except (UpstreamForbidden, UpstreamUnavailable):
            raise
        except UpstreamError:
            failed = True
            raise
        else:
            failed = answer.status >= 500 and answer.status != 501
            return answer
        finally:
            self._breakers.leave(source.reference, source.breaker, failed=failed)

    async def _attempts(self, source: Source, message: Message, tries: _Tries) -> Answer:
        repeatable = message.method in REPEATABLE
        shown = await self._keyring.show(source)
        for left in range(source.retries if repeatable else 0, -1, -1):
            tries.count += 1
            wait = self._backoff(tries.count)
            try:
                answer = await self._thread.once(self._request(source, message, shown))
            except (UpstreamForbidden, UpstreamUnavailable):
                raise
            except UpstreamError:
                if not left:
                    raise
            else:
                if answer.status == 401 and shown.renewable:
                    shown = await self._keyring.show(source, anew=True)
                    answer = await self._thread.once(self._request(source, message, shown))
                if not left or answer.status not in _PASSING:
                    return answer
                wait = max(wait, _asked_pause(answer))
            await self._pause(wait)
        raise AssertionError  # the last round returns or raises

    def _backoff(self, count: int) -> float:
        """The pause after an attempt: longer each time, and spread, so that callers do not come together."""
        return float(min(_FIRST_PAUSE * 2 ** (count - 1), _LONGEST_PAUSE) * (0.5 + self._chance() / 2))

    def _request(self, source: Source, message: Message, shown: Shown) -> Request:
        fill = self._secrets.fill
        base = self._secrets.get(f"{source.variable}_URL") or fill(source.url)
        query = {name: fill(value) for name, value in source.query.items()} | dict(shown.query)
        own = _merged({name: fill(value) for name, value in source.headers.items()}, message.headers)
        pem = source.certificate
        identity = Identity(fill(pem.certificate), fill(pem.key), fill(pem.password), fill(pem.authority))
        return Request(
            message.method,
            place(base, message.path, (*message.query, *query.items())),
            _merged(own, shown.headers),
            message.body,
            Bounds(source.connect_seconds, source.total_seconds, source.max_answer, _REDIRECTS),
            identity,
        )


class _Tries:
    """How often a call was attempted."""

    def __init__(self) -> None:
        self.count = 0


def _merged(below: Mapping[str, str], above: Mapping[str, str]) -> dict[str, str]:
    """Headers of two sides; of the same name in any case, the upper one."""
    names = {name.lower() for name in above}
    return {name: value for name, value in below.items() if name.lower() not in names} | dict(above)


def _asked_pause(answer: Answer) -> float:
    """What the source asks us to wait, within reason."""
    text = answer.header("retry-after")
    return min(float(text), _LONGEST_PAUSE) if text.isascii() and text.isdigit() and len(text) < 9 else 0.0


def _named(source: Source, error: UpstreamError) -> UpstreamError:
    """The error with the source in it, for whoever called. Causes are for the log."""
    return type(error)(
        f"source '{source.title}': {error.detail}",
        source=source.reference,
        cause=error.cause,
        hint=error.hint,
    )
