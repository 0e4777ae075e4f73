"""Telling open pages that something has changed: server-sent events without any content, at which a page looks again.

One task of the process looks at the database, while anybody listens, and only as far as something has happened.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Callable
from typing import Any

import structlog
from sanic import Blueprint, Sanic, response
from sanic.response import HTTPResponse

from bot.cases.desk.views import desk_case
from bot.cases.model import Author
from bot.cases.services import Services
from bot.http.capacity import waits_for_news
from bot.http.desk.case import REFERENCE
from bot.http.desk.pages import Desk, DeskVisit
from bot.http.shared import shared_of

LOOK_SECONDS = 1.0
"""How often the database is looked at."""
BEAT_SECONDS = 15.0
"""How often a silent stream says that it is alive."""
LONGEST_SECONDS = 300.0
"""How long a stream lasts; the page then opens the next one, if it is still signed in."""
QUEUE = ""
"""What the queue is listened to as; a case, by its reference."""

logger = structlog.get_logger()


class Watch:
    """Who listens, and to what."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._listeners: dict[str, set[asyncio.Event]] = {}
        self._task: asyncio.Task[None] | None = None
        self.ending = False

    def install(self, app: Sanic) -> None:
        """End all streams when the server stops, which would wait for them."""
        app.register_listener(self._end, "before_server_stop")

    @contextlib.contextmanager
    def listening(self, topic: str) -> Any:
        """An event that is set whenever there is something new about the topic."""
        event = asyncio.Event()
        self._listeners.setdefault(topic, set()).add(event)
        if self._task is None or self._task.done():
            self._task = asyncio.get_running_loop().create_task(self._look())
        try:
            yield event
        finally:
            self._listeners[topic].discard(event)
            if not self._listeners[topic]:
                del self._listeners[topic]

    async def _look(self) -> None:
        seen: dict[str, Any] = {}
        while self._listeners and not self.ending:
            try:
                now = await asyncio.to_thread(self._pulses, seen)
            except Exception as error:
                logger.error("desk.not_looked", error=type(error).__name__)
                now = seen
            for topic, pulse in now.items():
                # Also at the first look: since the page was made nobody has looked.
                if seen.get(topic) != pulse:
                    for event in self._listeners.get(topic, ()):
                        event.set()
            seen = now
            await asyncio.sleep(LOOK_SECONDS)

    def _pulses(self, seen: dict[str, Any]) -> dict[str, Any]:
        topics = list(self._listeners)
        with self._services.reading() as uow:
            whole = uow.desk.pulse()
            if seen.get(QUEUE) == whole and all(topic in seen for topic in topics):
                return seen
            return {QUEUE: whole, **{topic: uow.desk.case_pulse(topic) for topic in topics if topic != QUEUE}}

    async def _end(self, app: Any, loop: Any) -> None:
        self.ending = True
        for events in self._listeners.values():
            for event in events:
                event.set()


def routes(desk: Desk, watch: Watch) -> Blueprint:
    """``/desk/events``, the same for one case, and the sign that an agent is typing."""
    found = Blueprint("desk_live", url_prefix="/desk")

    async def stream(visit: DeskVisit, topic: str, is_typing: Callable[[], bool]) -> None:
        answer = await visit.request.respond(
            response.HTTPResponse(content_type="text/event-stream", headers={"X-Accel-Buffering": "no"})
        )
        until = time.monotonic() + LONGEST_SECONDS
        typing, beat = False, time.monotonic() + BEAT_SECONDS
        with watch.listening(topic) as changed:
            await answer.send("retry: 2000\nevent: ready\ndata: \n\n")
            while time.monotonic() < until and not watch.ending:
                with contextlib.suppress(asyncio.TimeoutError):
                    await asyncio.wait_for(changed.wait(), LOOK_SECONDS)
                news = ["event: changed\ndata: \n\n"] if changed.is_set() else []
                changed.clear()
                if typing is not is_typing():
                    typing = not typing
                    news.append(f"event: typing\ndata: {'on' if typing else ''}\n\n")
                if not news and time.monotonic() > beat:
                    news = [": here\n\n"]
                if news:
                    await answer.send("".join(news))
                    beat = time.monotonic() + BEAT_SECONDS
        await answer.eof()

    @found.get("/events")
    @waits_for_news
    @desk.signed_in
    async def queue(visit: DeskVisit) -> HTTPResponse | None:
        await stream(visit, QUEUE, lambda: False)
        return None

    @found.get(f"/cases/{REFERENCE}/events")
    @waits_for_news
    @desk.signed_in
    async def case(visit: DeskVisit, reference: str) -> HTTPResponse | None:
        conversation = (await desk.do(desk_case, reference)).case.conversation_id
        live = shared_of(visit.request.app).live
        await stream(visit, reference, lambda: live.is_typing(conversation, Author.CUSTOMER))
        return None

    @found.post(f"/cases/{REFERENCE}/typing")
    @desk.signed_in
    async def typing(visit: DeskVisit, reference: str) -> HTTPResponse:
        seen = await desk.do(desk_case, reference)
        if seen.conversation_agent is not None and seen.conversation_agent.id == visit.agent.id:
            shared_of(visit.request.app).live.types(seen.case.conversation_id, Author.AGENT)
        return response.empty(204)

    return found
