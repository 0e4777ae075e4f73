"""Stopping the Rasa server without harm: no new turn begins, the running ones end, and whoever listens comes back.

What can't be ended in time is left as it is. A message is stored before anything is done about it, so the next start
takes it up; what was done about it already is not done twice.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.http.html import notice
from bot.http.live import Live
from bot.setting_groups.desk import DeskSettings
from bot.settings import load_settings
from bot.stop_signals import end_gently
from bot.wording import say

TURN_SECONDS = 2.5
"""How long the running turns may take to end."""
LEAVE_SECONDS = 0.5
"""How long it may take to give back the messages of those that did not."""
CLOSE_SECONDS = 1.0
"""How long an answer that is on its way to a client may take."""
RETRY_SECONDS = 5
"""When a client may ask again: a start takes some seconds."""

_OURS = ("/webhooks/rest/", "/webhooks/web/")
"""What customers' own clients ask for. The rest comes from providers, some of which don't send again what was refused:
it is stored, and taken up after the start."""


class Stopping:
    """Whether this process is being stopped, and the turns that are still running in it."""

    def __init__(self) -> None:
        """It is not."""
        self.begun = False
        self._turns: set[asyncio.Task[Any]] = set()

    def knows(self, turn: asyncio.Task[Any]) -> None:
        """Wait for a turn when it comes to that."""
        self._turns.add(turn)
        turn.add_done_callback(self._turns.discard)

    async def end_turns(self) -> None:
        """Let no more turn begin, and wait for the end of the running ones; cancel those that take too long."""
        self.begun = True
        if self._turns:
            await asyncio.wait(self._turns, timeout=TURN_SECONDS)
        for turn in self._turns:
            turn.cancel()
        if self._turns:
            await asyncio.wait(self._turns, timeout=LEAVE_SECONDS)


stopping = Stopping()
"""Of this process."""


def install(app: Sanic, live: Live) -> None:
    """Stop the app this way at a signal."""

    async def first() -> None:
        await stopping.end_turns()
        live.end()

    end_gently(app, first, CLOSE_SECONDS)
    app.register_middleware(_refuse, "request")


async def _refuse(request: Request) -> HTTPResponse | None:
    if not stopping.begun or (request.path.startswith("/webhooks/") and not request.path.startswith(_OURS)):
        return None
    return come_back(request)


def come_back(request: Request, code: str = "restarting_refused") -> HTTPResponse:
    """What whoever asks while the process is being stopped is told: the message of that code."""
    said = say(code)
    headers = {"Retry-After": str(RETRY_SECONDS)}
    if "text/html" in request.headers.get("accept", ""):
        contact = load_settings()[DeskSettings].contact
        answer = notice(503, say("restarting_title"), said, contact=contact, back=request.path)
        answer.headers.update(headers)
        return answer
    return response.json({"error": "restarting", "text": said}, 503, headers=headers)
