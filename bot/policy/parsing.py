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
    OrderLine,
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
    chosen = _chosen(fields.get("lines"), order)
    if kind is Kind.CANCEL:
        return CancelRequest(order, requested_at, decided_at, chosen)
    return RefundRequest(
        order=order,
        requested_at=requested_at,
        decided_at=decided_at,
        reason=fields.choice("reason", Reason),
        fault_confirmed=fields.flag("fault_confirmed", default=False),
        destination=fields.choice("destination", Destination, default=None),
        recent_refunds=fields.count("customer_recent_refunds", default=0),
        channel=fields.text("channel", default=Channel.CHAT.value),
        lines=chosen,
    )


def _chosen(data: Any, order: Order) -> tuple[tuple[str, int], ...]:
    """Which lines, and how many of each: all where none are named."""
    if data is None:
        return ()
    if not isinstance(data, Mapping) or not data:
        raise InvalidInput("lines", f"must be an object of line ids and quantities, not {shown(data)}")
    known = {line.id: line.quantity for line in order.lines}
    for line_id, quantity in data.items():
        if line_id not in known:
            raise InvalidInput("lines", f"the order has no line {shown(line_id)}")
        if not isinstance(quantity, int) or isinstance(quantity, bool) or not 1 <= quantity <= known[line_id]:
            raise InvalidInput(
                f"lines.{line_id}", f"must be a quantity from 1 to {known[line_id]}, not {shown(quantity)}"
            )
    return tuple(data.items())


def request_to_json(request: RefundRequest | CancelRequest) -> dict[str, Any]:
    """The inverse of parse_request, for storing what a decision was made from."""
    data: dict[str, Any] = {
        "kind": (Kind.REFUND if isinstance(request, RefundRequest) else Kind.CANCEL).value,
        "requested_at": request.requested_at.isoformat(),
        "decided_at": request.decided_at.isoformat(),
        "order": order_to_json(request.order),
    }
    if request.lines:
        data["lines"] = dict(request.lines)
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
    """An order, without its customer, in the short form or with ``lines``. Amounts are kept as they are: whether they
    contradict each other is for the policy to say. Raises InvalidInput with ``path`` in front of the field."""
    if not isinstance(data, Mapping):
        raise InvalidInput(path.rstrip(".") or "order", "is missing" if data is None else "must be a JSON object")
    fields = _Fields(data, path)
    currency = fields.text("currency")
    if fields.get("lines") is not None:
        return _parse_order_of_lines(fields, currency, path)
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
        refunded=fields.money("refunded", currency, default=Decimal(0)),
    )


_OF_LINES = (
    "product",
    "product_kind",
    "shipped",
    "amount_paid",
    "original_balance",
    "remaining_balance",
    "used",
    "charge",
    "status",
    "extras",
)


def _parse_order_of_lines(fields: _Fields, currency: str, path: str) -> Order:
    for field in _OF_LINES:
        if fields.get(field) is not None:
            raise InvalidInput(path + field, "is said by each of the lines where an order has lines")
    rows = fields.get("lines")
    if not isinstance(rows, list) or not rows:
        raise InvalidInput(f"{path}lines", f"must be a list of at least one line, not {shown(rows)}")
    lines = tuple(_parse_line(row, currency, f"{path}lines.{place}.") for place, row in enumerate(rows))
    for place, line in enumerate(lines):
        if line.id in {other.id for other in lines[:place]}:
            raise InvalidInput(f"{path}lines.{place}.id", f"is that of another line: {shown(line.id)}")
    none = Decimal(0)
    extras = fields.money("shipping_paid", currency, default=none) + fields.money("fees_paid", currency, default=none)
    ended = {line.status for line in lines}
    return Order(
        number=fields.text("number"),
        product=lines[0].product if len(lines) == 1 else "",
        product_kind=lines[0].product_kind,
        shipped=any(line.shipped for line in lines),
        currency=currency,
        amount_paid=sum((line.amount_paid for line in lines), extras),
        original_balance=None,
        remaining_balance=None,
        used=any(line.used for line in lines),
        placed_at=fields.moment("placed_at"),
        payment_method=fields.text("payment_method"),
        charge=Charge.PURCHASE,
        status=ended.pop() if len(ended) == 1 else OrderStatus.ACTIVE,
        dispute_open=fields.flag("dispute_open", default=False),
        extras=extras,
        refunded=fields.money("refunded", currency, default=none),
        lines=lines,
    )


def _parse_line(data: Any, currency: str, path: str) -> OrderLine:
    if not isinstance(data, Mapping):
        raise InvalidInput(path.rstrip("."), "must be a JSON object")
    fields = _Fields(data, path)
    quantity = fields.count("quantity", default=1)
    if quantity < 1:
        raise InvalidInput(f"{path}quantity", "must be at least 1")
    return OrderLine(
        id=fields.text("id"),
        product=fields.text("product"),
        product_kind=fields.choice("product_kind", ProductKind),
        quantity=quantity,
        shipped=fields.flag("shipped", default=False),
        amount_paid=fields.money("amount_paid", currency),
        tax=fields.money("tax", currency, default=Decimal(0)),
        original_balance=fields.money("original_balance", currency, default=None),
        remaining_balance=fields.money("remaining_balance", currency, default=None),
        used=fields.flag("used", default=False),
        charge=fields.choice("charge", Charge, default=Charge.PURCHASE),
        status=fields.choice("status", OrderStatus),
        refunded=fields.money("refunded", currency, default=Decimal(0)),
    )


def order_to_json(order: Order) -> dict[str, Any]:
    """The inverse of parse_order."""
    if order.lines:
        return {
            "number": order.number,
            "currency": order.currency,
            "placed_at": order.placed_at.isoformat(),
            "payment_method": order.payment_method,
            "dispute_open": order.dispute_open,
            "shipping_paid": _amount(order.extras),
            "refunded": _amount(order.refunded),
            "lines": [_line_to_json(line) for line in order.lines],
        }
    # What was stored before orders could be refunded in part stays as it is, to the letter.
    refunded = {"refunded": _amount(order.refunded)} if order.refunded else {}
    return {
        "number": order.number,
        "product": order.product,
        "product_kind": order.product_kind.value,
        "shipped": order.shipped,
        "currency": order.currency,
        "amount_paid": _amount(order.amount_paid),
        "original_balance": _amount(order.original_balance),
        "remaining_balance": _amount(order.remaining_balance),
        "used": order.used,
        "placed_at": order.placed_at.isoformat(),
        "payment_method": order.payment_method,
        "charge": order.charge.value,
        "status": order.status.value,
        "dispute_open": order.dispute_open,
        "extras": _amount(order.extras),
        **refunded,
    }


def _line_to_json(line: OrderLine) -> dict[str, Any]:
    return {
        "id": line.id,
        "product": line.product,
        "product_kind": line.product_kind.value,
        "quantity": line.quantity,
        "shipped": line.shipped,
        "amount_paid": _amount(line.amount_paid),
        "tax": _amount(line.tax),
        "original_balance": _amount(line.original_balance),
        "remaining_balance": _amount(line.remaining_balance),
        "used": line.used,
        "charge": line.charge.value,
        "status": line.status.value,
        "refunded": _amount(line.refunded),
    }


def _amount(value: Decimal | None) -> str | None:
    return None if value is None else f"{value:f}"


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
