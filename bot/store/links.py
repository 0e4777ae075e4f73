"""Links to set a password with: one for each account, of which the newest counts."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from bot.cases.model import Link
from bot.store import tables as t
from bot.store.rows import Repository


class LinkRepository(Repository):
    """See bot.cases.ports.links.Links."""

    def set(self, agent_id: int, token_hash: str, made_by: int | None, expires_at: datetime) -> None:
        """A new link; the one before is good for nothing any more."""
        self.drop(agent_id)
        values = {"agent_id": agent_id, "token_hash": token_hash, "made_by": made_by, "expires_at": expires_at}
        self.connection.execute(t.agent_links.insert().values(**values))

    def of_agent(self, agent_id: int, now: datetime, *, lock: bool = False) -> Link | None:
        """The account's link, if it has one that is good yet; with ``lock`` kept from others who use or renew it."""
        known = t.agent_links.c
        query = select(known.token_hash, known.made_by).where(known.agent_id == agent_id, known.expires_at > now)
        row = self.connection.execute(query.with_for_update() if lock else query).one_or_none()
        return None if row is None else Link(row.token_hash, row.made_by)

    def drop(self, agent_id: int) -> bool:
        """Make the account's link good for nothing; whether there was one."""
        done = self.connection.execute(t.agent_links.delete().where(t.agent_links.c.agent_id == agent_id))
        return bool(done.rowcount)
