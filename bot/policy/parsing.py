"""Orders and decision cases from JSON values, and back: the formats of the interfaces, checked field by field."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any, TypeVar

from dateutil.parser import isoparse

from bot.policy import money
from bot.policy.facts import (
    CancelRequest,
    Channel,
    Charge,
    Destination,
    Kind,
    Order,
    OrderStatus,
    ProductKind,
    Reason,
    RefundRequest,
)

_MONEY = re.compile(r"-?\d{1,15}(\.\d{1,6})?", re.ASCII)
_LONGEST_SHOWN = 100
_E = TypeVar("_E", bound=Enum)
_ABSENT = object()


class InvalidInput(Exception):
    """A value that is no valid input: ``field`` says where (dotted path), ``problem`` what is wrong."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field}: {problem}")
        self.field = field
        self.problem = problem


def parse_request(data: Any) -> RefundRequest | CancelRequest:
    """A decision case. Raises InvalidInput; a refund without a reason is one (R3)."""
    if not isinstance(data, Mapping):
        raise InvalidInput("case", "must be a JSON object")
    fields = _Fields(data)
    kind = fields.choice("kind", Kind)
    requested_at = fields.moment("requested_at")
    decided_at = fields.moment("decided_at", default=requested_at)
    if decided_at < requested_at:
        raise InvalidInput("decided_at", "must not be before requested_at")
    order = parse_order(fields.get("order"), path="order.")
    if kind is Kind.CANCEL:
        return CancelRequest(order, requested_at, decided_at)
    return RefundRequest(
        order=order,
        requested_at=requested_at,
        decided_at=decided_at,
        reason=fields.choice("reason", Reason),
        fault_confirmed=fields.flag("fault_confirmed", default=False),
        destination=fields.choice("destination", Destination, default=None),
        recent_refunds=fields.count("customer_recent_refunds", default=0),
        channel=fields.text("channel", default=Channel.CHAT.value),
    )


def request_to_json(request: RefundRequest | CancelRequest) -> dict[str, Any]:
    """The inverse of parse_request, for storing what a decision was made from."""
    data: dict[str, Any] = {
        "kind": (Kind.REFUND if isinstance(request, RefundRequest) else Kind.CANCEL).value,
        "requested_at": request.requested_at.isoformat(),
        "decided_at": request.decided_at.isoformat(),
        "order": order_to_json(request.order),
    }
    if isinstance(request, RefundRequest):
        data |= {
            "reason": request.reason.value,
            "fault_confirmed": request.fault_confirmed,
            "destination": request.destination.value if request.destination else None,
            "customer_recent_refunds": request.recent_refunds,
            "channel": request.channel,
        }
    return data


def parse_order(data: Any, path: str = "") -> Order:
    """An order, without its customer. Amounts are kept as they are: whether they contradict each other is for
    the policy to say. Raises InvalidInput with ``path`` in front of the field."""
    if not isinstance(data, Mapping):
        raise InvalidInput(path.rstrip(".") or "order", "is missing" if data is None else "must be a JSON object")
    fields = _Fields(data, path)
    currency = fields.text("currency")
    return Order(
        number=fields.text("number"),
        product=fields.text("product"),
        product_kind=fields.choice("product_kind", ProductKind),
        shipped=fields.flag("shipped", default=False),
        currency=currency,
        amount_paid=fields.money("amount_paid", currency),
        original_balance=fields.money("original_balance", currency, default=None),
        remaining_balance=fields.money("remaining_balance", currency, default=None),
        used=fields.flag("used", default=False),
        placed_at=fields.moment("placed_at"),
        payment_method=fields.text("payment_method"),
        charge=fields.choice("charge", Charge, default=Charge.PURCHASE),
        status=fields.choice("status", OrderStatus),
        dispute_open=fields.flag("dispute_open", default=False),
        extras=fields.money("extras", currency, default=Decimal(0)),
    )


def order_to_json(order: Order) -> dict[str, Any]:
    """The inverse of parse_order."""

    def amount(value: Decimal | None) -> str | None:
        return None if value is None else f"{value:f}"

    return {
        "number": order.number,
        "product": order.product,
        "product_kind": order.product_kind.value,
        "shipped": order.shipped,
        "currency": order.currency,
        "amount_paid": amount(order.amount_paid),
        "original_balance": amount(order.original_balance),
        "remaining_balance": amount(order.remaining_balance),
        "used": order.used,
        "placed_at": order.placed_at.isoformat(),
        "payment_method": order.payment_method,
        "charge": order.charge.value,
        "status": order.status.value,
        "dispute_open": order.dispute_open,
        "extras": amount(order.extras),
    }


def shown(value: Any) -> str:
    """A value as an error message quotes it: shortly, however long or deeply nested it is."""
    if isinstance(value, Mapping):
        return "an object"
    if isinstance(value, list):
        return "a list"
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


class _Fields:
    """The fields of a JSON object; a null counts as absent, and a field without a default must be there."""

    def __init__(self, data: Mapping[str, Any], path: str = "") -> None:
        self._data = data
        self._path = path

    def get(self, key: str) -> Any:
        return self._data.get(key)

    def text(self, key: str, default: Any = _ABSENT) -> Any:
        def read(value: Any) -> str:
            if not isinstance(value, str) or not value.strip() or not value.isprintable():
                raise self._wrong(key, "must be a printable text that is not empty")
            return value

        return self._read(key, read, default)

    def flag(self, key: str, default: Any = _ABSENT) -> Any:
        def read(value: Any) -> bool:
            if not isinstance(value, bool):
                raise self._wrong(key, f"must be true or false, not {shown(value)}")
            return value

        return self._read(key, read, default)

    def count(self, key: str, default: Any = _ABSENT) -> Any:
        def read(value: Any) -> int:
            if not isinstance(value, int) or isinstance(value, bool) or value < 0:
                raise self._wrong(key, f"must be a whole number, 0 or more, not {shown(value)}")
            return value

        return self._read(key, read, default)

    def choice(self, key: str, kind: type[_E], default: Any = _ABSENT) -> Any:
        def read(value: Any) -> _E:
            # Not kind(value): its error would show the whole value, which fails for one that is nested too deeply.
            for member in kind:
                if member.value == value:
                    return member
            allowed = ", ".join(str(member.value) for member in kind)
            raise self._wrong(key, f"must be one of {allowed}, not {shown(value)}")

        return self._read(key, read, default)

    def moment(self, key: str, default: Any = _ABSENT) -> Any:
        def read(value: Any) -> datetime:
            try:
                moment = isoparse(value)
            except (TypeError, ValueError, OverflowError):
                raise self._wrong(key, f"must be an ISO 8601 time with offset, not {shown(value)}") from None
            if moment.tzinfo is None:
                raise self._wrong(key, f"has no offset from UTC: {value!r}")
            if not 1971 <= moment.year <= 9000:
                raise self._wrong(key, f"has a year that can't be right: {value!r}")
            return moment

        return self._read(key, read, default)

    def money(self, key: str, currency: str, default: Any = _ABSENT) -> Any:
        def read(value: Any) -> Decimal:
            if not isinstance(value, str) or not _MONEY.fullmatch(value):
                raise self._wrong(key, f'must be a decimal string such as "50.00", not {shown(value)}')
            amount = Decimal(value)
            if not money.is_payable(amount, currency):
                raise self._wrong(key, f"has more decimals than {currency} has: {value!r}")
            return amount

        return self._read(key, read, default)

    def _read(self, key: str, read: Any, default: Any) -> Any:
        value = self._data.get(key)
        if value is not None:
            return read(value)
        if default is _ABSENT:
            raise self._wrong(key, "is missing")
        return default

    def _wrong(self, key: str, problem: str) -> InvalidInput:
        return InvalidInput(self._path + key, problem)
