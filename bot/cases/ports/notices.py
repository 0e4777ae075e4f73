"""Notices by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.cases.model import DueNotice, NoticeKind


class Notices(Protocol):
    """Notices that wait to be mailed; see bot.store.notices.NoticeRepository."""

    def add(
        self,
        kind: NoticeKind,
        conversation_id: str,
        due_at: datetime,
        *,
        case_id: int | None = None,
        message_id: int | None = None,
    ) -> None: ...
    def has_receipt(self, case_id: int) -> bool: ...
    def take_due(self, now: datetime, until: datetime) -> list[DueNotice]: ...
    def put_off(self, notice_id: int, due_at: datetime) -> None: ...
    def remove(self, notice_id: int) -> None: ...
