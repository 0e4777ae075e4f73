"""Notices that wait to be mailed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from bot.cases.model import DueNotice, NoticeKind
from bot.store import tables as t
from bot.store.queues import QueueRepository

_AT_ONCE = 5


class NoticeRepository(QueueRepository[DueNotice]):
    """See bot.cases.ports.notices.Notices."""

    table = t.notices

    def add(
        self,
        kind: NoticeKind,
        conversation_id: str,
        next_at: datetime,
        *,
        case_id: int | None = None,
        message_id: int | None = None,
    ) -> None:
        """Have a notice sent."""
        values = {"kind": kind.value, "conversation_id": conversation_id, "case_id": case_id, "message_id": message_id}
        self.connection.execute(t.notices.insert().values(next_at=next_at, attempts=0, **values))

    def has_receipt(self, case_id: int) -> bool:
        """Whether a receipt of the case waits to be sent."""
        waiting = select(func.count()).where(
            t.notices.c.case_id == case_id, t.notices.c.kind == NoticeKind.RECEIPT.value
        )
        return bool(self.connection.execute(waiting).scalar_one())

    def due(self, now: datetime) -> list[DueNotice]:
        """The notices that are due, the oldest first, some at a time."""
        return self._notices(self.is_due(now))

    def find(self, row_id: int) -> DueNotice | None:
        """The notice; None once it was sent or erased."""
        return next(iter(self._notices(t.notices.c.id == row_id)), None)

    def remove(self, notice_id: int) -> None:
        """A notice that was sent, or never will be."""
        self.connection.execute(t.notices.delete().where(t.notices.c.id == notice_id))

    def _notices(self, which: Any) -> list[DueNotice]:
        rows = self.connection.execute(select(t.notices).where(which).order_by(t.notices.c.id).limit(_AT_ONCE))
        return [
            DueNotice(row.id, NoticeKind(row.kind), row.conversation_id, row.case_id, row.message_id, row.attempts)
            for row in rows
        ]
