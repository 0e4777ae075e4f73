"""WooCommerce as the billing gateway; docs/connect/woocommerce.md says what that means for a shop.

The shop's API knows no idempotency keys. What is paid carries the key in its reason, which the shop stores before it
moves any money, and is looked for before anything is paid.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
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
    amount_in,
    amount_of,
    decimals_of,
    meta_amount,
    order_id,
)
from bot.connectors.woocommerce.refund_lines import refund_lines
from bot.policy.facts import Destination
from bot.policy.money import is_known, is_payable, plain
from bot.wording import say

_ENDING = "pending-cancel"
_PAID = frozenset({"processing", "completed", "cancelled"})
"""Statuses of an order of which something can be refunded. Any other word forbids it."""
_METHOD = re.compile(r"[A-Za-z0-9_-]{1,100}", re.ASCII)
_MARK = re.compile(r"\[refund-desk ([A-Za-z0-9._:/-]{4,128})\]", re.ASCII)


class WooGateway:
    """A ``bot.cases.ports.billing.BillingGateway``.

    ``services`` stops services and knows balances, where it is given. Without it a plan is stopped by cancelling its
    subscription; a card by giving its order ``stop_status``, at which the shop's own card system has to block it, and
    never if that is empty; a card's balance is the meta data ``balance_field`` of its order. ``wallet``: whether the
    shop has TeraWallet. ``wallet_only_methods`` are payment methods that take no refund, whatever the shop says.
    """

    def __init__(
        self,
        api: WooApi,
        *,
        stop_status: str = "",
        balance_field: str = "card_balance",
        wallet: bool = False,
        wallet_only_methods: Collection[str] = (),
        services: BillingGateway | None = None,
    ) -> None:
        self._api = api
        self._stop_status = stop_status
        self._balance_field = balance_field
        self._wallet = wallet
        self._wallet_only_methods = frozenset(wallet_only_methods)
        self._services = services

    def stop_service(self, order_number: str, *, key: str) -> None:
        """See BillingGateway."""
        if self._services is not None:
            self._services.stop_service(order_number, key=key)
            return
        call = self._api.call()
        order = call.needed_order(order_number)
        if call.plan(order) is not None:
            subscription = call.needed_subscription(order, order_number)
            _set_status(call, "/subscriptions", subscription, "cancelled", ENDED)
        elif self._stop_status:
            _set_status(call, "/orders", order, self._stop_status, frozenset({self._stop_status}))
        else:
            raise WooRejected("no_subscription", "shop_nothing_to_stop", order=order_number)

    def end_agreement(self, order_number: str, on: date, *, key: str) -> None:
        """See BillingGateway. The subscription ends with the time that has been paid for; one that has ended already
        stays ended."""
        call = self._api.call()
        subscription = call.needed_subscription(call.needed_order(order_number), order_number)
        path = f"/subscriptions/{order_id(subscription)}"
        if subscription.get("status") not in ENDED | {_ENDING}:
            # A transition dates the end. A status that is only set leaves none, and the subscription runs for ever.
            call.change("PUT", path, {"transition_status": _ENDING})
            subscription = call.get(path)
        if not _ends(subscription):
            raise Unclear("no_end", system=NAME, order=order_number)

    def refund(self, order_number: str, amount: Decimal, currency: str, destination: Destination, *, key: str) -> str:
        """See BillingGateway. A refund to the wallet is recorded with the order, as one that was not paid through the
        payment method, and then credited."""
        if not KEY.fullmatch(key):
            raise WooRejected("malformed_key")
        _check_payable(amount, currency)
        to_wallet = destination is Destination.WALLET
        if to_wallet and not self._wallet:
            raise WooRejected("no_wallet", "no_wallet")
        call = self._api.call()
        order = call.needed_order(order_number)
        _check_recordable(order, amount, currency)
        # The wallet is asked first: where it does not answer, nothing is recorded either.
        account = _account(call, order) if to_wallet else ""
        credit = _credit_of_key(call, account, amount, key) if to_wallet else None
        refund = _refund_of_key(call, order, key)
        if refund is None:
            refund = _new_refund(call, order, amount, currency, key, through_gateway=not to_wallet)
        _expect_refund(refund, amount, to_wallet)
        if to_wallet:
            return credit or _new_credit(call, account, say("payment_for", order=order_number), amount, currency, key)
        if refund.get("refunded_payment") is not True:
            # The shop has begun it: it is on the way to the payment method, or died there.
            raise GatewayUnavailable("recorded_only", system=NAME)
        return str(order_id(refund))

    def destinations(self, order_number: str, amount: Decimal, currency: str) -> frozenset[Destination]:
        """See BillingGateway. The wallet is that of the account that has ordered: a guest has none."""
        _check_payable(amount, currency)
        call = self._api.call()
        order = call.needed_order(order_number)
        if not order.get("date_paid_gmt") or order.get("status") not in _PAID | {self._stop_status}:
            raise WooRejected("unclear_status", "unclear_status")
        _check_recordable(order, amount, currency)
        _refuse_others(call.all(f"/orders/{order_id(order)}/refunds"))
        open_to = set()
        if self._method_refunds(call, str(order.get("payment_method") or "")):
            open_to.add(Destination.ORIGINAL_PAYMENT_METHOD)
        if self._wallet and _has_wallet(call, order):
            open_to.add(Destination.WALLET)
        return frozenset(open_to)

    def _method_refunds(self, call: WooCall, method: str) -> bool:
        """Whether the shop can pay back by this payment method. Where a key may not ask, the settings alone say it."""
        if not _METHOD.fullmatch(method) or method in self._wallet_only_methods:
            return False
        try:
            found = call.get(f"/payment_gateways/{method}")
        except WooRejected as refused:
            # The plugin that took the payment is gone, and nobody else can pay it back.
            return refused.code != "woocommerce_rest_payment_gateway_invalid"
        supports = found.get("method_supports") if isinstance(found, Mapping) else None
        return not isinstance(supports, list) or "refunds" in supports

    def balance(self, order_number: str) -> Balance:
        """See BillingGateway. Raises Rejected where something was refunded already: this is read between the stop and
        the payment, and it may have happened since the yes."""
        call = self._api.call()
        order = call.needed_order(order_number)
        _refuse_others(call.all(f"/orders/{order_id(order)}/refunds"))
        if self._services is not None:
            return self._services.balance(order_number)
        currency = str(order.get("currency"))
        if call.plan(order) is not None:
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


def _check_payable(amount: Decimal, currency: str) -> None:
    if not (amount.is_finite() and 0 < amount < 10**12 and is_known(currency) and is_payable(amount, currency)):
        raise WooRejected("amount_not_payable")


def _check_recordable(order: Mapping[str, Any], amount: Decimal, currency: str) -> None:
    """Whether the shop can record the amount for the order to the last digit. It rounds what has more decimals than its
    settings say, and pays the other amount all the same."""
    if order.get("currency") != currency:
        raise WooRejected("currency_mismatch")
    if amount > amount_in(order, "total"):
        raise WooRejected("exceeds_amount_paid")
    places = decimals_of(order)
    if amount != round(amount, places):
        raise WooRejected("amount_not_payable", "shop_decimals", places=places, currency=currency)


def _expect_refund(refund: Mapping[str, Any], amount: Decimal, to_wallet: bool) -> None:
    """Whether a refund that carries our key is the one that was wanted. Another amount was paid, or may have been."""
    recorded = amount_of(refund.get("amount"))
    if recorded != amount or (to_wallet and refund.get("refunded_payment") is True):
        raise Unclear(
            "key_paid_otherwise", system=NAME, payment=str(order_id(refund)), found=str(recorded), wanted=str(amount)
        )


def _new_refund(
    call: WooCall, order: Mapping[str, Any], amount: Decimal, currency: str, key: str, *, through_gateway: bool
) -> dict[str, Any]:
    wanted: dict[str, Any] = {
        "amount": plain(amount, currency),
        "reason": _reason(key),
        "api_refund": through_gateway,
        "api_restock": False,
    }
    lines = refund_lines(order, amount)
    if lines:
        wanted["line_items"] = lines
    try:
        done = call.change("POST", f"/orders/{order_id(order)}/refunds", wanted)
    except WooRejected as refused:
        if refused.status != 500:
            raise
        # The shop takes its record back when the payment method refuses, and also when that breaks after it has paid:
        # repeating it could pay twice.
        raise Unclear("may_be_paid", system=NAME, word=refused.code) from None
    if key_in(done.get("reason")) == key:
        return done
    # It was done, whatever the shop says of it: what it has recorded tells, and nothing else is paid.
    found = _refund_of_key(call, order, key)
    if found is None:
        raise Unclear("done_otherwise", system=NAME)
    return found


def _refuse_others(refunds: Iterable[Mapping[str, Any]]) -> None:
    others = [_said(refund) for refund in refunds]
    if others:
        raise WooRejected("refunded_otherwise", "refunded_already", payments=tuple(others))


def _said(refund: Mapping[str, Any]) -> str:
    return say("known_payment", payment=order_id(refund), amount=str(amount_of(refund.get("amount"))))


def _customer_id(order: Mapping[str, Any]) -> int:
    """The account that has ordered; 0 for a guest."""
    found = order.get("customer_id")
    return found if isinstance(found, int) and not isinstance(found, bool) and found > 0 else 0


def _account(call: WooCall, order: Mapping[str, Any]) -> str:
    """The address by which the wallet's plugin knows the account that has ordered. The billing address may be
    somebody else's."""
    customer_id = _customer_id(order)
    if not customer_id:
        raise WooRejected("no_customer", "guest_without_wallet")
    customer = call.get(f"/customers/{customer_id}")
    email = customer.get("email") if isinstance(customer, Mapping) else None
    if not isinstance(email, str) or not email:
        raise WooRejected("no_customer", "no_email_for_wallet")
    return email


def _has_wallet(call: WooCall, order: Mapping[str, Any]) -> bool:
    """Whether there is an account to credit, and the plugin is there and knows it."""
    try:
        call.get("/wallet", email=_account(call, order), per_page=1)
    except WooRejected:
        return False
    return True


def _credit_of_key(call: WooCall, account: str, amount: Decimal, key: str) -> str | None:
    """The id of the wallet's transaction that was made with the key already."""
    try:
        rows = list(call.all("/wallet", email=account))
    except WooRejected as refused:
        if refused.code == NO_ROUTE:
            raise WooRejected("no_wallet", "wallet_silent") from None
        raise
    for row in rows:
        if key_in(row.get("details")) == key:
            payment, found = _transaction(row), row.get("amount")
            if row.get("type") != "credit" or amount_of(found) != amount:
                raise Unclear(
                    "key_paid_otherwise", system=NAME, payment=payment, found=str(amount_of(found)), wanted=str(amount)
                )
            return payment
    return None


def _transaction(row: Mapping[str, Any]) -> str:
    """How we call a transaction of the wallet, which versions of the plugin number in different fields."""
    found = row.get("transaction_id") or row.get("id")
    return f"wallet-{order_id({'id': int(found) if isinstance(found, str) and found.isdecimal() else found})}"


def _new_credit(call: WooCall, account: str, said: str, amount: Decimal, currency: str, key: str) -> str:
    said = f"{said} [refund-desk {key}]"
    # The plugin's code reads `note`, one page of its documentation says `details`.
    credit = {"email": account, "type": "credit", "amount": plain(amount, currency)}
    done = call.change("POST", "/wallet", {**credit, "note": said, "details": said})
    if done.get("response") == "success" and isinstance(done.get("id"), (int, str)):
        return f"wallet-{done['id']}"
    # It was answered, and not as it should be: only the wallet itself can say whether it has the credit.
    credited = _credit_of_key(call, account, amount, key)
    if credited is None:
        raise Unclear("wallet_unclear", system=NAME)
    return credited


def _ends(subscription: object) -> bool:
    if not isinstance(subscription, Mapping):
        return False
    return subscription.get("status") in ENDED or (
        subscription.get("status") == _ENDING and bool(subscription.get("end_date_gmt"))
    )


def _set_status(call: WooCall, path: str, row: Mapping[str, Any], status: str, enough: frozenset[str]) -> None:
    """Change the status of an order or subscription, unless it is one that is as good already."""
    if row.get("status") in enough:
        return
    call.change("PUT", f"{path}/{order_id(row)}", {"status": status})
    # Its answer may be of before; what the shop has now counts.
    now = call.get(f"{path}/{order_id(row)}")
    if not isinstance(now, Mapping) or now.get("status") not in enough:
        raise Unclear("status_unclear", system=NAME)


def _card_balance(order: Mapping[str, Any], field: str) -> Decimal:
    known = meta_amount(order, field)
    if known is None:
        raise WooRejected("no_balance", "no_balance", field=field)
    return known
