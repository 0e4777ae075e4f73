"""Codes that wait to be mailed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.cases.model import DueMail, EmailCode
from bot.store import tables as t
from bot.store.codes import code_columns
from bot.store.queues import QueueRepository

_AT_ONCE = 20


class MailRepository(QueueRepository[DueMail]):
    """See bot.cases.ports.mails.Mails."""

    table = t.mails

    def add(self, code_id: int, next_at: datetime) -> None:
        """Have the mail with this code sent."""
        self.connection.execute(t.mails.insert().values(code_id=code_id, next_at=next_at, attempts=0))

    def due(self, now: datetime) -> list[DueMail]:
        """The mails that are due, the oldest first, some at a time."""
        return self._mails(self.is_due(now))

    def find(self, row_id: int) -> DueMail | None:
        """The mail; None once it was sent or erased."""
        return next(iter(self._mails(t.mails.c.id == row_id)), None)

    def remove(self, mail_id: int) -> None:
        """A mail that was sent, or never will be."""
        self.connection.execute(t.mails.delete().where(t.mails.c.id == mail_id))

    def _mails(self, which: Any) -> list[DueMail]:
        columns = code_columns()
        query = select(t.mails.c.id.label("mail_id"), t.mails.c.attempts, *columns).join(t.email_codes)
        rows = self.connection.execute(query.where(which).order_by(t.mails.c.id).limit(_AT_ONCE))
        names = [column.name for column in columns]
        return [
            DueMail(row.mail_id, row.attempts, EmailCode(**{name: getattr(row, name) for name in names}))
            for row in rows
        ]
