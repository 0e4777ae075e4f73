"""Of what the price of an order is made: the line's own value, and what was paid beside it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any

from bot.connectors.woocommerce.api import amount_of


def face_value(row: Mapping[str, Any], total: Decimal) -> Decimal:
    """What the card of an order of one line holds at first, where its meta data does not say it: its price before
    coupons, with its tax where the shop's prices include that; the order's ``total`` where the shop names no price."""
    line = row["line_items"][0]
    if line.get("subtotal") is None:
        return total
    value = amount_of(line["subtotal"])
    return value + amount_of(line.get("subtotal_tax", "0")) if row.get("prices_include_tax") is True else value


def extras(row: Mapping[str, Any]) -> Decimal:
    """The shipping charges and order fees in the total, with their tax (R6). A fee below zero is none: a discount."""
    shipping = amount_of(row.get("shipping_total", "0")) + amount_of(row.get("shipping_tax", "0"))
    return sum((fee for fee in _fees(row) if fee > 0), shipping)


def _fees(row: Mapping[str, Any]) -> Iterator[Decimal]:
    for line in row.get("fee_lines") or []:
        yield amount_of(line.get("total")) + amount_of(line.get("total_tax", "0"))
