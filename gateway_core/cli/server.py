"""The server processes, and the word that they listen."""

from __future__ import annotations

import contextlib
import socket
import sys
from collections.abc import Callable

import uvicorn
from uvicorn.config import STARTUP_FAILURE
from uvicorn.supervisors import Multiprocess

Announce = Callable[[int], None]


def run(config: uvicorn.Config, announce: Announce) -> None:
    """Serve until a signal ends it. ``announce`` hears the port, once, when somebody listens there.

    Ends the process with uvicorn's exit code when serving cannot begin.
    """
    if config.workers > 1:
        _Workers(config, config.bind_socket(), announce).run()
        return
    server = _Server(config, announce)
    with contextlib.suppress(KeyboardInterrupt):
        server.run()
    if not server.started:
        sys.exit(STARTUP_FAILURE)


class _Server(uvicorn.Server):
    """One process."""

    def __init__(self, config: uvicorn.Config, announce: Announce) -> None:
        super().__init__(config)
        self._announce = announce

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._announce(_port(self.servers[0].sockets[0]))


class _Workers(Multiprocess):
    """Several processes on one socket, watched by this one."""

    def __init__(self, config: uvicorn.Config, listening: socket.socket, announce: Announce) -> None:
        super().__init__(config, sockets=[listening])
        self._port = _port(listening)
        self._announce: Announce | None = announce

    def keep_subprocess_alive(self) -> None:
        """Runs twice a second: the first worker that is ready is announced."""
        super().keep_subprocess_alive()
        announce = self._announce
        if announce is not None and any(process.is_ready() for process in self.processes):
            self._announce = None
            announce(self._port)


def _port(listening: socket.socket) -> int:
    port: int = listening.getsockname()[1]
    return port
