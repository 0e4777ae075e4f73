"""How much may be asked of the server: by one address in a minute, by all in a second, and how many may wait for news.

Messages are none of this: those are counted where they come in, by conversation and address (``bot.http.admission``).
"""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from math import ceil
from typing import Any

from limits import RateLimitItemPerMinute, RateLimitItemPerSecond
from limits.storage import MemoryStorage
from limits.strategies import FixedWindowRateLimiter
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.http.connections import RETRY_SECONDS, Room
from bot.http.headers import SecurityHeaders
from bot.http.html import notice
from bot.wording import say

Handler = Callable[..., Coroutine[Any, Any, Any]]


@dataclass(frozen=True)
class RequestKind:
    """A kind of request. ``times``: how many times ``REFUND_DESK_ADDRESS_REQUESTS_PER_MINUTE`` one address may ask;
    ``in_all``: how often everybody together may, in a second."""

    name: str
    times: int
    in_all: int


HEALTH = RequestKind("health", 1, 300)
FILE = RequestKind("file", 5, 1_000)
"""What is answered from memory; a page of the chat needs two dozen."""
READ = RequestKind("read", 1, 200)
DESK = RequestKind("desk", 10, 200)
"""People in one office, whose pages look again at every change."""
TYPING = RequestKind("typing", 1, 100)
RATING = RequestKind("rating", 1, 20)
KINDS = (HEALTH, FILE, READ, DESK, TYPING, RATING)

_OF_THE_CHAT = {"/webhooks/web/typing": TYPING, "/webhooks/web/rating": RATING, "/webhooks/web/secret": READ}
_FILES = (".js", ".css", ".svg")


def kind_of(method: str, path: str) -> RequestKind | None:
    """What a request is counted as; None for messages and all else that comes in by a webhook."""
    if path == "/health":
        return HEALTH
    if path.startswith("/webhooks/") and method == "POST":
        return _OF_THE_CHAT.get(path)
    if path == "/" or path.endswith(_FILES):
        return FILE
    return DESK if path == "/desk" or path.startswith("/desk/") else READ


class Capacity:
    """Counts requests, and those who wait for news: streams and long polls. ``per_minute`` is of one address."""

    def __init__(self, room: Room, security: SecurityHeaders, per_minute: int, contact: str) -> None:
        """Nobody has asked yet."""
        self._room = room
        self._security = security
        self._contact = contact
        # A limiter only has a weak reference to its storage.
        self._storage = MemoryStorage()
        self._windows = FixedWindowRateLimiter(self._storage)
        self._of_address = {kind: RateLimitItemPerMinute(kind.times * per_minute) for kind in KINDS}
        self._in_all = {kind: RateLimitItemPerSecond(kind.in_all) for kind in KINDS}
        self._listeners: Counter[str] = Counter()
        self._listening = 0

    def install(self, app: Sanic) -> None:
        """Look at every request of the app."""
        app.ctx.capacity = self
        app.register_middleware(self._before, "request")

    async def _before(self, request: Request) -> HTTPResponse | None:
        kind = kind_of(request.method, request.path)
        if kind is None:
            return None
        origin = self._security.origin(request)
        if origin.limited and not self._windows.hit(self._of_address[kind], kind.name, origin.address):
            reset, _ = self._windows.get_window_stats(self._of_address[kind], kind.name, origin.address)
            return self.refusal(request, 429, min(60, max(1, ceil(reset - time.time()))))
        if kind is HEALTH and not origin.limited:
            return None  # others must not make this machine believe that its server is gone
        if not self._windows.hit(self._in_all[kind], kind.name):
            return self.refusal(request, 503, RETRY_SECONDS)
        return None

    def take_place(self, request: Request) -> HTTPResponse | None:
        """A place for somebody who waits for news, to be given back; or what they are told, as there is none."""
        origin = self._security.origin(request)
        if origin.limited and self._listeners[origin.address] >= self._room.streams_of_address:
            return self.refusal(request, 429, RETRY_SECONDS)
        if self._listening >= self._room.streams:
            return self.refusal(request, 503, RETRY_SECONDS)
        self._listening += 1
        self._listeners[origin.address] += 1
        return None

    def give_back(self, request: Request) -> None:
        """A place is free again."""
        address = self._security.origin(request).address
        self._listening -= 1
        self._listeners[address] -= 1
        if not self._listeners[address]:
            del self._listeners[address]

    def refusal(self, request: Request, status: int, seconds: int) -> HTTPResponse:
        """To come back in a while: as a page, which a browser loads again by itself, or as an error."""
        headers = {"Retry-After": str(seconds)}
        text = say("wait_capacity", seconds=seconds)
        if "text/html" not in request.headers.get("accept", ""):
            return response.json({"error": text}, status, headers=headers)
        answer = notice(status, say("wait_capacity_title"), text, contact=self._contact)
        # What was sent with a form is sent again by its user alone.
        answer.headers.update({**headers, **({"Refresh": str(seconds)} if request.method == "GET" else {})})
        return answer


def waits_for_news(handler: Handler) -> Handler:
    """A route whose requests stay for as long as there are no news: each has a place of its own."""

    @functools.wraps(handler)
    async def seated(request: Request, **parts: Any) -> Any:
        capacity: Capacity | None = getattr(request.app.ctx, "capacity", None)
        if capacity is None:  # within another server than ours
            return await handler(request, **parts)
        refusal = capacity.take_place(request)
        if refusal is not None:
            return refusal
        try:
            return await handler(request, **parts)
        finally:
            capacity.give_back(request)

    return seated
