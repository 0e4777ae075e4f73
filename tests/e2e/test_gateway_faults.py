"""A billing gateway that is slow, fails, or fails after it has paid, while people talk to the running bot."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from bot.cases.model import CaseState, Cause
from tests.e2e.faulty import PatientCustomer
from tests.e2e.running import Customer, Site, running_site
from tests.e2e.test_faults import settled
from tests.gateways.contract_server import ContractServer, Fault

pytestmark = pytest.mark.e2e

ATTEMPTS = 3


@pytest.fixture(scope="module")
def gateway() -> Iterator[ContractServer]:
    """A billing gateway that does what its description says, and goes wrong on demand."""
    with ContractServer(slow_seconds=6) as server:
        yield server
        assert server.violations == []


@pytest.fixture(scope="module")
def shop(gateway: ContractServer, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """A bot that pays through it, as soon as a refund is confirmed."""
    settings = {"gateway_url": gateway.url, "gateway_secret": gateway.secret.decode()}
    home = tmp_path_factory.mktemp("shop")
    with running_site(home, take_back_minutes="0", gateway_attempts=str(ATTEMPTS), **settings) as site:
        yield site


def order(shop: Site, gateway: ContractServer) -> tuple[str, str]:
    """An unused card that both sides know."""
    number, email = shop.order()
    gateway.book.add_order(number, paid="50.00", currency="USD", remaining="50.00", used=False)
    return number, email


def quoted(shop: Site, number: str, email: str) -> PatientCustomer:
    """A customer who was shown the refund of an order."""
    buyer = PatientCustomer(shop.customer(), shop.process)
    said = buyer.says(f"I want a refund for {number}, my email is {email}, I changed my mind, to my wallet please")
    assert "Shall I go ahead with" in said and "$44.00" in said
    return buyer


def paid(gateway: ContractServer, number: str) -> list[str]:
    """The amounts that the gateway has paid for an order."""
    return [f"{payment.amount}" for payment in gateway.payments_by_order.get(number, [])]


@pytest.mark.parametrize(
    ("operation", "fault"),
    [
        ("stop", Fault.ERROR_AFTER),
        ("balance", Fault.DROP_BEFORE),
        ("refunds", Fault.ERROR_BEFORE),
        ("refunds", Fault.ERROR_AFTER),
        ("refunds", Fault.DROP_AFTER),
        ("refunds", Fault.WRONG_SIGNATURE),
        ("refunds", Fault.GARBAGE),
    ],
)
def test_a_call_that_fails_whether_or_not_it_was_done_is_made_again_and_pays_once(
    shop: Site, gateway: ContractServer, operation: str, fault: Fault
) -> None:
    number, email = order(shop, gateway)
    buyer = quoted(shop, number, email)
    gateway.faults_for(operation, [fault] * 3)  # all that one attempt repeats by itself

    said = buyer.says("yes", "RD-")

    (file,) = settled(shop, buyer)
    assert file.case.state is CaseState.DONE and file.case.reference in said
    assert paid(gateway, number) == ["44.00"]
    assert max(step.attempts for step in file.steps) == 2


def test_a_slow_gateway_keeps_nobody_waiting_and_the_cancellation_is_not_told_as_done(
    shop: Site, gateway: ContractServer
) -> None:
    number, email = order(shop, gateway)
    buyer = PatientCustomer(shop.customer(), shop.process)
    assert "Shall I cancel it now?" in buyer.says(f"cancel order {number}, my email is {email}")
    gateway.faults_for("stop", [Fault.SLOW] * 2)

    started = time.monotonic()
    said = buyer.says("yes")

    assert time.monotonic() - started < 10
    assert "recorded" in said and "has not answered yet" in said and "Done" not in said
    (file,) = settled(shop, buyer)
    assert file.case.state is CaseState.DONE
    assert [stop.order for stop in gateway.stops].count(number) == 1


def test_a_card_used_before_it_is_stopped_is_quoted_anew_in_the_same_breath(
    shop: Site, gateway: ContractServer
) -> None:
    number, email = order(shop, gateway)
    gateway.book.spend_at_stop(number, "18.50")
    buyer = quoted(shop, number, email)

    said = buyer.says("yes")

    assert "balance changed" in said and "$27.72" in said and "Shall I go ahead with" in said
    assert paid(gateway, number) == []
    assert "$27.72" in buyer.says("yes", "Done")
    (file,) = settled(shop, buyer)
    assert file.case.state is CaseState.DONE and paid(gateway, number) == ["27.72"]


def test_a_gateway_that_stays_away_makes_it_a_handoff_and_the_customer_is_told_the_truth(
    shop: Site, gateway: ContractServer
) -> None:
    number, email = order(shop, gateway)
    buyer = quoted(shop, number, email)
    gateway.stop()
    try:
        said = buyer.says("yes", "RD-")
        assert "is recorded under" in said and "went to" not in said
        (file,) = settled(shop, buyer)
    finally:
        gateway.start()
    assert file.case.state is CaseState.IN_REVIEW and file.handoff is not None
    assert file.handoff.cause is Cause.FAILURE and file.handoff.facts["may_have_happened"] is True
    assert "yes" in [turn["text"] for turn in file.handoff.transcript]
    assert file.steps[-1].attempts == ATTEMPTS and paid(gateway, number) == []
    status = Customer(shop.url, buyer.customer.conversation_id).says("where is my refund?")
    assert file.case.reference in status and "with a person" in status
