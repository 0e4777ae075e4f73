"""Whole refunds through cases and outbox against Stripe and WooCommerce: paid once, whatever goes wrong."""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import astuple, replace
from typing import Any

import pytest

from bot.bootstrap import Shop, open_shop
from bot.cases.customer.quotes import ConfirmationStatus
from bot.cases.model import CaseState, Cause
from bot.cases.ports.billing import Unavailable
from bot.cases.services import Services
from bot.connectors.shared.http import Limits
from bot.policy.facts import Destination, OrderStatus
from bot.settings import Settings
from tests.cases.test_execution import cancelled, work
from tests.cases.test_quotes import case_file, confirmed, order_status, quoted
from tests.gateways.gateway_builders import limits_of
from tests.gateways.shop_server import ShopFault
from tests.gateways.stripe_server import StripeServer
from tests.gateways.woo_server import KEY, SECRET, WooServer
from tests.store_builders import PLAN, Clock, store_order, verified

PLAN_NUMBER, CARD = "CC-104251", "CC-104233"
ORIGINAL = Destination.ORIGINAL_PAYMENT_METHOD


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Gateways that give up sooner than in the bot, where the other side is slow; else later."""
    monkeypatch.setattr(Limits.__init__, "__defaults__", astuple(limits_of(request)))


def opened(services: Services, **settings: Any) -> Shop:
    """The systems of these settings, as the bot makes them."""
    calendar = services.policy.terms_for(services.clock()).calendar
    return open_shop(Settings(**settings), calendar.start_of)


def settled(services: Services, clock: Clock, reference: str) -> CaseState:
    """Carry a case out until nothing of it waits; a busy machine may look like one more fault."""
    work(services, clock)
    for _ in range(6):
        time.sleep(0.1)
        work(services, clock, minutes=1)
        state = case_file(services, reference).case.state
        if state is not CaseState.EXECUTING:
            break
    return state


@pytest.fixture
def stripe() -> Iterator[StripeServer]:
    with StripeServer() as server:
        server.add_subscription(PLAN_NUMBER, 2500, 1_780_286_400)  # 2026-06-01 in UTC
        yield server
        assert server.violations == []


@pytest.fixture
def at_stripe(services: Services, stripe: StripeServer) -> Services:
    """A plan in the store, whose money moves through Stripe."""
    shop = opened(services, stripe_key=stripe.key, stripe_url=stripe.url)
    assert shop.gateway is not None
    store_order(services, PLAN_NUMBER, **PLAN)
    verified(services, number=PLAN_NUMBER)
    return replace(services, gateway=shop.gateway, payments=shop.payments)


@pytest.fixture
def woo() -> Iterator[WooServer]:
    with WooServer() as server:
        server.add_order(104233)
        yield server
        assert server.violations == []


@pytest.fixture
def at_woo(services: Services, woo: WooServer) -> Services:
    """A card in WooCommerce alone; the store is empty until somebody asks."""
    shop = opened(
        services,
        woocommerce_url=woo.url,
        woocommerce_key=KEY,
        woocommerce_secret=SECRET,
        woocommerce_stop_status="cancelled",
        woocommerce_wallet="terawallet",
    )
    assert shop.gateway is not None
    made = replace(services, gateway=shop.gateway, orders=shop.orders)
    verified(made)
    return made


# Stripe


def test_a_plan_is_cancelled_and_refunded_at_stripe(at_stripe: Services, stripe: StripeServer, clock: Clock) -> None:
    quote = quoted(at_stripe, number=PLAN_NUMBER, destination=ORIGINAL)
    assert confirmed(at_stripe, quote).status is ConfirmationStatus.CONFIRMED
    work(at_stripe, clock)
    file = case_file(at_stripe, quote.case.reference)
    assert file.case.state is CaseState.DONE and order_status(at_stripe, PLAN_NUMBER) is OrderStatus.REFUNDED
    assert [refund["amount"] for refund in stripe.refunds] == [2200]
    assert file.steps[-1].result == {"payment": stripe.refunds[0]["id"]}
    assert next(iter(stripe.objects["subscriptions"].values()))["status"] == "canceled"


def test_a_cancellation_is_carried_out_before_the_answer(at_stripe: Services, stripe: StripeServer) -> None:
    done = confirmed(at_stripe, cancelled(at_stripe, PLAN_NUMBER))
    assert done.case.state is CaseState.DONE and stripe.refunds == []


@pytest.mark.parametrize("fault", list(ShopFault))
@pytest.mark.parametrize("what", ["DELETE /v1/subscriptions", "GET /v1/disputes", "POST /v1/refunds"])
def test_a_fault_of_stripe_at_any_step_pays_once(
    at_stripe: Services, stripe: StripeServer, clock: Clock, fault: ShopFault, what: str
) -> None:
    stripe.fail(what, [fault])
    quote = quoted(at_stripe, number=PLAN_NUMBER, destination=ORIGINAL)
    confirmed(at_stripe, quote)
    assert settled(at_stripe, clock, quote.case.reference) is CaseState.DONE
    time.sleep(1 if fault is ShopFault.SLOW else 0)
    assert [refund["amount"] for refund in stripe.refunds] == [2200]


def test_a_worker_that_was_away_for_a_day_after_paying_finds_the_payment(
    at_stripe: Services, stripe: StripeServer, clock: Clock
) -> None:
    stripe.fail("POST /v1/refunds", [ShopFault.DROP_AFTER])
    quote = quoted(at_stripe, number=PLAN_NUMBER, destination=ORIGINAL)
    confirmed(at_stripe, quote)
    work(at_stripe, clock)
    stripe.forget_keys()
    clock.passes(days=2)
    work(at_stripe, clock, minutes=0)
    assert case_file(at_stripe, quote.case.reference).case.state is CaseState.DONE and len(stripe.refunds) == 1


def test_stripe_s_wish_to_be_left_alone_is_kept(at_stripe: Services, stripe: StripeServer, clock: Clock) -> None:
    stripe.retry_after = "600"
    stripe.fail("POST /v1/refunds", [ShopFault.TOO_MANY])
    quote = quoted(at_stripe, number=PLAN_NUMBER, destination=ORIGINAL)
    confirmed(at_stripe, quote)
    work(at_stripe, clock)
    work(at_stripe, clock, minutes=9)
    assert stripe.refunds == []
    work(at_stripe, clock, minutes=1.1)
    assert len(stripe.refunds) == 1


@pytest.mark.parametrize("what", ["dispute", "refund"])
def test_what_happened_at_stripe_before_the_payment_stops_it(
    at_stripe: Services, stripe: StripeServer, clock: Clock, what: str
) -> None:
    quote = quoted(at_stripe, number=PLAN_NUMBER, destination=ORIGINAL)
    confirmed(at_stripe, quote)
    first = stripe.objects["payment_intents"][next(iter(stripe.objects["invoices"].values()))["payment_intent"]]
    stripe.add_dispute(first) if what == "dispute" else stripe.refund_elsewhere(first, 300)
    work(at_stripe, clock)
    assert next(iter(stripe.objects["subscriptions"].values()))["status"] == "active"  # nothing was stopped for it
    file = case_file(at_stripe, quote.case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert file.handoff.facts["may_have_happened"] is False
    assert len(stripe.refunds) == (what == "refund")


def test_a_card_that_nobody_can_stop_goes_to_a_person_before_any_money_moves(
    at_stripe: Services, stripe: StripeServer, clock: Clock
) -> None:
    stripe.add_payment(CARD, 5000)
    store_order(at_stripe)
    verified(at_stripe)
    quote = quoted(at_stripe)
    confirmed(at_stripe, quote)
    work(at_stripe, clock)
    file = case_file(at_stripe, quote.case.reference)
    assert file.case.state is CaseState.IN_REVIEW and stripe.writes() == []


def test_a_stripe_that_stays_away_makes_it_a_handoff(at_stripe: Services, stripe: StripeServer, clock: Clock) -> None:
    services = replace(at_stripe, gateway_attempts=3)
    quote = quoted(services, number=PLAN_NUMBER, destination=ORIGINAL)
    confirmed(services, quote)
    stripe.stop()
    for _ in range(4):
        work(services, clock)
    file = case_file(services, quote.case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert file.handoff.cause is Cause.FAILURE and file.handoff.facts["may_have_happened"] is True


# WooCommerce


@pytest.mark.parametrize("destination", list(Destination))
def test_an_order_of_the_shop_is_refunded(
    at_woo: Services, woo: WooServer, clock: Clock, destination: Destination
) -> None:
    quote = quoted(at_woo, destination=destination)
    assert confirmed(at_woo, quote).status is ConfirmationStatus.CONFIRMED
    work(at_woo, clock)
    assert case_file(at_woo, quote.case.reference).case.state is CaseState.DONE
    to_wallet = destination is Destination.WALLET
    assert [row["amount"] for row in woo.wallet] == [44] * to_wallet
    assert woo.payments == [(104233, "44.00")] * (not to_wallet)
    again = quoted(at_woo)
    assert again.case.state is CaseState.DECLINED and order_status(at_woo) is OrderStatus.REFUNDED


@pytest.mark.parametrize("fault", list(ShopFault))
@pytest.mark.parametrize("what", ["PUT ", "GET /wp-json/wc/v3/orders/104233/refunds", "POST "])
def test_a_fault_of_the_shop_at_any_step_pays_once(
    at_woo: Services, woo: WooServer, clock: Clock, fault: ShopFault, what: str
) -> None:
    quote = quoted(at_woo, destination=ORIGINAL)
    confirmed(at_woo, quote)
    woo.fail(what, [fault])
    assert settled(at_woo, clock, quote.case.reference) is CaseState.DONE
    time.sleep(1 if fault is ShopFault.SLOW else 0)
    assert woo.payments == [(104233, "44.00")]


def test_a_card_used_in_the_shop_before_it_was_stopped_is_quoted_anew(
    at_woo: Services, woo: WooServer, clock: Clock
) -> None:
    quote = quoted(at_woo, destination=ORIGINAL)
    confirmed(at_woo, quote)
    woo.orders[104233]["meta_data"][0]["value"] = "31.50"
    work(at_woo, clock)
    assert case_file(at_woo, quote.case.reference).case.state is CaseState.QUOTED and woo.payments == []
    renewed = quoted(at_woo, destination=ORIGINAL)
    confirmed(at_woo, renewed)
    work(at_woo, clock)
    assert woo.payments == [(104233, "27.72")]


@pytest.mark.parametrize("method", ["refuses", "breaks", "dies"])
def test_a_payment_method_that_fails_ends_with_a_person_and_no_second_payment(
    at_woo: Services, woo: WooServer, clock: Clock, method: str
) -> None:
    woo.method = method
    services = replace(at_woo, gateway_attempts=4)
    quote = quoted(services, destination=ORIGINAL)
    confirmed(services, quote)
    for _ in range(6):
        work(services, clock)
    file = case_file(services, quote.case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert file.handoff.facts["may_have_happened"] is True
    assert len(woo.payments) == (method != "refuses")


def test_a_shop_that_rounds_what_it_has_paid_is_never_told_as_not_paid(
    at_woo: Services, woo: WooServer, clock: Clock
) -> None:
    woo.orders[104233]["meta_data"][0]["value"] = "31.50"
    woo.rounds_to = 0
    confirmed(at_woo, quoted(at_woo, destination=ORIGINAL))  # of a balance that was read before
    quote = quoted(at_woo, destination=ORIGINAL)
    assert confirmed(at_woo, quote).status is ConfirmationStatus.CONFIRMED
    for _ in range(3):
        work(at_woo, clock)
    file = case_file(at_woo, quote.case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert file.handoff.facts["may_have_happened"] is True and "28" in file.handoff.facts["error"]
    assert woo.payments == [(104233, "27.72")]


@pytest.mark.parametrize("change", [{"payment_method": "bacs"}, {"status": "on-hold"}])
def test_what_has_changed_since_the_yes_is_seen_before_the_card_is_stopped(
    at_woo: Services, woo: WooServer, clock: Clock, change: dict[str, str]
) -> None:
    quote = quoted(at_woo, destination=ORIGINAL)
    confirmed(at_woo, quote)
    woo.orders[104233].update(change)
    work(at_woo, clock)
    file = case_file(at_woo, quote.case.reference)
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert (file.handoff.facts["may_have_happened"], file.handoff.facts["done"]) == (False, [])
    assert woo.writes() == []


def test_a_shop_that_is_down_at_the_yes_confirms_nothing(at_woo: Services, woo: WooServer) -> None:
    quote = quoted(at_woo)
    woo.stop()
    with pytest.raises(Unavailable):
        confirmed(at_woo, quote)
    file = case_file(at_woo, quote.case.reference)
    assert file.case.state is CaseState.QUOTED and file.steps == []
