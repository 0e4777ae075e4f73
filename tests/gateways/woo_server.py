"""A shop with WooCommerce as the documentation describes it, as far as the bot uses it.

Refunds go as wc_create_refund does: recorded first, then paid through the payment method, then marked as paid; if the
payment method refuses, the record is taken back.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import re
from decimal import Decimal
from typing import Any

from tests.gateways.shop_server import Reply, Sent, ShopFault, ShopServer

KEY, SECRET = "ck_of_the_contract_server", "cs_of_the_contract_server"
WEBHOOK_SECRET = "webhook secret of the contract server"


class WooServer(ShopServer):
    """``payments`` is what the payment method has paid back: order id and amount. ``method``: what it does with a
    refund: "pays", "refuses", "breaks" (pays, and the shop hears an error) or "dies" (pays, and PHP with it)."""

    user, password = KEY, SECRET

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.has_subscriptions = self.has_wallet = True
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
        order = {
            "id": order_id,
            "parent_id": 0,
            "number": str(order_id),
            "status": "processing",
            "currency": "USD",
            "total": "50.00",
            "date_created": "2026-05-05T12:00:00",
            "date_created_gmt": "2026-05-05T16:00:00",
            "date_paid_gmt": "2026-05-05T16:00:05",
            "payment_method": "stripe",
            "billing": {"first_name": "Alex", "last_name": "Rivera", "email": email, "phone": ""},
            "line_items": [{"id": 1, "name": "Global card", "sku": "global-card", "quantity": 1, "total": "50.00"}],
            "shipping_lines": [],
            "meta_data": [{"id": 1, "key": "card_balance", "value": "50.00"}],
            **changes,
        }
        self.orders[order_id] = order
        self.refunds[order_id] = []
        return order

    def add_subscription(self, order_id: int, *, parent: bool = True, status: str = "active") -> dict[str, Any]:
        """The subscription that an order began (``parent``) or renewed."""
        found = {"id": next(self._ids), "parent_id": order_id if parent else 1, "status": status, "of": order_id}
        self.subscriptions[found["id"]] = found
        return found

    def refund_in_the_shop(self, order_id: int, amount: str, reason: str = "") -> None:
        """A refund that somebody made in the shop's own pages."""
        refund = {"id": next(self._ids), "amount": amount, "reason": reason, "refunded_payment": True, "meta_data": []}
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
        if not isinstance(values.get("amount"), str) or values.get("api_restock") is not False:
            self.violations.append("a refund whose amount is no text, or that restocks")
        left = Decimal(order["total"]) - sum(Decimal(refund["amount"]) for refund in refunds)
        if not 0 <= Decimal(values["amount"]) <= left:
            return _error(500, "woocommerce_rest_cannot_create_order_refund")
        refund = {
            "id": next(self._ids),
            "amount": values["amount"],
            "reason": values["reason"],
            "refunded_payment": False,
            "meta_data": [],
        }
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
        if Decimal(values["amount"]) == left:
            order["status"] = "refunded"
        return Reply(201, refund)

    def _of_order(self, sent: Sent, order_id: str) -> Reply:
        if not self.has_subscriptions:
            return _error(404, "rest_no_route")
        return self._page([s for s in self.subscriptions.values() if s["of"] == int(order_id)], sent)

    def _subscription(self, sent: Sent, key: str) -> Reply:
        found = self.subscriptions[int(key)]
        if sent.method == "PUT":
            found["status"] = sent.values["status"]
        return Reply(200, found)

    def _wallet(self, sent: Sent) -> Reply:
        if not self.has_wallet:
            return _error(404, "rest_no_route")
        email = sent.query.get("email") or sent.values.get("email")
        if sent.method == "GET":
            return self._page([row for row in reversed(self.wallet) if row["email"] == email], sent)
        row = {
            "transaction_id": str(next(self._ids)),
            "type": sent.values["type"],
            "amount": sent.values["amount"],
            "details": sent.values["note"],
            "email": email,
        }
        self.wallet.append(row)
        return Reply(200, {"response": "success", "id": int(row["transaction_id"])})

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
        return {**order, "refunds": refunds}


_ROUTES: list[Any] = [
    ("", WooServer._index),
    ("/orders", WooServer._orders),
    (r"/orders/(\d+)", WooServer._order),
    (r"/orders/(\d+)/refunds", WooServer._refunds),
    (r"/orders/(\d+)/subscriptions", WooServer._of_order),
    (r"/subscriptions/(\d+)", WooServer._subscription),
    ("/wallet", WooServer._wallet),
]


def _error(status: int, code: str) -> Reply:
    return Reply(status, {"code": code, "message": "about alex@example.com", "data": {"status": status}})
