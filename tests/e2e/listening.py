"""Clients that listen: a stream each, without a thread."""

from __future__ import annotations

import re
import socket
import time
from urllib.parse import urlsplit


class Listener:
    """A stream of server-sent events, read when it is asked for. ``chunks`` is what came, as it was sent."""

    def __init__(self, url: str, sender: str, secret: str = "") -> None:
        """Ask for what is new in the conversation of that sender, a new one without its secret."""
        address = urlsplit(url)
        self._socket = socket.create_connection((address.hostname, address.port), timeout=30)
        lines = ["GET /webhooks/web/messages HTTP/1.1", f"Host: {address.netloc}", "Accept: text/event-stream"]
        lines += [f"X-Refund-Desk-Sender: {sender}", f"X-Refund-Desk-Resume: {secret}", "", ""]
        self._socket.sendall("\r\n".join(lines).encode())
        self.chunks = b""

    @property
    def secret(self) -> str:
        """That of the conversation."""
        found = re.search(rb"X-Refund-Desk-Resume: (\S+)", self.chunks)
        assert found, self.chunks
        return found[1].decode()

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


def listen(url: str, number: int, name: str = "listener") -> list[Listener]:
    """So many streams, eight in each conversation."""
    found: list[Listener] = []
    for index in range(number):
        conversation, window = divmod(index, 8)
        secret = found[8 * conversation].secret if window else ""
        found.append(Listener(url, f"{name}-{conversation:012}", secret))
        found[-1].wait_for("event: status")
    return found
