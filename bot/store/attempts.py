"""Attempts to prove whose order it is."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from bot.store import tables as t
from bot.store.rows import Repository


class AttemptRepository(Repository):
    """See bot.cases.ports.attempts.Attempts."""

    def passed(self, conversation_id: str, message_id: str) -> bool | None:
        """Whether the attempt of that message passed; None if it made none."""
        made = t.verification_attempts.c
        query = select(made.passed).where(made.conversation_id == conversation_id, made.message_id == message_id)
        passed: bool | None = self.connection.execute(query).scalar_one_or_none()
        return passed

    def add(
        self,
        conversation_id: str,
        message_id: str,
        order_number: str,
        at: datetime,
        passed: bool,
        address_index: str | None = None,
    ) -> None:
        """Remember one attempt; a message makes one at most. ``address_index``: where its tries are counted, too."""
        values = {"conversation_id": conversation_id, "message_id": message_id, "order_number": order_number}
        attempt = t.verification_attempts.insert().values(at=at, passed=passed, address_index=address_index, **values)
        self.connection.execute(attempt)

    def failed(
        self,
        since: datetime,
        *,
        conversation_id: str | None = None,
        order_number: str | None = None,
        address_index: str | None = None,
    ) -> list[datetime]:
        """When attempts failed since then, oldest first: those of a conversation, for an order number, from an address,
        as far as given. What a clock that was set back left in the future counts as well."""
        made = t.verification_attempts.c
        query = select(made.at).where(made.passed.is_(False), made.at > since)
        for column, value in (
            (made.conversation_id, conversation_id),
            (made.order_number, order_number),
            (made.address_index, address_index),
        ):
            if value is not None:
                query = query.where(column == value)
        return list(self.connection.execute(query.order_by(made.at)).scalars())

    def has_passed(self, order_number: str, *, conversation_id: str | None = None, address_index: str = "") -> bool:
        """Whether an attempt for the order number has ever passed, in a conversation or from an address."""
        made = t.verification_attempts.c
        whose = (
            made.address_index == address_index if conversation_id is None else made.conversation_id == conversation_id
        )
        query = select(func.count()).where(whose, made.order_number == order_number, made.passed.is_(True))
        return bool(self.connection.execute(query).scalar_one())
