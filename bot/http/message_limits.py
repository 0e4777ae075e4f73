"""How much one may send: so many messages a minute from a conversation, and from an address."""

from __future__ import annotations

import asyncio
import time
from math import ceil

import structlog
from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage, RedisStorage
from limits.strategies import MovingWindowRateLimiter

from bot.setting_groups.limits import LimitSettings
from bot.settings import Settings

REDIS_SECONDS = 0.5
"""How long Redis may take to answer."""
REDIS_PAUSE = 5.0
"""For how long Redis is left alone after it did not answer; limits are counted in this process meanwhile."""

logger = structlog.get_logger()


class MessageLimits:
    """Moving windows of a minute, in this process, or in Redis where several servers share them."""

    def __init__(self, per_conversation: int, per_address: int, redis_url: str = "") -> None:
        """Nothing is connected yet."""
        self._items = {
            "conversation": RateLimitItemPerMinute(per_conversation, namespace="refund-desk"),
            "address": RateLimitItemPerMinute(per_address, namespace="refund-desk"),
        }
        # A limiter only has a weak reference to its storage.
        self._memory = MemoryStorage()
        self._here = MovingWindowRateLimiter(self._memory)
        self._redis = _redis(redis_url) if redis_url else None
        self._shared = MovingWindowRateLimiter(self._redis) if self._redis else None
        self._shared_from = 0.0

    @classmethod
    def of(cls, settings: Settings) -> MessageLimits:
        """Those of the settings."""
        ours = settings[LimitSettings]
        return cls(ours.messages_per_minute, ours.address_messages_per_minute, ours.redis_url.get_secret_value())

    async def wait(self, kind: str, key: str) -> int:
        """Count a message of a ``conversation`` or an ``address``. 0 if it may pass, else the seconds to wait."""
        if self._shared is None or time.monotonic() < self._shared_from:
            return self._hit(self._here, kind, key)
        try:
            return await asyncio.to_thread(self._hit, self._shared, kind, key)
        except Exception as error:
            self._shared_from = time.monotonic() + REDIS_PAUSE
            logger.error("limits.redis_unavailable", error=type(error).__name__)
            return self._hit(self._here, kind, key)

    def _hit(self, limiter: MovingWindowRateLimiter, kind: str, key: str) -> int:
        item = self._items[kind]
        if limiter.hit(item, kind, key):
            return 0
        if limiter is self._shared and self._redis is not None:
            # The library gives the newest message of the window here; the oldest is the first to leave it.
            oldest = self._redis.storage.lindex(item.key_for(kind, key), item.amount - 1)
            reset = float(oldest or time.time()) + item.get_expiry()
        else:
            reset, _ = limiter.get_window_stats(item, kind, key)
        return min(60, max(1, ceil(reset - time.time())))


def _redis(url: str) -> RedisStorage:
    return RedisStorage(url, socket_timeout=REDIS_SECONDS, socket_connect_timeout=REDIS_SECONDS)
