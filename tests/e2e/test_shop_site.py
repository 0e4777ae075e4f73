"""The running bot before Stripe and before WooCommerce: whole conversations, and what the two send by themselves."""

from __future__ import annotations

import itertools
import json
import time
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any

import httpx
import pytest

from bot.cases.model import CaseKind, CaseState
from tests.e2e.faulty import PatientCustomer
from tests.e2e.running import Site, running_site
from tests.e2e.test_faults import settled
from tests.gateways.shop_server import ShopFault
from tests.gateways.stripe_server import KEY, StripeServer
from tests.gateways.stripe_server import WEBHOOK_SECRET as STRIPE_SECRET
from tests.gateways.woo_server import KEY as WOO_KEY
from tests.gateways.woo_server import SECRET as WOO_SECRET
from tests.gateways.woo_server import WEBHOOK_SECRET, WooServer, case
from tests.store_builders import PLAN

pytestmark = pytest.mark.e2e
_numbers = itertools.count(310_001)


@pytest.fixture(scope="module")
def stripe() -> Iterator[StripeServer]:
    with StripeServer(late_seconds=5) as server:
        yield server
        assert server.violations == []


@pytest.fixture(scope="module")
def woo() -> Iterator[WooServer]:
    with WooServer(late_seconds=5) as server:
        yield server
        assert server.violations == []


@pytest.fixture(scope="module")
def stripe_site(stripe: StripeServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A bot whose orders are in its store, and whose money moves through Stripe."""
    settings = {"stripe_key": KEY, "stripe_url": stripe.url, "stripe_webhook_secret": STRIPE_SECRET}
    with running_site(tmp_path_factory.mktemp("stripe"), take_back_minutes="0", **settings) as site:
        yield site


@pytest.fixture(scope="module")
def woo_site(woo: WooServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A bot whose orders are in WooCommerce, and whose money moves through it."""
    settings = {
        "woocommerce_url": woo.url,
        "woocommerce_key": WOO_KEY,
        "woocommerce_secret": WOO_SECRET,
        "woocommerce_webhook_secret": WEBHOOK_SECRET,
        "woocommerce_stop_status": "cancelled",
        "woocommerce_wallet": "terawallet",
    }
    with running_site(tmp_path_factory.mktemp("woo"), take_back_minutes="0", **settings) as site:
        yield site


def plan(site: Site, stripe: StripeServer) -> tuple[str, str]:
    """A plan that the store and Stripe know."""
    number, email = site.order(number=f"CC-{next(_numbers)}", **PLAN)
    stripe.add_subscription(number, 2500, int(time.time()) + 20 * 86_400)
    return number, email


def shop_order(woo: WooServer) -> tuple[str, str]:
    """A card that only the shop knows, bought a few minutes ago."""
    order_id = next(_numbers)
    bought = (datetime.now(timezone.utc) - timedelta(minutes=5)).strftime("%Y-%m-%dT%H:%M:%S")
    email = f"buyer{order_id}@example.net"
    woo.add_order(order_id, email, customer_id=order_id, date_created_gmt=bought, date_paid_gmt=bought)
    return f"CC-{order_id}", email


def asks(site: Site, number: str, email: str, to: str) -> PatientCustomer:
    """A customer who was shown a refund."""
    buyer = PatientCustomer(site.customer(), site.process)
    said = buyer.says(f"I want a refund for {number}, my email is {email}, I changed my mind, {to} please")
    assert "Shall I go ahead with" in said
    return buyer


def stripe_sends(site: Site, body: bytes, signature: str | None = None) -> httpx.Response:
    headers = {"Stripe-Signature": StripeServer.signature(body) if signature is None else signature}
    return httpx.post(f"{site.url}/webhooks/stripe", content=body, headers=headers, timeout=20)


def disputed(site: Site, number: str) -> bool:
    with site.services.unit_of_work() as uow:
        stored = uow.orders.find(number)
    assert stored is not None
    return stored.order.dispute_open


# Stripe


@pytest.mark.parametrize("fault", [None, ShopFault.ERROR_AFTER, ShopFault.DROP_AFTER, ShopFault.TOO_MANY])
def test_a_plan_is_refunded_in_a_conversation_through_stripe_and_once(
    stripe_site: Site, stripe: StripeServer, fault: ShopFault | None
) -> None:
    number, email = plan(stripe_site, stripe)
    buyer = asks(stripe_site, number, email, "back to my card")
    stripe.fail("POST /v1/refunds", [fault] if fault else [])
    said = buyer.says("yes", "RD-")
    (file,) = settled(stripe_site, buyer)
    assert file.case.state is CaseState.DONE and file.case.reference in said
    paid = [refund for refund in stripe.refunds if refund["metadata"]["order_number"] == number]
    assert [refund["amount"] for refund in paid] == [2200]


def test_a_dispute_is_told_by_stripe_and_a_person_decides(stripe_site: Site, stripe: StripeServer) -> None:
    number, email = plan(stripe_site, stripe)
    invoices = list(stripe.objects["invoices"].values())
    intent = stripe.objects["payment_intents"][invoices[-2]["payment_intent"]]
    dispute = stripe.add_dispute(intent)
    body = stripe.event("charge.dispute.created", {**dispute, "object": "dispute"})
    answer = stripe_sends(stripe_site, body)
    assert (answer.status_code, answer.json()) == (200, {"taken": True}) and disputed(stripe_site, number)
    assert stripe_sends(stripe_site, body).json() == {"taken": False}

    buyer = PatientCustomer(stripe_site.customer(), stripe_site.process)
    said = buyer.says(f"I want a refund for {number}, my email is {email}, I changed my mind, to my card please")
    assert "RD-" in said and "Shall I go ahead" not in said

    # Late, and in the wrong order: what is true now counts, not what the event says.
    dispute["status"] = "won"
    closed = stripe.event("charge.dispute.closed", {**dispute, "status": "won", "object": "dispute"})
    assert stripe_sends(stripe_site, closed).status_code == 200 and not disputed(stripe_site, number)
    late = stripe.event("charge.dispute.updated", {**dispute, "status": "needs_response", "object": "dispute"})
    assert stripe_sends(stripe_site, late).status_code == 200 and not disputed(stripe_site, number)


def test_a_refund_and_a_cancellation_made_at_stripe_reach_the_order(stripe_site: Site, stripe: StripeServer) -> None:
    number, _ = plan(stripe_site, stripe)
    subscription = list(stripe.objects["subscriptions"].values())[-1]
    subscription["status"] = "canceled"
    assert stripe_sends(stripe_site, stripe.event("customer.subscription.deleted", subscription)).status_code == 200
    assert stripe_site.order_status(number) == "cancelled"
    intent = stripe.objects["payment_intents"][list(stripe.objects["invoices"].values())[-2]["payment_intent"]]
    stripe.refund_elsewhere(intent, 2500)
    charge = stripe.objects["charges"][intent["latest_charge"]]
    body = stripe.event("charge.refunded", {**charge, "object": "charge"})
    stripe.fail("GET /v1/payment_intents", [ShopFault.ERROR_BEFORE])
    assert stripe_sends(stripe_site, body).status_code == 503  # sent again by Stripe
    assert stripe_sends(stripe_site, body).json() == {"taken": True}
    assert stripe_site.order_status(number) == "refunded"


@pytest.mark.parametrize("kind", ["refund.failed", "charge.refund.updated"])
def test_a_refund_that_the_bank_sends_back_is_given_to_a_person(
    stripe_site: Site, stripe: StripeServer, kind: str
) -> None:
    number, email = plan(stripe_site, stripe)
    buyer = asks(stripe_site, number, email, "back to my card")
    buyer.says("yes", "RD-")
    (file,) = settled(stripe_site, buyer)
    refund = next(refund for refund in stripe.refunds if refund["metadata"].get("order_number") == number)
    body = stripe.event(kind, {**refund, "status": "failed", "object": "refund"})
    assert stripe_sends(stripe_site, body).json() == {"taken": True}
    assert len(stripe_site.cases(buyer.customer)) == 1, "Stripe itself says that it was paid"

    refund["status"] = "failed"
    assert stripe_sends(stripe_site, stripe.event(kind, {**refund, "object": "refund"})).json() == {"taken": True}
    again = next(case for case in stripe_site.cases(buyer.customer) if case.case.reference != file.case.reference)
    with stripe_site.services.unit_of_work() as uow:
        handoff = uow.handoffs.of_case(again.case.id)
    assert handoff is not None and handoff.facts["reference"] == file.case.reference


def test_a_renewal_and_what_is_no_order_of_ours_are_ignored(stripe_site: Site, stripe: StripeServer) -> None:
    number, _ = plan(stripe_site, stripe)
    renewal = stripe.objects["payment_intents"][list(stripe.objects["invoices"].values())[-1]["payment_intent"]]
    dispute = stripe.add_dispute(renewal)
    assert stripe_sends(stripe_site, stripe.event("charge.dispute.created", dispute)).status_code == 200
    assert not disputed(stripe_site, number)
    foreign = stripe.add_dispute(stripe.add_payment(None, 100))
    assert stripe_sends(stripe_site, stripe.event("charge.dispute.created", foreign)).status_code == 200


@pytest.mark.parametrize(
    "make",
    [
        lambda body: "",
        lambda body: "t=1,v1=00",
        lambda body: StripeServer.signature(body, secret="whsec_of_somebody_else"),
        lambda body: StripeServer.signature(body, at=time.time() - 310),
        lambda body: StripeServer.signature(body, at=time.time() + 310),
        lambda body: StripeServer.signature(body + b" "),
        lambda body: StripeServer.signature(body).replace("v1=", "v0="),
        lambda body: f"t={int(time.time())},{StripeServer.signature(body, at=time.time() - 310)}",
        lambda body: "t=²,v1=" + "0" * 64,
    ],
)
def test_what_stripe_did_not_sign_is_refused_and_leaves_no_trace(
    stripe_site: Site, stripe: StripeServer, make: Any
) -> None:
    number, _ = plan(stripe_site, stripe)
    subscription = {**list(stripe.objects["subscriptions"].values())[-1], "note": "Zanzibar"}
    body = stripe.event("customer.subscription.deleted", subscription)
    before = len(stripe.sent)
    answer = httpx.post(
        f"{stripe_site.url}/webhooks/stripe", content=body, headers={b"Stripe-Signature": make(body).encode()}
    )
    assert answer.status_code == 401 and "Zanzibar" not in answer.text
    assert stripe_site.order_status(number) == "active" and len(stripe.sent) == before
    logs = "".join(path.read_text(errors="replace") for path in (stripe_site.home / "logs").glob("*.log"))
    assert "Zanzibar" not in logs and number not in logs


def test_a_new_secret_beside_the_old_one_is_accepted(stripe_site: Site, stripe: StripeServer) -> None:
    body = stripe.event("charge.refunded", {})
    other = StripeServer.signature(body, secret="whsec_of_the_old_endpoint").partition("v1=")[2].partition(",")[0]
    assert stripe_sends(stripe_site, body, f"{StripeServer.signature(body)},v1={other}").status_code == 200


@pytest.mark.parametrize("kind", ["invoice.paid", "x", "charge.dispute.funds_withdrawn"])
def test_an_event_that_nobody_asked_for_is_ignored(stripe_site: Site, stripe: StripeServer, kind: str) -> None:
    before = len(stripe.sent)
    assert stripe_sends(stripe_site, stripe.event(kind, {"id": "in_1"})).status_code == 200
    assert len(stripe.sent) == before


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"null", b'{"id": 7, "type": {}}', b'{"id": "a b"}', b"\xff"])
def test_a_signed_body_that_is_no_event_is_taken_and_counted(stripe_site: Site, body: bytes) -> None:
    before = unread_of(stripe_site, "stripe")
    assert stripe_sends(stripe_site, body).json() == {"taken": False}
    assert unread_of(stripe_site, "stripe") == before + 1


def unread_of(site: Site, source: str) -> int:
    """How many events of a webhook could not be read."""
    with site.services.reading() as uow:
        found = uow.unread_events.since(site.services.clock())
    return sum(one.number for one in found if one.source == source)


@pytest.mark.parametrize("data", [None, [], {"object": None}, {"object": {"payment_intent": "../x"}}])
def test_an_event_without_sense_is_not_followed(stripe_site: Site, stripe: StripeServer, data: Any) -> None:
    event = {**json.loads(stripe.event("charge.refunded", {})), "data": data}
    body = json.dumps(event).encode()
    assert stripe_sends(stripe_site, body).status_code in (200, 503)


def test_a_thin_event_is_read_and_one_about_nothing_is_answered_as_handled(
    stripe_site: Site, stripe: StripeServer
) -> None:
    number, _ = plan(stripe_site, stripe)
    intent = stripe.objects["payment_intents"][list(stripe.objects["invoices"].values())[-2]["payment_intent"]]
    stripe.refund_elsewhere(intent, 2500)
    thin = case("stripe-event-thin")
    thin["related_object"]["id"] = intent["latest_charge"]
    assert stripe_sends(stripe_site, json.dumps(thin).encode()).json() == {"taken": True}
    assert stripe_site.order_status(number) == "refunded"
    thin = {**case("stripe-event-thin"), "id": "evt_thin_2"}  # about a charge that is not there
    assert stripe_sends(stripe_site, json.dumps(thin).encode()).status_code == 200
    thin["related_object"] = None
    answer = stripe_sends(stripe_site, json.dumps({**thin, "id": "evt_thin_3"}).encode())
    assert (answer.status_code, answer.json()) == (200, {"taken": False})


def test_a_part_refunded_in_stripe_s_dashboard_sends_the_request_to_a_person(
    stripe_site: Site, stripe: StripeServer
) -> None:
    number, email = plan(stripe_site, stripe)
    intent = stripe.objects["payment_intents"][list(stripe.objects["invoices"].values())[-2]["payment_intent"]]
    stripe.refund_elsewhere(intent, 300)
    charge = stripe.objects["charges"][intent["latest_charge"]]
    assert stripe_sends(stripe_site, stripe.event("charge.refunded", charge)).status_code == 200
    buyer = PatientCustomer(stripe_site.customer(), stripe_site.process)
    said = buyer.says(f"I want a refund for {number}, my email is {email}, I changed my mind, to my card please")
    assert "RD-" in said and "Shall I go ahead" not in said and "decided nothing" in said


# WooCommerce


def test_a_guest_who_paid_by_bank_transfer_gets_a_person_and_the_card_goes_on(woo_site: Site, woo: WooServer) -> None:
    number, email = shop_order(woo)
    woo.orders[int(number[3:])].update(customer_id=0, payment_method="bacs")
    buyer = PatientCustomer(woo_site.customer(), woo_site.process)
    said = buyer.says(f"I want a refund for {number}, my email is {email}, I changed my mind, to my card please")
    assert "RD-" in said and "can't decide by myself" in said and "Shall I go ahead" not in said
    assert woo.orders[int(number[3:])]["status"] == "processing"


@pytest.mark.parametrize("to", ["to my wallet", "back to my card"])
def test_an_order_that_only_the_shop_knows_is_refunded_in_a_conversation(
    woo_site: Site, woo: WooServer, to: str
) -> None:
    number, email = shop_order(woo)
    buyer = asks(woo_site, number, email, to)
    said = buyer.says("yes", "RD-")
    (file,) = settled(woo_site, buyer)
    assert file.case.state is CaseState.DONE and file.case.reference in said
    of_order = [amount for order_id, amount in woo.payments if order_id == int(number[3:])]
    credited = [row["amount"] for row in woo.wallet if row["user"]["email"] == email]
    assert (of_order, credited) == (([], [44]) if "wallet" in to else (["44.00"], []))


def test_a_balance_that_changed_in_the_shop_before_the_yes_is_quoted_anew(woo_site: Site, woo: WooServer) -> None:
    number, email = shop_order(woo)
    buyer = asks(woo_site, number, email, "back to my card")
    woo.orders[int(number[3:])]["meta_data"][0]["value"] = "31.50"
    said = buyer.says("yes")
    assert "$27.72" in said and "Shall I go ahead with" in said
    assert [amount for order_id, amount in woo.payments if order_id == int(number[3:])] == []


def test_a_shop_that_is_down_at_the_yes_decides_nothing_and_a_person_has_it(woo_site: Site, woo: WooServer) -> None:
    number, email = shop_order(woo)
    buyer = asks(woo_site, number, email, "back to my card")
    woo.stop()
    try:
        said = buyer.customer.says("yes")
    finally:
        woo.start()
    assert "decided nothing" in said and "RD-" in said and "person" in said
    (file,) = woo_site.cases(buyer.customer)
    assert file.case.state is CaseState.IN_REVIEW and file.steps == [] and file.handoff is not None


def test_a_shop_that_is_down_from_the_start_gives_the_customer_a_person(woo_site: Site, woo: WooServer) -> None:
    number, email = shop_order(woo)
    woo.stop()
    try:
        said = woo_site.customer().says(f"I want a refund for {number}, my email is {email}")
    finally:
        woo.start()
    assert "decided nothing" in said and "RD-" in said


def test_an_order_number_that_the_shop_does_not_have_is_like_a_wrong_address(woo_site: Site, woo: WooServer) -> None:
    number, _ = shop_order(woo)
    first, second = (
        woo_site.customer().says(f"refund order {asked}, my email is eve@example.com")
        for asked in (number, "CC-999998")
    )
    assert first.replace(number, "CC-999998") == second


def woo_sends(site: Site, body: bytes, headers: dict[str, str]) -> httpx.Response:
    return httpx.post(f"{site.url}/webhooks/woocommerce", content=body, headers=headers, timeout=20)


def test_a_change_in_the_shop_reaches_the_order_once_and_whatever_the_event_says(
    woo_site: Site, woo: WooServer
) -> None:
    number, email = shop_order(woo)
    asks(woo_site, number, email, "back to my card")
    old_body, old_headers = woo.webhook(int(number[3:]))
    woo.orders[int(number[3:])]["status"] = "refunded"
    body, headers = woo.webhook(int(number[3:]))
    assert woo_sends(woo_site, body, headers).json() == {"taken": True}
    assert woo_site.order_status(number) == "refunded"
    assert woo_sends(woo_site, body, headers).json() == {"taken": False}
    assert woo_sends(woo_site, old_body, old_headers).json() == {"taken": True}
    assert woo_site.order_status(number) == "refunded"


@pytest.mark.parametrize("size", [83_000, 1024 * 1024])
def test_an_event_with_all_that_plugins_put_into_an_order_is_read(woo_site: Site, woo: WooServer, size: int) -> None:
    """WooCommerce disables a webhook that is refused a few times."""
    number, _ = shop_order(woo)
    woo.orders[int(number[3:])]["meta_data"].append({"id": 2, "key": "_of_a_plugin", "value": "x" * size})
    body, headers = woo.webhook(int(number[3:]))
    assert len(body) > size
    assert woo_sends(woo_site, body, headers).json() == {"taken": True}
    too_long = b" " * (2 * 1024 * 1024 + 1)
    assert woo_sends(woo_site, too_long, {}).status_code == 413


def test_an_order_whose_balance_can_not_be_read_is_for_a_person_who_sees_the_field(
    woo_site: Site, woo: WooServer
) -> None:
    number, email = shop_order(woo)
    woo.orders[int(number[3:])]["meta_data"][0]["value"] = "$50.00"
    assert woo_sends(woo_site, *woo.webhook(int(number[3:]))).status_code == 200
    buyer = PatientCustomer(woo_site.customer(), woo_site.process)
    said = buyer.says(f"I want a refund for {number}, my email is {email}, I changed my mind, to my card please")
    assert "RD-" in said and "can't decide by myself" in said
    (file,) = woo_site.cases(buyer.customer)
    assert file.handoff is not None and "card_balance can't be used" in file.handoff.facts["shop"]


def test_an_order_that_nobody_has_asked_about_is_not_stored(woo_site: Site, woo: WooServer) -> None:
    number, _ = shop_order(woo)
    assert woo_sends(woo_site, *woo.webhook(int(number[3:]))).status_code == 200
    with woo_site.services.unit_of_work() as uow:
        assert uow.orders.find(number) is None


def test_what_the_shop_did_not_sign_is_refused_its_ping_is_answered_and_other_topics_are_ignored(
    woo_site: Site, woo: WooServer
) -> None:
    number, _ = shop_order(woo)
    body, headers = woo.webhook(int(number[3:]))
    for signature in ("", "x", WooServer.signature(body, "somebody else's secret"), WooServer.signature(body + b" ")):
        assert woo_sends(woo_site, body, {**headers, "X-WC-Webhook-Signature": signature}).status_code == 401
    assert woo_sends(woo_site, body, {**headers, "X-WC-Webhook-Topic": "coupon.created"}).json() == {"taken": False}
    ping = {"Content-Type": "application/x-www-form-urlencoded"}
    assert woo_sends(woo_site, b"webhook_id=12", ping).status_code == 200
    assert woo_sends(woo_site, b"webhook_id=12&x=1", ping).status_code == 401
    for bad in (b"[]", b"{}", b'{"id": true}', b'{"id": "7"}'):
        signed = {**headers, "X-WC-Webhook-Signature": WooServer.signature(bad)}
        assert woo_sends(woo_site, bad, signed).json() == {"taken": False}
    assert unread_of(woo_site, "woocommerce") == 4
    assert httpx.post(f"{woo_site.url}/webhooks/stripe", content=b"{}").status_code == 404  # not set up here


def test_questions_to_a_person_are_the_only_other_cases(woo_site: Site) -> None:
    """Nothing in this file has left a case half carried out."""
    with woo_site.services.unit_of_work() as uow:
        states = {file.case.state for file in uow.case_files.all() if file.case.kind is not CaseKind.QUESTION}
    assert states <= {CaseState.DONE, CaseState.QUOTED, CaseState.IN_REVIEW, CaseState.DECLINED, CaseState.WITHDRAWN}
