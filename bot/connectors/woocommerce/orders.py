"""Orders read from WooCommerce, as the policy knows them."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Mapping
from datetime import datetime, timezone
from decimal import Decimal
from typing import Any

from bot.cases.identity.addresses import plain_address
from bot.cases.model import Contact
from bot.cases.ports.billing import BillingGateway
from bot.cases.ports.shop import LiveOrder
from bot.connectors.woocommerce.api import (
    ENDED,
    Plan,
    WooApi,
    WooCall,
    WooRejected,
    amount_in,
    meta_amount,
    unreadable,
)
from bot.connectors.woocommerce.gateway import key_in
from bot.connectors.woocommerce.price import extras, face_value
from bot.policy.facts import OrderStatus
from bot.policy.money import is_known
from bot.policy.parsing import InvalidInput, parse_order

KEPT_SECONDS = 20.0
"""How long an order that was read may be shown again without asking the shop; nothing is confirmed by it."""

_MOST_KEPT = 1000
_PAID = {
    "processing": OrderStatus.ACTIVE,
    "completed": OrderStatus.ACTIVE,
    "cancelled": OrderStatus.CANCELLED,
    "refunded": OrderStatus.REFUNDED,
}
_RUNS = frozenset({"active", "on-hold", "pending"})
"""Statuses of a subscription that nobody has cancelled."""
_ENDS = ENDED | {"pending-cancel"}
"""Statuses of one that somebody has. Any other word is none that we know, so that a person looks."""


class WooOrders:
    """An ``OrderSource``. ``balance_field`` is the meta data that holds a card's balance, and with
    ``_original`` behind it what it was at first (default: the price of its line before coupons); ``services`` knows
    balances, where it is given. ``stop_status`` is what an order gets whose card was stopped."""

    def __init__(
        self,
        api: WooApi,
        *,
        balance_field: str = "card_balance",
        stop_status: str = "",
        services: BillingGateway | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._api = api
        self._balance_field = balance_field
        self._services = services
        self._clock = clock
        self._statuses = {**_PAID, **({stop_status: OrderStatus.CANCELLED} if stop_status else {})}
        self._kept: dict[str, tuple[float, LiveOrder | None]] = {}
        self._lock = threading.Lock()

    def read(self, number: str, *, fresh: bool) -> LiveOrder | None:
        """See OrderSource."""
        with self._lock:
            kept = self._kept.get(number)
        if not fresh and kept is not None and self._clock() - kept[0] < KEPT_SECONDS:
            return kept[1]
        call = self._api.call()
        row = call.order(number)
        live = None if row is None else self._live(call, number, row)
        with self._lock:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[number] = self._clock(), live
        return live

    def read_id(self, shop_id: str) -> LiveOrder | None:
        """See OrderSource."""
        call = self._api.call()
        row = call.order_of_id(shop_id)
        number = None if row is None else call.number_of(row)
        if row is None or number is None:
            return None
        with self._lock:
            self._kept.pop(number, None)
        return self._live(call, number, row)

    def _live(self, call: WooCall, number: str, row: Mapping[str, Any]) -> LiveOrder | None:
        if not row.get("date_paid_gmt"):
            return None  # nothing was paid: a "failed" order of the shop is a payment that failed, no fault (R1)
        status = self._statuses.get(str(row.get("status")))
        if status is None:
            raise WooRejected("unclear_status", "unclear_status")
        plan = call.plan(row)
        status = _with_plan(plan, status)
        total, currency = amount_in(row, "total"), str(row.get("currency"))
        if not is_known(currency):
            raise WooRejected("unusable_order", "unknown_currency")
        status = _with_refunds(row, total, status)
        product = _product(row)
        original, remaining = (None, None) if plan is not None else self._balances(number, row, total)
        data = {
            "number": number,
            "product": product,
            "product_kind": "calling_card" if plan is None else "subscription",
            "shipped": bool(row.get("shipping_lines")),
            "currency": currency,
            "amount_paid": f"{total:f}",
            "extras": f"{extras(row):f}",
            "original_balance": None if original is None else f"{original:f}",
            "remaining_balance": None if remaining is None else f"{remaining:f}",
            "used": False,
            "placed_at": _moment(row, "date_created_gmt").isoformat(),
            "payment_method": str(row.get("payment_method") or "unknown")[:50],
            "charge": "renewal" if plan is not None and plan.renews else "purchase",
            "status": status.value,
            "dispute_open": False,
        }
        try:
            return LiveOrder(parse_order(data), _buyer(row))
        except InvalidInput as error:
            raise WooRejected("unusable_order", "unusable_field", field=error.field) from None

    def _balances(self, number: str, row: Mapping[str, Any], total: Decimal) -> tuple[Decimal | None, Decimal | None]:
        """What a card held at first, and holds now. Where that is not known the policy finds the order incomplete, and
        a person looks at it."""
        original = meta_amount(row, f"{self._balance_field}_original")
        first = face_value(row, total) if original is None else original
        if self._services is not None:
            return first, self._services.balance(number).remaining
        return first, meta_amount(row, self._balance_field)


def _with_plan(plan: Plan | None, status: OrderStatus) -> OrderStatus:
    """The status, given how the subscription stands, where it can be shown."""
    if plan is None or plan.subscription is None or status is not OrderStatus.ACTIVE:
        return status
    theirs = plan.subscription.get("status")
    if theirs in _RUNS:
        return status
    if theirs not in _ENDS:
        raise WooRejected("unclear_status", "unclear_status")
    return OrderStatus.CANCELLED


def _with_refunds(row: Mapping[str, Any], total: Decimal, status: OrderStatus) -> OrderStatus:
    """The status, given what was refunded. Raises WooRejected where somebody else refunded a part of it."""
    refunds = row.get("refunds")
    if not isinstance(refunds, list) or not all(isinstance(refund, Mapping) for refund in refunds):
        raise unreadable("refunds")
    if any(key_in(refund.get("reason")) for refund in refunds):
        return OrderStatus.REFUNDED
    back = sum((abs(amount_in(refund, "total")) for refund in refunds), Decimal(0))
    if back >= total > 0:
        return OrderStatus.REFUNDED
    if back:
        raise WooRejected("partly_refunded", "partly_refunded", refunded=str(back), total=str(total))
    return status


def _product(row: Mapping[str, Any]) -> str:
    lines = row.get("line_items")
    if not isinstance(lines, list) or len(lines) != 1 or lines[0].get("quantity") != 1:
        raise WooRejected("several_products", "several_products")
    line = lines[0]
    return str(line.get("sku") or line.get("name") or line.get("product_id"))[:100]


def _moment(row: Mapping[str, Any], field: str) -> datetime:
    try:
        return datetime.fromisoformat(str(row.get(field))).replace(tzinfo=timezone.utc)
    except ValueError:
        raise unreadable(field) from None


def _buyer(row: Mapping[str, Any]) -> Contact:
    billing = row.get("billing")
    if not isinstance(billing, Mapping):
        raise unreadable("billing")
    parts = [str(billing.get(part) or "") for part in ("first_name", "last_name")]
    email = plain_address(str(billing.get("email") or ""))
    if "@" not in email or len(email) > 254:
        raise WooRejected("no_customer", "no_email")
    name = "".join(char for char in " ".join(parts).strip() if char.isprintable())[:200]
    return Contact(name or email, email, str(billing.get("phone") or "")[:50] or None)
