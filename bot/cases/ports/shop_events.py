"""Events of shops and payment systems."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class ShopEvents(Protocol):
    """Events of shops and payment systems that were taken; see bot.store.shop_events.ShopEventRepository."""

    def knows(self, source: str, event_id: str) -> bool: ...
    def add(self, source: str, event_id: str, at: datetime) -> bool: ...
