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
from bot.cases.services import Services

LOOK_SECONDS = 0.5
"""Between two looks at the store."""
TYPING_SECONDS = 6.0
"""For how long somebody counts as typing after a sign of it."""

logger = structlog.get_logger()


class News:
    """What one waits for. ``seen`` is the highest ``seq`` that they know; ``stored``: the store may have news for them,
    as before they have looked at all; else only somebody types, or has stopped."""

    def __init__(self, seen: int) -> None:
        """Nothing has been looked at."""
        self.seen = seen
        self.stored = True
        self._event = asyncio.Event()

    def tell(self, *, stored: bool) -> None:
        """There are news."""
        self.stored = self.stored or stored
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Whether there are news within this time."""
        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        self._event.clear()
        return True

    def take_stored(self) -> bool:
        """Whether to look at the store, once."""
        stored, self.stored = self.stored, False
        return stored


class Live:
    """Tells those who wait for news of a conversation that there are some."""

    def __init__(self, services: Services) -> None:
        """Nobody waits yet."""
        self._services = services
        self._waiting: defaultdict[str, set[News]] = defaultdict(set)
        self._typing: dict[tuple[str, Author], float] = {}
        self.ended = False

    @contextmanager
    def news_of(self, conversation_id: str, seen: int) -> Iterator[News]:
        """The news of a conversation for somebody who knows it up to that ``seq``."""
        news = News(seen)
        self._waiting[conversation_id].add(news)
        try:
            yield news
        finally:
            self._waiting[conversation_id].discard(news)
            if not self._waiting[conversation_id]:
                del self._waiting[conversation_id]

    def listeners(self, conversation_id: str) -> int:
        """How many wait for news of the conversation."""
        return len(self._waiting.get(conversation_id, ()))

    def wake(self, conversation_id: str, *, stored: bool = True) -> None:
        """There may be news, in the store or of who is typing."""
        for news in self._waiting.get(conversation_id, ()):
            news.tell(stored=stored)

    def end(self) -> None:
        """Nobody shall wait any more: the process is being stopped."""
        self.ended = True
        for conversation_id in self._waiting:
            self.wake(conversation_id, stored=False)

    def types(self, conversation_id: str, who: Author, on: bool = True) -> None:
        """Somebody is typing, or has stopped."""
        now = time.monotonic()
        self._typing = {key: until for key, until in self._typing.items() if until > now}
        if on:
            self._typing[conversation_id, who] = now + TYPING_SECONDS
            asyncio.get_running_loop().call_later(
                TYPING_SECONDS + 0.1, lambda: self.wake(conversation_id, stored=False)
            )
        else:
            self._typing.pop((conversation_id, who), None)
        self.wake(conversation_id, stored=False)

    def is_typing(self, conversation_id: str, who: Author) -> bool:
        """Whether somebody is typing there."""
        return self._typing.get((conversation_id, who), 0) > time.monotonic()

    async def look(self) -> None:
        """Wake those for whom another process has written something. Never ends."""
        while True:
            await asyncio.sleep(LOOK_SECONDS)
            waiting = list(self._waiting)
            if not waiting:
                continue
            try:
                newest = await asyncio.to_thread(self._newest, waiting)
            except Exception as error:
                logger.error("live.failed", error=type(error).__name__)
                continue
            for conversation_id, seq in newest.items():
                for news in self._waiting.get(conversation_id, ()):
                    if seq > news.seen:
                        news.tell(stored=True)

    def _newest(self, conversation_ids: list[str]) -> dict[str, int]:
        with self._services.reading() as uow:
            return uow.messages.newest(conversation_ids)
