"""The people at the desk: their accounts."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from typing_extensions import Unpack

from bot.cases.desk import passwords
from bot.cases.errors import ChangedOutside
from bot.cases.model import AccountChange, Agent, Role
from bot.cases.ports.agents import AgentChange
from bot.store import account_record
from bot.store import tables as t
from bot.store.rows import Repository, insert_new, plain

AGENT_COLUMNS = (
    t.agents.c.id,
    t.agents.c.login,
    t.agents.c.name,
    t.agents.c.role,
    t.agents.c.active,
    t.agents.c.factor,
)
_HANDED_OUT = (
    AccountChange.MADE,
    AccountChange.LINK_MADE,
    AccountChange.LINK_USED,
    AccountChange.FACTOR_RESET,
    AccountChange.ROLE_CHANGED,
    AccountChange.ENABLED,
)


class AgentRepository(Repository):
    """See bot.cases.ports.agents.Agents."""

    def add(
        self,
        *,
        by: int | None,
        login: str,
        name: str,
        role: Role,
        password_hash: str,
        created_at: datetime,
    ) -> Agent | None:
        """A new account, made ``by`` an account (None: the command line, or a help desk) and recorded; None where the
        login is taken."""
        values = {
            "login": login,
            "name": name,
            "role": role.value,
            "password_hash": password_hash,
            "created_at": created_at,
            "active": True,
        }
        key = insert_new(self.connection, t.agents, values)
        if key is None:
            return None
        account_record.add(self.connection, self.keys.audit_key, key, AccountChange.MADE, by, created_at)
        return self.get(key)

    def change(
        self, agent_id: int, change: AccountChange, by: int | None, at: datetime, **values: Unpack[AgentChange]
    ) -> Agent:
        """Set columns of an account, or none for what leaves them as they are, and record it. Raises ChangedOutside:
        what somebody else wrote into the row must not become part of the record."""
        self.connection.execute(select(t.agents.c.id).where(t.agents.c.id == agent_id).with_for_update()).one()
        if not self.is_as_recorded(agent_id):
            raise ChangedOutside
        return self._changed(agent_id, change, by, at, values)

    def mend(self, agent_id: int, at: datetime) -> Agent:
        """Bring an account back to what was recorded; one that was slipped in is disabled. What can't be brought back,
        password and second factor, goes."""
        event = account_record.last_event(self.connection, agent_id)
        values: dict[str, Any] = {"password_hash": passwords.NOBODY, "factor": None, "factor_step": None}
        values |= {"role": Role.AGENT, "active": False}
        if event is not None:
            values |= {"login": event.login, "name": event.name, "role": event.role, "active": event.active}
        return self._changed(agent_id, AccountChange.MENDED, None, at, values)

    def set_picture(self, agent_id: int, picture: bytes, picture_type: str) -> None:
        """What customers see beside the name."""
        values = {"picture": picture, "picture_type": picture_type}
        self.connection.execute(t.agents.update().where(t.agents.c.id == agent_id).values(**values))

    def get(self, agent_id: int) -> Agent:
        """An account that exists."""
        return agent_of(self.connection.execute(select(*AGENT_COLUMNS).where(t.agents.c.id == agent_id)).one())

    def by_login(self, login: str) -> Agent | None:
        """The account of that login."""
        row = self.connection.execute(select(*AGENT_COLUMNS).where(t.agents.c.login == login)).one_or_none()
        return None if row is None else agent_of(row)

    def all(self) -> list[Agent]:
        """Every account, by login."""
        return [agent_of(row) for row in self.connection.execute(select(*AGENT_COLUMNS).order_by(t.agents.c.login))]

    def password_hash(self, agent_id: int) -> str:
        """What is stored of an account's password."""
        query = select(t.agents.c.password_hash).where(t.agents.c.id == agent_id)
        stored: str = self.connection.execute(query).scalar_one()
        return stored

    def picture(self, agent_id: int) -> tuple[bytes, str] | None:
        """An agent's picture and its media type."""
        query = select(t.agents.c.picture, t.agents.c.picture_type).where(t.agents.c.id == agent_id)
        row = self.connection.execute(query).one_or_none()
        return None if row is None or row.picture is None else (bytes(row.picture), row.picture_type)

    def is_as_recorded(self, agent_id: int) -> bool:
        """Whether an account that exists is as it was recorded last."""
        return account_record.is_kept(self.connection, agent_id)

    def last_change(self, agent_id: int) -> int:
        """What was recorded last of an account, as a number; 0 where there is nothing."""
        event = account_record.last_event(self.connection, agent_id)
        return 0 if event is None else int(event.id)

    def handed_out(self, since: datetime) -> list[tuple[int, int]]:
        """Which accounts were made, or handed to somebody anew, since then, and by which other ones."""
        event = t.agent_events.c
        query = select(event.agent_id, event.by_id).where(
            event.at > since,
            event.by_id.isnot(None),
            event.by_id != event.agent_id,
            event.change.in_([change.value for change in _HANDED_OUT]),
        )
        return [(row.agent_id, row.by_id) for row in self.connection.execute(query.distinct())]

    def _changed(
        self, agent_id: int, change: AccountChange, by: int | None, at: datetime, values: Mapping[str, Any]
    ) -> Agent:
        if values:
            self.connection.execute(t.agents.update().where(t.agents.c.id == agent_id).values(**plain(values)))
        account_record.add(self.connection, self.keys.audit_key, agent_id, change, by, at)
        return self.get(agent_id)


def agent_of(row: Any) -> Agent:
    """An account, without its password."""
    return Agent(row.id, row.login, row.name, Role(row.role), row.active, row.factor is not None)
