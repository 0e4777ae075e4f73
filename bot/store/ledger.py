"""The embedded billing gateway: a ledger in our own database, for a shop without a billing system to call."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.engine import Engine
from sqlalchemy.exc import IntegrityError, SQLAlchemyError

from bot.cases.ports.billing import Balance, KnownPayment, Rejected, Unavailable
from bot.policy.facts import Destination
from bot.store import tables as t
from bot.store.engine import connect_to_read


class Ledger:
    """A ``BillingGateway``. A wallet's credit is the sum of its entries; what goes back to a payment
    method is what somebody has to pay out. An idempotency key makes one entry."""

    def __init__(self, engine: Engine, clock: Callable[[], datetime]) -> None:
        """Over the database that holds the orders."""
        self._engine = engine
        self._clock = clock

    def stop_service(self, order_number: str, *, key: str) -> None:
        """Write down that the service was stopped."""
        self._enter(key, "stop_service", order_number)

    def end_agreement(self, order_number: str, on: date, *, key: str) -> None:
        """Write down when the agreement ends."""
        self._enter(key, "end_agreement", order_number, ends_on=on)

    def refund(self, order_number: str, amount: Decimal, currency: str, destination: Destination, *, key: str) -> str:
        """Write the payment down."""
        row_id = self._enter(key, "refund", order_number, amount=amount, currency=currency, destination=destination)
        return f"L-{row_id}"

    def balance(self, order_number: str) -> Balance:
        """The balance that the store has on record."""
        columns = (t.orders.c.remaining_balance, t.orders.c.currency, t.orders.c.used)
        try:
            with connect_to_read(self._engine) as connection:
                row = connection.execute(select(*columns).where(t.orders.c.number == order_number)).one_or_none()
        except SQLAlchemyError as error:
            raise Unavailable("ledger_silent") from error
        if row is None:
            raise Rejected("unknown_order")
        return Balance(row.remaining_balance, row.currency, row.used)

    def destinations(self, order_number: str, amount: Decimal, currency: str) -> frozenset[Destination]:
        """All of them: a payment is only written down."""
        return frozenset(Destination)

    def payments(self, order_number: str) -> list[KnownPayment]:
        """Never told: this is asked after a restore, with which the ledger itself went back."""
        raise Rejected("ledger_restored")

    def _enter(
        self,
        key: str,
        operation: str,
        order_number: str,
        *,
        amount: Decimal | None = None,
        currency: str | None = None,
        destination: Destination | None = None,
        ends_on: date | None = None,
    ) -> int:
        entry = {
            "operation": operation,
            "order_number": order_number,
            "amount": amount,
            "currency": currency,
            "destination": destination and destination.value,
            "ends_on": ends_on,
        }
        try:
            try:
                with self._engine.begin() as connection:
                    insert = t.ledger.insert().values(key=key, at=self._clock(), **entry)
                    return int(connection.execute(insert).inserted_primary_key[0])
            except IntegrityError:
                with connect_to_read(self._engine) as connection:
                    known = connection.execute(select(t.ledger).where(t.ledger.c.key == key)).one()
        except SQLAlchemyError as error:
            raise Unavailable("ledger_silent") from error
        if any(known._mapping[name] != value for name, value in entry.items()):
            raise Rejected("key_reused")
        return int(known.id)
