"""How many events of providers could not be read."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import func, select
from sqlalchemy.dialects import postgresql, sqlite

from bot.cases.ports.unread_events import Unread
from bot.store import tables as t
from bot.store.rows import Repository

_KEPT_FOR = timedelta(days=90)
_LONGEST_ERROR = 40


class UnreadEventRepository(Repository):
    """See bot.cases.ports.unread_events.UnreadEvents. A row counts those of a source on one day (UTC)."""

    def add(self, source: str, number: int, error: str, at: datetime) -> None:
        """Count so many more of a source; ``error`` is the kind of the last one."""
        rows = t.unread_events
        self.connection.execute(rows.delete().where(rows.c.last_at < at - _KEPT_FOR))
        last = {"last_at": at, "last_error": error[:_LONGEST_ERROR]}
        insert = postgresql.insert if self.connection.dialect.name == "postgresql" else sqlite.insert
        new = insert(rows).values(source=source, day=at.date(), number=number, **last)
        self.connection.execute(
            new.on_conflict_do_update(
                index_elements=[rows.c.source, rows.c.day], set_={"number": rows.c.number + number, **last}
            )
        )

    def since(self, at: datetime) -> list[Unread]:
        """How many there were of each source from the day of ``at`` on, by name."""
        rows = t.unread_events.c
        latest = func.max(rows.last_at)
        query = select(rows.source, func.sum(rows.number).label("number"), latest.label("last_at"))
        found = self.connection.execute(query.where(rows.day >= at.date()).group_by(rows.source).order_by(rows.source))
        return [Unread(row.source, int(row.number), row.last_at) for row in found]
