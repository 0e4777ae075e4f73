"""Clients that listen: a stream each, without a thread."""

from __future__ import annotations

import socket
import time
from urllib.parse import urlsplit


class Listener:
    """A stream of server-sent events, read when it is asked for. ``chunks`` is what came, as it was sent."""

    def __init__(self, url: str, sender: str) -> None:
        """Ask for what is new in the conversation of that sender."""
        address = urlsplit(url)
        self._socket = socket.create_connection((address.hostname, address.port), timeout=30)
        lines = ["GET /webhooks/web/messages HTTP/1.1", f"Host: {address.netloc}", "Accept: text/event-stream"]
        lines += [f"X-Refund-Desk-Sender: {sender}", "", ""]
        self._socket.sendall("\r\n".join(lines).encode())
        self.chunks = b""

    def wait_for(self, text: str) -> None:
        """Until that was sent."""
        until = time.monotonic() + 30
        while text.encode() not in self.chunks:
            assert time.monotonic() < until, self.chunks
            got = self._socket.recv(65_536)
            assert got, self.chunks
            self.chunks += got

    def rest(self) -> str:
        """All that was sent until the stream ended, as it should, with an empty chunk."""
        while got := self._socket.recv(65_536):
            self.chunks += got
        self._socket.close()
        head, _, body = self.chunks.partition(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 200"), head
        text = b""
        while body:
            size, _, body = body.partition(b"\r\n")
            length = int(size, 16)
            if not length:
                return text.decode()
            text, body = text + body[:length], body[length + 2 :]
        raise AssertionError(f"the stream was broken off: {self.chunks[-200:]!r}")
