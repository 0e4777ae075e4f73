"""WooCommerce as the billing gateway; docs/connect/woocommerce.md says what that means for a shop.

The shop's API knows no idempotency keys. What is paid carries the key in its reason, which the shop stores before it
moves any money, and is looked for before anything is paid.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from bot.cases.ports.billing import Balance, BillingGateway, KnownPayment, Unclear
from bot.connectors.shared.gateways import KEY, GatewayUnavailable
from bot.connectors.woocommerce.api import (
    ENDED,
    NAME,
    NO_ROUTE,
    WooApi,
    WooCall,
    WooRejected,
    amount_of,
    meta,
    order_id,
    senseless,
)
from bot.policy.facts import Destination
from bot.policy.money import is_known, is_payable, plain
from bot.wording import say

_MARK = re.compile(r"\[refund-desk ([A-Za-z0-9._:/-]{4,128})\]", re.ASCII)


class WooGateway:
    """A ``bot.cases.ports.billing.BillingGateway``.

    ``services`` stops services and knows balances, where it is given. Without it a plan is stopped by cancelling its
    subscription; a card by giving its order ``stop_status``, at which the shop's own card system has to block it, and
    never if that is empty; a card's balance is the meta data ``balance_field`` of its order. ``wallet``: whether the
    shop has TeraWallet.
    """

    def __init__(
        self,
        api: WooApi,
        *,
        stop_status: str = "",
        balance_field: str = "card_balance",
        wallet: bool = False,
        services: BillingGateway | None = None,
    ) -> None:
        self._api = api
        self._stop_status = stop_status
        self._balance_field = balance_field
        self._wallet = wallet
        self._services = services

    def stop_service(self, order_number: str, *, key: str) -> None:
        """See BillingGateway."""
        if self._services is not None:
            self._services.stop_service(order_number, key=key)
            return
        call = self._api.call()
        order = call.needed_order(order_number)
        subscription = call.subscription(order)
        if subscription is not None:
            _set_status(call, "/subscriptions", subscription, "cancelled", ENDED)
        elif self._stop_status:
            _set_status(call, "/orders", order, self._stop_status, frozenset({self._stop_status}))
        else:
            raise WooRejected("no_subscription", "shop_nothing_to_stop", order=order_number)

    def end_agreement(self, order_number: str, on: date, *, key: str) -> None:
        """See BillingGateway. The subscription ends with the time that has been paid for; one that has ended already
        stays ended."""
        call = self._api.call()
        subscription = call.subscription(call.needed_order(order_number))
        if subscription is None:
            raise WooRejected("no_subscription", "shop_no_subscription", order=order_number)
        _set_status(call, "/subscriptions", subscription, "pending-cancel", ENDED | {"pending-cancel"})

    def refund(self, order_number: str, amount: Decimal, currency: str, destination: Destination, *, key: str) -> str:
        """See BillingGateway. A refund to the wallet is recorded with the order, as one that was not paid through the
        payment method, and then credited."""
        payable = amount.is_finite() and 0 < amount < 10**12 and is_known(currency) and is_payable(amount, currency)
        if not payable or not KEY.fullmatch(key):
            raise WooRejected("amount_not_payable" if not payable else "malformed_key")
        to_wallet = destination is Destination.WALLET
        if to_wallet and not self._wallet:
            raise WooRejected("no_wallet", "no_wallet")
        call = self._api.call()
        order = call.needed_order(order_number)
        if order.get("currency") != currency:
            raise WooRejected("currency_mismatch")
        if amount > amount_of(order.get("total")):
            raise WooRejected("exceeds_amount_paid")
        # The wallet is asked first: where it does not answer, nothing is recorded either.
        credit = _credit_of_key(call, order, amount, key) if to_wallet else None
        refund = _refund_of_key(call, order, key)
        if refund is None:
            refund = _new_refund(call, order, amount, currency, key, through_gateway=not to_wallet)
        if amount_of(refund.get("amount")) != amount or (to_wallet and refund.get("refunded_payment") is True):
            raise WooRejected("key_reused", "key_reused")
        if to_wallet:
            return credit or _new_credit(call, order, say("payment_for", order=order_number), amount, currency, key)
        if refund.get("refunded_payment") is not True:
            # The shop has begun it: it is on the way to the payment method, or died there.
            raise GatewayUnavailable("recorded_only", system=NAME)
        return str(order_id(refund))

    def balance(self, order_number: str) -> Balance:
        """See BillingGateway. Raises Rejected where something was refunded already: this is read between the stop and
        the payment, and it may have happened since the yes."""
        call = self._api.call()
        order = call.needed_order(order_number)
        _refuse_others(call.all(f"/orders/{order_id(order)}/refunds"))
        if self._services is not None:
            return self._services.balance(order_number)
        currency = str(order.get("currency"))
        if call.subscription(order) is not None:
            return Balance(None, currency, False)
        return Balance(_card_balance(order, self._balance_field), currency, False)

    def payments(self, order_number: str) -> list[KnownPayment]:
        """See BillingGateway."""
        call = self._api.call()
        refunds = call.all(f"/orders/{order_id(call.needed_order(order_number))}/refunds")
        return [KnownPayment(key_in(refund.get("reason")) or "", _said(refund)) for refund in refunds]


def key_in(reason: object) -> str | None:
    """The idempotency key that the reason of a refund carries; None for a refund that is none of ours."""
    found = _MARK.search(reason) if isinstance(reason, str) else None
    return found[1] if found else None


def _reason(key: str) -> str:
    return f"{say('product_name')} [refund-desk {key}]"


def _refund_of_key(call: WooCall, order: Mapping[str, Any], key: str) -> dict[str, Any] | None:
    """What was refunded with the key already. Raises WooRejected where something else was."""
    refunds = list(call.all(f"/orders/{order_id(order)}/refunds"))
    ours = [refund for refund in refunds if key_in(refund.get("reason")) == key]
    _refuse_others(refund for refund in refunds if refund not in ours)
    if len(ours) > 1:
        raise Unclear("paid_twice", system=NAME, payments=tuple(str(order_id(refund)) for refund in ours))
    return ours[0] if ours else None


def _new_refund(
    call: WooCall, order: Mapping[str, Any], amount: Decimal, currency: str, key: str, *, through_gateway: bool
) -> dict[str, Any]:
    wanted = {
        "amount": plain(amount, currency),
        "reason": _reason(key),
        "api_refund": through_gateway,
        "api_restock": False,
    }
    try:
        done = call.change("POST", f"/orders/{order_id(order)}/refunds", wanted)
    except WooRejected as refused:
        if refused.status != 500:
            raise
        # The shop takes its record back when the payment method refuses, and also when that breaks after it has paid:
        # repeating it could pay twice.
        raise Unclear("may_be_paid", system=NAME, word=refused.code) from None
    if key_in(done.get("reason")) != key:
        raise senseless()
    return done


def _refuse_others(refunds: Iterable[Mapping[str, Any]]) -> None:
    others = [_said(refund) for refund in refunds]
    if others:
        raise WooRejected("refunded_otherwise", "refunded_already", payments=tuple(others))


def _said(refund: Mapping[str, Any]) -> str:
    return say("known_payment", payment=order_id(refund), amount=str(amount_of(refund.get("amount"))))


def _credit_of_key(call: WooCall, order: Mapping[str, Any], amount: Decimal, key: str) -> str | None:
    """The id of the wallet's transaction that was made with the key already."""
    try:
        rows = list(call.all("/wallet", email=_email(order)))
    except WooRejected as refused:
        if refused.code == NO_ROUTE:
            raise WooRejected("no_wallet", "wallet_silent") from None
        raise
    for row in rows:
        if key_in(row.get("details")) == key:
            if row.get("type") != "credit" or amount_of(str(row.get("amount"))) != amount:
                raise WooRejected("key_reused", "key_reused")
            return f"wallet-{row.get('transaction_id')}"
    return None


def _new_credit(call: WooCall, order: Mapping[str, Any], said: str, amount: Decimal, currency: str, key: str) -> str:
    said = f"{said} [refund-desk {key}]"
    # The plugin's code reads `note`, one page of its documentation says `details`.
    credit = {"email": _email(order), "type": "credit", "amount": plain(amount, currency)}
    done = call.change("POST", "/wallet", {**credit, "note": said, "details": said})
    if done.get("response") != "success" or not isinstance(done.get("id"), (int, str)):
        raise WooRejected("wallet_refused", "wallet_refused")
    return f"wallet-{done['id']}"


def _email(order: Mapping[str, Any]) -> str:
    billing = order.get("billing")
    email = billing.get("email") if isinstance(billing, Mapping) else None
    if not isinstance(email, str) or not email:
        raise WooRejected("no_customer", "no_email_for_wallet")
    return email


def _set_status(call: WooCall, path: str, row: Mapping[str, Any], status: str, enough: frozenset[str]) -> None:
    """Change the status of an order or subscription, unless it is one that is as good already."""
    if row.get("status") in enough:
        return
    done = call.change("PUT", f"{path}/{order_id(row)}", {"status": status})
    if order_id(done) != order_id(row) or done.get("status") not in enough:
        raise senseless()


def _card_balance(order: Mapping[str, Any], field: str) -> Decimal:
    known = meta(order, field)
    if known is None:
        raise WooRejected("no_balance", "no_balance", field=field)
    return amount_of(known)
