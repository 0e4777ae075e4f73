"""A help desk, its people, our side of it, and the server of our webhooks."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from sanic import Sanic

from bot.bootstrap import bootstrap
from bot.cases.outbound.tickets import push_tickets
from bot.cases.services import Services
from bot.http.shared import Shared
from bot.http.webhooks import helpdesks
from bot.settings import Settings
from tests.helpdesks.desk_people import People, Request
from tests.ports import free_port
from tests.store_builders import Clock


@dataclass
class Scene:
    """A help desk, its people, and our side of it."""

    people: Any
    services: Services
    settings: Settings
    clock: Clock
    url: str

    def push(self) -> int:
        """What the worker does, now."""
        return push_tickets(self.services)

    def push_later(self, seconds: float) -> int:
        """What the worker does after some time."""
        self.clock.passes(seconds=seconds)
        return push_tickets(self.services)

    def send(self, request: Request) -> httpx.Response:
        """What the help desk tells us."""
        headers, body = request
        return httpx.post(f"{self.url}/webhooks/helpdesk/{self.people.name}", headers=headers, content=body, timeout=10)

    def happens(self, request: Request) -> None:
        """What the help desk tells us, and what the worker does about it."""
        answer = self.send(request)
        assert answer.status_code == 200, answer.text
        self.push()


class Door:
    """The server of our webhooks. It is one for all tests: Sanic rewrites its own methods when a server starts, and can
    do that once in a process."""

    def __init__(self) -> None:
        self.app = Sanic("helpdesk_tests", configure_logging=False)
        self.app.config.REQUEST_MAX_SIZE = 2 * 1024 * 1024
        self.receiver: Any = None
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._loop = asyncio.new_event_loop()
        started = threading.Event()

        @self.app.post("/webhooks/helpdesk/<name>")
        async def hear(request: Any, name: str) -> Any:
            return await self.receiver(request)

        async def serve() -> None:
            server = await self.app.create_server(host="127.0.0.1", port=port, return_asyncio_server=True)
            await server.startup()
            started.set()
            await server.serve_forever()

        def run() -> None:
            asyncio.set_event_loop(self._loop)
            with contextlib.suppress(asyncio.CancelledError):
                self._loop.run_until_complete(self._task)

        self._task = self._loop.create_task(serve())
        self._thread = threading.Thread(target=run, daemon=True)
        self._thread.start()
        assert started.wait(10)

    def close(self) -> None:
        """Serve no more."""
        self._loop.call_soon_threadsafe(self._task.cancel)
        self._thread.join(10)


def opened(people: People, database_url: str, home: Path, clock: Clock, door: Door) -> Scene:
    """Our side of a help desk."""
    given: dict[str, Any] = people.settings()
    settings = Settings(home=home, database_url=database_url, public_url="https://desk.example", **given)
    services = bootstrap(settings, clock)
    door.receiver = helpdesks.receiver(Shared(door.app, services, settings))
    return Scene(people, services, settings, clock, door.url)
