"""Limits in this process, and in a real Redis that several servers share."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bot.http import message_limits
from bot.http.message_limits import MessageLimits
from tests.ports import free_port


def waits(counted: MessageLimits, times: int, kind: str = "conversation", key: str = "talk") -> list[int]:
    """What so many messages at once are told."""

    async def all_of_them() -> list[int]:
        return [await counted.wait(kind, key) for _ in range(times)]

    return asyncio.run(all_of_them())


def test_so_many_pass_and_the_next_is_told_when_to_come_again() -> None:
    counted = MessageLimits(3, 5)
    assert waits(counted, 3) == [0, 0, 0]
    (wait,) = waits(counted, 1)
    assert 55 <= wait <= 60
    assert waits(counted, 1, key="another") == [0]
    assert [bool(wait) for wait in waits(counted, 6, "address")] == [False] * 5 + [True]


def test_the_window_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    counted = MessageLimits(2, 5)
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now)
    assert waits(counted, 2) == [0, 0]
    monkeypatch.setattr(time, "time", lambda: now + 59)
    assert waits(counted, 1) == [1]
    monkeypatch.setattr(time, "time", lambda: now + 61)
    assert waits(counted, 1) == [0]


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """A Redis of the test's own: its URL and its process."""
    program = shutil.which("redis-server")
    if program is None:
        pytest.skip("no redis-server")
    port = free_port()
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path), "--save", ""]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    until = time.monotonic() + 10
    while time.monotonic() < until:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                break
        time.sleep(0.05)
    yield f"redis://127.0.0.1:{port}/0", process
    process.kill()
    process.wait()


def test_servers_share_what_they_count(redis: tuple[str, subprocess.Popen[bytes]]) -> None:
    url, _ = redis
    one, other = MessageLimits(3, 5, url), MessageLimits(3, 5, url)
    assert waits(one, 2) == [0, 0]
    assert [bool(wait) for wait in waits(other, 2)] == [False, True]
    assert waits(one, 1)[0] > 50


def test_with_redis_the_wait_ends_with_the_oldest_message_of_the_window(
    redis: tuple[str, subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = MessageLimits(2, 5, redis[0])
    now = time.time()
    for seconds, expected in ((0, 0), (30, 0), (50, 10), (61, 0), (62, 28)):
        monkeypatch.setattr(time, "time", lambda seconds=seconds: now + seconds)
        assert abs(waits(counted, 1)[0] - expected) <= 1


def test_a_redis_that_goes_down_stops_nobody_and_is_used_again(
    redis: tuple[str, subprocess.Popen[bytes]], monkeypatch: pytest.MonkeyPatch
) -> None:
    url, process = redis
    monkeypatch.setattr(message_limits, "REDIS_PAUSE", 0.2)
    counted = MessageLimits(3, 5, url)
    assert waits(counted, 2) == [0, 0]
    process.kill()
    process.wait()
    started = time.monotonic()
    assert [bool(wait) for wait in waits(counted, 4)] == [False] * 3 + [True], "counted here meanwhile"
    assert time.monotonic() - started < 10
    port = url.split(":")[-1].split("/")[0]
    again = subprocess.Popen(["redis-server", "--port", port, "--save", ""], stdout=subprocess.DEVNULL)
    try:
        time.sleep(1)
        assert waits(counted, 1, key="talk") == [0], "Redis, empty now, counts again"
    finally:
        again.kill()
        again.wait()


def test_a_redis_that_was_never_there_stops_nobody() -> None:
    counted = MessageLimits(2, 5, "redis://127.0.0.1:1/0")
    assert [bool(wait) for wait in waits(counted, 3)] == [False, False, True]
