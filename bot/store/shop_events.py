"""Events of shops and payment systems that were taken."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select

from bot.store import tables as t
from bot.store.rows import Repository, insert_new

_KEPT_FOR = timedelta(days=30)
"""How long the id of an event is remembered; senders repeat for some days."""


class ShopEventRepository(Repository):
    """See bot.cases.ports.shop_events.ShopEvents."""

    def knows(self, source: str, event_id: str) -> bool:
        """Whether an event was taken before."""
        event = t.shop_events.c
        query = select(event.id).where(event.source == source, event.event_id == event_id)
        return self.connection.execute(query).first() is not None

    def add(self, source: str, event_id: str, at: datetime) -> bool:
        """Keep that an event was taken; False if it was before."""
        self.connection.execute(t.shop_events.delete().where(t.shop_events.c.at < at - _KEPT_FOR))
        values = {"source": source, "event_id": event_id, "at": at}
        return insert_new(self.connection, t.shop_events, values) is not None
