"""What a customer can take back, until when, and what becomes of the order."""

from __future__ import annotations

import pytest

from bot.cases.case.overview import conversation_requests, customer_orders
from bot.cases.customer.left_quotes import close_quotes
from bot.cases.customer.quotes import ConfirmationStatus, confirm, quote_cancellation
from bot.cases.customer.withdrawals import take_back
from bot.cases.errors import MoveNotAllowed, NotVerified, UnknownCase
from bot.cases.model import Case, CaseState, CauseCode, CustomerReason, MoveCause
from bot.cases.services import Services
from bot.policy.facts import OrderStatus
from tests.cases.test_handoff import handed
from tests.cases.test_quotes import case_file, confirmed, order_status, quoted
from tests.store_builders import PLAN, TRANSCRIPT, Clock, store_order, verified


def taken_back(services: Services, reference: str, talk: str = "talk") -> Case:
    """The customer takes a request back."""
    return take_back(services, conversation_id=talk, reference=reference)


def test_a_quote_that_is_taken_back_cannot_be_confirmed(alex: Services) -> None:
    quote = quoted(alex)
    assert taken_back(alex, quote.case.reference).state is CaseState.WITHDRAWN
    assert confirmed(alex, quote).status is ConfirmationStatus.ALREADY
    assert order_status(alex) is OrderStatus.ACTIVE


def test_a_confirmed_refund_that_is_taken_back_frees_the_order_for_another(alex: Services) -> None:
    quote = quoted(alex)
    confirmed(alex, quote)
    assert order_status(alex) is OrderStatus.REFUND_PENDING

    assert taken_back(alex, quote.case.reference).state is CaseState.WITHDRAWN
    assert order_status(alex) is OrderStatus.ACTIVE
    moves = [(move.from_state, move.to_state, move.actor) for move in case_file(alex, quote.case.reference).log]
    assert moves[-1] == (CaseState.CONFIRMED, CaseState.WITHDRAWN, "customer")

    assert confirmed(alex, quoted(alex)).status is ConfirmationStatus.CONFIRMED


def test_a_failed_order_is_failed_again_when_its_refund_is_taken_back(alex: Services) -> None:
    store_order(alex, "CC-104244", status="failed")
    quote = quoted(alex, number="CC-104244", reason=CustomerReason.SERVICE_FAULT)
    confirmed(alex, quote)
    taken_back(alex, quote.case.reference)
    assert order_status(alex, "CC-104244") is OrderStatus.FAILED


def test_a_service_that_was_cancelled_meanwhile_stays_cancelled(alex: Services) -> None:
    store_order(alex, "CC-104244", **PLAN)
    refund = quoted(alex, number="CC-104244")
    confirmed(alex, refund)
    cancellation = quote_cancellation(
        alex, conversation_id="talk", order_number="CC-104244", requested_at=alex.clock(), transcript=TRANSCRIPT
    )
    assert cancellation.decision is not None
    confirm(
        alex,
        conversation_id="talk",
        reference=cancellation.case.reference,
        decision_id=cancellation.decision.id,
        transcript=TRANSCRIPT,
    )
    assert order_status(alex, "CC-104244") is OrderStatus.REFUND_PENDING

    taken_back(alex, refund.case.reference)
    assert order_status(alex, "CC-104244") is OrderStatus.CANCELLED
    with pytest.raises(MoveNotAllowed):
        taken_back(alex, cancellation.case.reference)


def test_what_waits_for_a_person_or_a_parcel_can_be_taken_back(alex: Services) -> None:
    question = handed(alex)
    review = quoted(alex, reason=CustomerReason.OTHER)
    store_order(alex, "CC-104244", shipped=True)
    parcel = quoted(alex, number="CC-104244")
    confirmed(alex, parcel)
    for reference in (review.case.reference, parcel.case.reference, question.reference):
        assert taken_back(alex, reference).state is CaseState.WITHDRAWN
    assert order_status(alex) is order_status(alex, "CC-104244") is OrderStatus.ACTIVE


def test_what_is_declined_or_withdrawn_cannot_be_taken_back(alex: Services) -> None:
    store_order(alex, "CC-104244", placed_at="2026-04-01T12:00:00-04:00")
    declined, dropped = quoted(alex, number="CC-104244"), quoted(alex)
    taken_back(alex, dropped.case.reference)
    for quote in (declined, dropped):
        with pytest.raises(MoveNotAllowed):
            taken_back(alex, quote.case.reference)


def test_only_the_verified_customer_takes_a_request_back(alex: Services, clock: Clock) -> None:
    quote = quoted(alex)
    question = handed(alex, "another")
    with pytest.raises(NotVerified):
        taken_back(alex, quote.case.reference, "mallory")
    with pytest.raises(UnknownCase):
        taken_back(alex, question.reference)
    with pytest.raises(UnknownCase):
        taken_back(alex, "RD-NEVER1")
    verified(alex, "phone")
    clock.passes(minutes=50)
    taken_back(alex, quote.case.reference, "phone")
    clock.passes(minutes=20)
    with pytest.raises(NotVerified):
        taken_back(alex, quote.case.reference, "phone")


def test_closing_the_quotes_of_a_conversation_touches_nothing_else(alex: Services) -> None:
    store_order(alex, "CC-104244")
    done = quoted(alex)
    confirmed(alex, done)
    open_quote = quoted(alex, number="CC-104244")
    assert close_quotes(alex, conversation_id="another", cause=CauseCode.SESSION_ENDED) == []
    assert len(close_quotes(alex, conversation_id="talk", cause=CauseCode.SESSION_ENDED)) == 1
    assert case_file(alex, done.case.reference).case.state is CaseState.CONFIRMED
    file = case_file(alex, open_quote.case.reference)
    assert file.case.state is CaseState.WITHDRAWN and file.log[-1].cause == MoveCause(CauseCode.SESSION_ENDED)


def test_a_conversation_sees_the_requests_of_its_verified_customers_only(alex: Services, clock: Clock) -> None:
    store_order(alex, "CC-104299", "sam@example.com")
    mine = quoted(alex)
    verified(alex, "sams", "CC-104299", "sam@example.com")
    sams = quoted(alex, "sams", "CC-104299")

    seen = conversation_requests(alex, conversation_id="talk")
    assert [(request.case.reference, request.order_number) for request in seen] == [(mine.case.reference, "CC-104233")]
    assert seen[0].result is not None and seen[0].result["refund"] == "44.00"
    assert [order.number for order in customer_orders(alex, conversation_id="talk")] == ["CC-104233"]
    assert sams.case.reference not in {request.case.reference for request in seen}

    verified(alex, "phone")
    assert [request.case.reference for request in conversation_requests(alex, conversation_id="phone")] == [
        mine.case.reference
    ]
    assert conversation_requests(alex, conversation_id="mallory") == []
    clock.passes(minutes=61)
    assert conversation_requests(alex, conversation_id="talk") == []
    assert customer_orders(alex, conversation_id="talk") == []
