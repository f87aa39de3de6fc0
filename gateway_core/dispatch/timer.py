"""The thread that looks whether a cronjob is due."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from gateway_core.errors import GatewayError
from gateway_core.operations.call import Context
from gateway_core.operations.cron import LEASE, run_due

LOOK_SECONDS: Final = 2.0


class Timer:
    """Runs from ``start`` to ``stop``. ``holder`` names this process among all that share the store."""

    def __init__(self, context_of: Callable[[], Context], *, holder: str) -> None:
        self._context_of, self._holder = context_of, holder
        self._stopping = threading.Event()
        self._known: dict[str, str] = {}
        self._thread = threading.Thread(target=self._run, name="timer", daemon=True)

    def start(self) -> None:
        self._thread.start()

    def stop(self, seconds: float = 5.0) -> None:
        """Throw nothing more, and let another process take over at once."""
        self._stopping.set()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _run(self) -> None:
        while not self._stopping.wait(LOOK_SECONDS):
            try:
                run_due(self._context_of(), self._holder, self._known)
            except GatewayError as error:
                logging.getLogger("gateway").warning("cronjobs wait: %s", error.detail)
            except Exception:
                # A fault of ours: told, and the next look may fare better.
                logging.getLogger("gateway").exception("cronjobs wait")
        try:
            context = self._context_of()
            if context.catalog.cronjobs:
                context.store.outbox.release(LEASE, self._holder)
        except GatewayError as error:
            logging.getLogger("gateway").warning("the lease of cronjobs ends by itself: %s", error.detail)
