"""Answers of real systems (``cases``), each with its right value: a real WooCommerce with its plugins, and Stripe's own
library. They are what our contract servers can't be: written by somebody else."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, datetime, timezone
from decimal import Decimal
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.cases.conversation.conversations import open_account
from bot.cases.customer.flow import Missing, refund_or_question
from bot.cases.customer.quotes import Quote
from bot.cases.model import CaseState, CustomerReason
from bot.cases.payout.shop_events import take_payment_event
from bot.cases.ports.billing import GatewayError, Rejected, Unavailable, Unclear
from bot.cases.services import Services
from bot.connectors.stripe.api import StripeApi, StripeRejected
from bot.connectors.stripe.events import StripeEvents
from bot.connectors.stripe.gateway import StripeGateway
from bot.connectors.stripe.receive import StripeWebhook
from bot.connectors.woocommerce.api import WooApi, WooRejected
from bot.connectors.woocommerce.gateway import WooGateway
from bot.connectors.woocommerce.orders import WooOrders
from bot.connectors.woocommerce.settings import WooSettings
from bot.http.pages.forms import Entry, Task
from bot.http.pages.steps import Sent, submit
from bot.policy.facts import Charge, Destination, OrderStatus, ProductKind
from tests.cases.test_execution import work
from tests.cases.test_quotes import case_file, confirmed, quoted
from tests.gateways.gateway_builders import PATIENT
from tests.gateways.stripe_server import StripeServer
from tests.gateways.test_stripe_gateway import start_of
from tests.gateways.woo_server import KEY, SECRET, WooServer, case
from tests.store_builders import TRANSCRIPT, Clock, store_order, verified

ORIGINAL, WALLET = Destination.ORIGINAL_PAYMENT_METHOD, Destination.WALLET
NOVEMBER = datetime(2026, 11, 29, 12, tzinfo=timezone.utc)


@pytest.fixture
def woo() -> Iterator[WooServer]:
    """The shop that the answers are from; its method ``hb1pay`` can refund."""
    with WooServer() as server:
        server.supports["hb1pay"] = ["products", "refunds"]
        yield server
        assert server.violations == []


@pytest.fixture
def stripe() -> Iterator[StripeServer]:
    with StripeServer() as server:
        yield server
        assert server.violations == []


def sold(woo: WooServer, name: str) -> str:
    """Put an order of the cases into the shop; its number."""
    order = case(name)
    woo.orders[order["id"]], woo.refunds[order["id"]] = order, []
    if order["customer_id"]:
        woo.accounts[order["customer_id"]] = order["billing"]["email"]
    return f"CC-{order['id']:06}"


def api(woo: WooServer) -> WooApi:
    return WooApi(woo.url, KEY, SECRET, limits=PATIENT)


def gateway_of(woo: WooServer) -> WooGateway:
    methods = WooSettings.__fields__["wallet_only_methods"].default.split(",")
    return WooGateway(api(woo), stop_status="cancelled", wallet=True, wallet_only_methods=methods)


def at_shop(services: Services, woo: WooServer, clock: Clock, number: str) -> Services:
    """The services of a desk before that shop, to which the customer of an order has shown who they are."""
    clock.now = NOVEMBER
    made = replace(services, gateway=gateway_of(woo), orders=WooOrders(api(woo), stop_status="cancelled"))
    verified(made, number=number, email=woo.orders[int(number[3:])]["billing"]["email"])
    return made


def asks(services: Services, number: str, destination: Destination | None = None) -> Missing | Quote:
    """The customer has changed their mind."""
    return refund_or_question(
        services,
        conversation_id="talk",
        order_number=number,
        reason=CustomerReason.CHANGE_OF_MIND,
        reason_words="I changed my mind",
        destination=destination,
        requested_at=services.clock(),
        transcript=TRANSCRIPT,
    )


# WooCommerce


def test_a_balance_with_a_sign_is_for_a_person_at_once_who_is_told_the_field(woo: WooServer) -> None:
    number = sold(woo, "woo-order-balance-with-sign")
    for read in (lambda: WooOrders(api(woo)).read(number, fresh=True), lambda: gateway_of(woo).balance(number)):
        with pytest.raises(WooRejected, match="card_balance can't be used"):
            read()


@pytest.mark.parametrize("name", ["woo-order-balance-with-sign", "woo-order-bank-transfer"])
def test_on_the_plain_pages_it_is_a_person_s_too(services: Services, woo: WooServer, clock: Clock, name: str) -> None:
    clock.now = NOVEMBER
    shop = replace(services, gateway=gateway_of(woo), orders=WooOrders(api(woo), stop_status="cancelled"))
    number, email = sold(woo, name), case(name)["billing"]["email"]
    entry = Entry(Task.REFUND, number, email, email, reason=CustomerReason.CHANGE_OF_MIND)
    begin_page = open_account(shop, "page", "somebody")
    answer = submit(Sent(shop, begin_page.id, "form-1"), entry)
    assert answer.reference is not None and "only a person can decide" in answer.said
    file = case_file(shop, answer.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert ("card_balance can't be used" in file.handoff.facts["shop"]) == (name == "woo-order-balance-with-sign")
    assert woo.writes() == []


def test_a_guest_who_paid_by_bank_transfer_gets_a_person_and_nothing_is_stopped(
    services: Services, woo: WooServer, clock: Clock
) -> None:
    number = sold(woo, "woo-order-bank-transfer")
    shop = at_shop(services, woo, clock, number)
    with pytest.raises(Rejected, match="could go nowhere"):
        asks(shop, number)
    assert woo.writes() == []


def test_a_customer_who_paid_by_bank_transfer_is_offered_the_wallet_alone(
    services: Services, woo: WooServer, clock: Clock
) -> None:
    number = sold(woo, "woo-order-bank-transfer")
    woo.orders[111]["customer_id"], woo.accounts[2] = 2, "p22@example.test"
    shop = at_shop(services, woo, clock, number)
    quote = asks(shop, number, ORIGINAL)
    assert isinstance(quote, Quote) and quote.case.destination is WALLET
    confirmed(shop, quote)
    work(shop, clock)
    assert case_file(shop, quote.case.reference).case.state is CaseState.DONE
    assert [row["user_id"] for row in woo.wallet] == [2]


def test_a_guest_who_paid_by_a_method_that_refunds_is_offered_that_alone(
    services: Services, woo: WooServer, clock: Clock
) -> None:
    number = sold(woo, "woo-order-bank-transfer")
    woo.orders[111]["payment_method"] = "hb1pay"
    shop = at_shop(services, woo, clock, number)
    quote = asks(shop, number, WALLET)
    assert isinstance(quote, Quote) and quote.case.destination is ORIGINAL


@pytest.mark.parametrize("destination", list(Destination))
def test_what_can_not_be_paid_after_the_yes_leaves_the_service_running(
    services: Services, woo: WooServer, clock: Clock, destination: Destination
) -> None:
    """The last look is right before the stop, whatever was offered and whoever chose."""
    number = sold(woo, "woo-order-bank-transfer")
    shop = at_shop(services, woo, clock, number)
    quote = quoted(shop, number=number, destination=destination)
    confirmed(shop, quote)
    work(shop, clock)
    file = case_file(shop, quote.case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert (file.handoff.facts["may_have_happened"], file.handoff.facts["done"]) == (False, [])
    assert woo.writes() == [] and woo.orders[111]["status"] == "processing"


@pytest.mark.parametrize("knows", [True, False])
def test_the_first_order_of_a_subscription_is_a_plan(woo: WooServer, knows: bool) -> None:
    number = sold(woo, "woo-order-plan-parent")
    woo.add_subscription(94, status="cancelled")
    woo.has_order_subscriptions = knows
    live = WooOrders(api(woo)).read(number, fresh=True)
    assert live is not None
    order = live.order
    assert (order.product_kind, order.charge) == (ProductKind.SUBSCRIPTION, Charge.PURCHASE)
    assert (order.status, order.remaining_balance) == (OrderStatus.CANCELLED, None)


@pytest.mark.parametrize("asked", ["7.9.0", "7.6.0", "nothing"])
def test_a_renewal_is_a_renewal(woo: WooServer, asked: str) -> None:
    number = sold(woo, "woo-order-renewal")
    subscription = woo.add_subscription(96, parent=False)
    woo.subscriptions[95] = {**woo.subscriptions.pop(subscription["id"]), "id": 95}
    woo.has_order_subscriptions, woo.has_subscriptions = asked == "7.9.0", asked != "nothing"
    live = WooOrders(api(woo)).read(number, fresh=True)
    assert live is not None
    assert (live.order.product_kind, live.order.charge) == (ProductKind.SUBSCRIPTION, Charge.RENEWAL)
    assert gateway_of(woo).balance(number).remaining is None


def test_a_path_that_is_not_there_is_answered_as_the_contract_server_does(woo: WooServer) -> None:
    woo.has_order_subscriptions = False
    sold(woo, "woo-order-plan-parent")
    with pytest.raises(WooRejected) as refused:
        api(woo).call().get("/orders/94/subscriptions")
    said = case("woo-rest-no-route")
    assert (refused.value.code, refused.value.status) == (said["code"], said["data"]["status"])


@pytest.mark.parametrize(
    ("name", "key", "amount"),
    [
        ("woo-refund-paid", "RD-TC4TRN-refund", "44.00"),
        ("woo-refund-rounded-by-shop", "RD-N7TGKJ-refund", "43.99"),
    ],
)
def test_a_refund_of_ours_that_was_paid_is_done(woo: WooServer, name: str, key: str, amount: str) -> None:
    number = sold(woo, "woo-order-shipping")
    woo.refunds[106] = [case(name)]
    assert gateway_of(woo).refund(number, Decimal(amount), "USD", ORIGINAL, key=key) == str(case(name)["id"])
    assert woo.writes() == []


@pytest.mark.parametrize("shown", ["43.99", "44"])
def test_a_refund_that_the_shop_has_rounded_is_never_told_as_not_made(
    services: Services, woo: WooServer, clock: Clock, shown: str
) -> None:
    """Recorded as 44, or shown so by a shop without decimals: paid it was in any case."""
    number = sold(woo, "woo-order-shipping")
    woo.refunds[106] = [{**case("woo-refund-rounded-by-shop"), "amount": shown}]
    pay = lambda: gateway_of(woo).refund(number, Decimal("43.99"), "USD", ORIGINAL, key="RD-N7TGKJ-refund")  # noqa: E731
    if shown == "43.99":
        assert pay() == "114"
    else:
        with pytest.raises(Unclear):
            pay()


def test_what_a_shop_without_decimals_can_not_record_is_never_asked_for(
    services: Services, woo: WooServer, clock: Clock
) -> None:
    number = sold(woo, "woo-order-shipping")
    woo.decimals = 0
    with pytest.raises(WooRejected, match="records 0 decimals"):
        gateway_of(woo).refund(number, Decimal("43.99"), "USD", ORIGINAL, key="RD-N7TGKJ-refund")
    with pytest.raises(WooRejected, match="records 0 decimals"):
        gateway_of(woo).destinations(number, Decimal("43.99"), "USD")
    assert woo.writes() == []


def test_a_credit_of_the_wallet_is_known_again_by_its_id(woo: WooServer) -> None:
    order = woo.add_order(71, "ada@example.test", customer_id=2)
    woo.refunds[71] = [
        {
            **case("woo-refund-paid"),
            "amount": "22.00",
            "reason": "Refund Desk [refund-desk RD-71-refund]",
            "refunded_payment": False,
        }
    ]
    woo.wallet.append(case("woo-terawallet-transaction"))
    assert order["customer_id"] == case("woo-terawallet-transaction")["user_id"]
    for _ in range(2):
        assert gateway_of(woo).refund("CC-000071", Decimal(22), "USD", WALLET, key="RD-71-refund") == "wallet-1"
    assert woo.writes() == []


@pytest.mark.parametrize(
    ("name", "amount", "lines"),
    [
        (
            "woo-order-shipping",
            "48.40",
            [
                {"id": 79, "refund_total": "44.00", "refund_tax": []},
                {"id": 80, "refund_total": "4.40", "refund_tax": []},
            ],
        ),
        (
            "woo-order-tax",
            "49.72",
            [{"id": 93, "refund_total": "44.00", "refund_tax": [{"id": 1, "refund_total": "5.72"}]}],
        ),
    ],
)
def test_a_refund_carries_its_lines_and_tax(woo: WooServer, name: str, amount: str, lines: list[Any]) -> None:
    number = sold(woo, name)
    gateway_of(woo).refund(number, Decimal(amount), "USD", ORIGINAL, key="RD-1-refund")
    (sent,) = woo.writes()
    assert sent.values["line_items"] == lines


def test_lines_that_do_not_make_up_the_total_are_left_out(woo: WooServer) -> None:
    number = sold(woo, "woo-order-tax")
    woo.orders[124]["total"] = "60.00"
    gateway_of(woo).refund(number, Decimal("44.00"), "USD", ORIGINAL, key="RD-1-refund")
    assert "line_items" not in woo.writes()[0].values


# Stripe


def at_stripe(stripe: StripeServer, number: str = "CC-210001") -> dict[str, Any]:
    """A payment with the ids of the cases."""
    intent = stripe.add_payment(number, 5000)
    charge = stripe.objects["charges"].pop(intent["latest_charge"])
    del stripe.objects["payment_intents"][intent["id"]]
    charge.update(id="ch_test_1", payment_intent="pi_test_1")
    intent.update(id="pi_test_1", latest_charge="ch_test_1")
    stripe.objects["charges"]["ch_test_1"] = charge
    stripe.objects["payment_intents"]["pi_test_1"] = intent
    return intent


@pytest.mark.parametrize("word", ["appeal_needs_response", "appeal_under_review", "prevented"])
def test_a_newer_status_of_a_dispute_forbids_a_refund(stripe: StripeServer, word: str) -> None:
    at_stripe(stripe)
    dispute = case(f"stripe-dispute-{word}")
    stripe.objects["disputes"] = {dispute["id"]: dispute}
    gateway = StripeGateway(StripeApi(stripe.key, stripe.url, limits=PATIENT), start_of)
    for call in (
        lambda: gateway.balance("CC-210001"),
        lambda: gateway.destinations("CC-210001", Decimal("44.00"), "USD"),
    ):
        with pytest.raises(StripeRejected, match="disputed"):
            call()
    events = StripeEvents(StripeApi(stripe.key, stripe.url, limits=PATIENT))
    state = events.read(json.loads(stripe.event("charge.dispute.updated", dispute)))
    assert state is not None and state.dispute_open is True


def test_a_thin_event_is_read_by_fetching_what_it_is_about(services: Services, stripe: StripeServer) -> None:
    intent = at_stripe(stripe)
    store_order(services, "CC-210001")
    made = replace(services, payments=StripeEvents(StripeApi(stripe.key, stripe.url, limits=PATIENT)))
    stripe.refund_elsewhere(intent, 5000)
    body = json.dumps(case("stripe-event-thin")).encode()
    take = StripeWebhook(b"whsec_of_the_contract_server", made).read({}, body)
    assert take is not None and take() is True
    with made.unit_of_work() as uow:
        stored = uow.orders.find("CC-210001")
    assert stored is not None and stored.order.status is OrderStatus.REFUNDED


@pytest.mark.parametrize("change", [{"related_object": None}, {"type": "v1.invoice.paid"}, {"type": "v2.core.x\n"}])
def test_a_thin_event_that_can_not_be_read_is_said_in_the_log_and_not_taken(
    services: Services, change: dict[str, Any]
) -> None:
    body = json.dumps({**case("stripe-event-thin"), **change}).encode()
    with capture_logs() as logs:
        assert StripeWebhook(b"whsec_of_the_contract_server", services).read({}, body) is None
    assert [(entry["event"], entry["log_level"]) for entry in logs] == [("shop_event.not_read", "warning")]
    assert "\n" not in logs[0]["type"]


@pytest.mark.parametrize(
    "event",
    [
        case("stripe-event-thin"),
        {"type": "charge.refunded", "data": {"object": {"id": "ch_1", "payment_intent": "pi_nobody_has"}}},
        {"type": "charge.dispute.created", "data": {"object": {"id": "dp_nobody_has"}}},
        {"type": "customer.subscription.deleted", "data": {"object": {"id": "sub_nobody_has"}}},
        {"type": "refund.updated", "data": {"object": {"id": "re_nobody_has"}}},
        {"type": "charge.refunded", "data": {"object": {"id": "ch_1", "payment_intent": "../x"}}},
        {"type": "charge.refunded", "data": {"object": {"id": "../x"}}},
    ],
)
def test_an_event_about_what_stripe_does_not_have_is_handled(
    services: Services, stripe: StripeServer, event: dict[str, Any]
) -> None:
    made = replace(services, payments=StripeEvents(StripeApi(stripe.key, stripe.url, limits=PATIENT)))
    assert take_payment_event(made, "stripe", {"id": "evt_1", **event}) is True
    assert take_payment_event(made, "stripe", {"id": "evt_1", **event}) is False


def test_an_event_that_can_not_be_read_now_is_sent_again(services: Services, stripe: StripeServer) -> None:
    made = replace(services, payments=StripeEvents(StripeApi("sk_test_that_is_wrong", stripe.url, limits=PATIENT)))
    with pytest.raises(GatewayError):
        take_payment_event(made, "stripe", {"id": "evt_1", **case("stripe-event-thin")})


def flexible(stripe: StripeServer, **changes: Any) -> StripeGateway:
    """The subscription of the cases, at Stripe."""
    found = {**case("stripe-subscription-flexible"), **changes}
    stripe.objects["subscriptions"] = {found["id"]: found}
    return StripeGateway(StripeApi(stripe.key, stripe.url, limits=PATIENT), start_of)


def test_an_end_that_stripe_shows_as_a_date_is_an_end(stripe: StripeServer) -> None:
    gateway = flexible(stripe)
    gateway.end_agreement("CC-300010", date(2026, 12, 31), key="RD-1-end_agreement")
    assert stripe.writes() == []


def test_an_end_at_the_end_of_the_period_may_be_answered_as_a_date(stripe: StripeServer) -> None:
    gateway = flexible(stripe, cancel_at=None, canceled_at=None)
    stripe.flexible = True
    gateway.end_agreement("CC-300010", date(2026, 12, 31), key="RD-1-end_agreement")
    (sent,) = stripe.writes()
    assert sent.values["cancel_at_period_end"] == "true"
    assert stripe.objects["subscriptions"]["sub_test_1"]["cancel_at"] == 1798488433


def test_an_end_that_comes_too_late_is_made_earlier(stripe: StripeServer) -> None:
    gateway = flexible(stripe)
    gateway.end_agreement("CC-300010", date(2026, 12, 10), key="RD-1-end_agreement")
    assert stripe.objects["subscriptions"]["sub_test_1"]["cancel_at"] < 1798488433


def test_nothing_of_the_cases_is_an_outage(woo: WooServer) -> None:
    """Bad data gives the same at every repeat."""
    for name in ("woo-order-balance-with-sign", "woo-order-bank-transfer", "woo-order-shipping", "woo-order-tax"):
        try:
            WooOrders(api(woo)).read(sold(woo, name), fresh=True)
        except Unavailable as error:
            pytest.fail(f"{name}: {error}")
        except Rejected:
            pass
