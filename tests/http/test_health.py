"""The health check: one look a second for all who ask, and the truth when a look hangs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import pytest
import sqlalchemy as sa

from bot.bootstrap import bootstrap
from bot.cases.services import Services
from bot.http import health as module
from bot.http.health import Health
from bot.settings import Settings
from bot.store.engine import open_engine
from tests.ports import free_port


@pytest.fixture
def services(tmp_path: Path) -> Services:
    return bootstrap(Settings(home=tmp_path))


class _ActionServer(ThreadingHTTPServer):
    """Answers health checks, and counts them."""

    daemon_threads = True
    asked = 0
    status = 200

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class _Handler(BaseHTTPRequestHandler):
    server: _ActionServer

    def do_GET(self) -> None:
        self.server.asked += 1
        self.send_response(self.server.status)
        self.end_headers()

    def log_message(self, *args: object) -> None:
        pass


@pytest.fixture
def actions() -> Iterator[_ActionServer]:
    with _ActionServer(("127.0.0.1", free_port()), _Handler) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def test_all_who_ask_within_a_second_share_one_look(
    services: Services, actions: _ActionServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "FRESH_SECONDS", 0.3)

    async def ask() -> None:
        health = Health(services, actions.url)
        assert await asyncio.gather(*(health.problems() for _ in range(200))) == [[]] * 200
        assert await health.problems() == [] and actions.asked == 1
        actions.status = 500
        await asyncio.sleep(0.4)
        assert await health.problems() == ["the action server does not answer"] and actions.asked == 2

    asyncio.run(ask())


def test_what_it_says_is_a_second_old_at_most(services: Services, actions: _ActionServer) -> None:
    async def ask() -> None:
        health = Health(services, actions.url)
        assert await health.problems() == []
        actions.status = 500
        until = time.monotonic() + 1.2
        while await health.problems() == []:
            assert time.monotonic() < until
            await asyncio.sleep(0.02)

    asyncio.run(ask())


def test_a_look_that_hangs_is_told_and_holds_up_nobody(
    tmp_path: Path, services: Services, actions: _ActionServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever keeps the database locked is one look, however many ask meanwhile."""
    monkeypatch.setattr(module, "PATIENCE", 0.5)
    monkeypatch.setattr(module, "FRESH_SECONDS", 0.1)

    async def ask() -> None:
        health = Health(services, actions.url)
        with open_engine(f"sqlite:///{tmp_path}/refund-desk.db").connect() as other:
            other.execute(sa.text("SELECT 1"))
            told = await asyncio.gather(*(health.problems() for _ in range(20)))
            assert all("hangs" in problems[0] for problems in told)
            started = time.monotonic()
            for _ in range(20):
                (problem,) = await health.problems()
                assert "hangs" in problem
            assert time.monotonic() - started < 5 and actions.asked == 1
        while await health.problems() != []:
            await asyncio.sleep(0.05)
        assert actions.asked <= 3

    asyncio.run(ask())


def test_without_an_action_server_it_says_so_and_without_a_database_too(tmp_path: Path, services: Services) -> None:
    async def ask(health: Health) -> list[str]:
        return await health.problems()

    lonely = Health(services, f"http://127.0.0.1:{free_port()}")
    assert asyncio.run(ask(lonely)) == ["the action server does not answer"]
    with services.unit_of_work() as uow:
        uow.connection.execute(sa.text("DROP TABLE outbox"))  # type: ignore[attr-defined]
        uow.commit()
    lonely = Health(services, f"http://127.0.0.1:{free_port()}")
    assert asyncio.run(ask(lonely)) == ["the database does not answer", "the action server does not answer"]
