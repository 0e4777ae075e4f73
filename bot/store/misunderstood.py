"""What was not understood."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from bot.cases.model import Misunderstood
from bot.store import tables as t
from bot.store.keys import conversation
from bot.store.rows import ERASED, Repository, insert_new, within

_AT_ONCE = 500


class MisunderstoodRepository(Repository):
    """See bot.cases.ports.misunderstood.MisunderstoodMessages."""

    def add(self, conversation_id: str, message_id: str, at: datetime, guess: str, text: str) -> None:
        """Keep a message; nothing for one that is kept already."""
        values = {
            "conversation_id": conversation_id,
            "message_id": message_id,
            "at": at,
            "guess": guess,
            "body": self.keys.seal(conversation(conversation_id), text),
        }
        insert_new(self.connection, t.misunderstood, values)

    def between(self, since: datetime, until: datetime, limit: int) -> list[Misunderstood]:
        """Those of that time, the newest first."""
        query = select(t.misunderstood).where(within(t.misunderstood.c.at, since, until))
        return self._read(query.order_by(t.misunderstood.c.id.desc()).limit(limit))

    def to_export(self, *, again: bool) -> list[Misunderstood]:
        """Those that were not exported yet, or all, the oldest first."""
        query = select(t.misunderstood).order_by(t.misunderstood.c.id).with_for_update()
        return self._read(query if again else query.where(t.misunderstood.c.exported_at.is_(None)))

    def count(self, since: datetime, until: datetime) -> int:
        """How many there are of that time."""
        query = select(func.count()).select_from(t.misunderstood).where(within(t.misunderstood.c.at, since, until))
        number: int = self.connection.execute(query).scalar_one()
        return number

    def count_not_exported(self) -> int:
        """How many were not exported yet."""
        query = select(func.count()).select_from(t.misunderstood).where(t.misunderstood.c.exported_at.is_(None))
        number: int = self.connection.execute(query).scalar_one()
        return number

    def mark_exported(self, ids: Collection[int], at: datetime) -> None:
        """Remember that they were exported."""
        keys = sorted(ids)
        for start in range(0, len(keys), _AT_ONCE):
            which = t.misunderstood.c.id.in_(keys[start : start + _AT_ONCE])
            self.connection.execute(t.misunderstood.update().where(which).values(exported_at=at))

    def _read(self, query: Any) -> list[Misunderstood]:
        return [
            Misunderstood(
                id=row.id,
                text=self.opened(row.conversation_id, row.body, ERASED),
                guess=row.guess,
                at=row.at,
                exported_at=row.exported_at,
            )
            for row in self.connection.execute(query).all()
        ]
