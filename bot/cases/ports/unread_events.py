"""Events of providers that could not be read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True)
class Unread:
    """How many events of a ``source``, the name of its webhook, could not be read, and when the last one came."""

    source: str
    number: int
    last_at: datetime


class UnreadEvents(Protocol):
    """Events that could not be read; see bot.store.unread_events.UnreadEventRepository."""

    def add(self, source: str, number: int, error: str, at: datetime) -> None: ...
    def since(self, at: datetime) -> list[Unread]: ...
