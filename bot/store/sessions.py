"""Who is signed in at the desk."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from bot.cases.model import Agent
from bot.store import account_record
from bot.store import tables as t
from bot.store.agents import AGENT_COLUMNS, agent_of
from bot.store.rows import Repository


class SessionRepository(Repository):
    """See bot.cases.ports.sessions.Sessions."""

    def add(self, agent_id: int, token_hash: str, created_at: datetime, expires_at: datetime) -> None:
        """Sign an agent in; sessions that ran out go."""
        self.connection.execute(t.agent_sessions.delete().where(t.agent_sessions.c.expires_at <= created_at))
        values = {"agent_id": agent_id, "token_hash": token_hash, "created_at": created_at, "expires_at": expires_at}
        self.connection.execute(t.agent_sessions.insert().values(**values))

    def agent(self, token_hash: str, now: datetime) -> Agent | None:
        """The active agent of a session that has not run out, unless the account was changed outside."""
        session = t.agent_sessions.c
        query = select(*AGENT_COLUMNS).select_from(t.agent_sessions.join(t.agents))
        query = query.where(session.token_hash == token_hash, session.expires_at > now, t.agents.c.active.is_(True))
        row = self.connection.execute(query).one_or_none()
        return None if row is None or not account_record.is_kept(self.connection, row.id) else agent_of(row)

    def end(self, token_hash: str) -> None:
        """Sign out."""
        self.connection.execute(t.agent_sessions.delete().where(t.agent_sessions.c.token_hash == token_hash))

    def end_all(self, agent_id: int, but: str = "") -> None:
        """Sign an agent out everywhere, ``but`` in the session of that token hash."""
        session = t.agent_sessions.c
        self.connection.execute(
            t.agent_sessions.delete().where(session.agent_id == agent_id, session.token_hash != but)
        )
