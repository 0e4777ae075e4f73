"""Orders for the store, with readable defaults: a 50.00 card bought the day before the tests' now."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any
from zoneinfo import ZoneInfo

import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.cases.identity.verification import VerificationStatus, trust_customer, verify
from bot.cases.services import Services
from bot.store.exports.reading import read
from bot.store.imports import OrderRow, good_rows, import_orders, read_order_rows
from bot.store.unit_of_work import SqlUnitOfWork

NOW = datetime(2026, 5, 6, 12, 0, tzinfo=ZoneInfo("America/New_York"))
TRANSCRIPT = [{"at": "2026-05-06T16:00:00+00:00", "who": "customer", "text": "I want my money back"}]


@dataclass
class Clock:
    """A clock that stands until it is moved."""

    now: datetime = NOW

    def __call__(self) -> datetime:
        """The aware time of now."""
        return self.now

    def passes(self, **time: float) -> None:
        """Let time pass, such as ``hours=1``."""
        self.now += timedelta(**time)


def an_order_row(number: str = "CC-104233", email: str = "alex@example.com", **changes: Any) -> dict[str, Any]:
    """One order as an import file has it."""
    return {
        "number": number,
        "product": "global-card",
        "product_kind": "calling_card",
        "shipped": False,
        "currency": "USD",
        "amount_paid": "50.00",
        "original_balance": "50.00",
        "remaining_balance": "50.00",
        "used": False,
        "placed_at": "2026-05-05T12:00:00-04:00",
        "payment_method": "card",
        "charge": "purchase",
        "status": "active",
        "dispute_open": False,
        "customer": {"name": "Alex Rivera", "email": email, "phone": None},
        **changes,
    }


PLAN = {
    "product": "monthly-plan",
    "product_kind": "subscription",
    "original_balance": None,
    "remaining_balance": None,
    "amount_paid": "25.00",
}


def read_orders(data: bytes, name: str) -> list[OrderRow]:
    """The orders of a file of ours. Raises ImportRefused, naming every bad row and field."""
    return good_rows(read(BytesIO(data), name), name)


def store_order(services: Services, number: str = "CC-104233", email: str = "alex@example.com", **changes: Any) -> None:
    """Put an order into the store."""
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        import_orders(uow, read_order_rows([an_order_row(number, email, **changes)], "test"))
        uow.commit()


def verified(
    services: Services, conversation_id: str = "talk", number: str = "CC-104233", email: str = "alex@example.com"
) -> None:
    """Verify the customer of an order in a conversation."""
    done = verify(
        services,
        conversation_id=conversation_id,
        message_id=f"verify-{number}-{conversation_id}",
        order_number=number,
        email=email,
    )
    assert done.status is VerificationStatus.VERIFIED


def proven_address(services: Services, conversation_id: str = "talk", email: str = "alex@example.com") -> None:
    """Prove the address of a customer in a conversation, which opens all of its orders for the verification time."""
    until = services.clock() + timedelta(days=1)
    trust_customer(services, conversation_id=conversation_id, email=email, until=until)


def problems(services: Services) -> list[str]:
    """What the audit chain finds wrong."""
    with services.unit_of_work() as uow:
        return list(map(str, uow.audit.verify()[1]))


def without_triggers(engine: Engine, change: Callable[[Connection], object]) -> None:
    """Somebody with all rights on the database, who leaves no other trace."""
    with engine.begin() as connection:
        triggers = []
        if engine.dialect.name == "postgresql":
            connection.execute(sa.text("SET session_replication_role = replica"))
        else:
            triggers = connection.execute(sa.text("SELECT name, sql FROM sqlite_master WHERE type='trigger'")).all()
        for name, _ in triggers:
            connection.execute(sa.text(f"DROP TRIGGER {name}"))
        change(connection)
        for _, statement in triggers:
            connection.exec_driver_sql(statement)
