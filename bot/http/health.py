"""Whether the bot can answer. One look a second at most, which all who ask share: asking often costs nothing."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import httpx
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.services import Services
from bot.http.headers import SecurityHeaders

FRESH_SECONDS = 1.0
"""How old what is told may be."""
PATIENCE = 2.0
"""Seconds after which a look that has not come back counts as hanging."""
LATE = timedelta(minutes=2)
"""How long a step of the outbox may be overdue before the health check says so."""


class Health:
    """What is wrong with the bot. ``action_url`` is where the action server listens."""

    def __init__(self, services: Services, action_url: str) -> None:
        """Nobody has looked yet."""
        self._services = services
        # No connection is kept: that to a server that was started again would be broken.
        limits = httpx.Limits(max_keepalive_connections=0)
        self._actions = httpx.AsyncClient(base_url=action_url, timeout=PATIENCE, limits=limits)
        self._look: asyncio.Future[list[str]] | None = None
        self._begun = 0.0

    def install(self, app: Sanic, security: SecurityHeaders) -> None:
        """Add ``/health``. Only this machine itself is told what is wrong with it."""

        @app.get("/health")
        async def health(request: Request) -> HTTPResponse:
            agent = getattr(request.app.ctx, "agent", None)
            unready = [] if agent is not None and agent.is_ready() else ["the model is not loaded"]
            problems = unready + await self.problems()
            if not problems:
                return response.json({"status": "ok"})
            told: dict[str, Any] = {} if security.origin(request).limited else {"problems": problems}
            return response.json({"status": "unavailable", **told}, 503)

    async def problems(self) -> list[str]:
        """What is wrong, as of a second ago at most; else that the look hangs."""
        clock = asyncio.get_running_loop().time
        if self._look is None or (self._look.done() and clock() - self._begun > FRESH_SECONDS):
            self._begun = clock()
            self._look = asyncio.ensure_future(self._looked())
        try:
            return await asyncio.wait_for(asyncio.shield(self._look), self._begun + PATIENCE - clock())
        except asyncio.TimeoutError:
            return [f"the look at database and action server hangs since {clock() - self._begun:.0f} seconds"]

    async def _looked(self) -> list[str]:
        return [problem for problem in await asyncio.gather(self._of_database(), self._of_actions()) if problem]

    async def _of_database(self) -> str:
        try:
            late = await asyncio.to_thread(self._overdue)
        except Exception:
            return "the database does not answer"
        return "what was confirmed is not carried out: is the outbox worker running?" if late else ""

    async def _of_actions(self) -> str:
        try:
            (await self._actions.get("/health")).raise_for_status()
        except httpx.HTTPError:
            return "the action server does not answer"
        return ""

    def _overdue(self) -> bool:
        # Not services.reading(): the bot can't answer either where somebody keeps others from writing.
        with self._services.unit_of_work() as uow:
            return bool(uow.outbox.count_overdue(self._services.clock() - LATE))
