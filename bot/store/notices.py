"""Notices that wait to be mailed, and where a person's answers are mailed to."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from bot.cases.model import DueNotice, NoticeKind
from bot.store import tables as t
from bot.store.keys import Keys, conversation
from bot.store.personal_data import PersonalData
from bot.store.rows import Rows


class NoticeRows(Rows):
    """See bot.cases.ports.store.UnitOfWork."""

    keys: Keys

    def add_notice(
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

    def has_notice(self, case_id: int) -> bool:
        """Whether a receipt of the case waits to be sent."""
        waiting = select(func.count()).where(
            t.notices.c.case_id == case_id, t.notices.c.kind == NoticeKind.RECEIPT.value
        )
        return bool(self.connection.execute(waiting).scalar_one())

    def take_due_notices(self, now: datetime, until: datetime) -> list[DueNotice]:
        """The notices that are due, some at a time; nobody else gets them before ``until``."""
        due = select(t.notices).where(t.notices.c.due_at <= now).order_by(t.notices.c.id).limit(5)
        taken = []
        for row in self.connection.execute(due.with_for_update(skip_locked=True)).all():
            update = t.notices.update().where(t.notices.c.id == row.id)
            self.connection.execute(update.values(due_at=until, tries=row.tries + 1))
            kind = NoticeKind(row.kind)
            taken.append(DueNotice(row.id, kind, row.conversation_id, row.case_id, row.message_id, row.tries))
        return taken

    def put_off_notice(self, notice_id: int, due_at: datetime) -> None:
        """Try a notice again then."""
        self.connection.execute(t.notices.update().where(t.notices.c.id == notice_id).values(due_at=due_at))

    def remove_notice(self, notice_id: int) -> None:
        """A notice that was sent, or never will be."""
        self.connection.execute(t.notices.delete().where(t.notices.c.id == notice_id))

    def set_reply_email(self, conversation_id: str, email: str) -> None:
        """Keep, under the conversation's key, where a person's answers are mailed to."""
        sealed = self.keys.seal(conversation(conversation_id), email)
        update = t.conversations.update().where(t.conversations.c.id == conversation_id)
        self.connection.execute(update.values(reply_email=sealed))

    def set_reply_address(self, conversation_id: str, address: dict[str, Any]) -> None:
        """Keep, under the conversation's key, where what is said to the customer is brought."""
        sealed = self.keys.seal(conversation(conversation_id), address)
        update = t.conversations.update().where(t.conversations.c.id == conversation_id)
        self.connection.execute(update.values(reply_address=sealed))

    def reply_address(self, conversation_id: str) -> dict[str, Any] | None:
        """Where what is said to the customer is brought; None where no channel said so, or it was erased."""
        query = select(t.conversations.c.reply_address).where(t.conversations.c.id == conversation_id)
        sealed = self.connection.execute(query).scalar_one_or_none()
        address: Any = self.personal.opened(conversation_id, sealed, None)
        return address if isinstance(address, dict) else None

    def reply_email(self, conversation_id: str) -> str | None:
        """Where a person's answers are mailed to; None where nobody said so, or it was erased."""
        query = select(t.conversations.c.reply_email).where(t.conversations.c.id == conversation_id)
        sealed = self.connection.execute(query).scalar_one_or_none()
        email: Any = self.personal.opened(conversation_id, sealed, None)
        return email if isinstance(email, str) else None

    @property
    @abstractmethod
    def personal(self) -> PersonalData:
        """See SqlUnitOfWork."""
