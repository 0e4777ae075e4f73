"""The orders."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Protocol, TypedDict

from typing_extensions import Unpack

from bot.cases.model import Proven, StoredOrder
from bot.cases.ports.shop import LiveOrder, PaymentState
from bot.policy.facts import Order, OrderStatus


class OrderChange(TypedDict, total=False):
    """Columns of an order that a case changes."""

    status: OrderStatus
    cancelled_at: datetime | None
    agreement_ends_on: date | None
    remaining_balance: Decimal | None
    used: bool


class Orders(Protocol):
    """Orders as the store has them, and what shops and payment systems say of them; see
    bot.store.orders.OrderRepository."""

    def find(self, number: str) -> StoredOrder | None: ...
    def lock(self, number: str) -> StoredOrder | None: ...
    def number_of(self, order_id: int) -> str: ...
    def change(self, order_id: int, **values: Unpack[OrderChange]) -> None: ...
    def any_shipped(self) -> bool: ...
    def covered_by(self, proven: Proven) -> list[Order]: ...
    def refresh(self, live: LiveOrder) -> None: ...
    def note_payment(self, state: PaymentState) -> None: ...
