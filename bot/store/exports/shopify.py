"""The CSV export of Shopify's orders: a row for each line of an order, of which only the first has the order's fields.

It does not tell what a card holds, nor whether it is a card, nor of disputes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from bot.store.exports.mapped import Export, Row, amount, moment, status_in, with_refund
from bot.store.exports.problems import RowSkipped

_STATUSES = {
    "paid": "active",
    "partially_refunded": "partly_refunded",
    "refunded": "refunded",
    **dict.fromkeys("pending authorized partially_paid voided expired unpaid".split(), "unpaid"),
}


def _refine(rows: Sequence[Row], data: dict[str, Any]) -> None:
    first = rows[0]
    data["status"] = status_in(_STATUSES, data["status"])
    if len(rows) > 1 or first["Lineitem quantity"] != "1":
        raise RowSkipped("several_products")
    if "+" in (data["payment_method"] or ""):
        raise RowSkipped("several_methods")
    if "gift" in (data["payment_method"] or "").lower():
        raise RowSkipped("by_gift_card")
    refunded = amount("Refunded Amount", first.get("Refunded Amount"))
    data["status"] = with_refund(data["status"], amount("Total", first["Total"]), refunded)
    if first.get("Cancelled at") and data["status"] == "active":
        data["status"] = "cancelled"
    data["placed_at"] = moment(data["placed_at"] or "")


SHOPIFY = Export(
    "shopify",
    ("Name", "Email", "Financial Status", "Currency", "Total", "Created at", "Lineitem quantity", "Lineitem name"),
    {
        "number": ("Name",),
        "product": ("Lineitem sku", "Lineitem name"),
        "shipped": ("Lineitem requires shipping",),
        "currency": ("Currency",),
        "amount_paid": ("Total",),
        "placed_at": ("Created at",),
        "payment_method": ("Payment Method",),
        "status": ("Financial Status",),
        "customer.name": ("Billing Name", "Shipping Name"),
        "customer.email": ("Email",),
        "customer.phone": ("Phone", "Billing Phone"),
    },
    _refine,
    grouped=True,
)
