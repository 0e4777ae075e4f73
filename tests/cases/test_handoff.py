"""A human gets the transcript, the facts and the reasoning."""

from __future__ import annotations

from datetime import date, datetime

from bot.cases.case.handoff import hand_to_human
from bot.cases.customer.withdrawals import take_back
from bot.cases.model import CaseKind, CaseState, Cause, CauseCode, Handoff, MoveCause
from bot.cases.services import Services
from tests.cases.test_quotes import case_file, quoted
from tests.store_builders import TRANSCRIPT, Clock, store_order, verified


def handed(services: Services, talk: str = "talk", order: str | None = None) -> Handoff:
    """A wish for a person."""
    return hand_to_human(
        services,
        conversation_id=talk,
        cause=Cause.ASKED,
        transcript=TRANSCRIPT,
        facts={"refund_reason": "change_of_mind"},
        order_number=order,
    )


def test_a_wish_for_a_person_opens_one_question_per_conversation(services: Services) -> None:
    first, second = handed(services), handed(services)
    assert first.reference == second.reference and handed(services, "another").reference != first.reference
    file = case_file(services, first.reference)
    assert (file.case.kind, file.case.state) == (CaseKind.QUESTION, CaseState.IN_REVIEW)
    assert file.handoff is not None and file.handoff.transcript == TRANSCRIPT
    assert file.handoff.facts["refund_reason"] == "change_of_mind"


def test_a_verified_order_comes_with_what_the_policy_would_say(services: Services) -> None:
    store_order(services)
    verified(services)
    handoff = handed(services, order="CC-104233")
    assert handoff.facts["verified"] is True and handoff.facts["preview"]["refund"] == "44.00"
    assert case_file(services, handoff.reference).order_number == "CC-104233"


def test_an_order_that_was_not_verified_is_only_named(services: Services) -> None:
    store_order(services)
    handoff = handed(services, order="CC-104233")
    assert handoff.facts["verified"] is False and "preview" not in handoff.facts
    assert handoff.facts["order_number"] == "CC-104233"
    assert case_file(services, handoff.reference).order_number is None


def test_a_quote_that_waits_goes_to_review_with_its_decision(services: Services) -> None:
    store_order(services)
    verified(services)
    quote = quoted(services)
    handoff = handed(services, order="CC-104233")
    assert handoff.reference == quote.case.reference
    file = case_file(services, handoff.reference)
    assert file.case.state is CaseState.IN_REVIEW
    assert file.handoff is not None and file.handoff.facts["decision"]["refund"] == "44.00"
    assert file.log[-1].cause == MoveCause(CauseCode.HANDED_OVER, {"cause": "asked"})


def test_the_answer_is_promised_for_the_next_working_day(services: Services, clock: Clock) -> None:
    clock.now = datetime.fromisoformat("2026-11-25T23:30:00-05:00")  # before Thanksgiving
    assert handed(services).answer_by == date(2026, 11, 27)
    clock.now = datetime.fromisoformat("2026-11-27T10:00:00-05:00")  # a Friday
    assert handed(services, "friday").answer_by == date(2026, 11, 30)


def test_asking_again_refreshes_the_transcript_and_keeps_the_promise(services: Services, clock: Clock) -> None:
    first = handed(services)
    clock.passes(days=3)
    longer = [*TRANSCRIPT, {"at": "2026-05-09T16:00:00+00:00", "who": "customer", "text": "hello?"}]
    second = hand_to_human(services, conversation_id="talk", cause=Cause.ASKED, transcript=longer, facts={})
    assert second.transcript == longer and second.answer_by == first.answer_by


def test_a_message_that_is_handled_twice_hands_over_once_and_the_next_one_anew(services: Services) -> None:
    store_order(services)
    verified(services)
    quote = quoted(services)

    def asks(message_id: str) -> Handoff:
        return hand_to_human(
            services,
            conversation_id="talk",
            cause=Cause.ASKED,
            transcript=TRANSCRIPT,
            facts={},
            order_number="CC-104233",
            message_id=message_id,
        )

    assert [asks("m1").reference, asks("m1").reference] == [quote.case.reference] * 2
    assert asks("m2").reference == quote.case.reference  # a person has that matter before them already
    take_back(services, conversation_id="talk", reference=quote.case.reference)
    question = asks("m3")
    assert question.reference not in (quote.case.reference, "") and asks("m3").reference == question.reference
