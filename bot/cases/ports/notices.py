"""Notices by mail."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.cases.model import DueNotice, NoticeKind
from bot.cases.ports.queues import Queue


class Notices(Queue[DueNotice], Protocol):
    """Notices that wait to be mailed; see bot.store.notices.NoticeRepository."""

    def add(
        self,
        kind: NoticeKind,
        conversation_id: str,
        next_at: datetime,
        *,
        case_id: int | None = None,
        message_id: int | None = None,
    ) -> None: ...
    def has_receipt(self, case_id: int) -> bool: ...
    def due(self, now: datetime) -> list[DueNotice]: ...
    def remove(self, notice_id: int) -> None: ...
