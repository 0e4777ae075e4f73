"""How a turn fares in a crowd: its p95 with open streams, half-sent requests and health checks, beside its idle one.

Part of make bench; for one database alone: ``python -m scripts.crowd sqlite`` or ``postgresql``.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from multiprocessing import Pipe, get_context
from multiprocessing.connection import Connection
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import sqlalchemy as sa

from tests.e2e.running import running_site

STREAMS, HALVES, HEALTH_CHECKS = 500, 500, 100
"""Open streams and half-sent requests, and health checks a second."""
ROUNDS, TURNS = 5, 30
"""Rounds of so many turns, idle and crowded by turns."""
TARGET = 2.0
"""The p95 of a turn in the crowd is at most so many times the idle one."""
POSTGRES = os.environ.get("POSTGRES_TEST_URL", "postgresql://root@127.0.0.1:5432/postgres")

_HALF_HEAD = b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: shop.example\r\nContent-Ty"
_HALF_BODY = (
    b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: shop.example\r\nContent-Type: application/json\r\n"
    b'Content-Length: 40\r\n\r\n{"sender": "'
)


def main(databases: list[str]) -> None:
    """Measure with each of the databases."""
    for name in databases:
        with (
            tempfile.TemporaryDirectory() as home,
            _settings(name) as settings,
            running_site(Path(home), preloaded=False, **settings) as site,
        ):
            _measure(name, site.url)


@contextmanager
def _settings(database: str) -> Iterator[dict[str, str]]:
    """Empty databases of their own."""
    if database == "sqlite":
        yield {}
        return
    engine = sa.create_engine(POSTGRES, isolation_level="AUTOCOMMIT", future=True)
    names = [f"crowd_{uuid.uuid4().hex[:12]}" for _ in range(2)]
    with engine.connect() as connection:
        for name in names:
            connection.execute(sa.text(f"CREATE DATABASE {name}"))
        try:
            base = POSTGRES.rsplit("/", 1)[0]
            yield {"database_url": f"{base}/{names[0]}", "keys_url": f"{base}/{names[1]}"}
        finally:
            for name in names:
                connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
    engine.dispose()


def _measure(name: str, url: str) -> None:
    seconds: dict[bool, list[float]] = {False: [], True: []}
    with _crowd(url) as crowd, httpx.Client(base_url=url, timeout=60) as client:
        _turns(client, 5)
        for _ in range(ROUNDS):
            for crowded in (False, True):
                counts = crowd.set(crowded)
                seconds[crowded] += _turns(client, TURNS)
                if crowded:
                    counts = crowd.counts()
                    assert counts["streams"] == STREAMS, f"streams were lost: {counts}"
                    unwell = counts["unwell"]
        print(f"{name}: {counts['checks']} health checks, {unwell} of them not answered with 200")
    (idle, idle_95), (busy, busy_95) = (_figures(seconds[crowded]) for crowded in (False, True))
    print(
        f"{name}: a turn beside {STREAMS} streams, {HALVES} half-sent requests and {HEALTH_CHECKS} health checks a "
        f"second: median {busy * 1000:.0f} ms, 95 % within {busy_95 * 1000:.0f} ms; idle {idle * 1000:.0f} and "
        f"{idle_95 * 1000:.0f} ms"
    )
    print(
        f"  p95 is {busy_95 / idle_95:.2f} times the idle one (at most {TARGET:g}); the median {busy / idle:.2f} times"
    )


def _figures(seconds: list[float]) -> tuple[float, float]:
    return statistics.median(seconds), statistics.quantiles(seconds, n=20)[-1]


def _turns(client: httpx.Client, many: int) -> list[float]:
    """Seconds of so many turns, the first and the second of a refund by turns."""
    found = []
    for number in range(many):
        if number % 2 == 0:
            sender = uuid.uuid4().hex
        message = "CC-104233" if number % 2 else "I want my money back"
        start = time.perf_counter()
        client.post("/webhooks/rest/webhook", json={"sender": sender, "message": message}).raise_for_status()
        found.append(time.perf_counter() - start)
    return found


# The crowd, in a process of its own


@dataclass
class _Crowd:
    """The other end of the crowd."""

    pipe: Connection

    def set(self, there: bool) -> dict[str, int]:
        """Let it come, or go; it is there, or gone, afterwards."""
        return self._ask("come" if there else "go")

    def counts(self) -> dict[str, int]:
        """What it has open and has had."""
        return self._ask("count")

    def _ask(self, word: str) -> dict[str, int]:
        self.pipe.send(word)
        counts: dict[str, int] = self.pipe.recv()
        return counts


@contextmanager
def _crowd(url: str) -> Iterator[_Crowd]:
    ours, theirs = Pipe()
    process = get_context("spawn").Process(target=_be_a_crowd, args=(url, theirs), daemon=True)
    process.start()
    try:
        assert ours.recv() == "ready"
        yield _Crowd(ours)
    finally:
        process.kill()
        process.join()


def _be_a_crowd(url: str, pipe: Connection) -> None:
    asyncio.run(_Members(url).serve(pipe))


class _Members:
    """Streams, half-sent requests and health checks."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._address = parts.hostname or "", parts.port or 80
        self._url = url
        self._chats: list[dict[str, str]] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._counts = {"streams": 0, "halves": 0, "checks": 0, "unwell": 0}

    async def serve(self, pipe: Connection) -> None:
        """Do what is asked for through the pipe."""
        async with httpx.AsyncClient(base_url=self._url, timeout=60) as client:
            for _ in range(STREAMS):
                chat = {"X-Refund-Desk-Sender": uuid.uuid4().hex}
                answer = (await client.post("/webhooks/web/open", json={}, headers=chat)).raise_for_status()
                self._chats.append({**chat, "X-Refund-Desk-Resume": answer.headers["X-Refund-Desk-Resume"]})
        await asyncio.sleep(5)  # until all are greeted
        pipe.send("ready")
        while True:
            word = await asyncio.to_thread(pipe.recv)
            if word == "come":
                await self._come()
            elif word == "go":
                await self._go()
            pipe.send(self._counts)

    async def _come(self) -> None:
        loop = asyncio.get_running_loop()
        self._tasks = [loop.create_task(self._listen(chat)) for chat in self._chats]
        self._tasks += [loop.create_task(self._dawdle(number)) for number in range(HALVES)]
        while self._counts["streams"] < STREAMS or self._counts["halves"] < HALVES:
            await asyncio.sleep(0.1)
        self._tasks.append(loop.create_task(self._look()))
        await asyncio.sleep(2)

    async def _go(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        await asyncio.sleep(2)

    async def _listen(self, chat: dict[str, str]) -> None:
        """Keep a stream open."""
        headers = {"Host": "shop.example", "Accept": "text/event-stream", **chat}
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        while True:
            reader, writer = await asyncio.open_connection(*self._address)
            try:
                writer.write(f"GET /webhooks/web/messages?after=0 HTTP/1.1\r\n{lines}\r\n".encode())
                head = await reader.readuntil(b"\r\n\r\n")
                if b" 200 " not in head.splitlines()[0]:
                    await asyncio.sleep(1)
                    continue
                self._counts["streams"] += 1
                try:
                    while await reader.read(65_536):
                        pass
                finally:
                    self._counts["streams"] -= 1
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(0.5)
            finally:
                writer.close()

    async def _dawdle(self, number: int) -> None:
        """Keep a request half sent."""
        while True:
            try:
                reader, writer = await asyncio.open_connection(*self._address)
            except OSError:
                await asyncio.sleep(0.5)
                continue
            self._counts["halves"] += 1
            try:
                writer.write(_HALF_BODY if number % 2 else _HALF_HEAD)
                await reader.read()
            except OSError:
                pass
            finally:
                self._counts["halves"] -= 1
                writer.close()

    async def _look(self) -> None:
        """Ask for the health, whatever becomes of the answers before."""
        loop = asyncio.get_running_loop()
        start, checks = loop.time(), set[asyncio.Task[None]]()
        try:
            for number in itertools.count():
                await asyncio.sleep(start + number / HEALTH_CHECKS - loop.time())
                check = loop.create_task(self._check())
                checks.add(check)
                check.add_done_callback(checks.discard)
        finally:
            for check in checks:
                check.cancel()

    async def _check(self) -> None:
        head = b""
        try:
            reader, writer = await asyncio.open_connection(*self._address)
            with closing(writer):
                writer.write(b"GET /health HTTP/1.1\r\nHost: shop.example\r\nConnection: close\r\n\r\n")
                head = await reader.read()
        except OSError:
            pass
        self._counts["checks"] += 1
        self._counts["unwell"] += b" 200 " not in head.split(b"\r\n", 1)[0]


if __name__ == "__main__":
    main(sys.argv[1:] or ["sqlite", "postgresql"])
