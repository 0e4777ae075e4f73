"""Stripe as its documentation describes it, as far as the bot uses it, and strict about what it is sent.

with StripeServer() as stripe:
    stripe.add_payment("CC-104233", 5000)
    StripeGateway(StripeApi(stripe.key, stripe.url), …).refund(…)
    assert len(stripe.refunds) == 1 and stripe.violations == []
"""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import re
import time
from typing import Any

from tests.gateways.shop_server import Reply, Sent, ShopFault, ShopServer

KEY = "sk_test_of_the_contract_server"
WEBHOOK_SECRET = "whsec_of_the_contract_server"
_QUERY = re.compile(r"metadata\['([^']+)'\]:'([^']*)'")


class StripeServer(ShopServer):
    """``lag``: order numbers that a search does not find yet. ``saves_errors``: whether a 500 came after the endpoint
    began, so that the key gives it again for ever. ``flexible``: an end of a subscription is shown as its date, not by
    the flag."""

    user = key = KEY
    password = ""

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.saves_errors = False
        self.in_flight = 0
        self.flexible = False
        self.lag: set[str] = set()
        self._ids = itertools.count(1)
        self._replies: dict[str, tuple[Any, Reply]] = {}
        self.objects: dict[str, dict[str, dict[str, Any]]] = {}

    # What the shop has at Stripe

    def add_payment(
        self, number: str | None, amount: int, currency: str = "usd", customer: str | None = "cus_1", **more: Any
    ) -> dict[str, Any]:
        """A PaymentIntent that was paid, with its charge."""
        metadata = {"order_number": number} if number else {}
        charge = self._add(
            "charges", "ch", amount=amount, amount_refunded=0, refunded=False, disputed=False, currency=currency
        )
        intent = self._add(
            "payment_intents",
            "pi",
            amount=amount,
            amount_received=amount,
            currency=currency,
            customer=customer,
            latest_charge=charge["id"],
            metadata=metadata,
            invoice=None,
            status="succeeded",
        )
        intent.update(more)
        charge.update(payment_intent=intent["id"], metadata=metadata)
        return intent

    def add_subscription(self, number: str, amount: int, period_end: int, currency: str = "usd") -> dict[str, Any]:
        """A subscription whose first invoice, and a renewal, were paid."""
        subscription = self._add(
            "subscriptions",
            "sub",
            status="active",
            customer="cus_1",
            current_period_end=period_end,
            cancel_at=None,
            cancel_at_period_end=False,
            metadata={"order_number": number},
        )
        for reason in ("subscription_create", "subscription_cycle"):
            intent = self.add_payment(None, amount, currency)
            invoice = self._add(
                "invoices",
                "in",
                billing_reason=reason,
                status="paid",
                subscription=subscription["id"],
                payment_intent=intent["id"],
            )
            intent["invoice"] = invoice["id"]
        return subscription

    def add_dispute(self, intent: dict[str, Any], status: str = "needs_response") -> dict[str, Any]:
        """A dispute of a payment."""
        self.objects["charges"][intent["latest_charge"]]["disputed"] = True
        return self._add("disputes", "dp", charge=intent["latest_charge"], payment_intent=intent["id"], status=status)

    def refund_elsewhere(self, intent: dict[str, Any], amount: int) -> dict[str, Any]:
        """A refund that somebody made in Stripe's dashboard."""
        return self._refund(intent, amount, {})

    @property
    def refunds(self) -> list[dict[str, Any]]:
        """The refunds, oldest first."""
        return list(self.objects.get("refunds", {}).values())

    @property
    def credits(self) -> list[dict[str, Any]]:
        """The transactions of customers' credit balances."""
        return list(self.objects.get("balance_transactions", {}).values())

    def forget_keys(self) -> None:
        """A day passes."""
        self._replies.clear()

    # Events

    def event(self, kind: str, about: dict[str, Any], event_id: str | None = None) -> bytes:
        """The body of an event."""
        return json.dumps(
            {
                "id": event_id or f"evt_{next(self._ids)}",
                "object": "event",
                "api_version": "2020-08-27",
                "created": int(time.time()),
                "type": kind,
                "data": {"object": about},
            }
        ).encode()

    @staticmethod
    def signature(body: bytes, at: float | None = None, secret: str = WEBHOOK_SECRET) -> str:
        """The Stripe-Signature of a body."""
        moment = str(int(time.time() if at is None else at))
        digest = hmac.new(secret.encode(), moment.encode() + b"." + body, hashlib.sha256).hexdigest()
        return f"t={moment},v1={digest},v0={'0' * 64}"

    # What it answers

    def answer(self, sent: Sent) -> Reply:
        with self.lock:
            if sent.headers.get("stripe-version") != "2024-06-20":
                self.violations.append("no Stripe-Version, or another")
            if sent.method != "POST":
                if "idempotency-key" in sent.headers:
                    self.violations.append(f"an Idempotency-Key on a {sent.method}")
                return self._do(sent)
            key = sent.headers.get("idempotency-key", "")
            if not 0 < len(key) <= 255:
                self.violations.append("a POST without an Idempotency-Key")
            if self.in_flight:
                self.in_flight -= 1
                return _error(409, "idempotency_error", "idempotency_key_in_use")
            what = (sent.path, sent.values)
            if key in self._replies:
                before, reply = self._replies[key]
                if before != what:
                    return _error(400, "idempotency_error", None)
                return Reply(reply.status, reply.body, {"Idempotent-Replayed": "true"})
            reply = self._do(sent)
            self._replies[key] = (what, Reply(reply.status, json.loads(json.dumps(reply.body))))
            return reply

    def unauthorised(self) -> Reply:
        return _error(401, "invalid_request_error", None)

    def failure(self, fault: ShopFault, sent: Sent) -> Reply:
        kind = "rate_limit" if fault is ShopFault.TOO_MANY else None
        reply = _error(500, "api_error", kind)
        if self.saves_errors and fault is ShopFault.ERROR_BEFORE:
            self._replies[sent.headers["idempotency-key"]] = ((sent.path, sent.values), reply)
        return reply

    def _do(self, sent: Sent) -> Reply:
        parts = sent.path.removeprefix("/v1/").split("/")
        if parts[-1] == "search" and sent.method == "GET":
            found = _QUERY.fullmatch(sent.query.get("query", ""))
            if found is None:
                return _error(400, "invalid_request_error", None)
            rows = [
                row
                for row in self.objects.get(parts[0], {}).values()
                if row["metadata"].get(found[1]) == found[2] and found[2] not in self.lag
            ]
            return Reply(200, {"object": "search_result", "data": rows, "has_more": False, "next_page": None})
        if parts[0] == "customers" and parts[2] == "balance_transactions":
            return self._credit(parts[1], sent) if sent.method == "POST" else self._list("balance_transactions", sent)
        if len(parts) == 1 and sent.method == "GET":
            return self._list(parts[0], sent)
        if parts == ["refunds"]:
            return self._new_refund(sent)
        row = self.objects.get(parts[0], {}).get(parts[1])
        if row is None or (sent.method == "DELETE" and row["status"] == "canceled"):
            return _error(404, "invalid_request_error", "resource_missing")
        if sent.method == "DELETE" and parts[0] == "subscriptions":
            row["status"] = "canceled"
        elif sent.method == "POST" and parts[0] == "subscriptions":
            if row["status"] == "canceled":
                return _error(400, "invalid_request_error", None)
            if sent.values.get("proration_behavior") != "none":
                self.violations.append("an agreement that ends with a proration")
            if "cancel_at" in sent.values:
                row["cancel_at"] = int(sent.values["cancel_at"])
            elif self.flexible:
                row["cancel_at"] = max(item["current_period_end"] for item in row["items"]["data"])
            else:
                row["cancel_at_period_end"] = sent.values["cancel_at_period_end"] == "true"
        elif sent.method != "GET":
            self.violations.append(f"{sent.method} {sent.path}")
        return Reply(200, row)

    def _list(self, what: str, sent: Sent) -> Reply:
        query = dict(sent.query)
        limit, after = int(query.pop("limit", "10")), query.pop("starting_after", None)
        rows = [
            row
            for row in reversed(self.objects.get(what, {}).values())
            if all(row.get(name) == value for name, value in query.items())
        ]
        if after is not None:
            rows = rows[[row["id"] for row in rows].index(after) + 1 :]
        return Reply(200, {"object": "list", "data": rows[:limit], "has_more": len(rows) > limit})

    def _new_refund(self, sent: Sent) -> Reply:
        values = dict(sent.values)
        intent = self.objects["payment_intents"].get(values.pop("payment_intent", ""))
        if intent is None:
            return _error(404, "invalid_request_error", "resource_missing")
        charge = self.objects["charges"][intent["latest_charge"]]
        amount = int(values.pop("amount"))
        metadata = {name[9:-1]: values.pop(name) for name in list(values) if name.startswith("metadata[")}
        if values != {"reason": "requested_by_customer"}:
            self.violations.append(f"parameters that a refund has not: {sorted(values)}")
        if charge["refunded"]:
            return _error(400, "invalid_request_error", "charge_already_refunded")
        if amount < 1 or amount > charge["amount"] - charge["amount_refunded"]:
            return _error(400, "invalid_request_error", None)
        return Reply(200, self._refund(intent, amount, metadata))

    def _refund(self, intent: dict[str, Any], amount: int, metadata: dict[str, str]) -> dict[str, Any]:
        charge = self.objects["charges"][intent["latest_charge"]]
        charge["amount_refunded"] += amount
        charge["refunded"] = charge["amount_refunded"] == charge["amount"]
        return self._add(
            "refunds",
            "re",
            amount=amount,
            currency=intent["currency"],
            payment_intent=intent["id"],
            charge=charge["id"],
            status="succeeded",
            metadata=metadata,
        )

    def _credit(self, customer: str, sent: Sent) -> Reply:
        values = sent.values
        metadata = {name[9:-1]: value for name, value in values.items() if name.startswith("metadata[")}
        amount = int(values["amount"])
        if amount >= 0:
            self.violations.append("a credit that takes money from the customer")
        row = self._add(
            "balance_transactions",
            "cbtxn",
            amount=amount,
            currency=values["currency"],
            customer=customer,
            type="adjustment",
            metadata=metadata,
        )
        return Reply(200, row)

    def _add(self, what: str, prefix: str, **values: Any) -> dict[str, Any]:
        row = {"id": f"{prefix}_{next(self._ids)}", **values}
        self.objects.setdefault(what, {})[row["id"]] = row
        return row


def _error(status: int, kind: str, code: str | None) -> Reply:
    error = {"type": kind, "message": "about alex@example.com", **({"code": code} if code else {})}
    return Reply(status, {"error": error})
