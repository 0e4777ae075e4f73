"""What goes on right now in this process: who waits for messages of which conversation, and who is typing.

What is stored stays in the store: it is looked at twice a second, so that what other processes write arrives, too.
"""

from __future__ import annotations

import asyncio
import time
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from bot.cases.model import Author
from bot.cases.ports import Services

LOOK_SECONDS = 0.5
"""Between two looks at the store."""
TYPING_SECONDS = 6.0
"""For how long somebody counts as typing after a sign of it."""

logger = structlog.get_logger()


class News(asyncio.Event):
    """Set whenever there may be news; ``over`` once there are none and will be none."""

    over = False

    def end(self) -> None:
        """There will be none any more."""
        self.over = not self.is_set()
        self.set()


class Live:
    """Wakes those who wait for news of a conversation."""

    def __init__(self, services: Services) -> None:
        """Nobody waits yet."""
        self._services = services
        self._waiting: defaultdict[str, set[News]] = defaultdict(set)
        self._typing: dict[tuple[str, Author], float] = {}
        self.ended = False

    @contextmanager
    def news_of(self, conversation_id: str) -> Iterator[News]:
        """An event that is set whenever there may be news."""
        event = News()
        self._waiting[conversation_id].add(event)
        try:
            yield event
        finally:
            self._waiting[conversation_id].discard(event)
            if not self._waiting[conversation_id]:
                del self._waiting[conversation_id]

    def listeners(self, conversation_id: str) -> int:
        """How many wait for news of the conversation."""
        return len(self._waiting.get(conversation_id, ()))

    def wake(self, conversation_id: str) -> None:
        """There may be news."""
        for event in self._waiting.get(conversation_id, ()):
            event.set()

    def end(self) -> None:
        """Nobody shall wait any more: the process is being stopped."""
        self.ended = True
        for events in self._waiting.values():
            for event in events:
                event.end()

    def types(self, conversation_id: str, who: Author, on: bool = True) -> None:
        """Somebody is typing, or has stopped."""
        now = time.monotonic()
        self._typing = {key: until for key, until in self._typing.items() if until > now}
        if on:
            self._typing[conversation_id, who] = now + TYPING_SECONDS
            asyncio.get_running_loop().call_later(TYPING_SECONDS + 0.1, self.wake, conversation_id)
        else:
            self._typing.pop((conversation_id, who), None)
        self.wake(conversation_id)

    def is_typing(self, conversation_id: str, who: Author) -> bool:
        """Whether somebody is typing there."""
        return self._typing.get((conversation_id, who), 0) > time.monotonic()

    async def look(self) -> None:
        """Wake those for whom another process has written something. Never ends."""
        seen: dict[str, int] = {}
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            waiting = list(self._waiting)
            if not waiting:
                seen.clear()
                continue
            try:
                newest = await asyncio.to_thread(self._newest, waiting)
            except Exception as error:
                logger.error("live.failed", error=type(error).__name__)
                continue
            for conversation_id, seq in newest.items():
                if seen.get(conversation_id) != seq:
                    self.wake(conversation_id)
            seen = newest

    def _newest(self, conversation_ids: list[str]) -> dict[str, int]:
        with self._services.unit_of_work() as uow:
            return uow.newest_messages(conversation_ids)
