"""A billing gateway with the faults that real ones have, around the embedded ledger."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from decimal import Decimal
from typing import Any

import sqlalchemy as sa

from bot.cases.ports.billing import Balance, BillingGateway, GatewayError, KnownPayment
from bot.cases.services import Services
from bot.policy.facts import Destination
from bot.store import tables as t
from bot.store.unit_of_work import SqlUnitOfWork


class FaultyGateway:
    """Does what the ledger does; ``before`` and ``after`` name the calls that fail before or after they were done,
    each an error to raise (once for each in the list). ``meanwhile`` runs just before a stop. ``calls`` are
    those that carry something out, and what is read on the way: not the look before.
    ``ways`` is where it can pay to."""

    def __init__(self, ledger: BillingGateway) -> None:
        self.ledger = ledger
        self.before: dict[str, list[GatewayError]] = {}
        self.after: dict[str, list[GatewayError]] = {}
        self.meanwhile: Callable[[], None] = lambda: None
        self.ways = frozenset(Destination)
        self.calls: list[str] = []

    def _do(self, name: str, call: Callable[[], Any]) -> Any:
        self.calls.append(name)
        if self.before.get(name):
            raise self.before[name].pop(0)
        done = call()
        if self.after.get(name):
            raise self.after[name].pop(0)
        return done

    def stop_service(self, order_number: str, *, key: str) -> None:
        self.meanwhile()
        self._do("stop_service", lambda: self.ledger.stop_service(order_number, key=key))

    def end_agreement(self, order_number: str, on: date, *, key: str) -> None:
        self._do("end_agreement", lambda: self.ledger.end_agreement(order_number, on, key=key))

    def refund(self, order_number: str, amount: Decimal, currency: str, destination: Destination, *, key: str) -> str:
        paid: str = self._do("refund", lambda: self.ledger.refund(order_number, amount, currency, destination, key=key))
        return paid

    def balance(self, order_number: str) -> Balance:
        left: Balance = self._do("balance", lambda: self.ledger.balance(order_number))
        return left

    def destinations(self, order_number: str, amount: Decimal, currency: str) -> frozenset[Destination]:
        if self.before.get("destinations"):
            raise self.before["destinations"].pop(0)
        return self.ledger.destinations(order_number, amount, currency) & self.ways

    def payments(self, order_number: str) -> list[KnownPayment]:
        found: list[KnownPayment] = self._do("payments", lambda: self.ledger.payments(order_number))
        return found


def ledger_entries(services: Services, order_number: str = "CC-104233") -> list[tuple[Any, ...]]:
    """What the ledger has of an order: operation, amount, destination and end of the agreement, oldest first."""
    columns = (t.ledger.c.operation, t.ledger.c.amount, t.ledger.c.destination, t.ledger.c.ends_on)
    query = sa.select(*columns).where(t.ledger.c.order_number == order_number).order_by(t.ledger.c.id)
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        return [tuple(row) for row in uow.connection.execute(query)]
