"""Orders of WooCommerce: the CSV file of Analytics, and the JSON of its REST interface and of `wp wc shop_order list`.

The file of Analytics tells neither whose an order is, nor what was paid with tax and shipping, nor how, nor in which
currency. The JSON tells all but whether an order without the balance of a card is a card or a plan.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from bot.policy.parsing import InvalidInput
from bot.store.exports.mapped import Export, Row, amount, status_in, with_refund
from bot.store.exports.problems import RowSkipped

_STATUSES = {
    "processing": "active",
    "completed": "active",
    "cancelled": "cancelled",
    "refunded": "refunded",
    **dict.fromkeys(["pending", "on-hold", "failed", "checkout-draft", "draft", "trash"], "unpaid"),
}
_BALANCE = "card_balance"


def _refine(rows: Sequence[Row], data: dict[str, Any]) -> None:
    data["status"] = status_in(_STATUSES, data["status"])
    if rows[0]["Items sold"] != "1":
        raise RowSkipped("several_products")
    data["number"] = _number(data["number"] or "")
    data["product"] = (data["product"] or "").removeprefix("1× ") or None


def _number(known: str) -> str:
    # As the connector knows it: customers write the digits with or without what stands before them.
    return known if known.startswith("CC-") else f"CC-{known}"


ANALYTICS = Export(
    "woocommerce",
    ("Date", "Order #", "Status", "Product(s)", "Items sold", "Net sales"),
    {
        "number": ("Order #",),
        "product": ("Product(s)",),
        "placed_at": ("Date",),
        "status": ("Status",),
        "customer.name": ("Customer",),
    },
    _refine,
    local_times=True,
)


def rest_row(order: Any) -> dict[str, str]:
    """An order of the REST interface as the row of a table: its columns are the sources of ``REST``. Raises
    InvalidInput."""
    if not isinstance(order, Mapping):
        raise InvalidInput("order", "must be a JSON object")
    billing = order.get("billing")
    billing = billing if isinstance(billing, Mapping) else {}
    lines, refunds = _objects(order, "line_items"), _objects(order, "refunds")
    first = lines[0] if lines else {}
    created, paid = order.get("date_created_gmt"), order.get("date_paid_gmt")
    meta = {str(one.get("key")): one.get("value") for one in _objects(order, "meta_data")}
    balance = meta.get(_BALANCE)
    by_subscription = order.get("created_via") == "subscription" or bool(meta.get("_subscription_renewal"))
    row = {
        "Number": order.get("number") or order.get("id"),
        "Product": first.get("sku") or first.get("name"),
        "Quantities": "1" if len(lines) == 1 and first.get("quantity") == 1 else "several",
        "Kind": "subscription" if by_subscription else "calling_card" if balance is not None else None,
        "Charge": "renewal" if by_subscription else None,
        "Shipped": str(bool(order.get("shipping_lines"))).lower(),
        "Currency": order.get("currency"),
        "Total": order.get("total"),
        "Refunded": str(sum((abs(_amount("refunds", one.get("total"))) for one in refunds), Decimal(0))),
        "Balance": balance,
        # What the card held at first is its line before coupons, not the total with shipping and tax.
        "First balance": None if balance is None else meta.get(f"{_BALANCE}_original") or first.get("subtotal"),
        "Created": f"{created}+00:00" if created else None,
        "Paid": paid,
        "Method": order.get("payment_method"),
        "Status": order.get("status"),
        "Name": " ".join(str(billing.get(part) or "") for part in ("first_name", "last_name")).strip(),
        "Email": billing.get("email"),
        "Phone": billing.get("phone"),
    }
    return {column: "" if value is None else str(value) for column, value in row.items()}


def _objects(order: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    found = order.get(field) or []
    if not isinstance(found, list) or not all(isinstance(one, Mapping) for one in found):
        raise InvalidInput(field, "must be a list of JSON objects")
    return found


def _amount(column: str, value: object) -> Decimal:
    return amount(column, str(value or "").removeprefix("-"))


def _refine_rest(rows: Sequence[Row], data: dict[str, Any]) -> None:
    row = rows[0]
    status = status_in(_STATUSES, data["status"])
    if not row["Paid"]:
        raise RowSkipped("not_paid", status=row["Status"])
    if row["Quantities"] != "1":
        raise RowSkipped("several_products")
    data["status"] = with_refund(status, _amount("total", row["Total"]), _amount("refunds", row["Refunded"]))
    data["number"] = _number(data["number"] or "")
    for ours in ("original_balance", "remaining_balance"):
        try:
            data[ours] = data[ours] and f"{amount(_BALANCE, data[ours]):f}"
        except InvalidInput as error:
            raise RowSkipped("unreadable", field=error.field, problem=error.problem) from None


REST = Export(
    "woocommerce",
    (),
    {
        "number": ("Number",),
        "product": ("Product",),
        "product_kind": ("Kind",),
        "charge": ("Charge",),
        "shipped": ("Shipped",),
        "currency": ("Currency",),
        "amount_paid": ("Total",),
        "original_balance": ("First balance",),
        "remaining_balance": ("Balance",),
        "placed_at": ("Created",),
        "payment_method": ("Method",),
        "status": ("Status",),
        "customer.name": ("Name",),
        "customer.email": ("Email",),
        "customer.phone": ("Phone",),
    },
    _refine_rest,
)
