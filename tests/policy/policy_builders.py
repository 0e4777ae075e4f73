"""Facts and terms with readable defaults: a 50.00 card, unused, bought and asked about on a plain Wednesday."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import bot.policy
from bot.policy import CancelDecision, CancelRequest, Policy, RefundDecision, RefundRequest, Terms, decide_refund
from bot.policy.facts import Charge, Order, OrderStatus, ProductKind, Reason
from bot.wording.decisions import explained

TERMS_TEXT = next((Path(bot.policy.__file__).parent / "terms").glob("*.yml")).read_text("utf-8")
POLICY = Policy.parse(TERMS_TEXT)
NEW_YORK = ZoneInfo("America/New_York")


def policy_with(**changes: Any) -> Policy:
    """The default policy with some parameters of its terms changed."""
    return replace(POLICY, versions=(replace(POLICY.versions[0], **changes),))


def two_fees() -> Policy:
    """The default policy, with a fee of 10 % instead of 12 % for orders from 2027 on."""
    first = POLICY.versions[0]
    later = replace(first, version="2027-01", starts_on=date(2027, 1, 1), default_fee_rate=Decimal("0.10"))
    return replace(POLICY, versions=(first, later))


def terms_with_calendar(**changes: Any) -> Policy:
    """The default policy with some parameters of its calendar changed."""
    return policy_with(calendar=replace(POLICY.versions[0].calendar, **changes))


def default_terms() -> Terms:
    """The terms of the only version in the default policy."""
    return POLICY.versions[0]


def ny(text: str) -> datetime:
    """A wall-clock time in New York, such as ``2026-11-20 15:04``."""
    return datetime.fromisoformat(text).replace(tzinfo=NEW_YORK)


def at(text: str) -> datetime:
    """A time with an offset."""
    moment = datetime.fromisoformat(text)
    assert moment.tzinfo is not None
    return moment


def said(decision: RefundDecision | CancelDecision) -> str:
    """What a decision says to a customer."""
    return explained(decision.to_json())


def money(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def an_order(
    paid: str = "50.00", original: str | None = "50.00", remaining: str | None = "50.00", **changes: Any
) -> Order:
    """An active card, bought on Wednesday 2026-05-06 at noon in New York."""
    order = Order(
        number="CC-104233",
        product="global-card",
        product_kind=ProductKind.CALLING_CARD,
        shipped=False,
        currency="USD",
        amount_paid=Decimal(paid),
        original_balance=money(original),
        remaining_balance=money(remaining),
        used=False,
        placed_at=ny("2026-05-06 12:00"),
        payment_method="card",
        charge=Charge.PURCHASE,
        status=OrderStatus.ACTIVE,
        dispute_open=False,
    )
    return replace(order, **changes)


def a_plan(paid: str = "20.00", **changes: Any) -> Order:
    """An active monthly plan without a balance, not used yet."""
    facts = {"product": "monthly-plan", "product_kind": ProductKind.SUBSCRIPTION, **changes}
    return an_order(paid, None, None, **facts)


def a_refund_request(order: Order | None = None, **changes: Any) -> RefundRequest:
    """A change of mind, an hour after the order, decided at once."""
    order = order or an_order()
    asked = changes.pop("requested_at", order.placed_at + timedelta(hours=1))
    request = RefundRequest(order=order, requested_at=asked, decided_at=asked, reason=Reason.CHANGE_OF_MIND)
    return replace(request, **changes)


def a_cancel_request(order: Order | None = None, **changes: Any) -> CancelRequest:
    """A cancellation, an hour after the order, decided at once."""
    order = order or a_plan()
    asked = changes.pop("requested_at", order.placed_at + timedelta(hours=1))
    return replace(CancelRequest(order, requested_at=asked, decided_at=asked), **changes)


def decided(order: Order | None = None, policy: Policy = POLICY, **changes: Any) -> RefundDecision:
    return decide_refund(a_refund_request(order, **changes), policy)


def sums(decision: RefundDecision) -> tuple[Decimal | None, Decimal | None, Decimal | None]:
    return decision.base, decision.fee, decision.refund


def amounts(base: str | None, fee: str | None, refund: str | None) -> tuple[Decimal | None, ...]:
    return money(base), money(fee), money(refund)
