"""Outgoing calls run in a thread of their own, with an event loop: anybody may wait for them."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine
from concurrent.futures import Future
from typing import Any, TypeVar

from gateway_core.errors import UpstreamError
from gateway_core.outgoing.http import HttpClient
from gateway_core.outgoing.protocol import Answer, Request

T = TypeVar("T")
_CLOSING_SECONDS = 5.0


class OutgoingThread:
    """An ``Outgoing`` for every thread and every loop of this process.

    The thread is started by the first call and ended by ``close``. ``make`` is called inside it.
    """

    def __init__(self, make: Callable[[], HttpClient]) -> None:
        self._make = make
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._client: HttpClient | None = None
        self._closed = False

    def send(self, request: Request) -> Answer:
        """As ``Outgoing`` says."""
        return self.wait(self.once(request))

    async def send_async(self, request: Request) -> Answer:
        """As ``Outgoing`` says."""
        return await self.wait_async(self.once(request))

    async def once(self, request: Request) -> Answer:
        """Send a request, inside the thread: a part of what ``wait`` runs."""
        if self._client is None:
            self._client = self._make()
        return await self._client.send(request)

    def wait(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` in the thread of outgoing calls and wait for it in this one."""
        if threading.current_thread() is self._thread:
            work.close()
            raise RuntimeError("a call that waits was made where calls are made")
        return self._submit(work).result()

    async def wait_async(self, work: Coroutine[Any, Any, T]) -> T:
        """Run ``work`` in the thread of outgoing calls; cancelled with whoever waits."""
        return await asyncio.wrap_future(self._submit(work))

    def close(self) -> None:
        """End the thread, and with it what still runs. Nothing can be sent afterwards."""
        with self._lock:
            loop, thread, self._closed = self._loop, self._thread, True
        if loop is None or thread is None:
            return
        loop.call_soon_threadsafe(loop.stop)
        thread.join(_CLOSING_SECONDS)

    def _submit(self, work: Coroutine[Any, Any, T]) -> Future[T]:
        with self._lock:
            if self._closed:
                work.close()
                raise UpstreamError("other systems are not called any more: the gateway is stopping")
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(
                    target=self._run, args=(self._loop,), name="outgoing", daemon=True
                )
                self._thread.start()
            return asyncio.run_coroutine_threadsafe(work, self._loop)

    def _run(self, loop: asyncio.AbstractEventLoop) -> None:
        asyncio.set_event_loop(loop)
        try:
            loop.run_forever()
        finally:
            loop.run_until_complete(self._end(loop))
            loop.close()

    async def _end(self, loop: asyncio.AbstractEventLoop) -> None:
        running = [task for task in asyncio.all_tasks(loop) if task is not asyncio.current_task()]
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        if self._client is not None:
            await self._client.close()
