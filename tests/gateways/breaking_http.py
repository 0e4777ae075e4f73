"""HTTP in threads of this process, whose connections can be broken: what all contract servers stand on."""

from __future__ import annotations

import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.ports import free_port


class BreakingHttp(ThreadingHTTPServer):
    """``served`` is what its handlers ask; ``ended`` is set once it is over, so that no late answer holds it up."""

    daemon_threads = True
    block_on_close = False
    request_queue_size = 64

    def __init__(self, served: Served, port: int, handler: type[BaseHTTPRequestHandler]) -> None:
        self.served = served
        self.ended = threading.Event()
        self._open: set[socket.socket] = set()
        self._open_lock = threading.Lock()
        super().__init__(("127.0.0.1", port), handler)

    def end(self) -> None:
        """Break all connections, and take no more."""
        self.ended.set()
        self.shutdown()
        self.server_close()
        with self._open_lock:
            for connection in self._open:
                break_off(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        with self._open_lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        with self._open_lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Nothing: a caller that has given up is no news, and what is wrong in here is kept by the handler."""


class Served:
    """Serves from ``start`` to ``stop``, on the same port if started again."""

    handler: type[BaseHTTPRequestHandler]

    def __init__(self, port: int = 0) -> None:
        self._port = port or free_port()
        self._http: BreakingHttp | None = None

    def __enter__(self) -> Any:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def start(self) -> None:
        """Serve, in threads of this process."""
        self._http = BreakingHttp(self, self._port, self.handler)
        threading.Thread(target=self._http.serve_forever, args=(0.02,), daemon=True).start()

    def stop(self) -> None:
        """Break all connections and refuse new ones, as a system does that is down."""
        if self._http:
            self._http.end()
            self._http = None

    @property
    def url(self) -> str:
        """Where it serves; also while it is stopped."""
        return f"http://127.0.0.1:{self._port}"


def break_off(connection: socket.socket) -> None:
    """As if the cable had been pulled."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
