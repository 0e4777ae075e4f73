"""Stripe over real HTTP: what it is sent, what is paid once, and what each failure means."""

from __future__ import annotations

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.cases.ports.billing import Balance, Rejected, Unavailable, Unclear
from bot.connectors.shared.gateways import GatewayUnavailable
from bot.connectors.shared.http import Limits
from bot.connectors.stripe.api import StripeApi, StripeRejected, minor_units
from bot.connectors.stripe.gateway import KEY_FIELD, StripeGateway
from bot.policy.facts import Destination
from tests.gateways.gateway_builders import IMPATIENT, limits_of
from tests.gateways.shop_server import ShopFault
from tests.gateways.stripe_server import StripeServer

CARD, PLAN, KEY = "CC-104233", "CC-104251", "RD-YTAF7F-refund"
ORIGINAL, WALLET = Destination.ORIGINAL_PAYMENT_METHOD, Destination.WALLET
NEW_YORK = ZoneInfo("America/New_York")


def start_of(day: date) -> datetime:
    """Midnight in New York."""
    return datetime(day.year, day.month, day.day, tzinfo=NEW_YORK)


PERIOD_END = int(start_of(date(2027, 1, 1)).timestamp())


@pytest.fixture
def stripe() -> Iterator[StripeServer]:
    """A paid card order and a plan."""
    with StripeServer() as server:
        server.add_payment(CARD, 5000)
        server.add_subscription(PLAN, 2500, PERIOD_END)
        yield server
        assert server.violations == []


@pytest.fixture
def gateway(stripe: StripeServer, request: pytest.FixtureRequest) -> StripeGateway:
    """The gateway of the bot, with the patience that the test needs."""
    return StripeGateway(StripeApi(stripe.key, stripe.url, limits=limits_of(request)), start_of)


def pay(
    gateway: StripeGateway,
    amount: str = "44.00",
    key: str = KEY,
    to: Destination = ORIGINAL,
    number: str = CARD,
    currency: str = "USD",
) -> str:
    """Refund."""
    return gateway.refund(number, Decimal(amount), currency, to, key=key)


# What is done


def test_a_refund_goes_back_to_the_payment_with_the_key_and_the_order(
    stripe: StripeServer, gateway: StripeGateway
) -> None:
    assert pay(gateway) == stripe.refunds[0]["id"]
    (sent,) = stripe.writes()
    intent = stripe.refunds[0]["payment_intent"]
    assert (sent.path, sent.headers["idempotency-key"]) == ("/v1/refunds", KEY)
    assert sent.values == {
        "payment_intent": intent,
        "amount": "4400",
        "reason": "requested_by_customer",
        f"metadata[{KEY_FIELD}]": KEY,
        "metadata[order_number]": CARD,
    }


def test_a_plan_s_refund_is_of_its_first_invoice_not_of_a_renewal(stripe: StripeServer, gateway: StripeGateway) -> None:
    pay(gateway, "22.00", number=PLAN)
    invoices = {i["payment_intent"]: i["billing_reason"] for i in stripe.objects["invoices"].values()}
    assert invoices[stripe.refunds[0]["payment_intent"]] == "subscription_create"


def test_the_wallet_is_the_credit_balance_of_the_customer(stripe: StripeServer, gateway: StripeGateway) -> None:
    assert pay(gateway, to=WALLET) == stripe.credits[0]["id"]
    assert (stripe.credits[0]["amount"], stripe.credits[0]["customer"]) == (-4400, "cus_1")
    assert pay(gateway, to=WALLET) == stripe.credits[0]["id"]
    assert len(stripe.credits) == 1 and stripe.refunds == []


def test_a_payment_without_a_customer_has_no_wallet(stripe: StripeServer, gateway: StripeGateway) -> None:
    stripe.add_payment("CC-104260", 5000, customer=None)
    with pytest.raises(StripeRejected, match="no_customer"):
        pay(gateway, to=WALLET, number="CC-104260")
    assert stripe.writes() == []


def test_a_plan_is_stopped_by_cancelling_it_now_and_once(stripe: StripeServer, gateway: StripeGateway) -> None:
    for _ in range(2):
        gateway.stop_service(PLAN, key="RD-1-stop_service")
    gateway.end_agreement(PLAN, date(2026, 12, 31), key="RD-1-end_agreement")
    assert [(sent.method, sent.path.split("/")[2]) for sent in stripe.writes()] == [("DELETE", "subscriptions")]


def test_a_card_is_nothing_that_stripe_could_stop(stripe: StripeServer, gateway: StripeGateway) -> None:
    with pytest.raises(StripeRejected, match="no_subscription"):
        gateway.stop_service(CARD, key="RD-1-stop_service")
    assert stripe.writes() == []


@pytest.mark.parametrize(
    ("on", "wanted"),
    [
        (date(2026, 12, 31), {"cancel_at_period_end": "true"}),
        (date(2027, 1, 31), {"cancel_at_period_end": "true"}),
        (date(2026, 12, 30), {"cancel_at": str(PERIOD_END - 86_400)}),
    ],
)
def test_an_agreement_ends_with_its_period_or_with_the_date_if_that_is_earlier(
    stripe: StripeServer, gateway: StripeGateway, on: date, wanted: dict[str, str]
) -> None:
    gateway.end_agreement(PLAN, on, key="RD-1-end_agreement")
    (sent,) = stripe.writes("/v1/subscriptions/")
    assert sent.values == {**wanted, "proration_behavior": "none"}


class Services:
    """The system of the shop that runs the services."""

    def __init__(self) -> None:
        self.stopped: list[tuple[str, str]] = []

    def stop_service(self, order_number: str, *, key: str) -> None:
        self.stopped.append((order_number, key))

    def balance(self, order_number: str) -> Balance:
        return Balance(Decimal("31.50"), "USD", True)


def test_beside_a_system_that_runs_the_services_stripe_only_moves_the_money(stripe: StripeServer) -> None:
    services: Any = Services()
    gateway = StripeGateway(StripeApi(stripe.key, stripe.url), start_of, services)
    gateway.stop_service(CARD, key="RD-1-stop_service")
    gateway.stop_service(PLAN, key="RD-2-stop_service")
    assert services.stopped == [(CARD, "RD-1-stop_service"), (PLAN, "RD-2-stop_service")] and stripe.writes() == []
    assert gateway.balance(CARD) == Balance(Decimal("31.50"), "USD", True)


def test_stripe_alone_knows_no_balance(gateway: StripeGateway) -> None:
    assert gateway.balance(CARD) == Balance(None, "USD", False)


@pytest.mark.parametrize(
    ("amount", "currency", "units"),
    [
        ("44.00", "USD", 4400),
        ("0.01", "USD", 1),
        ("4400", "JPY", 4400),
        ("12.340", "KWD", 12340),
        ("500", "ISK", 50000),
        ("500", "UGX", 50000),
        ("7", "MGA", 7),
        ("10.45", "HUF", 1045),
    ],
)
def test_amounts_are_sent_in_the_unit_that_stripe_takes(amount: str, currency: str, units: int) -> None:
    assert minor_units(Decimal(amount), currency) == units


@pytest.mark.parametrize(
    ("amount", "currency"),
    [
        ("0", "USD"),
        ("-1", "USD"),
        ("0.001", "USD"),
        ("NaN", "USD"),
        ("Infinity", "USD"),
        ("1e12", "USD"),
        ("1.5", "JPY"),
        ("12.345", "KWD"),
        ("1.5", "ISK"),
        ("1.2", "MGA"),
        ("1", "XXX"),
    ],
)
def test_an_amount_that_stripe_cannot_pay_to_the_last_digit_is_not_sent(
    stripe: StripeServer, gateway: StripeGateway, amount: str, currency: str
) -> None:
    with pytest.raises(StripeRejected):
        pay(gateway, amount, currency=currency)
    assert stripe.sent == []


# Once


@pytest.mark.parametrize("to", [ORIGINAL, WALLET])
@pytest.mark.parametrize(
    "fault", [ShopFault.ERROR_AFTER, ShopFault.DROP_AFTER, ShopFault.LATE, ShopFault.GARBAGE, ShopFault.SLOW]
)
@pytest.mark.parametrize("a_day_later", [False, True])
def test_what_was_paid_behind_an_error_is_not_paid_again_even_when_the_key_is_forgotten(
    stripe: StripeServer, gateway: StripeGateway, to: Destination, fault: ShopFault, a_day_later: bool
) -> None:
    path = "/v1/refunds" if to is ORIGINAL else "/balance_transactions"
    stripe.fail(f"POST {path}" if to is ORIGINAL else "POST /v1/customers", [fault])
    with pytest.raises(Unavailable):
        pay(gateway, to=to)
    until = time.monotonic() + 20
    while not stripe.refunds + stripe.credits and time.monotonic() < until:
        time.sleep(0.05)  # the slow one
    if a_day_later:
        stripe.forget_keys()
    paid = pay(gateway, to=to)
    assert [row["id"] for row in stripe.refunds + stripe.credits] == [paid]


def test_a_repeat_that_overtakes_the_slow_first_call_is_kept_from_paying_by_the_key(
    stripe: StripeServer, gateway: StripeGateway
) -> None:
    stripe.fail("POST /v1/refunds", [ShopFault.SLOW])
    with pytest.raises(Unavailable):
        pay(StripeGateway(StripeApi(stripe.key, stripe.url, limits=IMPATIENT), start_of))
    first = pay(gateway)
    time.sleep(1)
    assert [refund["id"] for refund in stripe.refunds] == [first]


def test_another_amount_under_the_same_key_is_rejected(stripe: StripeServer, gateway: StripeGateway) -> None:
    pay(gateway)
    with pytest.raises(Unclear, match="key_reused"):
        pay(gateway, "43.00")
    with pytest.raises(Unclear, match="key_reused"):
        pay(gateway, to=WALLET)
    assert [refund["amount"] for refund in stripe.refunds] == [4400] and stripe.credits == []


def test_stripe_s_own_idempotency_error_is_a_rejection(stripe: StripeServer, gateway: StripeGateway) -> None:
    stripe._replies[KEY] = (("/v1/refunds", {"amount": "1"}), None)  # type: ignore[assignment]
    with pytest.raises(StripeRejected, match="idempotency_error"):
        pay(gateway)


def test_a_key_that_is_in_flight_is_unavailable(stripe: StripeServer, gateway: StripeGateway) -> None:
    stripe.in_flight = 1
    with pytest.raises(Unavailable, match="409"):
        pay(gateway)
    assert pay(gateway) and len(stripe.refunds) == 1


def test_a_saved_error_is_given_for_ever_and_stays_unclear(stripe: StripeServer, gateway: StripeGateway) -> None:
    stripe.saves_errors = True
    stripe.fail("POST /v1/refunds", [ShopFault.ERROR_BEFORE])
    for _ in range(3):
        with pytest.raises(Unavailable, match="500"):
            pay(gateway)
    assert stripe.refunds == []


def test_many_at_once_with_one_key_pay_once(stripe: StripeServer) -> None:
    gateway = StripeGateway(StripeApi(stripe.key, stripe.url), start_of)
    with ThreadPoolExecutor(8) as threads:
        paid = set(threads.map(lambda _: pay(gateway), range(16)))
    assert len(paid) == len(stripe.refunds) == 1


@pytest.mark.parametrize("amount", [500, 5000])
def test_a_refund_made_elsewhere_is_rejected_with_what_is_known(
    stripe: StripeServer, gateway: StripeGateway, amount: int
) -> None:
    intent = next(iter(stripe.objects["payment_intents"].values()))
    other = stripe.refund_elsewhere(intent, amount)
    for call in (lambda: pay(gateway), lambda: pay(gateway, to=WALLET), lambda: gateway.balance(CARD)):
        with pytest.raises(StripeRejected, match=f"{other['id']} of {amount}"):
            call()
    assert stripe.writes() == []


def test_a_credit_under_another_key_forbids_a_second_payment_of_the_order(
    stripe: StripeServer, gateway: StripeGateway
) -> None:
    pay(gateway, to=WALLET)
    with pytest.raises(StripeRejected, match="refunded_otherwise"):
        pay(gateway, key="RD-OTHER-refund")
    assert stripe.refunds == []


def test_a_refund_that_failed_later_goes_to_a_person_and_forbids_nothing_to_another_case(
    stripe: StripeServer, gateway: StripeGateway
) -> None:
    pay(gateway, "20.00")
    stripe.refunds[0]["status"] = "failed"
    with pytest.raises(StripeRejected, match="refund_failed"):
        pay(gateway, "20.00")
    assert pay(gateway, "20.00", key="RD-OTHER-refund") == stripe.refunds[1]["id"]


def test_refunds_are_looked_for_on_every_page(stripe: StripeServer, gateway: StripeGateway) -> None:
    intent = stripe.add_payment("CC-104270", 1_000_000)
    paid = pay(gateway, number="CC-104270")
    for _ in range(120):
        stripe.refund_elsewhere(intent, 1)["status"] = "canceled"
    stripe.forget_keys()
    assert pay(gateway, number="CC-104270") == paid


# What each failure means


@pytest.mark.parametrize("fault", [f for f in ShopFault if not f.is_done])
def test_a_fault_of_the_network_or_of_stripe_is_unavailable_and_pays_nothing(
    stripe: StripeServer, gateway: StripeGateway, fault: ShopFault
) -> None:
    stripe.fail("POST /v1/refunds", [fault])
    with pytest.raises(GatewayUnavailable) as unclear:
        pay(gateway)
    assert stripe.refunds == [] and pay(gateway) and len(stripe.refunds) == 1
    assert (unclear.value.retry_after == 2) == (fault in (ShopFault.TOO_MANY, ShopFault.HTML))


def test_all_exchanges_of_a_call_end_together(stripe: StripeServer) -> None:
    stripe.late_seconds = 1
    stripe.fail("GET", [ShopFault.LATE] * 9)
    gateway = StripeGateway(StripeApi(stripe.key, stripe.url, limits=Limits(exchange=1.5, call=2)), start_of)
    started = time.monotonic()
    with pytest.raises(Unavailable, match="in time"):
        pay(gateway)
    assert time.monotonic() - started < 9 and stripe.refunds == []


def test_a_wrong_key_is_rejected_and_neither_shown_nor_kept(stripe: StripeServer) -> None:
    gateway = StripeGateway(StripeApi("sk_test_that_is_wrong", stripe.url), start_of)
    with pytest.raises(Rejected) as refused:
        pay(gateway)
    assert str(refused.value) == "Stripe: invalid_request_error"
    stripe.violations.clear()


def test_an_order_that_stripe_does_not_know_is_rejected(stripe: StripeServer, gateway: StripeGateway) -> None:
    with pytest.raises(StripeRejected, match="no_payment"):
        pay(gateway, number="CC-999999")
    stripe.lag.add(CARD)
    with pytest.raises(StripeRejected, match="no_payment"):
        pay(gateway)


def test_two_payments_of_one_order_are_for_a_person(stripe: StripeServer, gateway: StripeGateway) -> None:
    stripe.add_payment(CARD, 5000, status="requires_payment_method")
    assert gateway.balance(CARD).currency == "USD"
    stripe.add_payment(CARD, 5000)
    with pytest.raises(StripeRejected, match="ambiguous_order"):
        pay(gateway)


@pytest.mark.parametrize("number", ["", "CC-1", "CC-104233' OR status:'succeeded", "cc-104233"])
def test_what_is_no_order_number_is_not_searched_for(stripe: StripeServer, gateway: StripeGateway, number: str) -> None:
    with pytest.raises(StripeRejected, match="malformed_order_number"):
        pay(gateway, number=number)
    assert stripe.sent == []


def test_another_currency_or_more_than_was_paid_is_rejected(stripe: StripeServer, gateway: StripeGateway) -> None:
    with pytest.raises(StripeRejected, match="currency_mismatch"):
        pay(gateway, currency="EUR")
    with pytest.raises(StripeRejected, match="invalid_request_error"):
        pay(gateway, "50.01")
    assert stripe.refunds == []


@pytest.mark.parametrize(
    ("status", "forbids"),
    [
        ("needs_response", True),
        ("lost", True),
        ("warning_needs_response", True),
        ("a_word_of_next_year", True),
        ("won", False),
        ("warning_closed", False),
    ],
)
def test_a_dispute_that_stands_forbids_the_payment(
    stripe: StripeServer, gateway: StripeGateway, status: str, forbids: bool
) -> None:
    intent = next(iter(stripe.objects["payment_intents"].values()))
    stripe.add_dispute(intent, status)
    if forbids:
        for call in (lambda: gateway.balance(CARD), lambda: pay(gateway), lambda: pay(gateway, to=WALLET)):
            with pytest.raises(StripeRejected, match="disputed"):
                call()
        assert stripe.writes() == []
    else:
        assert gateway.balance(CARD).currency == "USD" and pay(gateway)


@pytest.mark.parametrize(("customer", "ways"), [("cus_1", {ORIGINAL, WALLET}), (None, {ORIGINAL})])
def test_a_refund_can_go_to_the_payment_and_to_a_customer_s_credit_balance(
    stripe: StripeServer, gateway: StripeGateway, customer: str | None, ways: set[Destination]
) -> None:
    stripe.add_payment("CC-104260", 5000, customer=customer)
    assert gateway.destinations("CC-104260", Decimal("44.00"), "USD") == ways


def test_what_could_not_be_paid_is_known_before(stripe: StripeServer, gateway: StripeGateway) -> None:
    for amount, currency, why in (
        ("50.01", "USD", "exceeds_amount_paid"),
        ("44.00", "EUR", "currency_mismatch"),
        ("0.001", "USD", "amount_not_payable"),
    ):
        with pytest.raises(StripeRejected, match=why):
            gateway.destinations(CARD, Decimal(amount), currency)
    intent = next(iter(stripe.objects["payment_intents"].values()))
    stripe.refund_elsewhere(intent, 300)
    with pytest.raises(StripeRejected, match="refunded_otherwise"):
        gateway.destinations(CARD, Decimal("44.00"), "USD")
    next(iter(stripe.objects["subscriptions"].values()))["status"] = "a_word_of_next_year"
    with pytest.raises(StripeRejected, match="unclear_status"):
        gateway.destinations(PLAN, Decimal("22.00"), "USD")
    assert stripe.writes() == []


def test_a_refund_in_a_state_that_is_not_known_is_unclear(stripe: StripeServer, gateway: StripeGateway) -> None:
    pay(gateway)
    for status, known in (("pending", True), ("requires_action", True), ("a_word_of_next_year", False)):
        stripe.refunds[0]["status"] = status
        if known:
            assert pay(gateway) == stripe.refunds[0]["id"]
        else:
            with pytest.raises(Unclear, match="not known here"):
                pay(gateway)


@pytest.mark.parametrize("url", ["http://stripe.example", "https://user@stripe.example", "ftp://x", "https://x/?y"])
def test_a_url_that_cannot_be_used_is_refused(url: str) -> None:
    with pytest.raises(ValueError, match="URL of Stripe"):
        StripeApi("sk_test_x", url)
