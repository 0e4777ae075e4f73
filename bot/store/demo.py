"""Demo orders, dated relative to now so that they never go stale: one or more for every outcome."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, not_, select

from bot.cases.case.references import new_reference
from bot.cases.model import CaseKind, CaseState, CauseCode, MoveCause
from bot.cases.services import Services
from bot.policy.calendar import BusinessCalendar
from bot.store import tables as t
from bot.store.imports import OrderRow, import_orders, read_order_rows
from bot.store.unit_of_work import SqlSnapshot, SqlUnitOfWork

_CARD = {
    "product": "global-card",
    "product_kind": "calling_card",
    "currency": "USD",
    "amount_paid": "50.00",
    "original_balance": "50.00",
    "remaining_balance": "50.00",
    "payment_method": "card",
    "status": "active",
}
_PLAN = {
    "product": "monthly-plan",
    "product_kind": "subscription",
    "currency": "USD",
    "amount_paid": "25.00",
    "payment_method": "card",
    "status": "active",
}

_ORDERS: tuple[tuple[str, str, int, dict[str, Any], dict[str, Any]], ...] = (
    # number, customer, working days ago, product, what differs
    ("CC-104233", "Alex Rivera", 2, _CARD, {}),
    ("CC-104240", "Bella Stone", 1, _CARD, {"remaining_balance": "31.50"}),
    ("CC-104251", "Carlos Vega", 1, _PLAN, {}),
    ("CC-104262", "Dana Fox", 1, _CARD, {"shipped": True, "product": "travel-card"}),
    ("CC-104273", "Eli Grant", 12, _CARD, {}),
    ("CC-104284", "Fay Holt", 1, _CARD, {"remaining_balance": "28.40"}),
    ("CC-104295", "Gus Irving", 1, _CARD, {"remaining_balance": "0.00"}),
    ("CC-104306", "Hana Jones", 1, _PLAN, {"charge": "renewal"}),
    ("CC-104317", "Ivan King", 1, _CARD, {"status": "cancelled"}),
    ("CC-104328", "Jana Lowe", 1, _CARD, {"status": "refunded"}),
    ("CC-104339", "Kim Mora", 1, _CARD, {"dispute_open": True}),
    (
        "CC-104341",
        "Leo Nash",
        1,
        _CARD,
        dict.fromkeys(("amount_paid", "original_balance", "remaining_balance"), "400.00"),
    ),
    ("CC-104352", "Mia Ortiz", 1, _CARD, {}),
    ("CC-104363", "Nick Park", 1, _CARD, {"remaining_balance": "60.00"}),
    ("CC-104374", "Olga Quinn", 1, _CARD, {"product": "europe-card"}),
    ("CC-104385", "Pia Ross", 1, _CARD, {"status": "failed"}),
    ("CC-104396", "Quentin Shaw", 40, _PLAN, {"used": True}),
    ("CC-104407", "Rosa Tran", 30, _CARD, {"remaining_balance": "18.20"}),
    ("CC-104418", "Sam Ueda", 1, _CARD, {"payment_method": "cash"}),
    (
        "CC-104429",
        "Tina Voss",
        1,
        _CARD,
        {"currency": "EUR"},
    ),
)
_INCIDENT = ("europe-card", "Calls to several countries failed.")
_EARLIER = ("CC-100911", "CC-100922", "CC-100933")  # so that the fourth refund of Mia Ortiz goes to a person


LEFT = "DM-"
"""How the numbers of demo orders begin that were taken out, where requests of them are still on record. No customer can
write such a number, and the old one is free."""
_IS_LEFT = t.orders.c.number.startswith(LEFT)
_PRESENT = and_(t.orders.c.demo, not_(_IS_LEFT))


def seed_demo(services: Services) -> bool:
    """Fill an empty store with the demo orders; whether it did. An order of a past working day lies at noon."""
    now = services.clock()
    calendar = services.policy.terms_for(now).calendar
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        if _count(uow, not_(_IS_LEFT)):
            return False
        rows = demo_orders(now, calendar)
        import_orders(uow, rows)
        numbers = [row.order.number for row in rows]
        uow.connection.execute(t.orders.update().where(t.orders.c.number.in_(numbers)).values(demo=True))
        product, note = _INCIDENT
        values = {"product": product, "started_at": now - timedelta(days=6), "ended_at": None, "note": note}
        uow.connection.execute(t.incidents.insert().values(**values, demo=True))
        _seed_earlier_refunds(uow, now)
        uow.commit()
    return True


def holds_demo(uow: SqlSnapshot) -> bool:
    """Whether the store holds orders of the demo, not counting those that were taken out, or its incident."""
    incident = uow.connection.execute(select(t.incidents.c.id).where(t.incidents.c.demo)).first()
    return incident is not None or bool(_count(uow, _PRESENT))


def holds_real(uow: SqlSnapshot) -> bool:
    """Whether the store holds orders that are not the demo's."""
    return bool(_count(uow, not_(t.orders.c.demo)))


def present_numbers(uow: SqlUnitOfWork) -> list[str]:
    """The numbers of the demo orders that the store holds."""
    return list(uow.connection.execute(select(t.orders.c.number).where(_PRESENT).order_by(t.orders.c.id)).scalars())


def _count(uow: SqlSnapshot, which: Any) -> int:
    count: int = uow.connection.execute(select(func.count()).select_from(t.orders).where(which)).scalar_one()
    return count


def demo_orders(now: datetime, calendar: BusinessCalendar) -> list[OrderRow]:
    """The demo orders as of ``now``."""
    rows = sample_orders(now, calendar)
    rows += [
        {
            **_CARD,
            "number": number,
            "placed_at": _noon(now, calendar, 20),
            "customer": _customer("Mia Ortiz"),
            "status": "refunded",
        }
        for number in _EARLIER
    ]
    return read_order_rows(rows, "demo")


def sample_orders(now: datetime, calendar: BusinessCalendar, email: str | None = None) -> list[dict[str, Any]]:
    """One or more orders for every outcome, as JSON objects that can be imported; all under ``email`` if given."""
    return [
        {
            **product,
            "number": number,
            "placed_at": _noon(now, calendar, ago),
            "customer": {**_customer(name), **({"email": email} if email else {})},
            **extra,
        }
        for number, name, ago, product, extra in _ORDERS
    ]


def demo_list(uow: SqlSnapshot) -> list[dict[str, str]]:
    """The demo orders that the store holds, for the demo page: number, e-mail address, product."""
    numbers = [row[0] for row in _ORDERS]
    query = select(t.orders).where(_PRESENT, t.orders.c.number.in_(numbers)).order_by(t.orders.c.number)
    rows = [(row, uow.customers.email_of(row.customer_id)) for row in uow.connection.execute(query).all()]
    return [{"number": row.number, "email": email, "product": row.product} for row, email in rows if email]


def _customer(name: str) -> dict[str, str]:
    return {"name": name, "email": f"{name.split()[0].lower()}@example.com"}


def _noon(now: datetime, calendar: BusinessCalendar, working_days_ago: int) -> str:
    day = calendar.business_date(now)
    while working_days_ago:
        day -= timedelta(days=1)
        working_days_ago -= calendar.is_working_day(day)
    return (calendar.start_of(day) + timedelta(hours=12)).isoformat()


def _seed_earlier_refunds(uow: SqlUnitOfWork, now: datetime) -> None:
    for days, number in enumerate(_EARLIER, start=20):
        stored = uow.orders.find(number)
        assert stored is not None
        asked = now - timedelta(days=days)
        case = uow.cases.add(
            reference=new_reference("RD-"),
            kind=CaseKind.REFUND,
            state=CaseState.DONE,
            order_id=stored.id,
            conversation_id="demo",
            requested_at=asked,
            created_at=asked,
        )
        uow.cases.log(case.id, asked, "system", None, CaseState.DONE, MoveCause(CauseCode.DEMO_DATA))
