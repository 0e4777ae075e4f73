"""A way to a database server that can be cut: what runs through it sees the server go away, and come back."""

from __future__ import annotations

import contextlib
import socket
import threading

from tests.gateways.breaking_http import break_off
from tests.ports import free_port


class CuttableWay:
    """Passes connections to ``port`` on to a server of this machine, until it is cut, and again once it is mended."""

    def __init__(self, host: str, port: int) -> None:
        self._server = (host, port)
        self.port = free_port()
        self._ends: set[socket.socket] = set()
        self._lock = threading.Lock()
        self._listener: socket.socket | None = None
        self.mend()

    def mend(self) -> None:
        """Take connections."""
        self._listener = socket.create_server(("127.0.0.1", self.port), backlog=128)
        threading.Thread(target=self._accept, args=(self._listener,), daemon=True).start()

    def cut(self) -> None:
        """Break all connections, in the middle of whatever goes through them, and take no more."""
        with self._lock:
            if self._listener is not None:
                with contextlib.suppress(OSError):
                    self._listener.shutdown(socket.SHUT_RDWR)  # or its thread would go on waiting, and the port with it
                self._listener.close()
                self._listener = None
            ends, self._ends = self._ends, set()
        for end in ends:
            break_off(end)

    def _accept(self, listener: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = listener.accept()
                threading.Thread(target=self._connect, args=(listener, client), daemon=True).start()

    def _connect(self, listener: socket.socket, client: socket.socket) -> None:
        try:
            server = socket.create_connection(self._server, timeout=5)
        except OSError:
            break_off(client)
            return
        server.settimeout(None)
        with self._lock:
            is_cut = self._listener is not listener
            self._ends |= set() if is_cut else {client, server}
        if is_cut:
            break_off(client)
            break_off(server)
            return
        threading.Thread(target=self._pass_on, args=(server, client), daemon=True).start()
        self._pass_on(client, server)

    def _pass_on(self, one: socket.socket, other: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := one.recv(65_536):
                other.sendall(data)
        with self._lock:
            self._ends -= {one, other}
        for end in (one, other):
            break_off(end)
