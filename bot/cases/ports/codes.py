"""Codes by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.cases.model import DueMail, EmailCode


class Codes(Protocol):
    """The codes that are mailed, and the mails with them; see bot.store.codes.CodeRepository."""

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
    def add_mail(self, code_id: int, due_at: datetime) -> None: ...
    def take_due_mails(self, now: datetime, until: datetime) -> list[DueMail]: ...
    def put_off_mail(self, mail_id: int, due_at: datetime) -> None: ...
    def remove_mail(self, mail_id: int) -> None: ...
