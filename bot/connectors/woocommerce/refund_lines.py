"""The lines of a refund, so that the shop's books show what was paid back of which line, and how much of it is tax."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from bot.connectors.woocommerce.api import WooRejected, amount_in, decimals_of

_KINDS = ("line_items", "shipping_lines", "fee_lines")


@dataclass(frozen=True)
class _Part:
    """A sum of the order, in its currency: of a line, or of one tax of it (``tax`` is the id of the rate)."""

    line: int
    tax: int | None
    paid: Decimal


def refund_lines(order: Mapping[str, Any], amount: Decimal) -> list[dict[str, Any]]:
    """``amount`` over the lines and taxes of an order, in proportion to what was paid for each, as the shop's API takes
    it; in major units. Each part is rounded to the shop's decimals, the last one takes the rest.

    Empty where the lines don't make up the order's total, or something was refunded before: then only the shop's own
    people can say of what the refund is.
    """
    try:
        parts = list(_parts(order))
        total = amount_in(order, "total")
    except (WooRejected, ValueError):
        return []
    if order.get("refunds") or total <= 0 or sum(part.paid for part in parts) != total:
        return []
    step = Decimal(1).scaleb(-decimals_of(order))
    found: dict[int, dict[str, Any]] = {}
    paid = given = Decimal(0)
    for part in parts:
        # Up to here, so that no rounding adds up, and no part is below nothing or above what was paid for it.
        paid += part.paid
        share = (amount * paid / total).quantize(step, rounding=ROUND_HALF_UP) - given
        given += share
        line = found.setdefault(part.line, {"id": part.line, "refund_total": "0", "refund_tax": []})
        if part.tax is None:
            line["refund_total"] = f"{share:f}"
        else:
            line["refund_tax"].append({"id": part.tax, "refund_total": f"{share:f}"})
    return list(found.values())


def _parts(order: Mapping[str, Any]) -> Iterator[_Part]:
    """What was paid for each line and each tax. Raises WooRejected for a sum that can't be read, and ValueError for one
    below nothing, which is a discount that is a line of its own, and for a line of another form."""
    for kind in _KINDS:
        for line in _rows(order.get(kind)):
            yield _Part(_whole(line), None, _positive(line))
            for tax in _rows(line.get("taxes")):
                yield _Part(_whole(line), _whole(tax), _positive(tax))


def _rows(found: object) -> list[Mapping[str, Any]]:
    rows = found or []
    if not isinstance(rows, list) or not all(isinstance(row, Mapping) for row in rows):
        raise ValueError("no list of lines")
    return rows


def _positive(row: Mapping[str, Any]) -> Decimal:
    found = amount_in(row, "total")
    if found < 0:
        raise ValueError("below nothing")
    return found


def _whole(row: Mapping[str, Any]) -> int:
    found = row.get("id")
    if not isinstance(found, int) or isinstance(found, bool):
        raise ValueError("no id")
    return found
