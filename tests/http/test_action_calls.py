"""When a call of an action is made again: where nobody answered it, and as long as a customer has patience."""

from __future__ import annotations

import asyncio
import json
import socket
import struct
import time
from collections.abc import Callable
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest

from bot.http import action_calls
from bot.http.action_calls import ActionServer, begin_turn, was_away
from tests.ports import free_port

ANSWER = {"events": [], "responses": [{"text": "hello"}]}
_BODY = json.dumps(ANSWER).encode()
_HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
WHOLE = _HEAD % (b"200 OK", len(_BODY)) + _BODY
CHUNKED = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
RESET, SILENT = b"reset", b"silent"
"""Instead of what is sent: the connection is reset; nothing comes at all."""
PATIENCE, TIMEOUT = 0.8, 0.3


class Peer:
    """Does with each call what is next on its list, the last for ever; ``calls`` are the bodies that arrived."""

    def __init__(self, *does: bytes) -> None:
        self.does = list(does)
        self.calls: list[bytes] = []

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if b"content-length" in line)
        self.calls.append(await reader.readexactly(length))
        what = self.does.pop(0) if len(self.does) > 1 else self.does[0]
        if what is SILENT:
            await asyncio.sleep(2 * TIMEOUT)
        elif what is RESET:
            linger = struct.pack("ii", 1, 0)
            writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        else:
            writer.write(what)
            await writer.drain()
        writer.close()

    @asynccontextmanager
    async def listening(self, port: int, after: float = 0.0) -> Any:
        """Listens, once that many seconds have passed."""
        servers = []

        async def start() -> None:
            await asyncio.sleep(after)
            servers.append(await asyncio.start_server(self.serve, "127.0.0.1", port))

        starting = asyncio.ensure_future(start())
        try:
            if not after:
                await starting
            yield
        finally:
            starting.cancel()
            for server in servers:
                server.close()


def called(peer: Peer, *, after: float = 0.0, turn: bool = True, times: int = 1) -> list[Any]:
    """What comes of calls in one turn: answers, or the errors."""

    async def call() -> list[Any]:
        port = free_port()
        endpoint = ActionServer(url=f"http://127.0.0.1:{port}/webhook")
        found = []
        async with peer.listening(port, after):
            if turn:
                begin_turn()
            for _ in range(times):
                try:
                    found.append(await endpoint.request(json={"next_action": "hello"}, method="post", timeout=TIMEOUT))
                except Exception as error:
                    found.append(error)
        return found

    return asyncio.run(call())


@pytest.fixture(autouse=True)
def short_patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody wants to wait for the real one."""
    monkeypatch.setattr(action_calls, "PATIENCE", PATIENCE)


AWAY = {
    "it closes without a word": b"",
    "it is reset": RESET,
    "it closes within the status line": b"HTTP/1.1 2",
    "it closes within the headers": b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Le",
    "it closes before the body": WHOLE[: -len(_BODY)],
    "it closes within the body": WHOLE[:-5],
    "it closes within a chunk": CHUNKED + b"%x\r\n" % len(_BODY) + _BODY[:10],
    "it closes between chunks": CHUNKED + b"4\r\n" + _BODY[:4] + b"\r\n",
    "it closes before the last chunk": CHUNKED + b"%x\r\n" % len(_BODY) + _BODY + b"\r\n",
}
"""How a process that dies breaks a call off."""

ANSWERED = {
    "an error": (_HEAD % (b"500 Internal Server Error", 2) + b"{}", "ClientResponseError"),
    "that it is overloaded": (_HEAD % (b"503 Service Unavailable", 2) + b"{}", "ClientResponseError"),
    "that another may answer": (_HEAD % (b"400 Bad Request", 2) + b"{}", "ClientResponseError"),
    "that the secret is wrong": (_HEAD % (b"403 Forbidden", 2) + b"{}", "ClientResponseError"),
    "no JSON": (_HEAD % (b"200 OK", 4) + b"oops", "JSONDecodeError"),
    "nothing in time": (SILENT, "TimeoutError"),
    "what is no HTTP": (b"220 mail.example.org ESMTP\r\n\r\n", "ClientResponseError"),
}
"""What somebody who is there may answer, or not: they have the call."""


@pytest.mark.parametrize("how", AWAY)
def test_a_call_that_breaks_off_is_made_again_as_it_was(
    how: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "a process that dies")
    peer = Peer(AWAY[how], WHOLE)
    assert called(peer) == [ANSWER]
    assert len(peer.calls) == 2 and len(set(peer.calls)) == 1


@pytest.mark.parametrize("what", ANSWERED)
def test_a_call_that_somebody_has_is_made_once(what: str, record_property: Callable[[str, object], None]) -> None:
    record_property("hostile inputs", "an action server that answers badly")
    does, error = ANSWERED[what]
    peer = Peer(does)
    (found,) = called(peer)
    assert type(found).__name__ == error and len(peer.calls) == 1


def test_a_call_waits_for_somebody_to_listen() -> None:
    peer = Peer(WHOLE)
    assert called(peer, after=PATIENCE / 2) == [ANSWER]
    assert len(peer.calls) == 1


def test_the_patience_is_that_of_a_turn_and_not_of_each_call() -> None:
    since = time.monotonic()
    peer = Peer(b"")
    found = called(peer, times=3)
    assert all(was_away(error) for error in found)
    assert PATIENCE * 0.5 < time.monotonic() - since < PATIENCE * 2
    tries = len(peer.calls)
    assert tries > 4, "the first call was made again and again, the others once"


def test_outside_of_a_turn_nobody_waits() -> None:
    peer = Peer(b"")
    (found,) = called(peer, turn=False)
    assert was_away(found) and len(peer.calls) == 1


def test_a_call_that_timed_out_on_the_way_may_have_arrived() -> None:
    assert was_away(aiohttp.ServerDisconnectedError()) and not was_away(aiohttp.ServerTimeoutError())
    assert not was_away(asyncio.TimeoutError())
