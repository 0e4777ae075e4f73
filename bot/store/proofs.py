"""What was proven in which conversation."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select

from bot.cases.model import Proven, StoredOrder
from bot.store import tables as t
from bot.store.rows import Repository


class ProofRepository(Repository):
    """See bot.cases.ports.proofs.Proofs."""

    def of_conversation(self, conversation_id: str, now: datetime) -> Proven:
        """What this conversation may see."""
        known = t.verifications.c
        query = select(known.order_id, known.customer_id, known.address_proven).where(
            known.conversation_id == conversation_id, known.expires_at > now
        )
        rows = self.connection.execute(query).all()
        return Proven(
            frozenset(row.order_id for row in rows if row.order_id is not None),
            frozenset(row.customer_id for row in rows if row.address_proven),
        )

    def add_order(self, conversation_id: str, order: StoredOrder, expires_at: datetime) -> None:
        """Let the conversation see this order, and no other, until ``expires_at``."""
        self._add(conversation_id, order.customer_id, order.id, False, expires_at)

    def add_address(self, conversation_id: str, customer_id: int, expires_at: datetime) -> None:
        """Let the conversation see all orders of the customer until ``expires_at``."""
        self._add(conversation_id, customer_id, None, True, expires_at)

    def _add(
        self, conversation_id: str, customer_id: int, order_id: int | None, address_proven: bool, expires_at: datetime
    ) -> None:
        values = {"conversation_id": conversation_id, "customer_id": customer_id, "order_id": order_id}
        insert = t.verifications.insert().values(**values, address_proven=address_proven, expires_at=expires_at)
        self.connection.execute(insert)

    def ever(self, conversation_id: str) -> bool:
        """Whether anything was ever proven in a conversation."""
        query = select(func.count()).where(t.verifications.c.conversation_id == conversation_id)
        return bool(self.connection.execute(query).scalar_one())
