"""What was not understood."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Protocol

from bot.cases.model import Misunderstood


class MisunderstoodMessages(Protocol):
    """Messages that were not understood; see bot.store.misunderstood.MisunderstoodRepository."""

    def add(self, conversation_id: str, message_id: str, at: datetime, guess: str, text: str) -> None: ...
    def between(self, since: datetime, until: datetime, limit: int) -> list[Misunderstood]: ...
    def to_export(self, *, again: bool) -> list[Misunderstood]: ...
    def count(self, since: datetime, until: datetime) -> int: ...
    def count_not_exported(self) -> int: ...
    def mark_exported(self, ids: Collection[int], at: datetime) -> None: ...
