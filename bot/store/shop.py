"""What a shop or payment system says about an order, taken into the store's row, unless it would undo a case.

An old or partial view of theirs must not make a second refund possible: our own word on what was stopped and paid
stays.
"""

from __future__ import annotations

from abc import abstractmethod
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from bot.cases.model import CaseState, Contact, Step, StepState, StoredOrder
from bot.cases.ports.shop import LiveOrder, PaymentState
from bot.policy.facts import Order, OrderStatus
from bot.store import tables as t
from bot.store.personal_data import PersonalData
from bot.store.rows import Rows, plain

_KEPT_FOR = timedelta(days=30)
"""How long the id of an event is remembered; senders repeat for some days."""
_FINAL = frozenset({OrderStatus.REFUNDED, OrderStatus.TERMINATED})
"""Once an order is this in our store, no other system makes it anything else."""


class ShopRows(Rows):
    """See bot.cases.ports.store.UnitOfWork."""

    @property
    @abstractmethod
    def personal(self) -> PersonalData:
        """See SqlUnitOfWork."""

    @abstractmethod
    def lock_order(self, number: str) -> StoredOrder | None:
        """See SqlUnitOfWork."""

    def refresh_order(self, live: LiveOrder) -> None:
        """Add the order, or bring it up to date. While a case of it is carried out or with a person, only what forbids
        a refund is taken: a dispute, and that it was refunded."""
        known = self.lock_order(live.order.number)
        if known is not None and known.demo:
            return  # nothing real is mixed with it: it has to be taken out first
        if known is None:
            values = {**_columns(live.order), **self.personal.order_columns(live.buyer)}
            self.connection.execute(t.orders.insert().values(**plain(values)))
            return
        values = {
            "status": self._status(known, live.order.status),
            # A shop may not hear of a dispute, nor of usage: what is known from elsewhere stays.
            "dispute_open": known.order.dispute_open or live.order.dispute_open,
        }
        if not self._is_under_way(known.id):
            values = {**_columns(live.order), **values, "used": known.order.used or live.order.used}
            # Nor may it know of balances.
            values = {name: value for name, value in values.items() if value is not None}
            if self.personal.customer(known.customer_id) is not None:  # who was erased stays erased
                values |= self.contact_columns(known, live.buyer)
        self.connection.execute(t.orders.update().where(t.orders.c.id == known.id).values(**plain(values)))

    def note_payment(self, state: PaymentState) -> None:
        """What the payment system knows, for an order that is in the store."""
        known = self.lock_order(state.number)
        if known is None or known.demo:
            return
        theirs = OrderStatus.REFUNDED if state.refunded else OrderStatus.CANCELLED if state.cancelled else None
        values: dict[str, Any] = {"status": self._status(known, theirs or known.order.status)}
        if state.dispute_open is not None:
            values["dispute_open"] = state.dispute_open
        self.connection.execute(t.orders.update().where(t.orders.c.id == known.id).values(**plain(values)))

    def knows_event(self, source: str, event_id: str) -> bool:
        """Whether an event was taken before."""
        event = t.shop_events.c
        query = select(event.id).where(event.source == source, event.event_id == event_id)
        return self.connection.execute(query).first() is not None

    def add_event(self, source: str, event_id: str, at: datetime) -> bool:
        """Keep that an event was taken; False if it was before."""
        self.connection.execute(t.shop_events.delete().where(t.shop_events.c.at < at - _KEPT_FOR))
        try:
            with self.connection.begin_nested():
                self.connection.execute(t.shop_events.insert().values(source=source, event_id=event_id, at=at))
        except IntegrityError:
            return False
        return True

    def _status(self, known: StoredOrder, theirs: OrderStatus) -> OrderStatus:
        ours = known.order.status
        if ours in _FINAL or theirs is OrderStatus.REFUNDED:
            return ours if ours in _FINAL else theirs
        # A refund that waits is ours alone to end; and what we have stopped is cancelled there because of that.
        if ours is OrderStatus.REFUND_PENDING or (ours is OrderStatus.CANCELLED and self._has_case(known.id)):
            return ours
        if theirs is OrderStatus.CANCELLED and self._stopped_by_us(known.id):
            return ours
        return theirs

    def _is_under_way(self, order_id: int) -> bool:
        return self._has_case(order_id, [s for s in t.OPEN_STATE_NAMES if s != CaseState.QUOTED.value])

    def _has_case(self, order_id: int, states: list[str] | None = None) -> bool:
        query = select(t.cases.c.id).where(
            t.cases.c.order_id == order_id,
            t.cases.c.kind != "question",
            t.cases.c.state.in_([*t.OPEN_STATE_NAMES, CaseState.DONE.value] if states is None else states),
        )
        return self.connection.execute(query).first() is not None

    def _stopped_by_us(self, order_id: int) -> bool:
        """Whether the service was stopped for a case that is still open."""
        query = (
            select(t.outbox.c.id)
            .join(t.cases, t.cases.c.id == t.outbox.c.case_id)
            .where(
                t.cases.c.order_id == order_id,
                t.cases.c.state.in_(t.OPEN_STATE_NAMES),
                t.outbox.c.step == Step.STOP_SERVICE.value,
                t.outbox.c.state.in_([StepState.DONE.value, StepState.WAITING.value]),
            )
        )
        return self.connection.execute(query).first() is not None

    def contact_columns(self, known: StoredOrder, contact: Contact) -> dict[str, Any]:
        """What is to be set of an order's row for what its shop says of the buyer now. Where that is something else
        than before, what was proven of the order counts no more."""
        if self.personal.contact(known.id) == contact:
            return {}
        self.connection.execute(t.verifications.delete().where(t.verifications.c.order_id == known.id))
        return self.personal.order_columns(contact)


def _columns(order: Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in Order.__dataclass_fields__}
