"""Attempts to sign in at the desk."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import and_, func, select

from bot.store import tables as t
from bot.store.rows import Repository


class SignInRepository(Repository):
    """See bot.cases.ports.sign_ins.SignIns."""

    def add(self, *, login: str, address_index: str, at: datetime) -> int:
        """Count an attempt, as failed until it is known to have passed; its id."""
        insert = t.sign_in_attempts.insert().values(login=login, address_index=address_index, at=at, passed=False)
        key: int = self.connection.execute(insert).inserted_primary_key[0]
        return key

    def passed(self, attempt_id: int) -> None:
        """The attempt was right, after all."""
        made = t.sign_in_attempts
        self.connection.execute(made.update().where(made.c.id == attempt_id).values(passed=True))

    def failed(self, since: datetime, *, login: str = "", address_index: str = "") -> list[datetime]:
        """When attempts failed since then, oldest first: for a login, from an address, or both."""
        made = t.sign_in_attempts.c
        query = select(made.at).where(made.passed.is_(False), made.at > since)
        if login:
            query = query.where(made.login == login)
        if address_index:
            query = query.where(made.address_index == address_index)
        return list(self.connection.execute(query.order_by(made.at)).scalars())

    def has_passed(self, login: str, address_index: str, since: datetime) -> bool:
        """Whether an attempt for the login from the address has passed since then."""
        made = t.sign_in_attempts.c
        whose = and_(made.login == login, made.address_index == address_index)
        query = select(func.count()).where(whose, made.passed.is_(True), made.at > since)
        return bool(self.connection.execute(query).scalar_one())

    def before_last(self, login: str) -> datetime | None:
        """When an attempt for the login passed, before the last that did."""
        made = t.sign_in_attempts.c
        query = select(made.at).where(made.login == login, made.passed.is_(True))
        at: datetime | None = self.connection.execute(query.order_by(made.at.desc()).offset(1).limit(1)).scalar()
        return at

    def count_wrong(self, logins: Collection[str], since: datetime) -> tuple[int, int, datetime | None]:
        """How many attempts failed since then, from how many addresses, and when the last did."""
        made = t.sign_in_attempts.c
        counted = select(func.count(), func.count(made.address_index.distinct()), func.max(made.at))
        query = counted.where(made.login.in_(logins), made.passed.is_(False), made.at > since)
        count, addresses, last = self.connection.execute(query).one()
        return count, addresses, last

    def forget(self, before: datetime) -> None:
        """Delete the attempts that count for nothing any more."""
        self.connection.execute(t.sign_in_attempts.delete().where(t.sign_in_attempts.c.at < before))
