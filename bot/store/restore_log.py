"""When the store went back to a backup."""

from __future__ import annotations

from sqlalchemy import select

from bot.cases.model import Restored
from bot.store import tables as t
from bot.store.rows import Repository


class RestoreRepository(Repository):
    """See bot.cases.ports.restores.Restores."""

    def last(self) -> Restored | None:
        """The last time that the store went back to a backup."""
        row = self.connection.execute(select(t.restores).order_by(t.restores.c.id.desc()).limit(1)).one_or_none()
        return None if row is None else Restored(row.at, row.backup_at)

    def add(self, restored: Restored) -> None:
        """The store has gone back to a backup."""
        self.connection.execute(t.restores.insert().values(at=restored.at, backup_at=restored.backup_at))
