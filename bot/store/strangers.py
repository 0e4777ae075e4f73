"""Requests of people who have proven no order."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import and_, func, select

from bot.cases.model import Case, Cause, HeldRow
from bot.store import tables as t
from bot.store.rows import Repository

_HELD = and_(t.stranger_requests.c.case_id.is_(None), t.stranger_requests.c.settled_at.is_(None))


class StrangerRepository(Repository):
    """See bot.cases.ports.strangers.Strangers."""

    def requests(self, origin: str, since: datetime) -> list[tuple[datetime, Cause]]:
        """Which requests from there came into the queue since then, oldest first."""
        made = t.stranger_requests.c
        query = select(made.at, made.cause).where(made.origin == origin, made.at > since, made.case_id.is_not(None))
        return [(row.at, Cause(row.cause)) for row in self.connection.execute(query.order_by(made.at))]

    def add(self, case: Case, origin: str, cause: Cause, at: datetime) -> None:
        """A request that came into the queue."""
        values = {"conversation_id": case.conversation_id, "origin": origin, "cause": cause.value, "at": at}
        self.connection.execute(t.stranger_requests.insert().values(case_id=case.id, **values))

    def hold_back(self, conversation_id: str, origin: str, cause: Cause, at: datetime) -> None:
        """A request that did not, counted once for each conversation."""
        made = t.stranger_requests.c
        known = select(func.count()).where(made.conversation_id == conversation_id, _HELD)
        if not self.connection.execute(known).scalar_one():
            values = {"conversation_id": conversation_id, "origin": origin, "cause": cause.value, "at": at}
            self.connection.execute(t.stranger_requests.insert().values(**values))

    def held(self, since: datetime) -> list[HeldRow]:
        """The requests that were held back since then and still are, oldest first."""
        made = t.stranger_requests.c
        query = select(made.conversation_id, made.origin, made.cause, made.at).where(_HELD, made.at > since)
        rows = self.connection.execute(query.order_by(made.at, made.id))
        return [HeldRow(row.conversation_id, row.origin, Cause(row.cause), row.at) for row in rows]

    def settle(self, conversation_id: str, at: datetime) -> None:
        """The request of a conversation is held back no more."""
        made = t.stranger_requests
        settled = made.update().where(made.c.conversation_id == conversation_id, _HELD).values(settled_at=at)
        self.connection.execute(settled)
