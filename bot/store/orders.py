"""The orders, and what a shop or payment system says about one, taken into the row unless it would undo a case.

An old or partial view of theirs must not make a second refund possible: our own word on what was stopped and paid
stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import or_, select
from sqlalchemy.engine import Connection, Row
from typing_extensions import Unpack

from bot.cases.model import CaseState, Contact, Proven, Step, StepState, StoredOrder
from bot.cases.ports.orders import OrderChange
from bot.cases.ports.shop import LiveOrder, PaymentState
from bot.policy.facts import Charge, Order, OrderStatus, ProductKind
from bot.store import tables as t
from bot.store.customers import CustomerRepository
from bot.store.keys import Keys
from bot.store.rows import Repository, plain

_FINAL = frozenset({OrderStatus.REFUNDED, OrderStatus.TERMINATED})
"""Once an order is this in our store, no other system makes it anything else."""


class OrderRepository(Repository):
    """See bot.cases.ports.orders.Orders."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        super().__init__(connection, keys)
        self._customers = CustomerRepository(connection, keys)

    def find(self, number: str) -> StoredOrder | None:
        """The order, None if there is none."""
        return self._stored(select(t.orders).where(t.orders.c.number == number))

    def lock(self, number: str) -> StoredOrder | None:
        """The order, kept from other writers, and with it the customer, whose refunds are counted: two of their orders
        are not decided at once. On SQLite the transaction already excludes all others."""
        return self._stored(select(t.orders).join(t.customers).where(t.orders.c.number == number).with_for_update())

    def lock_all(self, numbers: Sequence[str]) -> list[StoredOrder]:
        """Those of the orders that there are, kept from other writers with their customers, as by ``lock``."""
        # By id, as everywhere: in another order two writers could wait for each other.
        query = select(t.orders).join(t.customers).where(t.orders.c.number.in_(numbers)).order_by(t.orders.c.id)
        return [_stored_order(row) for row in self.connection.execute(query.with_for_update())]

    def _stored(self, query: Any) -> StoredOrder | None:
        row = self.connection.execute(query).one_or_none()
        return None if row is None else _stored_order(row)

    def number_of(self, order_id: int) -> str:
        """The number of an order that exists."""
        number: str = self.connection.execute(select(t.orders.c.number).where(t.orders.c.id == order_id)).scalar_one()
        return number

    def change(self, order_id: int, **values: Unpack[OrderChange]) -> None:
        """Set columns of an order."""
        self.connection.execute(t.orders.update().where(t.orders.c.id == order_id).values(**plain(values)))

    def any_shipped(self) -> bool:
        """Whether there are orders of cards that were shipped, those of the demo aside."""
        query = select(t.orders.c.id).where(t.orders.c.shipped.is_(True), t.orders.c.demo.is_(False))
        return self.connection.execute(query.limit(1)).first() is not None

    def covered_by(self, proven: Proven) -> list[Order]:
        """The orders that were proven, newest first."""
        query = select(t.orders).where(covered(proven)).order_by(t.orders.c.placed_at.desc())
        return [_stored_order(row).order for row in self.connection.execute(query)]

    def refresh(self, live: LiveOrder) -> None:
        """Add the order, or bring it up to date. While a case of it is carried out or with a person, only what forbids
        a refund is taken: a dispute, and that it was refunded."""
        known = self.lock(live.order.number)
        if known is not None and known.demo:
            return  # nothing real is mixed with it: it has to be taken out first
        if known is None:
            values = {**_columns(live.order), **self._customers.order_columns(live.buyer)}
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
            if self._customers.find(known.customer_id) is not None:  # who was erased stays erased
                values |= self.contact_columns(known, live.buyer)
        self.connection.execute(t.orders.update().where(t.orders.c.id == known.id).values(**plain(values)))

    def note_payment(self, state: PaymentState) -> None:
        """What the payment system knows, for an order that is in the store."""
        known = self.lock(state.number)
        if known is None or known.demo:
            return
        theirs = OrderStatus.REFUNDED if state.refunded else OrderStatus.CANCELLED if state.cancelled else None
        values: dict[str, Any] = {"status": self._status(known, theirs or known.order.status)}
        if state.dispute_open is not None:
            values["dispute_open"] = state.dispute_open
        self.connection.execute(t.orders.update().where(t.orders.c.id == known.id).values(**plain(values)))

    def contact_columns(self, known: StoredOrder, contact: Contact) -> dict[str, Any]:
        """What is to be set of an order's row for what its shop says of the buyer now. Where that is something else
        than before, what was proven of the order counts no more."""
        if self._customers.contact(known.id) == contact:
            return {}
        self.connection.execute(t.verifications.delete().where(t.verifications.c.order_id == known.id))
        return self._customers.order_columns(contact)

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


def covered(proven: Proven) -> Any:
    """Which rows of the orders were proven."""
    return or_(t.orders.c.id.in_(proven.orders), t.orders.c.customer_id.in_(proven.customers))


def _stored_order(row: Row[Any] | Any) -> StoredOrder:
    order = Order(
        number=row.number,
        product=row.product,
        product_kind=ProductKind(row.product_kind),
        shipped=row.shipped,
        currency=row.currency,
        amount_paid=row.amount_paid,
        original_balance=row.original_balance,
        remaining_balance=row.remaining_balance,
        used=row.used,
        placed_at=row.placed_at,
        payment_method=row.payment_method,
        charge=Charge(row.charge),
        status=OrderStatus(row.status),
        dispute_open=row.dispute_open,
        extras=row.extras,
    )
    return StoredOrder(row.id, row.customer_id, order, row.cancelled_at, row.agreement_ends_on, row.demo)


def _columns(order: Order) -> dict[str, Any]:
    return {name: getattr(order, name) for name in t.ORDER_COLUMNS}
