"""What an event of Stripe says about an order: only which objects to look at. Their state is read from Stripe, so that
events may come twice, late and in any order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cases.ports.shop import PaymentState
from bot.connectors.stripe.api import StripeApi, StripeCall, checked_id, metadata
from bot.connectors.stripe.gateway import KEY_FIELD, NOT_PAID, disputes_of

EVENTS = frozenset(
    {
        "charge.refunded",
        "charge.dispute.created",
        "charge.dispute.updated",
        "charge.dispute.closed",
        "customer.subscription.deleted",
        "refund.failed",
        "refund.updated",
        "charge.refund.updated",
    }
)
"""The events that are looked at."""
_ABOUT_REFUNDS = ("refund.failed", "refund.updated", "charge.refund.updated")


class StripeEvents:
    """See bot.cases.identity.live_orders.PaymentReader."""

    def __init__(self, api: StripeApi) -> None:
        self._api = api

    def read(self, event: Mapping[str, Any]) -> PaymentState | None:
        """The state of the order that an event is about; None for an event or an order that is none of ours."""
        data = event.get("data")
        about = data.get("object") if isinstance(data, Mapping) else None
        if event.get("type") not in EVENTS or not isinstance(about, Mapping):
            return None
        call = self._api.call()
        if event["type"] == "customer.subscription.deleted":
            subscription = call.get(f"/v1/subscriptions/{checked_id(about.get('id'))}")
            number = metadata(subscription).get(self._api.order_field)
            cancelled = subscription.get("status") == "canceled"
            return PaymentState(number, cancelled=cancelled) if isinstance(number, str) else None
        if event["type"] in _ABOUT_REFUNDS:
            return self._failed(call.get(f"/v1/refunds/{checked_id(about.get('id'))}"))
        intent = about.get("payment_intent")
        if not isinstance(intent, str):
            return None
        payment = call.get(f"/v1/payment_intents/{checked_id(intent)}")
        number = self._number(call, payment)
        if number is None:
            return None
        charge = call.get(f"/v1/charges/{checked_id(payment.get('latest_charge'))}")
        refunded = charge.get("refunded") is True
        return PaymentState(number, refunded=refunded, dispute_open=bool(disputes_of(call, payment)))

    def _failed(self, refund: Mapping[str, Any]) -> PaymentState | None:
        number, key = metadata(refund).get(self._api.order_field), metadata(refund).get(KEY_FIELD)
        if refund.get("status") not in NOT_PAID or not isinstance(number, str) or not isinstance(key, str):
            return None
        return PaymentState(number, failed=key)

    def _number(self, call: StripeCall, payment: Mapping[str, Any]) -> str | None:
        own = metadata(payment).get(self._api.order_field)
        if isinstance(own, str):
            return own
        if not isinstance(payment.get("invoice"), str):
            return None
        invoice = call.get(f"/v1/invoices/{checked_id(payment['invoice'])}")
        # The order is the first charge of its subscription; a renewal is another order.
        if invoice.get("billing_reason") != "subscription_create" or not isinstance(invoice.get("subscription"), str):
            return None
        subscription = call.get(f"/v1/subscriptions/{checked_id(invoice['subscription'])}")
        number = metadata(subscription).get(self._api.order_field)
        return number if isinstance(number, str) else None
