"""Connections at the protocol level: who has to be ready by when, who gives way to whom, and how many there are."""

from __future__ import annotations

import asyncio
import functools
import subprocess
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sanic.touchup import TouchUp

from bot.http import connections as module
from bot.http.addresses import Network
from bot.http.connections import Connection, Connections, Room
from bot.http.headers import SecurityHeaders
from bot.setting_groups.server import parse_networks
from tests.ports import free_port

ROOM = Room(connections=6, of_address=3, streams=3, streams_of_address=1)
POST = b"POST /taken HTTP/1.1\r\nHost: x\r\n"
Opened = Callable[..., Any]


def in_a_loop(test: Callable[..., Any]) -> Callable[..., None]:
    """A test that is a coroutine."""

    @functools.wraps(test)
    def run(**values: Any) -> None:
        asyncio.run(test(**values))

    return run


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, seconds in (("REQUEST", 0.6), ("STUCK", 0.6), ("SWEEP", 0.05), ("_LINGER", 0.3)):
        monkeypatch.setattr(module, f"{name}_SECONDS", seconds)


_AS_WRITTEN = [(target, name, getattr(target, name)) for target, name in TouchUp._registry]
"""What Sanic rewrites at the start of a server, for that one: what is left out of it is missing in the next one of this
process, and what was rewritten can't be read again."""


@asynccontextmanager
async def serving(trusted: str = "127.0.0.0/8", room: Room = ROOM) -> AsyncIterator[Opened]:
    """A server with that much room; gives what opens a connection to it, from an address."""
    Sanic.test_mode = True
    for target, name, method in _AS_WRITTEN:
        setattr(target, f"_{name}", method)  # from where it is read in test mode
    networks: list[Network] = parse_networks(trusted)
    app = Sanic(f"connections_{free_port()}", configure_logging=False)
    app.ctx.connections = all_ = Connections(room, networks)
    app.config.GRACEFUL_SHUTDOWN_TIMEOUT = 0.1
    SecurityHeaders(networks, []).install(app)

    @app.post("/taken")
    async def taken(request: Request) -> HTTPResponse:
        return response.text(f"{len(request.body)} bytes")

    @app.get("/slow")
    async def slow(request: Request) -> HTTPResponse:
        await asyncio.sleep(1.2)
        return response.text("done")

    @app.get("/long")
    async def long(request: Request) -> None:
        stream = await request.respond(content_type="text/plain")
        while True:
            await stream.send("x" * 60_000)

    port = free_port()
    server = await app.create_server(host="127.0.0.1", port=port, return_asyncio_server=True, protocol=Connection)
    await server.startup()
    await server.start_serving()
    watch = asyncio.ensure_future(all_.watch())
    writers: list[asyncio.StreamWriter] = []

    async def opened(sent: bytes = b"", address: str = "127.0.0.1") -> Any:
        reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(address, 0), limit=2**12)
        writers.append(writer)
        writer.write(sent)
        await asyncio.sleep(0.03)
        return reader, writer

    try:
        yield opened
    finally:
        watch.cancel()
        for writer in writers:
            writer.close()
        await asyncio.sleep(0.05)
        server.close()
        for target, name, method in _AS_WRITTEN:
            setattr(target, name, method)


async def until_closed(reader: asyncio.StreamReader, seconds: float = 3) -> bytes:
    """All that comes, which has to end within the time."""
    try:
        return await asyncio.wait_for(reader.read(-1), seconds)
    except ConnectionResetError:
        return b""


async def drips(writer: asyncio.StreamWriter, byte: bytes) -> None:
    """One byte after the other, faster than any time-out between two bytes."""
    while not writer.is_closing():
        writer.write(byte)
        await asyncio.sleep(0.02)


@pytest.mark.parametrize(
    ("begin", "byte"),
    [
        (b"GET /slow HTTP/1.1\r\nX-A: ", b"a"),
        (POST + b"Content-Length: 60000\r\n\r\n", b"a"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\nffff\r\n", b"a"),
        (POST + b"Transfer-Encoding: chunked\r\n\r\n1;", b"a"),
        (b"POST /nothing HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n", b"a"),
        (b"GET /slow HTTP/1.1\r\n\r\nGET /slow HTTP/1.1\r\nX-A: ", b"a"),
    ],
    ids=["a header", "a body", "a chunk", "the size of a chunk", "a body for nobody", "the second request"],
)
@in_a_loop
async def test_a_request_that_drips_in_is_not_waited_for_for_ever(begin: bytes, byte: bytes) -> None:
    async with serving() as opened:
        reader, writer = await opened(begin)
        dripping = asyncio.ensure_future(drips(writer, byte))
        said = await until_closed(reader)
        dripping.cancel()
    assert not said or b"HTTP/1.1 4" in said, "told that it took too long, or cut off"


@in_a_loop
async def test_a_get_with_a_body_is_refused_which_nobody_would_read() -> None:
    async with serving() as opened:
        for framing in (b"Content-Length: 2", b"Transfer-Encoding: chunked"):
            reader, _ = await opened(b"GET /slow HTTP/1.1\r\nHost: x\r\n" + framing + b"\r\n\r\n")
            assert (await until_closed(reader)).startswith(b"HTTP/1.1 400")
        reader, _ = await opened(b"GET /slow HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        assert (await reader.readuntil(b"done")).startswith(b"HTTP/1.1 200")


@in_a_loop
async def test_a_half_sent_request_is_told_that_it_took_too_long() -> None:
    async with serving() as opened:
        reader, _ = await opened(POST + b"Content-Length: 9\r\n\r\n{")
        said = await until_closed(reader)
    assert said.startswith(b"HTTP/1.1 408") and b"the request took too long" in said


@in_a_loop
async def test_who_is_answered_is_given_time_and_who_comes_again_and_again_is_kept() -> None:
    async with serving() as opened:
        slow, _ = await opened(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
        reader, writer = await opened()
        for _ in range(10):
            await asyncio.sleep(0.1)
            writer.write(POST + b"Content-Length: 2\r\n\r\n{}")
            assert (await reader.readuntil(b"2 bytes")).startswith(b"HTTP/1.1 200")
        assert (await slow.readuntil(b"done")).startswith(b"HTTP/1.1 200")


@in_a_loop
async def test_who_does_not_read_is_cut_off() -> None:
    async with serving() as opened:
        _, writer = await opened(b"GET /long HTTP/1.1\r\nHost: x\r\n\r\n")
        writer.transport.pause_reading()
        dripping = asyncio.ensure_future(drips(writer, b"a"))
        await asyncio.wait_for(dripping, 4)


@in_a_loop
async def test_who_waits_the_longest_gives_way_and_who_is_answered_stays() -> None:
    async with serving() as opened:
        answered = [(await opened(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"))[0] for _ in range(2)]
        halves = [(await opened(b"GET /slow HT"))[0] for _ in range(ROOM.connections - 2)]
        for half in halves[:2]:
            new, _ = await opened(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n")
            assert await until_closed(half, 0.2) == b"", "the oldest of them was closed"
            answered.append(new)
        assert not halves[2].at_eof() and not halves[3].at_eof()
        for reader in answered:
            assert (await reader.readuntil(b"done")).startswith(b"HTTP/1.1 200")


@in_a_loop
async def test_a_full_server_says_so_and_serves_those_inside() -> None:
    async with serving() as opened:
        inside = [(await opened(b"GET /slow HTTP/1.1\r\nHost: x\r\n\r\n"))[0] for _ in range(ROOM.connections)]
        reader, _ = await opened(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        said = await until_closed(reader)
        assert said.startswith(b"HTTP/1.1 503") and b"\r\nRetry-After: 5\r\n" in said and b"\r\nRefresh: 5\r\n" in said
        for reader in inside:
            assert (await reader.readuntil(b"done")).startswith(b"HTTP/1.1 200")
        reader, _ = await opened(POST + b"Content-Length: 2\r\n\r\n{}")
        assert await reader.readuntil(b"2 bytes")


@in_a_loop
async def test_one_address_has_its_share_and_a_proxy_that_is_trusted_has_more() -> None:
    async with serving(trusted="127.0.0.2/32") as opened:
        for _ in range(ROOM.of_address):
            await opened()
        reader, _ = await opened(POST)
        assert (await until_closed(reader)).startswith(b"HTTP/1.1 429")
        for _ in range(ROOM.of_address + 1):
            reader, _ = await opened(POST + b"Content-Length: 2\r\n\r\n{}", address="127.0.0.2")
            assert await reader.readuntil(b"2 bytes")


@in_a_loop
async def test_refused_connections_do_not_pile_up() -> None:
    """Nobody waits long for what a refused client has to say; of many, the last who comes is told."""
    async with serving(trusted="127.0.0.2/32") as opened:
        for _ in range(ROOM.of_address):
            await opened()
        silent, _ = await opened()
        assert await until_closed(silent, 1) == b"", "it said nothing, and was cut off"
        silent, _ = await opened()
        told, _ = await opened(POST)
        assert (await until_closed(told)).startswith(b"HTTP/1.1 429")
        assert await until_closed(silent, 0.1) == b"", "there is one place to be refused in, and it gave way"


def test_the_totals_stay_well_below_the_descriptors() -> None:
    assert Room.of(2_000, 100, 20_000) == Room(2_000, 100, 1_000, 50)
    assert Room.of(2_000, 100, 1_024) == Room(512, 100, 256, 50)
    assert Room.of(2_000, 1, 200) == Room(100, 1, 50, 1)


def test_the_limit_of_descriptors_is_raised_to_the_hard_one() -> None:
    code = (
        "import resource; resource.setrlimit(resource.RLIMIT_NOFILE, (64, 300));"
        "from bot.http.connections import raise_file_limit;"
        "print(raise_file_limit(), resource.getrlimit(resource.RLIMIT_NOFILE))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "300 (300, 300)\n"
