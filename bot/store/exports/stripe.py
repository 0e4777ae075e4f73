"""The CSV export of Stripe's payments, times in UTC. The order's number is in a column of metadata.

It does not tell what was bought beyond a description, what a card holds, nor whether it was shipped; of disputes only
where their column was chosen.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timezone
from typing import Any

from bot.store.exports.mapped import Export, Row, amount, moment, status_in, with_refund
from bot.store.exports.problems import RowSkipped

_STATUSES = {
    "paid": "active",
    "succeeded": "active",
    "partially refunded": "partly_refunded",
    "partial refund": "partly_refunded",
    "refunded": "refunded",
    **dict.fromkeys("failed canceled incomplete uncaptured pending blocked requires_payment_method".split(), "unpaid"),
}
_NO_DISPUTE = frozenset({"won", "warning_closed"})
"""The only ends of a dispute that free an order."""


def _refine(rows: Sequence[Row], data: dict[str, Any]) -> None:
    row = rows[0]
    data["status"] = status_in(_STATUSES, data["status"])
    if row.get("Captured", "true").lower() != "true":
        raise RowSkipped("not_paid", status="Captured: false")
    if not (data["number"] or row.get("number")):
        raise RowSkipped("no_number", columns=_NUMBERS)
    data["status"] = with_refund(
        data["status"], amount("Amount", row["Amount"]), amount("Amount Refunded", row["Amount Refunded"])
    )
    data["currency"] = (data["currency"] or "").upper()
    data["placed_at"] = moment(data["placed_at"] or "", timezone.utc)
    if "Dispute Status" in row:
        dispute = row["Dispute Status"].strip().lower().replace(" ", "_")
        data["dispute_open"] = bool(dispute) and dispute not in _NO_DISPUTE


_NUMBERS = ("order_number (metadata)", "order_id (metadata)")
STRIPE = Export(
    "stripe",
    ("id", "Created date (UTC)", "Amount", "Amount Refunded", "Currency", "Status"),
    {
        "number": _NUMBERS,
        "product": ("product (metadata)", "Description"),
        "product_kind": ("product_kind (metadata)",),
        "shipped": ("shipped (metadata)",),
        "currency": ("Currency",),
        "amount_paid": ("Amount",),
        "placed_at": ("Created date (UTC)",),
        "payment_method": ("Payment Source Type",),
        "status": ("Status",),
        "customer.name": ("Card Name", "Customer Description"),
        "customer.email": ("Customer Email",),
        "customer.phone": ("Customer Phone",),
    },
    _refine,
)
