"""Notices that wait to be mailed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from bot.cases.model import DueNotice, NoticeKind
from bot.store import tables as t
from bot.store.rows import Repository


class NoticeRepository(Repository):
    """See bot.cases.ports.notices.Notices."""

    def add(
        self,
        kind: NoticeKind,
        conversation_id: str,
        due_at: datetime,
        *,
        case_id: int | None = None,
        message_id: int | None = None,
    ) -> None:
        """Have a notice sent."""
        values = {"kind": kind.value, "conversation_id": conversation_id, "case_id": case_id, "message_id": message_id}
        self.connection.execute(t.notices.insert().values(due_at=due_at, tries=0, **values))

    def has_receipt(self, case_id: int) -> bool:
        """Whether a receipt of the case waits to be sent."""
        waiting = select(func.count()).where(
            t.notices.c.case_id == case_id, t.notices.c.kind == NoticeKind.RECEIPT.value
        )
        return bool(self.connection.execute(waiting).scalar_one())

    def take_due(self, now: datetime, until: datetime) -> list[DueNotice]:
        """The notices that are due, some at a time; nobody else gets them before ``until``."""
        due = select(t.notices).where(t.notices.c.due_at <= now).order_by(t.notices.c.id).limit(5)
        taken = []
        for row in self.connection.execute(due.with_for_update(skip_locked=True)).all():
            update = t.notices.update().where(t.notices.c.id == row.id)
            self.connection.execute(update.values(due_at=until, tries=row.tries + 1))
            kind = NoticeKind(row.kind)
            taken.append(DueNotice(row.id, kind, row.conversation_id, row.case_id, row.message_id, row.tries))
        return taken

    def put_off(self, notice_id: int, due_at: datetime) -> None:
        """Try a notice again then."""
        self.connection.execute(t.notices.update().where(t.notices.c.id == notice_id).values(due_at=due_at))

    def remove(self, notice_id: int) -> None:
        """A notice that was sent, or never will be."""
        self.connection.execute(t.notices.delete().where(t.notices.c.id == notice_id))
