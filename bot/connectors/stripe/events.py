"""What an event of Stripe says about an order: only which objects to look at. Their state is read from Stripe, so that
events may come twice, late and in any order."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cases.ports.shop import PaymentState
from bot.connectors.stripe.api import ENDED, StripeApi, StripeCall, StripeRejected, checked_id, is_id, metadata
from bot.connectors.stripe.gateway import KEY_FIELD, NOT_PAID, disputes_of

_PATHS = {
    "charge.refunded": "charges",
    "charge.dispute.created": "disputes",
    "charge.dispute.updated": "disputes",
    "charge.dispute.closed": "disputes",
    "customer.subscription.deleted": "subscriptions",
    "refund.failed": "refunds",
    "refund.updated": "refunds",
    "charge.refund.updated": "refunds",
}
"""The events that are looked at, and where the objects are that they are about."""
_ABOUT_REFUNDS = ("refund.failed", "refund.updated", "charge.refund.updated")
_THIN = "v2.core.event"
"""The ``object`` of an event that holds no more than which object it is about; its type is that of others behind
``v1.``."""


def is_thin(event: Mapping[str, Any]) -> bool:
    """Whether an event says only which object it is about."""
    return event.get("object") == _THIN


def subject_of(event: Mapping[str, Any]) -> tuple[str, str] | None:
    """The type of an event and the path of the object that it is about; None for one that is nothing to us."""
    kind = str(event.get("type"))
    data = event.get("data")
    if is_thin(event):
        kind, about = kind.removeprefix("v1."), event.get("related_object")
    else:
        about = data.get("object") if isinstance(data, Mapping) else None
    found = about.get("id") if isinstance(about, Mapping) else None
    if kind not in _PATHS or not is_id(found):
        return None
    return kind, f"/v1/{_PATHS[kind]}/{found}"


def _payment_in(event: Mapping[str, Any]) -> object:
    data = event.get("data")
    about = data.get("object") if isinstance(data, Mapping) else None
    return about.get("payment_intent") if isinstance(about, Mapping) else None


class StripeEvents:
    """See bot.cases.identity.live_orders.PaymentReader."""

    def __init__(self, api: StripeApi) -> None:
        self._api = api

    def read(self, event: Mapping[str, Any]) -> PaymentState | None:
        """The state of the order that an event is about; None for an event or an order that is none of ours, and for
        one about something that Stripe does not have (any more)."""
        found = subject_of(event)
        if found is None:
            return None
        kind, path = found
        call = self._api.call()
        try:
            if kind == "customer.subscription.deleted":
                return self._ended(call.get(path))
            if kind in _ABOUT_REFUNDS:
                return self._failed(call.get(path))
            return self._charged(call, _payment_in(event) or call.get(path).get("payment_intent"))
        except StripeRejected as refused:
            if refused.status == 404:
                return None
            raise

    def _ended(self, subscription: Mapping[str, Any]) -> PaymentState | None:
        number = metadata(subscription).get(self._api.order_field)
        cancelled = subscription.get("status") in ENDED
        return PaymentState(number, cancelled=cancelled) if isinstance(number, str) else None

    def _charged(self, call: StripeCall, intent: object) -> PaymentState | None:
        """What the payment of a charge or dispute says of its order."""
        if not is_id(intent):
            return None
        payment = call.get(f"/v1/payment_intents/{intent}")
        number = self._number(call, payment)
        if number is None or not isinstance(payment.get("latest_charge"), str):
            return None
        charge = call.get(f"/v1/charges/{checked_id(payment['latest_charge'])}")
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
