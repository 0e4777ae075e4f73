"""Orders, who placed them, and what was proven of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from bot.policy.facts import Order


@dataclass(frozen=True)
class StoredOrder:
    """An order in the store: what the policy sees, and what the desk needs beside it."""

    id: int
    customer_id: int
    order: Order
    cancelled_at: datetime | None
    agreement_ends_on: date | None
    demo: bool = False
    """Whether it is made up."""


@dataclass(frozen=True, repr=False)
class Customer:
    """Whoever ordered under an e-mail address, in lower case: many may have typed it. Has no text of its own, so that
    none gets into a log."""

    id: int
    email: str


@dataclass(frozen=True, repr=False)
class Contact:
    """What an order says of its buyer; never taken from another order. Has no text of its own, either."""

    name: str
    email: str
    phone: str | None


@dataclass(frozen=True)
class Proven:
    """What was proven in a conversation: single orders, and customers whose address was, with all of their orders.
    Both by their ids."""

    orders: frozenset[int] = frozenset()
    customers: frozenset[int] = frozenset()

    def covers(self, order: StoredOrder) -> bool:
        """Whether the order may be seen."""
        return order.id in self.orders or order.customer_id in self.customers
