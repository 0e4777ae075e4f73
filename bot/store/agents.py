"""The people at the desk: accounts, sessions, and attempts to sign in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select

from bot.cases.model import Agent, Role
from bot.store import tables as t
from bot.store.rows import Rows, insert_new, plain

_AGENT = (t.agents.c.id, t.agents.c.login, t.agents.c.name, t.agents.c.role, t.agents.c.active)


class AgentRows(Rows):
    """See bot.cases.ports.UnitOfWork."""

    def add_agent(self, **values: Any) -> Agent | None:
        """A new account; None where the login is taken."""
        key = insert_new(self.connection, t.agents, plain(values))
        return None if key is None else self.agent(key)

    def change_agent(self, agent_id: int, **values: Any) -> Agent:
        """Set columns of an account."""
        self.connection.execute(t.agents.update().where(t.agents.c.id == agent_id).values(**plain(values)))
        return self.agent(agent_id)

    def agent(self, agent_id: int) -> Agent:
        """An account that exists."""
        return agent_of(self.connection.execute(select(*_AGENT).where(t.agents.c.id == agent_id)).one())

    def agent_by_login(self, login: str) -> Agent | None:
        """The account of that login."""
        row = self.connection.execute(select(*_AGENT).where(t.agents.c.login == login)).one_or_none()
        return None if row is None else agent_of(row)

    def agents(self) -> list[Agent]:
        """Every account, by login."""
        return [agent_of(row) for row in self.connection.execute(select(*_AGENT).order_by(t.agents.c.login))]

    def password_hash(self, agent_id: int) -> str:
        """What is stored of an account's password."""
        query = select(t.agents.c.password_hash).where(t.agents.c.id == agent_id)
        stored: str = self.connection.execute(query).scalar_one()
        return stored

    def picture_of(self, agent_id: int) -> tuple[bytes, str] | None:
        """An agent's picture and its media type."""
        query = select(t.agents.c.picture, t.agents.c.picture_type).where(t.agents.c.id == agent_id)
        row = self.connection.execute(query).one_or_none()
        return None if row is None or row.picture is None else (bytes(row.picture), row.picture_type)

    # Sessions

    def add_session(self, agent_id: int, token_hash: str, created_at: datetime, expires_at: datetime) -> None:
        """Sign an agent in; sessions that ran out go."""
        self.connection.execute(t.agent_sessions.delete().where(t.agent_sessions.c.expires_at <= created_at))
        values = {"agent_id": agent_id, "token_hash": token_hash, "created_at": created_at, "expires_at": expires_at}
        self.connection.execute(t.agent_sessions.insert().values(**values))

    def session_agent(self, token_hash: str, now: datetime) -> Agent | None:
        """The active agent of a session that has not run out."""
        session = t.agent_sessions.c
        query = select(*_AGENT).select_from(t.agent_sessions.join(t.agents))
        query = query.where(session.token_hash == token_hash, session.expires_at > now, t.agents.c.active.is_(True))
        row = self.connection.execute(query).one_or_none()
        return None if row is None else agent_of(row)

    def end_session(self, token_hash: str) -> None:
        """Sign out."""
        self.connection.execute(t.agent_sessions.delete().where(t.agent_sessions.c.token_hash == token_hash))

    def end_sessions(self, agent_id: int) -> None:
        """Sign an agent out everywhere."""
        self.connection.execute(t.agent_sessions.delete().where(t.agent_sessions.c.agent_id == agent_id))

    # Attempts to sign in

    def add_sign_in(self, *, login: str, address_index: str, at: datetime) -> int:
        """Count an attempt, as failed until it is known to have passed; its id."""
        insert = t.sign_in_attempts.insert().values(login=login, address_index=address_index, at=at, passed=False)
        key: int = self.connection.execute(insert).inserted_primary_key[0]
        return key

    def sign_in_passed(self, attempt_id: int) -> None:
        """The attempt was right, after all."""
        made = t.sign_in_attempts
        self.connection.execute(made.update().where(made.c.id == attempt_id).values(passed=True))

    def failed_sign_ins(self, since: datetime, *, login: str = "", address_index: str = "") -> list[datetime]:
        """When attempts failed since then, oldest first: for a login, from an address, or both."""
        made = t.sign_in_attempts.c
        query = select(made.at).where(made.passed.is_(False), made.at > since)
        if login:
            query = query.where(made.login == login)
        if address_index:
            query = query.where(made.address_index == address_index)
        return list(self.connection.execute(query.order_by(made.at)).scalars())

    def has_signed_in(self, login: str, address_index: str, since: datetime) -> bool:
        """Whether an attempt for the login from the address has passed since then."""
        made = t.sign_in_attempts.c
        whose = and_(made.login == login, made.address_index == address_index)
        query = select(func.count()).where(whose, made.passed.is_(True), made.at > since)
        return bool(self.connection.execute(query).scalar_one())

    def sign_in_before_last(self, login: str) -> datetime | None:
        """When an attempt for the login passed, before the last that did."""
        made = t.sign_in_attempts.c
        query = select(made.at).where(made.login == login, made.passed.is_(True))
        at: datetime | None = self.connection.execute(query.order_by(made.at.desc()).offset(1).limit(1)).scalar()
        return at

    def wrong_sign_ins(self, logins: Collection[str], since: datetime) -> tuple[int, int, datetime | None]:
        """How many attempts failed since then, from how many addresses, and when the last did."""
        made = t.sign_in_attempts.c
        counted = select(func.count(), func.count(made.address_index.distinct()), func.max(made.at))
        query = counted.where(made.login.in_(logins), made.passed.is_(False), made.at > since)
        count, addresses, last = self.connection.execute(query).one()
        return count, addresses, last

    def forget_sign_ins(self, before: datetime) -> None:
        """Delete the attempts that count for nothing any more."""
        self.connection.execute(t.sign_in_attempts.delete().where(t.sign_in_attempts.c.at < before))


def agent_of(row: Any) -> Agent:
    """An account, without its password."""
    return Agent(row.id, row.login, row.name, Role(row.role), row.active)
