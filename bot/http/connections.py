"""How many connections there are at once, in all and of one address, well below the file descriptors of the process.

Who has sent a request is answered, and stays. Who has not, gives way: a request has to be whole within a time, and when
all places are taken, whoever has waited the longest with a half-sent request, or with none, is closed for a new one. So
half-sent requests keep nobody out.
"""

from __future__ import annotations

import asyncio
import json
import resource
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from sanic.exceptions import RequestTimeout
from sanic.http import Stage
from sanic.server.protocols.http_protocol import HttpProtocol

from bot.http.addresses import Network, origin_of
from bot.http.headers import HEADERS

REQUEST_SECONDS = 15.0
"""From the first byte of a request to its last one, at most."""
STUCK_SECONDS = 30.0
"""For how long a client may leave an answer unread."""
SWEEP_SECONDS = 1.0
"""Between two looks at who waits for too long."""
RETRY_SECONDS = 5
"""When somebody who found no place shall come back."""
_LINGER_SECONDS = 2.0  # a refused client sends its request and reads the refusal within this time
_DESCRIPTORS = 10_240  # where the system sets no limit

logger = structlog.get_logger()


def raise_file_limit() -> int:
    """Have as many file descriptors as this process may have; how many these are."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = _DESCRIPTORS if hard == resource.RLIM_INFINITY else hard
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (OSError, ValueError):
        return soft
    return wanted


@dataclass(frozen=True)
class Room:
    """How many may be there at once. ``streams`` are those who wait for news: half of the connections at most, so that
    the other half is left to requests. Half of the file descriptors is left to databases, files and calls."""

    connections: int
    of_address: int
    streams: int
    streams_of_address: int

    @classmethod
    def of(cls, wanted: int, of_address: int, descriptors: int) -> Room:
        """As many as an operator wants, or as there are descriptors for."""
        connections = min(wanted, descriptors // 2)
        return cls(connections, of_address, connections // 2, max(1, of_address // 2))


class Connections:
    """All connections of a server. They are in the order of ``since``: who waits the longest comes first."""

    def __init__(self, room: Room, trusted: Sequence[Network]) -> None:
        """Nobody is there yet. Proxies are not counted per address: they speak for many."""
        self._room = room
        self._trusted = tuple(trusted)
        self._inside: dict[Connection, None] = {}
        self._of: Counter[str] = Counter()
        self._refused: dict[_Refused, None] = {}

    def enter(self, connection: Connection) -> int:
        """A connection is made. 0 if it has a place; 429 if its address has too many, 503 if all are taken by requests
        that are being answered."""
        origin = origin_of(connection.peer, (), self._trusted)
        if origin.limited and self._of[origin.address] >= self._room.of_address:
            return 429
        if len(self._inside) >= self._room.connections and not self._make_room():
            return 503
        connection.counted_for = origin.address if origin.limited else ""
        self._of[connection.counted_for] += 1
        self._inside[connection] = None
        return 0

    def waits_anew(self, connection: Connection) -> None:
        """A connection begins a request, or is being answered: from now on it waits the least."""
        if connection in self._inside:
            del self._inside[connection]
            self._inside[connection] = None

    def leave(self, connection: Connection) -> None:
        """A connection has ended."""
        if connection in self._inside:
            del self._inside[connection]
            self._of[connection.counted_for] -= 1
            if not self._of[connection.counted_for]:
                del self._of[connection.counted_for]

    def refuse(self, transport: Any, status: int) -> None:
        """Tell a client that there is no place. Only so many are told at the same time; who is there the longest gives
        way, so that a crowd of refused ones does not keep the next one from being told."""
        if len(self._refused) >= max(1, self._room.connections // 4):
            longest = next(iter(self._refused))
            del self._refused[longest]
            longest.cut()
        refused = _Refused(transport, status, self._has_gone)
        self._refused[refused] = None
        transport.set_protocol(refused)
        asyncio.get_running_loop().call_later(_LINGER_SECONDS, transport.abort)

    async def watch(self) -> None:
        """End who waits for too long. Never ends."""
        while True:
            await asyncio.sleep(SWEEP_SECONDS)
            now = asyncio.get_running_loop().time()
            for connection in list(self._inside):
                try:
                    connection.look(now)
                except Exception as error:
                    logger.error("connections.failed", error=type(error).__name__)

    def _make_room(self) -> bool:
        longest = next((connection for connection in self._inside if not connection.is_answered), None)
        if longest is None:
            return False
        self.leave(longest)
        longest.cut()
        return True

    def _has_gone(self, refused: _Refused) -> None:
        self._refused.pop(refused, None)


class Connection(HttpProtocol):
    """One connection. ``since`` is when its request began, or when it was last seen being answered; ``counted_for`` the
    address that it counts for."""

    __slots__ = ("_ending", "_stuck_since", "counted_for", "peer", "since")

    def __init__(self, **values: Any) -> None:
        """Not connected yet."""
        super().__init__(**values)
        self.peer = self.counted_for = ""
        self.since = 0.0
        self._ending = False
        self._stuck_since: float | None = None

    @property
    def is_answered(self) -> bool:
        """Whether it has sent a whole request, which is being answered."""
        return self._stage in (Stage.HANDLER, Stage.RESPONSE) and not self._has_more_to_send

    def look(self, now: float) -> None:
        """End it if it keeps us waiting for too long."""
        if self._stuck_since is not None and now - self._stuck_since > STUCK_SECONDS:
            self.cut()
        elif self.is_answered:
            self._wait_anew()
        elif now - self.since > REQUEST_SECONDS:
            self._end()

    def cut(self) -> None:
        """End it at once."""
        if self.transport is not None:
            self.transport.abort()

    def connection_made(self, transport: Any) -> None:
        """It gets a place, or is refused."""
        peer = transport.get_extra_info("peername")
        self.peer = peer[0] if isinstance(peer, tuple) else ""
        self.since = self.loop.time()
        status = self._all.enter(self)
        if status:
            self._all.refuse(transport, status)
        else:
            super().connection_made(transport)

    def data_received(self, data: bytes) -> None:
        """A part of a request."""
        if self._stage is Stage.IDLE and not self._has_more_to_send:
            self._wait_anew()
        super().data_received(data)

    def pause_writing(self) -> None:
        """The client does not read."""
        self._stuck_since = self.loop.time()
        super().pause_writing()

    def resume_writing(self) -> None:
        """The client reads again."""
        self._stuck_since = None
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """It has ended."""
        self._all.leave(self)
        self._blame_the_client()
        super().connection_lost(exc)

    @property
    def _all(self) -> Connections:
        found: Connections = self.app.ctx.connections
        return found

    @property
    def _stage(self) -> Stage | None:
        return getattr(getattr(self, "_http", None), "stage", None)

    @property
    def _has_more_to_send(self) -> bool:
        http = self._http
        body = getattr(http, "request_body", None)
        return body == "chunked" or bool(body and http.request_bytes_left)

    def _wait_anew(self) -> None:
        self.since = self.loop.time()
        self._all.waits_anew(self)

    def _end(self) -> None:
        """Answer half of a request with 408; cut off what has sent nothing, or stays after that answer."""
        if self._ending or self._task is None or self._stage in (None, Stage.IDLE):
            self.cut()
            return
        self._ending = True
        self._blame_the_client()
        self._task.cancel()

    def _blame_the_client(self) -> None:
        """What becomes of the request when it is cancelled; without this it is logged as a fault of ours."""
        http = getattr(self, "_http", None)
        if http is not None:
            http.exception = RequestTimeout("the request is not whole")


class _Refused(asyncio.Protocol):
    """A connection without a place: what it sends is dropped, and answered once, so that it can read the answer."""

    def __init__(self, transport: Any, status: int, gone: Callable[[_Refused], None]) -> None:
        self._transport, self._status, self._gone = transport, status, gone
        self._told = False

    def data_received(self, data: bytes) -> None:
        if not self._told:
            self._told = True
            # A browser loads a page again by itself; a form is for its user to send again.
            self._transport.write(_refusal(self._status, is_page=data.startswith(b"GET ")))
            self._transport.write_eof()

    def cut(self) -> None:
        """End it at once."""
        self._transport.abort()

    def connection_lost(self, exc: Exception | None) -> None:
        self._gone(self)


def _refusal(status: int, *, is_page: bool) -> bytes:
    said = {429: "too many connections from your address", 503: "too many are here right now"}[status]
    body = json.dumps({"error": f"{said}: come back in a moment"}).encode()
    headers = {
        **HEADERS,
        "Content-Type": "application/json",
        "Content-Length": len(body),
        "Connection": "close",
        "Retry-After": RETRY_SECONDS,
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "Retry-After",
        **({"Refresh": RETRY_SECONDS} if is_page else {}),
    }
    reason = {429: "Too Many Requests", 503: "Service Unavailable"}[status]
    lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
    return f"HTTP/1.1 {status} {reason}\r\n{lines}\r\n".encode() + body
