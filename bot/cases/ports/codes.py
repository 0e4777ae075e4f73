"""Codes by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.cases.model import EmailCode


class Codes(Protocol):
    """The codes that are mailed; see bot.store.codes.CodeRepository."""

    def has(self, conversation_id: str, message_id: str) -> bool: ...
    def since(
        self,
        since: datetime,
        *,
        conversation_id: str | None = None,
        order_number: str | None = None,
        address_index: str | None = None,
        contact_index: str | None = None,
    ) -> list[datetime]: ...
    def add(
        self,
        *,
        conversation_id: str,
        message_id: str,
        order_number: str,
        customer_id: int | None,
        address_index: str | None,
        contact_index: str,
        nonce: str,
        created_at: datetime,
        expires_at: datetime,
    ) -> int: ...
    def newest(self, conversation_id: str, order_number: str) -> EmailCode | None: ...
    def change(self, code_id: int, *, tries: int, used: bool) -> None: ...
