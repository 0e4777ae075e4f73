"""Quotes, their confirmation, and everything that may come between."""

from __future__ import annotations

import threading
from datetime import datetime
from decimal import Decimal
from typing import Any

import pytest

from bot.cases.customer.quotes import (
    Confirmation,
    ConfirmationStatus,
    Quote,
    confirm,
    quote_cancellation,
    quote_refund,
)
from bot.cases.customer.withdrawals import take_back
from bot.cases.errors import NotVerified
from bot.cases.model import MOVES, OPEN_STATES, CaseFile, CaseState, Cause, CustomerReason
from bot.cases.services import Services
from bot.policy.facts import Destination, OrderStatus
from tests.store_builders import PLAN, TRANSCRIPT, store_order, verified


def quoted(services: Services, talk: str = "talk", number: str = "CC-104233", **changes: Any) -> Quote:
    """A refund quoted for a change of mind, asked for now."""
    request: dict[str, Any] = {
        "reason": CustomerReason.CHANGE_OF_MIND,
        "reason_words": "I changed my mind",
        "destination": Destination.WALLET,
        "requested_at": services.clock(),
        "transcript": TRANSCRIPT,
        **changes,
    }
    return quote_refund(services, conversation_id=talk, order_number=number, **request)


def confirmed(services: Services, quote: Quote, talk: str = "talk") -> Confirmation:
    """The yes to that quote."""
    assert quote.decision is not None
    return confirm(
        services,
        conversation_id=talk,
        reference=quote.case.reference,
        decision_id=quote.decision.id,
        transcript=TRANSCRIPT,
    )


def case_file(services: Services, reference: str) -> CaseFile:
    """Everything about a case."""
    with services.unit_of_work() as uow:
        file = uow.case_files.find(reference)
    assert file is not None
    return file


def order_status(services: Services, number: str = "CC-104233") -> OrderStatus:
    """The status of an order."""
    with services.unit_of_work() as uow:
        stored = uow.orders.find(number)
    assert stored is not None
    return stored.order.status


def changed_order(services: Services, **values: Any) -> None:
    """Change the order behind the customer's back, as the shop does."""
    with services.unit_of_work() as uow:
        stored = uow.orders.find("CC-104233")
        assert stored is not None
        uow.orders.change(stored.id, **values)
        uow.commit()


def test_a_quote_is_stored_with_its_inputs_and_changes_nothing(alex: Services) -> None:
    quote = quoted(alex)
    file = case_file(alex, quote.case.reference)
    assert file.case.state is CaseState.QUOTED and order_status(alex) is OrderStatus.ACTIVE
    (decision,) = file.decisions
    assert decision.result["refund"] == "44.00" and decision.policy_version == alex.policy.versions[0].version
    assert decision.inputs["reason"] == "change_of_mind" and decision.policy_digest == alex.policy.digest


def test_a_quote_needs_a_verified_customer(services: Services) -> None:
    store_order(services)
    with pytest.raises(NotVerified):
        quoted(services)
    with services.unit_of_work() as uow:
        assert uow.case_files.all() == []


def test_a_yes_decides_again_and_records(alex: Services) -> None:
    quote = quoted(alex)
    done = confirmed(alex, quote)
    assert done.status is ConfirmationStatus.CONFIRMED and order_status(alex) is OrderStatus.REFUND_PENDING
    file = case_file(alex, quote.case.reference)
    assert len(file.decisions) == 2
    assert [(move.actor, move.to_state) for move in file.log] == [
        ("customer", CaseState.QUOTED),
        ("customer", CaseState.CONFIRMED),
    ]


def test_a_second_yes_does_nothing(alex: Services) -> None:
    quote = quoted(alex)
    confirmed(alex, quote)
    assert confirmed(alex, quote).status is ConfirmationStatus.ALREADY
    assert len(case_file(alex, quote.case.reference).decisions) == 2


def test_eight_tabs_at_once_make_one_refund(alex: Services) -> None:
    quote = quoted(alex)
    answers: list[ConfirmationStatus] = []

    def tab() -> None:
        answers.append(confirmed(alex, quote).status)

    tabs = [threading.Thread(target=tab) for _ in range(8)]
    for thread in tabs:
        thread.start()
    for thread in tabs:
        thread.join()
    assert sorted(answers) == sorted([ConfirmationStatus.CONFIRMED] + [ConfirmationStatus.ALREADY] * 7)
    moves = [move.to_state for move in case_file(alex, quote.case.reference).log]
    assert moves.count(CaseState.CONFIRMED) == 1


def test_a_balance_used_between_quote_and_yes_gives_a_new_quote(alex: Services) -> None:
    quote = quoted(alex)
    changed_order(alex, remaining_balance=Decimal("40.00"))
    answer = confirmed(alex, quote)
    assert answer.status is ConfirmationStatus.CHANGED and answer.case.state is CaseState.QUOTED
    assert answer.decision.result["refund"] == "35.20" and order_status(alex) is OrderStatus.ACTIVE
    # The yes belonged to the old sums: only a yes to the new quote counts.
    assert confirmed(alex, quote).status is ConfirmationStatus.CHANGED


@pytest.mark.parametrize(
    ("change", "state"),
    [
        ({"remaining_balance": Decimal("1.00")}, CaseState.DECLINED),
        ({"dispute_open": True}, CaseState.IN_REVIEW),
        ({"status": OrderStatus.CANCELLED}, CaseState.DECLINED),
    ],
)
def test_a_yes_to_what_is_no_longer_allowed_is_none(alex: Services, change: dict[str, Any], state: CaseState) -> None:
    quote = quoted(alex)
    changed_order(alex, **change)
    answer = confirmed(alex, quote)
    assert answer.status is ConfirmationStatus.CHANGED and answer.case.state is state
    assert (answer.handoff is not None) == (state is CaseState.IN_REVIEW)
    assert order_status(alex) is not OrderStatus.REFUND_PENDING


def test_a_request_in_time_stays_in_time_while_the_customer_thinks(alex: Services, clock: Any) -> None:
    clock.now = datetime.fromisoformat("2026-05-12T23:59:00-04:00")  # the fifth working day
    verified(alex, "late")
    quote = quoted(alex, "late")
    clock.passes(minutes=10)
    # The day by which it is processed has moved with the acceptance, so that is shown first (R10).
    answer = confirmed(alex, quote, "late")
    assert (answer.status, answer.case.state) == (ConfirmationStatus.CHANGED, CaseState.QUOTED)
    renewed = Quote(answer.case, answer.decision)
    assert confirmed(alex, renewed, "late").status is ConfirmationStatus.CONFIRMED


def test_a_yes_after_the_verification_has_run_out_is_refused(alex: Services, clock: Any) -> None:
    quote = quoted(alex)
    clock.passes(minutes=61)
    with pytest.raises(NotVerified):
        confirmed(alex, quote)
    assert order_status(alex) is OrderStatus.ACTIVE


def test_a_case_belongs_to_its_conversation(alex: Services) -> None:
    quote = quoted(alex)
    verified(alex, "mallory")
    done = confirmed(alex, quote, "mallory")
    assert (done.status, done.case.state) == (ConfirmationStatus.ELSEWHERE, CaseState.QUOTED)
    assert order_status(alex) is OrderStatus.ACTIVE
    with pytest.raises(NotVerified):
        confirmed(alex, quote, "a stranger")


def test_asking_again_renews_the_quote_and_opens_no_second_case(alex: Services) -> None:
    first, second = quoted(alex), quoted(alex, destination=Destination.ORIGINAL_PAYMENT_METHOD)
    assert first.case.reference == second.case.reference
    assert second.case.destination is Destination.ORIGINAL_PAYMENT_METHOD
    assert confirmed(alex, first).status is ConfirmationStatus.CHANGED, "the first quote is no longer the last seen"


def test_a_quote_tells_whether_the_customer_saw_the_same_before(alex: Services) -> None:
    assert not quoted(alex).unchanged
    assert quoted(alex).unchanged
    assert not quoted(alex, destination=Destination.ORIGINAL_PAYMENT_METHOD).unchanged
    changed_order(alex, remaining_balance=Decimal("45.00"))
    assert not quoted(alex, destination=Destination.ORIGINAL_PAYMENT_METHOD).unchanged


def test_asking_in_another_conversation_withdraws_the_first_quote(alex: Services) -> None:
    first = quoted(alex)
    verified(alex, "phone")
    second = quoted(alex, "phone")
    assert case_file(alex, first.case.reference).case.state is CaseState.WITHDRAWN
    late = confirmed(alex, first)
    assert (late.status, late.case.reference) == (ConfirmationStatus.ELSEWHERE, second.case.reference)
    assert late.case.state is CaseState.QUOTED and order_status(alex) is OrderStatus.ACTIVE
    assert confirmed(alex, second, "phone").status is ConfirmationStatus.CONFIRMED


def test_a_late_yes_is_told_of_the_request_that_lives_and_how_far_it_is(alex: Services) -> None:
    first = quoted(alex)
    verified(alex, "phone")
    second = quoted(alex, "phone")
    confirmed(alex, second, "phone")
    late = confirmed(alex, first)
    assert (late.status, late.case.reference) == (ConfirmationStatus.ELSEWHERE, second.case.reference)
    assert late.case.state is CaseState.CONFIRMED
    take_back(alex, conversation_id="phone", reference=second.case.reference)
    gone = confirmed(alex, first)
    assert (gone.status, gone.case.reference) == (ConfirmationStatus.ALREADY, first.case.reference), "none lives"


def test_a_refund_under_way_is_shown_and_not_started_twice(alex: Services) -> None:
    quote = quoted(alex)
    confirmed(alex, quote)
    again = quoted(alex)
    assert again.existing and again.case.reference == quote.case.reference


def test_a_decline_and_a_review_are_stored_as_such(alex: Services) -> None:
    store_order(alex, "CC-104244", placed_at="2026-04-01T12:00:00-04:00")
    declined = quoted(alex, number="CC-104244")
    assert declined.case.state is CaseState.DECLINED and declined.handoff is None
    review = quoted(alex, reason=CustomerReason.OTHER, reason_words="it is the wrong one")
    assert review.case.state is CaseState.IN_REVIEW and review.handoff is not None
    assert review.handoff.cause is Cause.REVIEW and review.handoff.transcript == TRANSCRIPT
    assert review.handoff.facts["decision"]["clauses"] == ["R1", "R3"]
    assert review.handoff.facts["decision"]["trace"] and review.handoff.facts["decided_from"]["reason"] == "other"


def test_a_fault_counts_as_confirmed_only_with_an_incident_on_record(alex: Services) -> None:
    from bot.store import tables as t

    assert quoted(alex, reason=CustomerReason.SERVICE_FAULT).case.state is CaseState.IN_REVIEW
    store_order(alex, "CC-104244")
    with alex.unit_of_work() as uow:
        started = datetime.fromisoformat("2026-05-06T08:00:00-04:00")
        uow.connection.execute(  # type: ignore[attr-defined]
            t.incidents.insert().values(product="global-card", started_at=started, ended_at=None, note="down")
        )
        uow.commit()
    quote = quoted(alex, number="CC-104244", reason=CustomerReason.SERVICE_FAULT)
    assert quote.decision is not None and quote.decision.result["refund"] == "50.00"


def test_a_shipped_card_waits_for_its_return_with_a_number(alex: Services) -> None:
    store_order(alex, "CC-104244", shipped=True)
    quote = quoted(alex, number="CC-104244")
    done = confirmed(alex, quote)
    assert done.case.state is CaseState.AWAITING_RETURN
    assert done.case.return_number is not None and done.case.return_number.startswith("RT-")
    assert order_status(alex, "CC-104244") is OrderStatus.ACTIVE


def test_a_cancelled_plan_stops_now_and_ends_with_its_cycle(alex: Services) -> None:
    store_order(alex, "CC-104244", **PLAN)
    quote = quote_cancellation(
        alex, conversation_id="talk", order_number="CC-104244", requested_at=alex.clock(), transcript=TRANSCRIPT
    )
    assert order_status(alex, "CC-104244") is OrderStatus.ACTIVE
    assert confirmed(alex, quote).case.state is CaseState.DONE
    with alex.unit_of_work() as uow:
        stored = uow.orders.find("CC-104244")
    assert stored is not None and stored.order.status is OrderStatus.CANCELLED
    assert stored.cancelled_at == alex.clock()
    assert str(stored.agreement_ends_on) == "2026-05-31"


def test_cancelling_a_card_offers_the_refund_that_would_be_accepted(alex: Services) -> None:
    def cancelling() -> Quote:
        return quote_cancellation(
            alex, conversation_id="talk", order_number="CC-104233", requested_at=alex.clock(), transcript=TRANSCRIPT
        )

    quote = cancelling()
    assert quote.decision is not None and quote.decision.result["balance_lost"] == "50.00"
    assert quote.refund_instead is not None and quote.refund_instead.refund == Decimal("44.00")
    confirmed(alex, quoted(alex))
    assert cancelling().refund_instead is None, "a refund is already under way"


def test_the_fourth_refund_in_ninety_days_goes_to_a_person(alex: Services, clock: Any) -> None:
    for number in ("CC-104244", "CC-104255", "CC-104266"):
        store_order(alex, number)
        confirmed(alex, quoted(alex, number=number))
    quote = quoted(alex)
    assert quote.case.state is CaseState.IN_REVIEW
    assert quote.decision is not None and quote.decision.result["refund"] == "44.00"


def test_open_states_are_those_that_can_still_move() -> None:
    assert CaseState.QUOTED in OPEN_STATES and CaseState.DONE not in OPEN_STATES
    assert set(MOVES) == set(CaseState)
    assert all(target in MOVES for targets in MOVES.values() for target in targets)


def test_a_request_that_is_handled_twice_is_declined_once_and_one_with_another_reason_anew(alex: Services) -> None:
    store_order(alex, "CC-104244", placed_at="2026-04-01T12:00:00-04:00")
    first, again = quoted(alex, number="CC-104244"), quoted(alex, number="CC-104244")
    assert first.case.state is CaseState.DECLINED and again == first
    other = quoted(alex, number="CC-104244", reason=CustomerReason.OTHER, reason_words="it is a long story")
    assert other.case.reference != first.case.reference


def test_a_request_that_is_handled_twice_is_given_to_a_person_once_with_the_same_promise(alex: Services) -> None:
    first, again = (quoted(alex, reason=CustomerReason.OTHER, reason_words="it is a long story") for _ in range(2))
    assert first.case.state is CaseState.IN_REVIEW and first.handoff is not None
    assert again == first and not again.existing
