"""The people at the desk: accounts, links and second factors, sessions, and attempts to sign in."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from bot.cases.desk import passwords
from bot.cases.errors import ChangedOutside
from bot.cases.model import AccountChange, Agent, Link, Role
from bot.store import account_record
from bot.store import tables as t
from bot.store.keys import Keys, KeyStoreError, account
from bot.store.rows import Rows, insert_new, plain

_AGENT = (t.agents.c.id, t.agents.c.login, t.agents.c.name, t.agents.c.role, t.agents.c.active, t.agents.c.factor)
_HANDED_OUT = (
    AccountChange.MADE,
    AccountChange.LINK_MADE,
    AccountChange.LINK_USED,
    AccountChange.FACTOR_RESET,
    AccountChange.ROLE_CHANGED,
    AccountChange.ENABLED,
)


class AgentRows(Rows):
    """See bot.cases.ports.store.UnitOfWork."""

    keys: Keys

    def add_agent(self, *, by: int | None, **values: Any) -> Agent | None:
        """A new account, made ``by`` an account (None: the command line, or a help desk) and recorded; None where the
        login is taken."""
        key = insert_new(self.connection, t.agents, plain(values))
        if key is None:
            return None
        account_record.add(self.connection, self.keys.audit_key, key, AccountChange.MADE, by, values["created_at"])
        return self.agent(key)

    def change_agent(self, agent_id: int, change: AccountChange, by: int | None, at: datetime, **values: Any) -> Agent:
        """Set columns of an account, or none for what leaves them as they are, and record it. Raises ChangedOutside:
        what somebody else wrote into the row must not become part of the record."""
        self.connection.execute(select(t.agents.c.id).where(t.agents.c.id == agent_id).with_for_update()).one()
        if not self.is_as_recorded(agent_id):
            raise ChangedOutside
        return self._changed(agent_id, change, by, at, values)

    def _changed(
        self, agent_id: int, change: AccountChange, by: int | None, at: datetime, values: dict[str, Any]
    ) -> Agent:
        if values:
            self.connection.execute(t.agents.update().where(t.agents.c.id == agent_id).values(**plain(values)))
        account_record.add(self.connection, self.keys.audit_key, agent_id, change, by, at)
        return self.agent(agent_id)

    def mend_agent(self, agent_id: int, at: datetime) -> Agent:
        """Bring an account back to what was recorded; one that was slipped in is disabled. What can't be brought back,
        password and second factor, goes."""
        event = account_record.last_event(self.connection, agent_id)
        values: dict[str, Any] = {"password_hash": passwords.NOBODY, "factor": None, "factor_step": None}
        values |= {"role": Role.AGENT, "active": False}
        if event is not None:
            values |= {"login": event.login, "name": event.name, "role": event.role, "active": event.active}
        self.end_sessions(agent_id)
        self.drop_link(agent_id)
        self.set_recovery_codes(agent_id, ())
        return self._changed(agent_id, AccountChange.MENDED, None, at, values)

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

    def set_picture(self, agent_id: int, picture: bytes, picture_type: str) -> None:
        """What customers see beside the name."""
        values = {"picture": picture, "picture_type": picture_type}
        self.connection.execute(t.agents.update().where(t.agents.c.id == agent_id).values(**values))

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

    # Links to set a password with: one for each account, of which the newest counts

    def set_link(self, agent_id: int, token_hash: str, made_by: int | None, expires_at: datetime) -> None:
        """A new link; the one before is good for nothing any more."""
        self.drop_link(agent_id)
        values = {"agent_id": agent_id, "token_hash": token_hash, "made_by": made_by, "expires_at": expires_at}
        self.connection.execute(t.agent_links.insert().values(**values))

    def link(self, agent_id: int, now: datetime) -> Link | None:
        """The account's link, if it has one that is good yet."""
        known = t.agent_links.c
        query = select(known.token_hash, known.made_by).where(known.agent_id == agent_id, known.expires_at > now)
        row = self.connection.execute(query.with_for_update()).one_or_none()
        return None if row is None else Link(row.token_hash, row.made_by)

    def drop_link(self, agent_id: int) -> bool:
        """Make the account's link good for nothing; whether there was one."""
        done = self.connection.execute(t.agent_links.delete().where(t.agent_links.c.agent_id == agent_id))
        return bool(done.rowcount)

    # Second factors

    def sealed_factor(self, agent_id: int, secret: str) -> str:
        """The secret of an account's second factor as it is stored."""
        return self.keys.seal(account(agent_id), secret)

    def factor(self, agent_id: int) -> str | None:
        """The secret of an account's second factor; None where there is none, or its key is lost."""
        sealed = self.connection.execute(select(t.agents.c.factor).where(t.agents.c.id == agent_id)).scalar_one()
        try:
            return None if sealed is None else str(self.keys.open(account(agent_id), sealed))
        except KeyStoreError:
            return None

    def use_step(self, agent_id: int, step: int) -> bool:
        """Take down that the code of a time step was used; False where one as new was used before."""
        agent = t.agents.c
        fresh = or_(agent.factor_step.is_(None), agent.factor_step < step)
        done = self.connection.execute(t.agents.update().where(agent.id == agent_id, fresh).values(factor_step=step))
        return bool(done.rowcount)

    def set_recovery_codes(self, agent_id: int, code_hashes: Collection[str]) -> None:
        """New recovery codes; those before are good for nothing any more."""
        self.connection.execute(t.recovery_codes.delete().where(t.recovery_codes.c.agent_id == agent_id))
        for code_hash in code_hashes:
            self.connection.execute(t.recovery_codes.insert().values(agent_id=agent_id, code_hash=code_hash))

    def use_recovery_code(self, agent_id: int, code_hash: str) -> bool:
        """Take a recovery code out; whether there was such a one."""
        code = t.recovery_codes.c
        delete = t.recovery_codes.delete().where(code.agent_id == agent_id, code.code_hash == code_hash)
        return bool(self.connection.execute(delete).rowcount)

    def recovery_codes_left(self, agent_id: int) -> int:
        """How many recovery codes were not used yet."""
        query = select(func.count()).where(t.recovery_codes.c.agent_id == agent_id)
        count: int = self.connection.execute(query).scalar_one()
        return count

    # Sessions

    def add_session(self, agent_id: int, token_hash: str, created_at: datetime, expires_at: datetime) -> None:
        """Sign an agent in; sessions that ran out go."""
        self.connection.execute(t.agent_sessions.delete().where(t.agent_sessions.c.expires_at <= created_at))
        values = {"agent_id": agent_id, "token_hash": token_hash, "created_at": created_at, "expires_at": expires_at}
        self.connection.execute(t.agent_sessions.insert().values(**values))

    def session_agent(self, token_hash: str, now: datetime) -> Agent | None:
        """The active agent of a session that has not run out, unless the account was changed outside."""
        session = t.agent_sessions.c
        query = select(*_AGENT).select_from(t.agent_sessions.join(t.agents))
        query = query.where(session.token_hash == token_hash, session.expires_at > now, t.agents.c.active.is_(True))
        row = self.connection.execute(query).one_or_none()
        return None if row is None or not self.is_as_recorded(row.id) else agent_of(row)

    def end_session(self, token_hash: str) -> None:
        """Sign out."""
        self.connection.execute(t.agent_sessions.delete().where(t.agent_sessions.c.token_hash == token_hash))

    def end_sessions(self, agent_id: int, but: str = "") -> None:
        """Sign an agent out everywhere, ``but`` in the session of that token hash."""
        session = t.agent_sessions.c
        self.connection.execute(
            t.agent_sessions.delete().where(session.agent_id == agent_id, session.token_hash != but)
        )

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
    return Agent(row.id, row.login, row.name, Role(row.role), row.active, row.factor is not None)
