"""Nobody gets at an order that isn't theirs."""

from __future__ import annotations

import pytest
from store_builders import Clock, store_order, verified

from bot.bootstrap import bootstrap
from bot.cases.errors import NotVerified
from bot.cases.identity import ORDER_TRIES, Verification, VerificationStatus, is_verified, verify
from bot.cases.ports import Services
from bot.cases.requests import order_view
from bot.settings import Settings


def tried(
    services: Services, message: str, *, talk: str = "talk", order: str = "CC-104233", email: str
) -> Verification:
    """One attempt."""
    return verify(services, conversation_id=talk, message_id=message, order_number=order, email=email)


def test_the_address_of_the_order_verifies_in_any_case_and_for_this_conversation_only(services: Services) -> None:
    store_order(services)
    assert tried(services, "1", email=" Alex@Example.COM ").status is VerificationStatus.VERIFIED
    assert is_verified(services, conversation_id="talk", order_number="CC-104233")
    assert not is_verified(services, conversation_id="another", order_number="CC-104233")


def test_an_unknown_order_and_a_wrong_address_get_the_same_answers(services: Services) -> None:
    store_order(services)
    wrong = [tried(services, str(n), talk="a", email="mallory@example.com") for n in range(4)]
    unknown = [tried(services, str(n), talk="b", order="CC-999999", email="mallory@example.com") for n in range(4)]
    assert wrong == unknown
    assert [answer.tries_left for answer in wrong] == [2, 1, 0, 0]
    assert [answer.status for answer in wrong[2:]] == [VerificationStatus.LOCKED] * 2


def test_after_three_wrong_answers_the_right_one_comes_too_late(services: Services) -> None:
    store_order(services)
    for n in range(3):
        tried(services, str(n), email="mallory@example.com")
    assert tried(services, "right", email="alex@example.com").status is VerificationStatus.LOCKED
    assert not is_verified(services, conversation_id="talk", order_number="CC-104233")


def test_a_lock_outlives_a_restart_and_ends_after_an_hour(
    services: Services, database_url: str, clock, tmp_path
) -> None:  # type: ignore[no-untyped-def]

    store_order(services)
    for n in range(3):
        tried(services, str(n), email="mallory@example.com")
    restarted = bootstrap(Settings(home=tmp_path, database_url=database_url), clock)
    assert tried(restarted, "4", email="alex@example.com").status is VerificationStatus.LOCKED
    clock.passes(minutes=61)
    assert tried(restarted, "5", email="alex@example.com").status is VerificationStatus.VERIFIED


def test_one_message_counts_once_however_often_it_is_handled(services: Services) -> None:
    store_order(services)
    for _ in range(5):
        assert tried(services, "same", email="mallory@example.com").tries_left == 2


def test_an_order_that_many_conversations_guess_at_is_locked_for_all(services: Services) -> None:
    store_order(services)
    for n in range(ORDER_TRIES):
        tried(services, "1", talk=f"talk-{n}", email="mallory@example.com")
    assert tried(services, "1", talk="fresh", email="alex@example.com").status is VerificationStatus.LOCKED


def test_verified_ends_with_its_time(services: Services, clock: Clock) -> None:
    store_order(services)
    verified(services)
    clock.passes(minutes=59)
    assert is_verified(services, conversation_id="talk", order_number="CC-104233")
    clock.passes(minutes=1)
    assert not is_verified(services, conversation_id="talk", order_number="CC-104233")


def test_one_verification_opens_the_orders_of_that_customer_and_no_other(services: Services) -> None:
    store_order(services)
    store_order(services, "CC-104244")
    store_order(services, "CC-104255", email="bella@example.com")
    verified(services)
    assert order_view(services, conversation_id="talk", order_number="CC-104244").order.number == "CC-104244"
    for number in ("CC-104255", "CC-999999"):
        with pytest.raises(NotVerified):
            order_view(services, conversation_id="talk", order_number=number)
