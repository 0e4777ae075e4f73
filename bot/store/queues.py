"""What the repositories of work that waits have in common: ``next_at``, ``attempts`` and ``lease_until``."""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime
from typing import Any, ClassVar, Generic

from sqlalchemy import Table, and_, or_

from bot.cases.ports.queues import Row
from bot.store.rows import Repository


class QueueRepository(Repository, Generic[Row]):
    """See bot.cases.ports.queues.Queue. ``table`` has the columns ``next_at``, ``attempts`` and ``lease_until``, of
    which the first and the last may be NULL: due at once, and in nobody's hand."""

    table: ClassVar[Table]

    @abstractmethod
    def find(self, row_id: int) -> Row | None:
        """The row; None once it was erased."""

    def claim(self, row_id: int, now: datetime, until: datetime) -> Row | None:
        """Take a row in hand, and count that; nobody else gets it before ``until``. None where somebody else has it, or
        it is not due any more."""
        update = self.table.update().where(self.table.c.id == row_id, self.is_due(now))
        taken = self.connection.execute(update.values(lease_until=until, attempts=self.table.c.attempts + 1))
        return self.find(row_id) if taken.rowcount == 1 else None

    def put_off(self, row_id: int, next_at: datetime, attempts: int) -> None:
        """Give a row out of hand until then; ``attempts`` is how many count."""
        update = self.table.update().where(self.table.c.id == row_id)
        self.connection.execute(update.values(next_at=next_at, attempts=attempts, lease_until=None))

    def is_due(self, now: datetime) -> Any:
        """Which rows may be taken in hand."""
        row = self.table.c
        return and_(
            or_(row.next_at.is_(None), row.next_at <= now), or_(row.lease_until.is_(None), row.lease_until <= now)
        )
