"""WooCommerce over real HTTP: refunds that are paid once though the shop knows no keys, orders as they are read."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot import order_numbers
from bot.cases.ports.billing import Balance, Rejected, Unavailable, Unclear
from bot.connectors.shared.gateways import GatewayUnavailable
from bot.connectors.woocommerce.api import WooApi, WooRejected
from bot.connectors.woocommerce.gateway import WooGateway
from bot.connectors.woocommerce.orders import WooOrders
from bot.policy import RefundRequest, decide_refund
from bot.policy.facts import Charge, Destination, OrderStatus, ProductKind, Reason
from tests.gateways.gateway_builders import IMPATIENT, PATIENT, limits_of
from tests.gateways.shop_server import ShopFault
from tests.gateways.woo_server import CUSTOMER, KEY, SECRET, WooServer
from tests.policy.policy_builders import POLICY

CARD, PLAN, CASE = "CC-104233", "CC-104251", "RD-YTAF7F-refund"
ORIGINAL, WALLET = Destination.ORIGINAL_PAYMENT_METHOD, Destination.WALLET


@pytest.fixture
def woo() -> Iterator[WooServer]:
    """A card and a plan."""
    with WooServer() as server:
        server.add_order(104233)
        server.add_order(104251, total="25.00", meta_data=[])
        server.add_subscription(104251)
        yield server
        assert server.violations == []


def api(woo: WooServer, **options: Any) -> WooApi:
    """The API of the shop, never in a hurry."""
    return WooApi(woo.url, KEY, SECRET, **{"limits": PATIENT, **options})


@pytest.fixture
def gateway(woo: WooServer, request: pytest.FixtureRequest) -> WooGateway:
    """The gateway of the bot, with the patience that the test needs."""
    methods = ["bacs", "cheque", "cod"]
    return WooGateway(api(woo, limits=limits_of(request)), wallet=True, wallet_only_methods=methods)


@pytest.fixture
def orders(woo: WooServer) -> WooOrders:
    """The orders of the shop."""
    return WooOrders(api(woo))


def pay(gateway: WooGateway, amount: str = "44.00", to: Destination = ORIGINAL, key: str = CASE) -> str:
    """Refund the card."""
    return gateway.refund(CARD, Decimal(amount), "USD", to, key=key)


# What is done


def test_a_refund_is_paid_through_the_payment_method_and_carries_the_key(woo: WooServer, gateway: WooGateway) -> None:
    paid = pay(gateway)
    (sent,) = woo.writes()
    assert sent.values == {
        "amount": "44.00",
        "reason": f"Refund Desk [refund-desk {CASE}]",
        "api_refund": True,
        "api_restock": False,
        "line_items": [{"id": 86, "refund_total": "44.00", "refund_tax": []}],
    }
    assert woo.payments == [(104233, "44.00")] and paid == str(woo.refunds[104233][0]["id"])


def test_a_refund_to_the_wallet_is_recorded_with_the_order_and_credited(woo: WooServer, gateway: WooGateway) -> None:
    paid = pay(gateway, to=WALLET)
    assert [sent.values.get("api_refund") for sent in woo.writes()] == [False, None]
    (row,) = woo.wallet
    assert (row["type"], row["amount"], row["user_id"]) == ("credit", 44, CUSTOMER)
    assert paid == f"wallet-{row['id']}" and woo.payments == []


def test_a_credit_goes_to_the_account_that_has_ordered_whoever_owns_the_address_of_the_bill(
    woo: WooServer, gateway: WooGateway
) -> None:
    woo.orders[104233].update(customer_id=8)
    woo.accounts[8] = "sam@example.com"
    pay(gateway, to=WALLET)
    (row,) = woo.wallet
    assert row["user_id"] == 8 and woo.accounts[CUSTOMER] == "alex@example.com"


def test_a_guest_has_no_wallet_even_where_the_address_of_the_bill_is_an_account_s(
    woo: WooServer, gateway: WooGateway
) -> None:
    woo.orders[104233].update(customer_id=0)
    with pytest.raises(WooRejected, match="guest"):
        pay(gateway, to=WALLET)
    assert woo.writes() == []


def test_without_a_wallet_nothing_is_recorded(woo: WooServer, gateway: WooGateway) -> None:
    with pytest.raises(WooRejected, match="no_wallet"):
        pay(WooGateway(api(woo)), to=WALLET)
    woo.has_wallet = False
    with pytest.raises(WooRejected, match="is the plugin active"):
        pay(gateway, to=WALLET)
    assert woo.writes() == []


def test_a_plan_is_stopped_by_cancelling_it_once(woo: WooServer, gateway: WooGateway) -> None:
    for _ in range(2):
        gateway.stop_service(PLAN, key="RD-1-stop_service")
    gateway.end_agreement(PLAN, date(2026, 5, 31), key="RD-1-end_agreement")
    assert [(sent.method, sent.values) for sent in woo.writes()] == [("PUT", {"status": "cancelled"})]


def test_an_agreement_ends_with_the_time_that_was_paid_for(woo: WooServer, gateway: WooGateway) -> None:
    gateway.end_agreement(PLAN, date(2026, 5, 31), key="RD-1-end_agreement")
    gateway.end_agreement(PLAN, date(2026, 5, 31), key="RD-1-end_agreement")
    assert [sent.values for sent in woo.writes("/subscriptions/")] == [{"transition_status": "pending-cancel"}]
    assert next(iter(woo.subscriptions.values()))["end_date_gmt"]


def test_an_agreement_without_an_end_is_for_a_person(woo: WooServer, gateway: WooGateway) -> None:
    """As it is where only the status was set, by whomever."""
    next(iter(woo.subscriptions.values())).update(status="pending-cancel")
    with pytest.raises(Unclear, match="shows no end"):
        gateway.end_agreement(PLAN, date(2026, 5, 31), key="RD-1-end_agreement")


def test_a_card_is_stopped_only_where_the_shop_says_how(woo: WooServer, gateway: WooGateway) -> None:
    with pytest.raises(WooRejected, match="no_subscription"):
        gateway.stop_service(CARD, key="RD-1-stop_service")
    WooGateway(api(woo), stop_status="cancelled").stop_service(CARD, key="RD-1-stop_service")
    assert woo.orders[104233]["status"] == "cancelled" and len(woo.writes()) == 1


def test_a_balance_is_read_from_the_order(woo: WooServer, gateway: WooGateway) -> None:
    woo.orders[104233]["meta_data"][0]["value"] = "31.50"
    assert gateway.balance(CARD) == Balance(Decimal("31.50"), "USD", False)
    assert gateway.balance(PLAN) == Balance(None, "USD", False)
    woo.orders[104233]["meta_data"] = []
    with pytest.raises(WooRejected, match="no_balance"):
        gateway.balance(CARD)


# Once


@pytest.mark.parametrize(
    ("to", "path"), [(ORIGINAL, "orders/104233/refunds"), (WALLET, "orders/104233/refunds"), (WALLET, "wallet")]
)
@pytest.mark.parametrize("fault", [ShopFault.ERROR_AFTER, ShopFault.DROP_AFTER, ShopFault.LATE])
def test_what_was_paid_behind_an_error_is_not_paid_again(
    woo: WooServer, gateway: WooGateway, to: Destination, path: str, fault: ShopFault
) -> None:
    woo.fail(f"POST /wp-json/wc/v3/{path}", [fault])
    with pytest.raises(Unavailable):
        pay(gateway, to=to)
    assert pay(gateway, to=to) == pay(gateway, to=to)
    assert len(woo.refunds[104233]) == 1
    assert (len(woo.payments), len(woo.wallet)) == ((1, 0) if to is ORIGINAL else (0, 1))


@pytest.mark.parametrize(
    ("to", "path"), [(ORIGINAL, "orders/104233/refunds"), (WALLET, "orders/104233/refunds"), (WALLET, "wallet")]
)
def test_what_was_answered_with_success_was_done_and_is_looked_up(
    woo: WooServer, gateway: WooGateway, to: Destination, path: str
) -> None:
    woo.fail(f"POST /wp-json/wc/v3/{path}", [ShopFault.GARBAGE])
    assert pay(gateway, to=to) == pay(gateway, to=to)
    assert (len(woo.payments), len(woo.wallet)) == ((1, 0) if to is ORIGINAL else (0, 1))


def test_a_refund_that_the_shop_took_and_does_not_show_is_unclear(woo: WooServer, gateway: WooGateway) -> None:
    woo.forgets = True
    with pytest.raises(Unclear, match="no record of it"):
        pay(gateway)
    assert len(woo.payments) == 1


def test_a_credit_that_the_wallet_does_not_show_is_unclear(woo: WooServer, gateway: WooGateway) -> None:
    woo.wallet_says = {"response": "error"}
    with pytest.raises(Unclear, match="nobody can tell"):
        pay(gateway, to=WALLET)
    assert len(woo.refunds[104233]) == 1


def test_what_the_shop_would_round_is_not_sent(woo: WooServer, gateway: WooGateway) -> None:
    woo.decimals = 0
    with pytest.raises(WooRejected, match="records 0 decimals of USD"):
        pay(gateway, "43.99")
    assert woo.writes() == [] and pay(gateway, "44.00")


def test_a_refund_that_the_shop_has_rounded_was_paid_and_is_unclear(woo: WooServer, gateway: WooGateway) -> None:
    """Its setting was changed since the order was read, or another plugin rounds."""
    woo.rounds_to = 0
    with pytest.raises(Unclear, match=r"is of 44(\.00)? instead of 43\.99"):
        pay(gateway, "43.99")
    assert woo.payments == [(104233, "43.99")]
    with pytest.raises(Unclear, match="key_reused"):
        pay(gateway, "43.99")
    assert len(woo.payments) == 1


def test_a_shop_that_dies_while_it_pays_is_never_asked_to_pay_again(woo: WooServer, gateway: WooGateway) -> None:
    woo.method = "dies"
    with pytest.raises(Unavailable, match="500"):
        pay(gateway)
    woo.method = "pays"
    for _ in range(2):
        with pytest.raises(Unavailable, match="not that it was paid"):
            pay(gateway)
    assert woo.payments == [(104233, "44.00")] and len(woo.writes()) == 1
    woo.refunds[104233][0]["refunded_payment"] = True  # it was only slow
    assert pay(gateway) == str(woo.refunds[104233][0]["id"])


@pytest.mark.parametrize("method", ["refuses", "breaks"])
def test_a_payment_method_that_says_no_or_breaks_is_for_a_person_since_the_shop_forgets_it(
    woo: WooServer, gateway: WooGateway, method: str
) -> None:
    woo.method = method
    with pytest.raises(Unclear, match="look at the payment method before"):
        pay(gateway)
    assert len(woo.payments) == (method == "breaks")


def test_the_second_payment_of_two_that_overlapped_is_seen(woo: WooServer, gateway: WooGateway) -> None:
    pay(gateway, "20.00")
    woo.refund_in_the_shop(104233, "20.00", f"Refund Desk [refund-desk {CASE}]")
    with pytest.raises(Unclear, match="paid_twice"):
        pay(gateway, "20.00")


def test_another_amount_or_destination_under_the_same_key_is_rejected(woo: WooServer, gateway: WooGateway) -> None:
    pay(gateway)
    with pytest.raises(Unclear, match="key_reused"):
        pay(gateway, "43.00")
    with pytest.raises(Unclear, match="key_reused"):
        pay(gateway, to=WALLET)
    assert woo.payments == [(104233, "44.00")] and woo.wallet == []


@pytest.mark.parametrize("amount", ["5.00", "50.00"])
def test_a_refund_made_in_the_shop_is_rejected_with_what_is_known(
    woo: WooServer, gateway: WooGateway, amount: str
) -> None:
    woo.refund_in_the_shop(104233, amount)
    for call in (lambda: pay(gateway), lambda: pay(gateway, to=WALLET), lambda: gateway.balance(CARD)):
        with pytest.raises(WooRejected, match=f"refunded already: .* of {amount}"):
            call()
    assert woo.writes() == []


def test_refunds_are_looked_for_on_every_page(woo: WooServer, gateway: WooGateway) -> None:
    paid = pay(gateway, "20.00", to=WALLET)
    for number in range(150):
        woo.wallet.append({**woo.wallet[0], "id": number + 1, "details": "cashback"})
    assert pay(gateway, "20.00", to=WALLET) == paid and len(woo.wallet) == 151


# What each failure means


@pytest.mark.parametrize("fault", [fault for fault in ShopFault if not fault.is_done])
def test_a_fault_of_the_network_or_of_the_shop_is_unavailable_and_pays_nothing(
    woo: WooServer, gateway: WooGateway, fault: ShopFault
) -> None:
    woo.fail("POST", [fault])
    with pytest.raises(GatewayUnavailable) as unclear:
        pay(gateway)
    assert woo.payments == [] and pay(gateway) and len(woo.payments) == 1
    assert (unclear.value.retry_after == 2) == (fault in (ShopFault.TOO_MANY, ShopFault.HTML))


def test_wrong_credentials_are_rejected_and_not_shown(woo: WooServer) -> None:
    gateway = WooGateway(WooApi(woo.url, KEY, "cs_that_is_wrong"))
    with pytest.raises(Rejected) as refused:
        pay(gateway)
    assert str(refused.value) == "WooCommerce: woocommerce_rest_cannot_view"


@pytest.mark.parametrize("amount", ["0", "-1", "0.001", "NaN", "1e12"])
def test_an_amount_that_is_none_is_not_sent(woo: WooServer, gateway: WooGateway, amount: str) -> None:
    with pytest.raises(WooRejected, match="amount_not_payable"):
        pay(gateway, amount)
    assert woo.sent == []


def test_more_than_was_paid_another_currency_and_an_unknown_order_are_rejected(
    woo: WooServer, gateway: WooGateway
) -> None:
    with pytest.raises(WooRejected, match="exceeds_amount_paid"):
        pay(gateway, "50.01")
    with pytest.raises(WooRejected, match="currency_mismatch"):
        gateway.refund(CARD, Decimal(1), "EUR", ORIGINAL, key=CASE)
    with pytest.raises(WooRejected, match="unknown_order"):
        gateway.balance("CC-999999")
    assert woo.writes() == []


# Orders as they are read


def test_a_card_is_read_as_the_policy_knows_it(woo: WooServer, orders: WooOrders) -> None:
    woo.orders[104233]["meta_data"] = [
        {"id": 1, "key": "card_balance", "value": 31.5},
        {"id": 2, "key": "card_balance_original", "value": "55.00"},
    ]
    live = orders.read(CARD, fresh=True)
    assert live is not None
    order = live.order
    assert (order.number, order.product, order.product_kind) == (CARD, "global-card", ProductKind.CALLING_CARD)
    assert (order.amount_paid, order.original_balance, order.remaining_balance) == (
        Decimal("50.00"),
        Decimal("55.00"),
        Decimal("31.5"),
    )
    assert order.placed_at == datetime(2026, 5, 5, 16, tzinfo=timezone.utc)
    assert (order.status, order.charge, order.shipped) == (OrderStatus.ACTIVE, Charge.PURCHASE, False)
    assert (live.buyer.name, live.buyer.email, live.buyer.phone) == ("Alex Rivera", "alex@example.com", None)


REAL = Path(__file__).with_name("woo_orders")
"""Orders as WooCommerce 11.0.1 answers them."""


@pytest.mark.parametrize(
    ("name", "extras", "clause", "figures"),
    [
        pytest.param("woo-order-shipping", "5.00", "R7", ("55.00", "6.60", "48.40"), id="shipping, a change of mind"),
        pytest.param("woo-order-shipping", "5.00", "R7b", ("55.00", "0.00", "55.00"), id="shipping, our fault"),
        pytest.param("woo-order-tax", "0.00", "R7", ("56.50", "6.78", "49.72"), id="tax, a change of mind"),
        pytest.param("woo-order-tax", "0.00", "R7b", ("56.50", "0.00", "56.50"), id="tax, our fault"),
    ],
)
def test_an_unused_card_with_shipping_or_tax_is_not_used(
    woo: WooServer, orders: WooOrders, name: str, extras: str, clause: str, figures: tuple[str, str, str]
) -> None:
    row = json.loads((REAL / f"{name}.json").read_text())
    woo.add_order(104300, **{**row, "id": 104300})
    live = orders.read("CC-104300", fresh=True)
    assert live is not None and live.order.original_balance == Decimal("50.00")
    assert live.order.extras == Decimal(extras)
    fault = clause == "R7b"
    asked = live.order.placed_at + timedelta(hours=1)
    reason = Reason.SERVICE_FAULT if fault else Reason.CHANGE_OF_MIND
    request = RefundRequest(live.order, asked, asked, reason, fault_confirmed=fault)
    decision = decide_refund(request, POLICY).to_json()
    assert clause in decision["clauses"] and decision["outcome"] in ("approve", "approve_on_return")
    assert (decision["base"], decision["fee"], decision["refund"]) == figures


def test_of_a_used_card_shipping_and_fees_stay_paid_and_a_coupon_is_no_contradiction(
    woo: WooServer, orders: WooOrders
) -> None:
    fees = [{"total": "2.00", "total_tax": "0.20"}, {"total": "-3.00", "total_tax": "0.00"}]
    line = {"sku": "global-card", "quantity": 1, "subtotal": "50.00", "subtotal_tax": "5.00", "total": "40.00"}
    price = {"total": "51.70", "shipping_total": "5.00", "shipping_tax": "0.50", "fee_lines": fees}
    meta_data = [{"key": "card_balance", "value": "45.00"}]
    woo.add_order(104301, line_items=[line], meta_data=meta_data, **price)
    live = orders.read("CC-104301", fresh=True)
    assert live is not None
    # 5.50 of shipping and 2.20 of a fee; what is below zero is a discount. 44.00 were paid for 50.00.
    assert (live.order.extras, live.order.original_balance) == (Decimal("7.70"), Decimal("50.00"))
    asked = live.order.placed_at + timedelta(hours=1)
    request = RefundRequest(live.order, asked, asked, Reason.CHANGE_OF_MIND)
    decision = decide_refund(request, POLICY).to_json()
    assert (decision["base"], decision["fee"], decision["refund"]) == ("39.60", "4.75", "34.85")


def test_a_price_with_its_tax_in_it_is_what_the_card_holds(woo: WooServer, orders: WooOrders) -> None:
    line = {"sku": "global-card", "quantity": 1, "subtotal": "42.02", "subtotal_tax": "7.98", "total": "42.02"}
    woo.add_order(104302, line_items=[line], prices_include_tax=True)
    live = orders.read("CC-104302", fresh=True)
    assert live is not None and live.order.original_balance == Decimal("50.00")


@pytest.mark.parametrize("parent", [True, False])
def test_a_plan_is_read_with_how_its_charge_came_about(woo: WooServer, orders: WooOrders, parent: bool) -> None:
    woo.subscriptions.clear()
    woo.add_subscription(104251, parent=parent)
    live = orders.read(PLAN, fresh=True)
    assert live is not None and live.order.product_kind is ProductKind.SUBSCRIPTION
    assert live.order.charge is (Charge.PURCHASE if parent else Charge.RENEWAL)
    assert (live.order.original_balance, live.order.remaining_balance) == (None, None)


def test_a_shop_without_subscriptions_has_cards_only(woo: WooServer, orders: WooOrders) -> None:
    woo.has_subscriptions = False
    live = orders.read(CARD, fresh=True)
    assert live is not None and live.order.product_kind is ProductKind.CALLING_CARD


@pytest.mark.parametrize(
    ("status", "subscription", "expected"),
    [
        ("processing", "active", OrderStatus.ACTIVE),
        ("completed", "on-hold", OrderStatus.ACTIVE),
        ("completed", "pending-cancel", OrderStatus.CANCELLED),
        ("completed", "cancelled", OrderStatus.CANCELLED),
        ("cancelled", "active", OrderStatus.CANCELLED),
        ("refunded", "active", OrderStatus.REFUNDED),
    ],
)
def test_the_status_is_that_of_order_and_subscription(
    woo: WooServer, orders: WooOrders, status: str, subscription: str, expected: OrderStatus
) -> None:
    woo.orders[104251]["status"] = status
    next(iter(woo.subscriptions.values()))["status"] = subscription
    live = orders.read(PLAN, fresh=True)
    assert live is not None and live.order.status is expected


def test_a_status_of_a_subscription_that_is_not_known_is_for_a_person(woo: WooServer, orders: WooOrders) -> None:
    next(iter(woo.subscriptions.values()))["status"] = "on-its-way"
    with pytest.raises(WooRejected, match="unclear_status"):
        orders.read(PLAN, fresh=True)


@pytest.mark.parametrize("asks", ["orders", "subscriptions", "the order alone"])
def test_a_renewal_says_so_itself_whatever_the_plugin_can_be_asked(
    woo: WooServer, orders: WooOrders, asks: str
) -> None:
    woo.has_order_subscriptions, woo.has_subscriptions = asks == "orders", asks != "the order alone"
    subscription = woo.add_subscription(104250)
    mark = {"id": 1, "key": "_subscription_renewal", "value": str(subscription["id"])}
    woo.add_order(104252, created_via="subscription", meta_data=[mark])
    if asks == "orders":
        subscription["of"] = 104252
    live = orders.read("CC-104252", fresh=True)
    assert live is not None
    assert (live.order.product_kind, live.order.charge) == (ProductKind.SUBSCRIPTION, Charge.RENEWAL)
    subscription["status"] = "cancelled"
    live = orders.read("CC-104252", fresh=True)
    assert live is not None and (live.order.status is OrderStatus.CANCELLED) == (asks != "the order alone")


def test_a_plan_is_found_by_its_first_order_where_the_plugin_is_older(
    woo: WooServer, orders: WooOrders, gateway: WooGateway
) -> None:
    woo.has_order_subscriptions = False
    live = orders.read(PLAN, fresh=True)
    assert live is not None
    assert (live.order.product_kind, live.order.charge) == (ProductKind.SUBSCRIPTION, Charge.PURCHASE)
    gateway.stop_service(PLAN, key="RD-1-stop_service")
    assert [sent.path for sent in woo.writes()] == [f"/wp-json/wc/v3/subscriptions/{next(iter(woo.subscriptions))}"]
    assert orders.read(CARD, fresh=True) is not None  # a card, of whom nobody says anything else


# Where it could go


BOTH = frozenset(Destination)


@pytest.mark.parametrize(
    ("method", "customer", "ways"),
    [
        ("stripe", CUSTOMER, BOTH),
        ("stripe", 0, {ORIGINAL}),
        ("bacs", CUSTOMER, {WALLET}),
        ("bacs", 0, set()),
        ("cheque", CUSTOMER, {WALLET}),
        ("a-method-whose-plugin-is-gone", CUSTOMER, {WALLET}),
        ("", CUSTOMER, {WALLET}),
    ],
)
def test_a_refund_can_go_where_method_and_account_allow(
    woo: WooServer, gateway: WooGateway, method: str, customer: int, ways: set[Destination]
) -> None:
    woo.orders[104233].update(payment_method=method, customer_id=customer)
    assert gateway.destinations(CARD, Decimal("44.00"), "USD") == ways
    assert woo.writes() == []


def test_the_settings_name_methods_that_take_no_refund_and_without_a_wallet_there_is_none(woo: WooServer) -> None:
    only = WooGateway(api(woo), wallet=True, wallet_only_methods=["stripe"])
    assert only.destinations(CARD, Decimal("44.00"), "USD") == {WALLET}
    assert WooGateway(api(woo)).destinations(CARD, Decimal("44.00"), "USD") == {ORIGINAL}


def test_a_wallet_that_does_not_answer_is_not_offered(woo: WooServer, gateway: WooGateway) -> None:
    woo.has_wallet = False
    assert gateway.destinations(CARD, Decimal("44.00"), "USD") == {ORIGINAL}
    woo.has_wallet = True
    woo.accounts.clear()  # the account was deleted
    assert gateway.destinations(CARD, Decimal("44.00"), "USD") == {ORIGINAL}


def test_a_key_that_may_not_ask_for_payment_methods_leaves_it_to_the_settings(
    woo: WooServer, gateway: WooGateway
) -> None:
    woo.may_ask_methods = False
    assert gateway.destinations(CARD, Decimal("44.00"), "USD") == BOTH
    woo.orders[104233]["payment_method"] = "cod"
    assert gateway.destinations(CARD, Decimal("44.00"), "USD") == {WALLET}


@pytest.mark.parametrize(
    ("change", "amount", "why"),
    [
        ({"status": "on-hold"}, "44.00", "unclear_status"),
        ({"status": "a-word-of-a-plugin"}, "44.00", "unclear_status"),
        ({"date_paid_gmt": None}, "44.00", "unclear_status"),
        ({}, "50.01", "exceeds_amount_paid"),
        ({"currency": "EUR"}, "44.00", "currency_mismatch"),
    ],
)
def test_what_could_not_be_paid_is_known_before(
    woo: WooServer, gateway: WooGateway, change: dict[str, Any], amount: str, why: str
) -> None:
    woo.orders[104233].update(change)
    with pytest.raises(WooRejected, match=why):
        gateway.destinations(CARD, Decimal(amount), "USD")


def test_a_part_that_was_refunded_before_forbids_another_one(woo: WooServer, gateway: WooGateway) -> None:
    woo.refund_in_the_shop(104233, "5.00")
    with pytest.raises(WooRejected, match="refunded_otherwise"):
        gateway.destinations(CARD, Decimal("44.00"), "USD")


def test_an_order_that_was_not_paid_is_none_and_no_confirmed_fault(woo: WooServer, orders: WooOrders) -> None:
    """The shop's "failed" is a payment that failed; the policy's is a service that never worked, which pays in full."""
    woo.orders[104233].update(status="failed", date_paid_gmt=None)
    assert orders.read(CARD, fresh=True) is None and orders.read("CC-999999", fresh=True) is None


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"status": "on-hold"}, "unclear_status"),
        ({"status": "lost-in-space"}, "unclear_status"),
        ({"line_items": []}, "several_products"),
        ({"line_items": [{"name": "card", "quantity": 2}]}, "several_products"),
        ({"billing": {"email": ""}}, "no_customer"),
        ({"currency": "dollars"}, "unusable_order"),
        ({"total": "50.001"}, "unusable_order"),
        ({"total": "$50.00"}, "total can't be used"),
        ({"date_created_gmt": "yesterday"}, "date_created_gmt can't be used"),
        ({"meta_data": [{"key": "card_balance", "value": "$50.00"}]}, "card_balance can't be used"),
        ({"meta_data": [{"key": "card_balance", "value": {"usd": 50}}]}, "card_balance can't be used"),
        ({"meta_data": [{"key": "card_balance_original", "value": True}]}, "card_balance_original can't be used"),
    ],
)
def test_what_only_a_person_can_make_sense_of_is_rejected(
    woo: WooServer, orders: WooOrders, change: dict[str, Any], why: str
) -> None:
    woo.decimals = 3
    woo.orders[104233].update(change)
    with pytest.raises(WooRejected, match=why):
        orders.read(CARD, fresh=True)


def test_a_part_that_the_shop_refunded_is_for_a_person_but_ours_is_the_refund(
    woo: WooServer, gateway: WooGateway, orders: WooOrders
) -> None:
    woo.refund_in_the_shop(104251, "5.00")
    with pytest.raises(WooRejected, match="partly_refunded"):
        orders.read(PLAN, fresh=True)
    pay(gateway)
    live = orders.read(CARD, fresh=True)
    assert live is not None and live.order.status is OrderStatus.REFUNDED


def test_a_card_whose_balance_nobody_knows_is_incomplete_for_the_policy(woo: WooServer, orders: WooOrders) -> None:
    woo.orders[104233]["meta_data"] = []
    live = orders.read(CARD, fresh=True)
    assert live is not None
    assert (live.order.original_balance, live.order.remaining_balance) == (Decimal("50.00"), None)


def test_a_read_may_be_some_seconds_old_unless_it_must_be_fresh(woo: WooServer) -> None:
    now = [0.0]
    orders = WooOrders(api(woo), clock=lambda: now[0])
    for fresh, at, asked in ((False, 0, 1), (False, 19, 1), (True, 19, 2), (False, 38, 2), (False, 39.1, 3)):
        now[0] = at
        orders.read(CARD, fresh=fresh)
        assert len([sent for sent in woo.sent if sent.path.endswith("/orders/104233")]) == asked
    orders.read_id("104233")
    orders.read(CARD, fresh=False)
    assert len([sent for sent in woo.sent if sent.path.endswith("/orders/104233")]) == 5


def test_a_failed_read_is_not_remembered(woo: WooServer, orders: WooOrders) -> None:
    woo.fail("GET", [ShopFault.ERROR_BEFORE])
    with pytest.raises(Unavailable):
        orders.read(CARD, fresh=False)
    assert orders.read(CARD, fresh=False) is not None


def test_numbers_of_a_plugin_are_found_by_the_order_s_own_number(woo: WooServer) -> None:
    woo.add_order(7, number="CC-500001")
    woo.add_order(8, number="500002")
    woo.add_order(500001)  # another order, whose id is the number of the first
    orders = WooOrders(api(woo, numbers="number"))
    woo.orders[500001]["number"] = "9500001"
    for number in ("CC-500001", "CC-500002"):
        live = orders.read(number, fresh=True)
        assert live is not None and live.order.number == number
    live = orders.read_id("7")
    assert live is not None and live.order.number == "CC-500001"
    assert orders.read_id("500001") is None
    woo.add_order(9, number="CC-500001")
    with pytest.raises(WooRejected, match="ambiguous_order"):
        orders.read("CC-500001", fresh=True)


def test_a_slow_shop_keeps_nobody_waiting(woo: WooServer) -> None:
    woo.late_seconds = 20
    woo.fail("GET", [ShopFault.LATE] * 3)
    started = time.monotonic()
    with pytest.raises(Unavailable, match="in time"):
        WooOrders(api(woo, limits=IMPATIENT)).read(CARD, fresh=True)
    assert time.monotonic() - started < 10


@pytest.mark.parametrize(
    ("setting", "numbers", "shop_id", "own", "number"),
    [
        ("#1001", "id", 1001, "1001", "#1001"),
        ("#1001", "number", 77, "1001", "#1001"),
        ("#1001", "number", 78, "#1002", "#1002"),
        ("100045678", "number", 79, "100045678", "100045678"),
        (r"SO\d{4}-\d{5} SO2026-00017", "number", 80, "SO2026-00017", "SO2026-00017"),
    ],
)
def test_the_numbers_of_the_setting_are_found_in_the_shop(
    woo: WooServer, setting: str, numbers: str, shop_id: int, own: str, number: str
) -> None:
    woo.add_order(shop_id, number=own)
    order_numbers.choose(setting)
    try:
        orders = WooOrders(api(woo, numbers=numbers))
        live, same = orders.read(number, fresh=True), orders.read_id(str(shop_id))
    finally:
        order_numbers.choose(order_numbers.DEFAULT)
    assert live is not None and same is not None
    assert live.order.number == same.order.number == number
