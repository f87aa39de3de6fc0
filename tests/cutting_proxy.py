"""A relay between a client and PostgreSQL that cuts a connection at a chosen moment."""

from __future__ import annotations

import contextlib
import socket
import threading

COMMIT = b"COMMIT"


class CuttingProxy:
    """Relays ``port`` to the server's. ``cuts`` says what happens at the next commits, one each:
    ``before`` (the server never hears of it), ``after`` (the client never hears that it is done)
    or nothing when empty."""

    def __init__(self, target: int) -> None:
        self._target = target
        self.cuts: list[str] = []
        self.seen = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(("127.0.0.1", self._target))
                dropping = threading.Event()
                threading.Thread(target=self._to_server, args=(client, server, dropping), daemon=True).start()
                threading.Thread(target=self._to_client, args=(server, client, dropping), daemon=True).start()

    def _to_server(self, client: socket.socket, server: socket.socket, dropping: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := client.recv(65536):
                if COMMIT in data:
                    self.seen += 1
                    cut = self.cuts.pop(0) if self.cuts else ""
                    if cut == "before":
                        break
                    if cut == "after":
                        dropping.set()
                server.sendall(data)
        _shut(client, server)

    def _to_client(self, server: socket.socket, client: socket.socket, dropping: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(65536):
                if dropping.is_set():
                    break  # the server has done it: this is its answer
                client.sendall(data)
        _shut(client, server)


def _shut(*sockets: socket.socket) -> None:
    for each in sockets:
        with contextlib.suppress(OSError):
            each.shutdown(socket.SHUT_RDWR)
        each.close()
