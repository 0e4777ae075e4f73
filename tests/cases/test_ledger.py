"""The embedded ledger keeps the promises of a billing gateway."""

from __future__ import annotations

import threading
from datetime import date
from decimal import Decimal

import pytest

from bot.cases.ports.billing import Balance, Rejected, Unavailable
from bot.cases.services import Services
from bot.policy.facts import Destination
from bot.store.engine import open_engine
from bot.store.ledger import Ledger
from tests.cases.gateways import ledger_entries

WALLET = Destination.WALLET


def test_a_repeated_call_gives_the_same_answer_and_one_entry(alex: Services) -> None:
    pay = lambda: alex.gateway.refund("CC-104233", Decimal("44.00"), "USD", WALLET, key="RD-A-refund")  # noqa: E731
    assert pay() == pay()
    assert ledger_entries(alex) == [("refund", Decimal("44.00"), "wallet", None)]


@pytest.mark.parametrize(
    ("number", "amount", "currency", "destination"),
    [
        ("CC-104233", "44.01", "USD", WALLET),
        ("CC-104233", "44.00", "EUR", WALLET),
        ("CC-104233", "44.00", "USD", Destination.ORIGINAL_PAYMENT_METHOD),
        ("CC-104244", "44.00", "USD", WALLET),
    ],
)
def test_a_key_is_good_for_one_thing(
    alex: Services, number: str, amount: str, currency: str, destination: Destination
) -> None:
    alex.gateway.refund("CC-104233", Decimal("44.00"), "USD", WALLET, key="RD-A-refund")
    with pytest.raises(Rejected):
        alex.gateway.refund(number, Decimal(amount), currency, destination, key="RD-A-refund")
    with pytest.raises(Rejected):
        alex.gateway.end_agreement("CC-104233", date(2026, 5, 31), key="RD-A-refund")
    assert len(ledger_entries(alex)) == 1


def test_eight_calls_at_once_make_one_entry(alex: Services) -> None:
    answers: list[str] = []

    def pay() -> None:
        answers.append(alex.gateway.refund("CC-104233", Decimal("44.00"), "USD", WALLET, key="RD-A-refund"))

    calls = [threading.Thread(target=pay) for _ in range(8)]
    for call in calls:
        call.start()
    for call in calls:
        call.join()
    assert len(answers) == 8 and len(set(answers)) == 1 and len(ledger_entries(alex)) == 1


def test_the_balance_is_that_of_the_store(alex: Services) -> None:
    assert alex.gateway.balance("CC-104233") == Balance(Decimal("50.00"), "USD", False)
    with pytest.raises(Rejected):
        alex.gateway.balance("CC-999999")


def test_without_a_database_nobody_knows(alex: Services) -> None:
    ledger = Ledger(open_engine("postgresql://root@127.0.0.1:1/none"), alex.clock)
    with pytest.raises(Unavailable):
        ledger.stop_service("CC-104233", key="RD-A-stop_service")
    with pytest.raises(Unavailable):
        ledger.balance("CC-104233")
