"""Attempts to prove whose order it is."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Attempts(Protocol):
    """Attempts to prove whose order it is; see bot.store.attempts.AttemptRepository."""

    def passed(self, conversation_id: str, message_id: str) -> bool | None: ...
    def add(
        self,
        conversation_id: str,
        message_id: str,
        order_number: str,
        at: datetime,
        passed: bool,
        address_index: str | None = None,
    ) -> None: ...
    def failed(
        self,
        since: datetime,
        *,
        conversation_id: str | None = None,
        order_number: str | None = None,
        address_index: str | None = None,
    ) -> list[datetime]: ...
    def has_passed(self, order_number: str, *, conversation_id: str | None = None, address_index: str = "") -> bool: ...
