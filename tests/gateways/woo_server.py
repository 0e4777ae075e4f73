"""A shop with WooCommerce as far as the bot uses it: its answers have the shapes of those of a real one (``cases``),
and what it is sent may hold no field that WooCommerce's own controllers don't take.

Refunds go as wc_create_refund does: recorded first, then paid through the payment method, then marked as paid; if the
payment method refuses, the record is taken back.
"""

from __future__ import annotations

import base64
import copy
import hashlib
import hmac
import itertools
import json
import re
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

from tests.gateways.shop_server import Reply, Sent, ShopFault, ShopServer

KEY, SECRET = "ck_of_the_contract_server", "cs_of_the_contract_server"
WEBHOOK_SECRET = "webhook secret of the contract server"
CUSTOMER = 7
"""The account of whoever has ordered, unless it is said otherwise; with the address of the order's bill."""

CASES = Path(__file__).parent / "cases"
_FIELDS = {
    "refunds": {"amount", "reason", "api_refund", "api_restock", "line_items", "refunded_by", "meta_data"},
    "line_items": {"id", "quantity", "refund_total", "refund_tax"},
    "subscriptions": {"status", "transition_status"},
    "orders": {"status"},
    "wallet": {"email", "type", "amount", "note", "details"},
}
_MONEY = ("total", "subtotal", "discount_total", "shipping_total", "cart_tax", "total_tax")


def case(name: str) -> Any:
    """One of the answers of real systems."""
    return json.loads((CASES / f"{name}.json").read_text())


class WooServer(ShopServer):
    """``payments`` is what the payment method has paid back: order id and amount. ``method``: what it does with a
    refund: "pays", "refuses", "breaks" (pays, and the shop hears an error) or "dies" (pays, and PHP with it).

    ``decimals`` is the shop's setting: what has more is rounded where it is recorded, not where it is paid.
    ``rounds_to``: some plugin rounds to fewer where a refund is recorded. ``forgets``: refunds are paid, and not shown
    afterwards. ``wallet_says``: what it answers instead of giving a credit.
    ``has_order_subscriptions``: whether the plugin is 7.9.0 or newer; ``accounts`` are the addresses of its customers,
    ``supports`` what its payment methods can do."""

    user, password = KEY, SECRET

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.has_subscriptions = self.has_order_subscriptions = self.has_wallet = True
        self.may_ask_methods = True
        self.decimals, self.rounds_to = 2, 8
        self.forgets = False
        self.wallet_says: dict[str, Any] | None = None
        self.accounts: dict[int, str] = {}
        self.supports: dict[str, list[str]] = {"stripe": ["products", "refunds"], "bacs": ["products"]}
        self.method = "pays"
        self.orders: dict[int, dict[str, Any]] = {}
        self.refunds: dict[int, list[dict[str, Any]]] = {}
        self.subscriptions: dict[int, dict[str, Any]] = {}
        self.wallet: list[dict[str, Any]] = []
        self.payments: list[tuple[int, str]] = []
        self._ids = itertools.count(900_001)

    # What the shop has

    def add_order(self, order_id: int, email: str = "alex@example.com", **changes: Any) -> dict[str, Any]:
        """A card for 50.00 that was paid."""
        order: dict[str, Any] = case("woo-order-bank-transfer")
        order |= {
            "id": order_id,
            "number": str(order_id),
            "customer_id": CUSTOMER,
            "date_created": "2026-05-05T12:00:00",
            "date_created_gmt": "2026-05-05T16:00:00",
            "date_paid_gmt": "2026-05-05T16:00:05",
            "payment_method": "stripe",
            "billing": {**order["billing"], "first_name": "Alex", "last_name": "Rivera", "email": email, "phone": ""},
            "meta_data": [{"id": 1, "key": "card_balance", "value": "50.00"}],
            **changes,
        }
        if "line_items" not in changes:
            (line,) = order["line_items"]
            line |= {"sku": "global-card", "total": order["total"], "subtotal": order["total"]}
        if order["customer_id"]:
            self.accounts.setdefault(order["customer_id"], email)
        self.orders[order_id] = order
        self.refunds[order_id] = []
        return order

    def add_subscription(self, order_id: int, *, parent: bool = True, status: str = "active") -> dict[str, Any]:
        """The subscription that an order began (``parent``) or renewed."""
        found: dict[str, Any] = case("woo-order-plan-parent")
        found |= {"id": next(self._ids), "parent_id": order_id if parent else 1, "status": status, "of": order_id}
        found |= {"next_payment_date_gmt": "2026-06-05T16:00:00", "end_date_gmt": "", "cancelled_date_gmt": ""}
        self.subscriptions[found["id"]] = found
        return found

    def refund_in_the_shop(self, order_id: int, amount: str, reason: str = "") -> None:
        """A refund that somebody made in the shop's own pages."""
        refund = {**case("woo-refund-paid"), "id": next(self._ids), "amount": amount, "reason": reason}
        self.refunds[order_id].append(refund)

    def webhook(self, order_id: int) -> tuple[bytes, dict[str, str]]:
        """The body and headers of an order.updated."""
        body = json.dumps(self._shown(self.orders[order_id])).encode()
        return body, {
            "Content-Type": "application/json",
            "X-WC-Webhook-Topic": "order.updated",
            "X-WC-Webhook-Signature": self.signature(body),
            "X-WC-Webhook-Delivery-ID": f"{next(self._ids)}",
        }

    @staticmethod
    def signature(body: bytes, secret: str = WEBHOOK_SECRET) -> str:
        """The X-WC-Webhook-Signature of a body."""
        return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()

    # What it answers

    def unauthorised(self) -> Reply:
        return _error(401, "woocommerce_rest_cannot_view")

    def failure(self, fault: ShopFault, sent: Sent) -> Reply:
        return Reply(500, {"code": "internal_server_error", "message": "There has been a critical error", "data": {}})

    def answer(self, sent: Sent) -> Reply:
        with self.lock:
            path = sent.path.removeprefix("/wp-json/wc/v3")
            for pattern, method in _ROUTES:
                found = re.fullmatch(pattern, path)
                if found:
                    return method(self, sent, *found.groups())
            return _error(404, "rest_no_route")

    def _index(self, sent: Sent) -> Reply:
        routes = ["/wc/v3/orders", *(["/wc/v3/wallet"] if self.has_wallet else [])]
        routes += ["/wc/v3/subscriptions"] * self.has_subscriptions
        if self.has_subscriptions and self.has_order_subscriptions:
            routes.append(r"/wc/v3/orders/(?P<id>[\d]+)/subscriptions")
        return Reply(200, {"namespace": "wc/v3", "routes": {route: {} for route in routes}})

    def _orders(self, sent: Sent) -> Reply:
        term = sent.query.get("search")
        rows = [self._shown(o) for o in self.orders.values() if term is None or term in f"{o['number']} {o['id']}"]
        return self._page(rows, sent)

    def _order(self, sent: Sent, order_id: str) -> Reply:
        order = self.orders.get(int(order_id))
        if order is None:
            return _error(404, "woocommerce_rest_shop_order_invalid_id")
        if sent.method == "PUT":
            self._check(sent, "orders")
            order["status"] = sent.values["status"]
        return Reply(200, self._shown(order))

    def _refunds(self, sent: Sent, order_id: str) -> Reply:
        order = self.orders.get(int(order_id))
        if order is None:
            return _error(404, "woocommerce_rest_invalid_order_id")
        refunds = self.refunds[order["id"]]
        if sent.method == "GET":
            return self._page(list(reversed(refunds)), sent)
        values = sent.values
        self._check(sent, "refunds")
        self._check_lines(values, order)
        if not isinstance(values.get("amount"), str) or values.get("api_restock") is not False:
            self.violations.append("a refund whose amount is no text, or that restocks")
        left = Decimal(order["total"]) - sum(Decimal(refund["amount"]) for refund in refunds)
        if not 0 <= Decimal(values["amount"]) <= left:
            return _error(500, "woocommerce_rest_cannot_create_order_refund")
        refund = {
            **case("woo-refund-paid"),
            "id": next(self._ids),
            "amount": self._recorded(values["amount"]),
            "reason": values["reason"],
            "refunded_payment": False,
        }
        if self.rounds_to < self.decimals:
            refund["amount"] = f"{round(Decimal(values['amount']), self.rounds_to):f}"
        if not self.forgets:
            refunds.append(refund)
        if values.get("api_refund", True):
            if self.method != "refuses":
                self.payments.append((order["id"], values["amount"]))
            if self.method in ("refuses", "breaks"):
                refunds.remove(refund)
                return _error(500, "woocommerce_rest_cannot_create_order_refund")
            if self.method == "dies":
                return Reply(500, b"<html>There has been a critical error on this website.</html>")
            refund["refunded_payment"] = True
        if self.forgets:
            return Reply(201, {**refund, "reason": ""})
        if Decimal(values["amount"]) == left:
            order["status"] = "refunded"
        return Reply(201, refund)

    def _of_order(self, sent: Sent, order_id: str) -> Reply:
        if not self.has_subscriptions or not self.has_order_subscriptions:
            return _error(404, "rest_no_route")
        return self._page([s for s in self.subscriptions.values() if s["of"] == int(order_id)], sent)

    def _subscriptions(self, sent: Sent) -> Reply:
        if not self.has_subscriptions:
            return _error(404, "rest_no_route")
        parents = [int(sent.query["parent"])] if "parent" in sent.query else None
        rows = [s for s in self.subscriptions.values() if parents is None or s["parent_id"] in parents]
        return self._page(rows, sent)

    def _subscription(self, sent: Sent, key: str) -> Reply:
        if not self.has_subscriptions:
            return _error(404, "rest_no_route")
        found = self.subscriptions.get(int(key))
        if found is None:
            return _error(404, "woocommerce_rest_shop_subscription_invalid_id")
        if sent.method == "PUT":
            self._check(sent, "subscriptions")
            moved = sent.values.get("transition_status")
            found["status"] = moved or sent.values["status"]
            if moved == "pending-cancel":  # the end of what was paid for; a status that is only set dates nothing
                found |= {"end_date_gmt": found["next_payment_date_gmt"], "next_payment_date_gmt": ""}
        return Reply(200, found)

    def _customer(self, sent: Sent, key: str) -> Reply:
        email = self.accounts.get(int(key))
        if email is None:
            return _error(404, "woocommerce_rest_invalid_id")
        return Reply(200, {"id": int(key), "email": email, "role": "customer", "is_paying_customer": True})

    def _payment_gateway(self, sent: Sent, key: str) -> Reply:
        if not self.may_ask_methods:
            return _error(403, "woocommerce_rest_cannot_view")
        supports = self.supports.get(key)
        if supports is None:
            return _error(404, "woocommerce_rest_payment_gateway_invalid")
        return Reply(200, {"id": key, "title": key, "enabled": True, "method_supports": supports, "settings": {}})

    def _system_status(self, sent: Sent) -> Reply:
        version = "7.9.0" if self.has_order_subscriptions else "7.6.0"
        file = "woocommerce-subscriptions/woocommerce-subscriptions.php"
        plugin = {"plugin": file, "name": "WooCommerce Subscriptions", "version": version}
        return Reply(200, {"environment": {}, "active_plugins": [plugin] if self.has_subscriptions else []})

    def _wallet(self, sent: Sent) -> Reply:
        if not self.has_wallet:
            return _error(404, "rest_no_route")
        email = sent.query.get("email") or sent.values.get("email")
        if sent.method == "GET":
            return self._page([row for row in reversed(self.wallet) if row["user"]["email"] == email], sent)
        self._check(sent, "wallet")
        owner = next((key for key, known in self.accounts.items() if known == email), 0)
        if not owner:
            return _error(404, "terawallet_rest_invalid_email")
        if self.wallet_says is not None:
            return Reply(200, self.wallet_says)
        amount = float(sent.values["amount"])
        row = case("woo-terawallet-transaction") | {
            "id": next(self._ids),
            "user_id": owner,
            "type": sent.values["type"],
            "amount": int(amount) if amount.is_integer() else amount,
            "details": sent.values["note"],
        }
        row["user"] |= {"id": owner, "email": email}
        self.wallet.append(row)
        return Reply(200, {"response": "success", "id": row["id"]})

    def _check(self, sent: Sent, what: str) -> None:
        unknown = sorted(set(sent.values) - _FIELDS[what])
        if unknown:
            self.violations.append(f"fields that {what} don't take: {unknown}")

    def _check_lines(self, values: dict[str, Any], order: dict[str, Any]) -> None:
        lines = values.get("line_items")
        if lines is None:
            return
        taxes = [tax for line in lines for tax in line["refund_tax"]]
        known = {line["id"] for kind in ("line_items", "shipping_lines", "fee_lines") for line in order[kind]}
        total = sum(Decimal(row["refund_total"]) for row in [*lines, *taxes])
        if not {line["id"] for line in lines} <= known or total != Decimal(values["amount"]):
            self.violations.append("lines of a refund that are not the order's, or don't make up its amount")
        if any(set(line) - _FIELDS["line_items"] for line in lines):
            self.violations.append("fields that a refund's lines don't take")

    def _recorded(self, amount: str) -> str:
        """An amount as the shop keeps and shows it."""
        step = Decimal(1).scaleb(-self.decimals)
        return f"{Decimal(amount).quantize(step, rounding=ROUND_HALF_UP):f}"

    def _page(self, rows: list[dict[str, Any]], sent: Sent) -> Reply:
        size, page = int(sent.query.get("per_page", 10)), int(sent.query.get("page", 1))
        if not 1 <= size <= 100:
            return _error(400, "rest_invalid_param")
        return Reply(200, rows[(page - 1) * size : page * size], {"X-WP-Total": str(len(rows))})

    def _shown(self, order: dict[str, Any]) -> dict[str, Any]:
        refunds = [
            {"id": refund["id"], "reason": refund["reason"], "total": f"-{refund['amount']}"}
            for refund in self.refunds[order["id"]]
        ]
        shown = copy.deepcopy({**order, "refunds": refunds})
        for row in (shown, *shown["line_items"], *shown["shipping_lines"]):
            row.update({name: self._recorded(row[name]) for name in _MONEY if _is_money(row.get(name))})
        return shown


_ROUTES: list[Any] = [
    ("", WooServer._index),
    ("/orders", WooServer._orders),
    (r"/orders/(\d+)", WooServer._order),
    (r"/orders/(\d+)/refunds", WooServer._refunds),
    (r"/orders/(\d+)/subscriptions", WooServer._of_order),
    ("/subscriptions", WooServer._subscriptions),
    (r"/subscriptions/(\d+)", WooServer._subscription),
    (r"/customers/(\d+)", WooServer._customer),
    (r"/payment_gateways/([\w-]+)", WooServer._payment_gateway),
    ("/system_status", WooServer._system_status),
    ("/wallet", WooServer._wallet),
]


def _is_money(value: object) -> bool:
    return isinstance(value, str) and re.fullmatch(r"[0-9]+(\.[0-9]+)?", value) is not None


def _error(status: int, code: str) -> Reply:
    return Reply(status, {"code": code, "message": "about alex@example.com", "data": {"status": status}})
