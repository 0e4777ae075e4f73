"""Stripe as the billing gateway; docs/connect/stripe.md says what that means for a shop."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from bot.cases.ports.billing import Balance, BillingGateway, KnownPayment, Unclear
from bot.connectors.shared.gateways import KEY
from bot.connectors.stripe.api import (
    ENDED,
    NAME,
    StripeApi,
    StripeCall,
    StripeRejected,
    metadata,
    minor_units,
    senseless,
    text_id,
)
from bot.policy.facts import Destination
from bot.wording import say

KEY_FIELD = "refund_desk_key"
"""The metadata field that holds the idempotency key of what was paid. Stripe forgets keys after a day; this stays."""
FREE = frozenset({"won", "warning_closed"})
"""Statuses of a dispute that is over without the money. Any other word forbids a refund: Stripe's list grows."""

NOT_PAID = frozenset({"failed", "canceled"})
_PAID = frozenset({"succeeded", "pending", "requires_action"})
_RUNS = frozenset({"trialing", "active", "past_due", "unpaid", "paused"})
"""Statuses of a subscription that began and has not ended."""


class StripeGateway:
    """A ``bot.cases.ports.billing.BillingGateway``.

    Stripe runs no service and knows no card's balance. ``services`` does, where it is given: it is asked to stop them
    and for balances. Without it only a plan can be stopped, by cancelling its subscription, which ends its agreement at
    the same time; its balance is None, so what the store has on record counts.

    ``start_of`` gives the first instant of a business date.
    """

    def __init__(
        self, api: StripeApi, start_of: Callable[[date], datetime], services: BillingGateway | None = None
    ) -> None:
        self._api = api
        self._start_of = start_of
        self._services = services

    def stop_service(self, order_number: str, *, key: str) -> None:
        """See BillingGateway."""
        if self._services is not None:
            self._services.stop_service(order_number, key=key)
            return
        call = self._api.call()
        subscription = call.subscription(order_number)
        if subscription is None:
            raise StripeRejected("no_subscription", "nothing_to_stop", order=order_number)
        if subscription.get("status") in ENDED:
            return
        path = f"/v1/subscriptions/{text_id(subscription)}"
        refused: StripeRejected | None = None
        try:
            call.change("DELETE", path, {})
        except StripeRejected as error:
            refused = error  # if only because it was cancelled meanwhile, the next read tells
        if call.get(path).get("status") not in ENDED:
            raise refused or StripeRejected("not_cancelled", "subscription_still_there")

    def end_agreement(self, order_number: str, on: date, *, key: str) -> None:
        """See BillingGateway. The subscription ends with its period, or with that date if that is earlier; it is not
        charged after it. An agreement that has ended already stays ended."""
        call = self._api.call()
        subscription = call.subscription(order_number)
        if subscription is None:
            raise StripeRejected("no_subscription", "no_subscription", order=order_number)
        end = int(self._start_of(on + timedelta(days=1)).timestamp())
        if subscription.get("status") in ENDED or _ends_by(subscription, end):
            return
        at_period_end = _period_end(subscription) <= end
        wanted = {"cancel_at_period_end": "true"} if at_period_end else {"cancel_at": str(end)}
        path = f"/v1/subscriptions/{text_id(subscription)}"
        changed = call.change("POST", path, {**wanted, "proration_behavior": "none"}, _checked(key))
        if not _ends_by(changed, end):
            raise senseless()

    def refund(self, order_number: str, amount: Decimal, currency: str, destination: Destination, *, key: str) -> str:
        """See BillingGateway. The wallet is the customer's credit balance, which Stripe applies to their next
        invoices; a payment without a customer has none."""
        units = minor_units(amount, currency)
        call = self._api.call()
        payment = call.payment(order_number)
        if payment.get("currency") != currency.lower():
            raise StripeRejected("currency_mismatch")
        wanted = {"amount": units, "currency": currency.lower()}
        refunds = _refunds(call, payment)
        credits = _credits(call, payment, order_number, self._api.order_field)
        to_wallet = destination is Destination.WALLET
        paid = _paid_before(_checked(key), refunds, credits, to_wallet, wanted)
        if paid is not None:
            return paid
        _refuse_disputed(call, payment)
        names = {f"metadata[{KEY_FIELD}]": key, f"metadata[{self._api.order_field}]": order_number}
        if to_wallet:
            customer = payment.get("customer")
            if not isinstance(customer, str):
                raise StripeRejected("no_customer", "payment_without_customer")
            path = f"/v1/customers/{text_id({'id': customer})}/balance_transactions"
            said = say("payment_for", order=order_number)
            form = {"amount": str(-units), "currency": currency.lower(), "description": said}
            done = call.change("POST", path, {**form, **names}, key)
            _expect(done, amount=-units, currency=currency.lower())
            return text_id(done)
        form = {"payment_intent": text_id(payment), "amount": str(units), "reason": "requested_by_customer"}
        done = call.change("POST", "/v1/refunds", {**form, **names}, key)
        _expect(done, **wanted)
        return _not_failed(done)

    def destinations(self, order_number: str, amount: Decimal, currency: str) -> frozenset[Destination]:
        """See BillingGateway. The credit balance is a customer's: a payment without one has none."""
        units = minor_units(amount, currency)
        call = self._api.call()
        subscription = call.subscription(order_number)
        if subscription is not None and subscription.get("status") not in ENDED | _RUNS:
            raise StripeRejected("unclear_status", "subscription_word", order=order_number)
        payment = call.payment(order_number)
        if payment.get("currency") != currency.lower():
            raise StripeRejected("currency_mismatch")
        received = payment.get("amount_received")
        if not isinstance(received, int) or units > received:
            raise StripeRejected("exceeds_amount_paid")
        _refuse_disputed(call, payment)
        credits = _credits(call, payment, order_number, self._api.order_field)
        _refuse_others([*_refunds(call, payment), *credits])
        open_to = {Destination.ORIGINAL_PAYMENT_METHOD}
        if isinstance(payment.get("customer"), str):
            open_to.add(Destination.WALLET)
        return frozenset(open_to)

    def balance(self, order_number: str) -> Balance:
        """See BillingGateway. Raises Rejected where the payment is disputed or refunded already: this is read between
        the stop and the payment, and both may have happened since the yes."""
        call = self._api.call()
        payment = call.payment(order_number)
        _refuse_disputed(call, payment)
        _refuse_others(_refunds(call, payment))
        if self._services is not None:
            return self._services.balance(order_number)
        return Balance(None, str(payment.get("currency")).upper(), False)

    def payments(self, order_number: str) -> list[KnownPayment]:
        """See BillingGateway."""
        call = self._api.call()
        payment = call.payment(order_number)
        rows = [*_refunds(call, payment), *_credits(call, payment, order_number, self._api.order_field)]
        return [
            KnownPayment(str(metadata(row).get(KEY_FIELD, "")), _said(row))
            for row in rows
            if row.get("status") not in NOT_PAID
        ]


def disputes_of(call: StripeCall, payment: Mapping[str, Any]) -> list[str]:
    """The ids of the disputes that forbid a refund."""
    found = call.all("/v1/disputes", payment_intent=text_id(payment))
    return [text_id(dispute) for dispute in found if dispute.get("status") not in FREE]


def _refuse_disputed(call: StripeCall, payment: Mapping[str, Any]) -> None:
    disputes = disputes_of(call, payment)
    if disputes:
        raise StripeRejected("disputed", "disputed", disputes=tuple(disputes))


def _ends_by(subscription: Mapping[str, Any], end: int) -> bool:
    """Whether a subscription that runs will end by then (seconds since 1970). Stripe says it by the flag, or by the
    date alone: flexible billing has only that."""
    at = subscription.get("cancel_at")
    if isinstance(at, int):
        return at <= end
    return subscription.get("cancel_at_period_end") is True and _period_end(subscription) <= end


def _period_end(subscription: Mapping[str, Any]) -> int:
    """When the period that was paid for ends: that of the subscription, or of its items, where newer versions of the
    API have it."""
    items = subscription.get("items")
    rows = items.get("data") if isinstance(items, Mapping) else None
    found = [row.get("current_period_end") for row in [subscription, *(rows or [])] if isinstance(row, Mapping)]
    ends = [end for end in found if isinstance(end, int)]
    if not ends:
        raise senseless()
    return max(ends)


def _refunds(call: StripeCall, payment: Mapping[str, Any]) -> list[dict[str, Any]]:
    return list(call.all("/v1/refunds", payment_intent=text_id(payment)))


def _credits(call: StripeCall, payment: Mapping[str, Any], number: str, order_field: str) -> list[dict[str, Any]]:
    customer = payment.get("customer")
    if not isinstance(customer, str):
        return []
    found = call.all(f"/v1/customers/{text_id({'id': customer})}/balance_transactions")
    return [row for row in found if KEY_FIELD in metadata(row) and metadata(row).get(order_field) == number]


def _paid_before(
    key: str,
    refunds: list[dict[str, Any]],
    credits: list[dict[str, Any]],
    to_wallet: bool,
    wanted: Mapping[str, Any],
) -> str | None:
    """The id of what was paid with the key already. Raises Unclear for the same key with other values, which was paid,
    too, and StripeRejected where something else was paid back for the order."""
    for row in [*refunds, *credits]:
        if metadata(row).get(KEY_FIELD) != key:
            continue
        is_credit = row in credits
        amount = -row["amount"] if is_credit and isinstance(row.get("amount"), int) else row.get("amount")
        if is_credit is not to_wallet or amount != wanted["amount"] or row.get("currency") != wanted["currency"]:
            raise Unclear(
                "key_paid_otherwise",
                system=NAME,
                payment=text_id(row),
                found=f"{amount} {row.get('currency')}",
                wanted=f"{wanted['amount']} {wanted['currency']}",
            )
        return text_id(row) if is_credit else _not_failed(row)
    _refuse_others([*refunds, *credits])
    return None


def _refuse_others(rows: Iterable[Mapping[str, Any]]) -> None:
    others = [row for row in rows if row.get("status") not in NOT_PAID]
    if others:
        raise StripeRejected("refunded_otherwise", "paid_back_already", payments=tuple(map(_said, others)))


def _said(row: Mapping[str, Any]) -> str:
    return say("known_payment", payment=text_id(row), amount=abs(int(row.get("amount") or 0)))


def _not_failed(refund: Mapping[str, Any]) -> str:
    if refund.get("status") in NOT_PAID:
        raise StripeRejected("refund_failed", "refund_failed", payment=text_id(refund))
    if refund.get("status") not in _PAID:
        raise Unclear("unknown_word", system=NAME, payment=text_id(refund))
    return text_id(refund)


def _expect(answer: Mapping[str, Any], **values: Any) -> None:
    if any(answer.get(name) != value for name, value in values.items()):
        raise senseless()


def _checked(key: str) -> str:
    if not KEY.fullmatch(key):
        raise StripeRejected("malformed_key")
    return key
