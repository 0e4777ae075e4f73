"""The codes that are mailed."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from bot.cases.model import EmailCode
from bot.store import tables as t
from bot.store.rows import Repository


class CodeRepository(Repository):
    """See bot.cases.ports.codes.Codes."""

    def has(self, conversation_id: str, message_id: str) -> bool:
        """Whether this message has asked for a code."""
        asked = t.email_codes.c
        query = select(func.count()).where(asked.conversation_id == conversation_id, asked.message_id == message_id)
        return bool(self.connection.execute(query).scalar_one())

    def since(
        self,
        since: datetime,
        *,
        conversation_id: str | None = None,
        order_number: str | None = None,
        address_index: str | None = None,
        contact_index: str | None = None,
    ) -> list[datetime]:
        """When codes were asked for since then, oldest first: in a conversation, for an order number, from an address,
        with the same proof, as far as given."""
        asked = t.email_codes.c
        query = select(asked.created_at).where(asked.created_at > since)
        for column, value in (
            (asked.conversation_id, conversation_id),
            (asked.order_number, order_number),
            (asked.address_index, address_index),
            (asked.contact_index, contact_index),
        ):
            if value is not None:
                query = query.where(column == value)
        return list(self.connection.execute(query.order_by(asked.created_at)).scalars())

    def add(
        self,
        *,
        conversation_id: str,
        message_id: str,
        order_number: str,
        customer_id: int | None,
        address_index: str | None,
        contact_index: str,
        nonce: str,
        created_at: datetime,
        expires_at: datetime,
    ) -> int:
        """A new code; its id."""
        insert = t.email_codes.insert().values(
            conversation_id=conversation_id,
            message_id=message_id,
            order_number=order_number,
            customer_id=customer_id,
            address_index=address_index,
            contact_index=contact_index,
            nonce=nonce,
            created_at=created_at,
            expires_at=expires_at,
            tries=0,
            used=False,
        )
        key: int = self.connection.execute(insert).inserted_primary_key[0]
        return key

    def newest(self, conversation_id: str, order_number: str) -> EmailCode | None:
        """The last code that was asked for there; those before it are void."""
        asked = t.email_codes.c
        query = select(*code_columns()).where(
            asked.conversation_id == conversation_id, asked.order_number == order_number
        )
        row = self.connection.execute(query.order_by(asked.id.desc()).limit(1)).one_or_none()
        return None if row is None else EmailCode(**row._mapping)

    def change(self, code_id: int, *, tries: int, used: bool) -> None:
        """Set how often a code was tried, and whether it was used up."""
        values = {"tries": tries, "used": used}
        self.connection.execute(t.email_codes.update().where(t.email_codes.c.id == code_id).values(**values))


def code_columns() -> list[Any]:
    """The columns of an EmailCode."""
    return [t.email_codes.c[name] for name in EmailCode.__dataclass_fields__]
