"""Single turns of the dialogue and of the session, with the real services behind them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from actions.session import StartSession
from bot.cases.case.overview import conversation_requests
from bot.cases.customer.quotes import Quote, quote_cancellation, quote_refund
from bot.cases.model import CaseState, Cause, CustomerReason
from bot.cases.services import Services
from bot.policy.facts import Destination
from tests.actions.talks import CHANGE_OF_MIND, FAULT, WISH, said, turn
from tests.store_builders import proven_address, store_order


def order_of_days_ago(desk: Services, number: str = "CC-104233", days: int = 1, **changes: Any) -> None:
    """An order, and the address of its customer proven in ``talk``."""
    placed_at = datetime.now(timezone.utc) - timedelta(days=days)
    store_order(desk, number, placed_at=placed_at.isoformat(), **changes)
    proven_address(desk)


def test_the_only_order_of_a_verified_customer_is_not_asked_for(desk: Services) -> None:
    order_of_days_ago(desk)
    messages, slots = turn("I want a refund", **WISH)
    assert said(messages) == ["utter_which_reason"] and slots["order_number"] == "CC-104233"
    assert [button["title"] for button in messages[0]["buttons"]] == [
        "I changed my mind",
        "It doesn't work",
        "It's the wrong product",
        "A charge is wrong",
        "Something else",
    ]


def test_of_several_orders_the_customer_picks_one(desk: Services) -> None:
    order_of_days_ago(desk)
    order_of_days_ago(desk, "CC-104244", days=0)
    messages, slots = turn("I want a refund", **WISH)
    assert said(messages) == ["utter_which_of_your_orders"] and slots["asked"] == "order_number"
    assert [button["payload"] for button in messages[0]["buttons"]] == ["CC-104244", "CC-104233"]


def test_a_late_order_is_declined_before_anyone_is_asked_for_a_reason(desk: Services) -> None:
    order_of_days_ago(desk, days=30)
    messages, slots = turn("I want a refund", **WISH)
    (message,) = messages
    assert message["response"] == "utter_declined" and slots["asked"] is None
    assert " Asked for in time, it would have been accepted. " in message["words"]
    assert " The $50.00 on the card stays yours to use. Your reference is " in message["words"]


def test_a_decline_that_nothing_could_change_says_so(desk: Services) -> None:
    order_of_days_ago(desk, status="cancelled")
    (message,), _ = turn("I want a refund", **WISH)
    assert " Asking in another way would not change that. Your reference is " in message["words"]


def test_after_a_break_the_customer_is_told_where_they_were(desk: Services) -> None:
    order_of_days_ago(desk)
    slots = {"task": "refund", "order_number": "CC-104233"}
    asked: dict[str, Any] = {"slots": {**slots, "asked": "refund_reason"}, **CHANGE_OF_MIND}
    messages, _ = turn("changed my mind", silence=timedelta(minutes=30), **asked)
    assert said(messages) == ["utter_where_we_were", "utter_which_destination"]
    assert messages[0]["words"] == "Welcome back. We were at your refund of order CC-104233."
    messages, _ = turn("changed my mind", silence=timedelta(minutes=1), **asked)
    assert said(messages) == ["utter_which_destination"]


def test_the_reason_that_was_understood_is_shown_with_the_quote(desk: Services) -> None:
    order_of_days_ago(desk)
    slots = {"task": "refund", "asked": "refund_reason", "order_number": "CC-104233", "refund_destination": "wallet"}
    (message,), _ = turn("changed my mind", slots=slots, **CHANGE_OF_MIND)
    assert message["response"] == "utter_refund_quote"
    assert "you would get $44.00 back. Reason: you changed your mind. The refund " in message["words"]


def test_a_destination_that_nobody_chose_is_not_kept_for_the_next_order(desk: Services) -> None:
    order_of_days_ago(desk, payment_method="cash")
    slots = {"task": "refund", "order_number": "CC-104233", "refund_reason": "change_of_mind"}
    (message,), after = turn("hm", slots=slots, **WISH)
    assert message["response"] == "utter_refund_quote" and after["refund_destination"] is None


def test_where_only_the_wallet_is_possible_no_other_wish_is_stored(desk: Services) -> None:
    order_of_days_ago(desk, payment_method="cash")
    slots = {"task": "refund", "order_number": "CC-104233", "refund_reason": "change_of_mind"}
    turn("hm", slots={**slots, "refund_destination": "original_payment_method"}, **WISH)
    (request,) = conversation_requests(desk, conversation_id="talk")
    assert request.case.destination is Destination.WALLET


@pytest.mark.parametrize(("tries", "response"), [(0, "utter_reason_unclear"), (1, "utter_in_review")])
def test_a_reason_that_stays_unclear_goes_to_a_person_in_the_customers_words(
    desk: Services, tries: int, response: str
) -> None:
    order_of_days_ago(desk)
    slots = {"task": "refund", "asked": "refund_reason", "order_number": "CC-104233", "tries": tries}
    messages, after = turn("it's complicated", intent="out_of_scope", slots=slots)
    assert said(messages) == [response]
    assert after["reason_words"] is None, "the task is over, or nothing was understood"
    with desk.unit_of_work() as uow:
        words = [file.case.reason_words for file in uow.case_files.all()]
    assert words == ([] if tries == 0 else ["it's complicated"])


def test_several_orders_are_taken_one_by_one(desk: Services) -> None:
    messages, slots = turn("CC-104233, CC-104240, CC-104244", **WISH)
    assert said(messages) == ["utter_later_orders", "utter_which_email"]
    assert messages[0]["words"] == "I'll take CC-104240 and CC-104244 right after this one."
    assert messages[1]["words"] == "What is the email address on order CC-104233?"
    assert messages[1]["other_words"] == "And the email address on order CC-104233?"
    assert slots["later_orders"] == "CC-104240 CC-104244"


def test_the_question_is_asked_in_other_words_and_the_third_time_with_a_person(desk: Services) -> None:
    messages, slots = turn("blah", slots={"task": "refund", "asked": "order_number"}, responses=[["utter_which_order"]])
    assert said(messages) == ["utter_order_number_unclear"]
    for response in ("utter_which_order/second", "utter_which_order/third"):
        messages, slots = turn("blah", slots=slots, responses=[said(messages)])
        assert said(messages) == [response] and slots["asked"] == "order_number"
    messages, _ = turn("blah", slots=slots, responses=[said(messages)])
    assert said(messages) == ["utter_person_instead", "utter_which_order/third"]


def test_a_threat_is_answered_with_a_person_and_the_request_goes_on(desk: Services) -> None:
    messages, _ = turn("refund me or you hear from my lawyer", **WISH)
    assert said(messages) == ["utter_person_at_once/legal", "utter_which_order"]


@pytest.mark.parametrize("text", ["I don't have the order number", "idk", "where do I find it"])
def test_whoever_lacks_the_order_number_is_told_where_it_is(desk: Services, text: str) -> None:
    messages, slots = turn(text, slots={"task": "refund", "asked": "order_number"})
    assert said(messages) == ["utter_no_order_number"] and slots["asked"] == "order_number"


@pytest.mark.parametrize(
    ("text", "responses"),
    [
        ("why do you need that", ["utter_why_asked"]),
        ("why is there a fee", ["utter_ask_policy/fee", "utter_back_to_it", "utter_which_order"]),
    ],
)
def test_why_the_order_number_is_needed(desk: Services, text: str, responses: list[str]) -> None:
    slots = {"task": "refund", "asked": "order_number"}
    messages, after = turn(text, slots=slots, intent="ask_policy", detail="fee", confidence=0.9)
    assert said(messages) == responses and after["asked"] == "order_number"


def test_a_wish_for_a_person_after_a_decline_comes_with_what_was_declined(desk: Services) -> None:
    order_of_days_ago(desk, days=30)
    turn("I want a refund", **WISH)
    turn("get me a human", intent="talk_to_human")
    question, declined = conversation_requests(desk, conversation_id="talk")
    with desk.unit_of_work() as uow:
        file = uow.case_files.find(question.case.reference)
    assert file is not None and file.handoff is not None and file.order_number == "CC-104233"
    assert file.handoff.facts["requests"] == [f"{declined.case.reference} declined"]


@pytest.mark.parametrize("text", ["wait", "Hold on please", "just a second...", "let me check"])
def test_a_moment_to_think_changes_nothing(desk: Services, text: str) -> None:
    before = {"task": "refund", "asked": "answer", "decision_id": 7}
    messages, slots = turn(text, slots=before, intent="nevermind")
    assert said(messages) == ["utter_take_your_time"]
    assert (slots["asked"], slots["decision_id"]) == ("answer", 7)


@pytest.mark.parametrize(
    ("text", "confidence", "drops"),
    [
        ("never mind", 0.98, True),
        ("nevermind, I'll keep it", 0.7, True),
        ("sre", 0.62, False),
        ("nevermind", 0.9, True),
    ],
)
def test_a_word_that_may_be_a_yes_drops_no_quote(desk: Services, text: str, confidence: float, drops: bool) -> None:
    order_of_days_ago(desk)
    slots = quoted(a_refund(desk, "talk"))
    messages, _ = turn(text, slots=slots, intent="nevermind", confidence=confidence)
    assert said(messages) == ["utter_stopped/refund" if drops else "utter_answer_unclear/refund"]
    (request,) = conversation_requests(desk, conversation_id="talk")
    assert request.case.state is (CaseState.WITHDRAWN if drops else CaseState.QUOTED)


def test_the_first_session_says_what_this_is_and_a_later_one_closes_what_was_left_open(desk: Services) -> None:
    assert said(turn("hello", StartSession())[0]) == ["utter_introduction"]
    earlier = {"transcript": [{"at": "…", "who": "customer", "text": "refund"}]}
    assert said(turn("hello", StartSession(), **earlier)[0]) == ["utter_welcome_back"]

    order_of_days_ago(desk)
    a_refund(desk, "talk")
    assert said(turn("hello", StartSession(), **earlier)[0]) == ["utter_welcome_back/unanswered"]
    (request,) = conversation_requests(desk, conversation_id="talk")
    assert request.case.state is CaseState.WITHDRAWN


def test_what_is_to_be_taken_back_is_shown_before_it_is(desk: Services) -> None:
    order_of_days_ago(desk)
    reference = a_refund(desk, "talk").case.reference
    (message,), slots = turn("take my refund back", intent="withdraw_request")
    assert message["response"] == "utter_withdraw_quote" and slots["case_reference"] == reference
    assert f"your refund of $44.00 for order CC-104233 ({reference})?" in message["words"]
    (request,) = conversation_requests(desk, conversation_id="talk")
    assert request.case.state is CaseState.QUOTED


@pytest.mark.parametrize(
    ("before", "text", "task", "responses"),
    [
        ("utter_refund_confirmed", "same for CC-104240", "refund", ["utter_which_email"]),
        ("utter_cancel_recorded", "and CC-104240 too please", "cancel", ["utter_which_email"]),
        ("utter_refund_confirmed", "ok, CC-104240", None, ["utter_which_task"]),
        ("utter_greet", "the same for CC-104240", None, ["utter_which_task"]),
    ],
)
def test_the_same_for_another_order_begins_the_same_task(
    desk: Services, before: str, text: str, task: str | None, responses: list[str]
) -> None:
    messages, slots = turn(text, intent="affirm", responses=[[before]])
    assert said(messages) == responses
    assert (slots["task"], slots["order_number"]) == (task, "CC-104240")


def test_who_says_where_the_money_shall_go_wants_it_back(desk: Services) -> None:
    messages, slots = turn("WALLET", intent="inform")
    assert said(messages) == ["utter_which_order"]
    assert (slots["task"], slots["refund_destination"]) == ("refund", "wallet")
    assert said(turn("CC-104240", intent="inform")[0]) == ["utter_which_task"]


def quoted(quote: Quote, task: str = "refund") -> dict[str, Any]:
    """The slots of someone who was shown a quote."""
    assert quote.decision is not None
    shown = {"case_reference": quote.case.reference, "decision_id": float(quote.decision.id)}
    return {"task": task, "asked": "answer", "order_number": "CC-104233", **shown}


def a_refund(desk: Services, talk: str, reason: CustomerReason = CustomerReason.CHANGE_OF_MIND) -> Quote:
    """A refund of CC-104233 asked for in a conversation; for another reason, a person has to decide it."""
    return quote_refund(
        desk,
        conversation_id=talk,
        order_number="CC-104233",
        reason=reason,
        reason_words="it is the wrong one",
        destination=Destination.WALLET,
        requested_at=desk.clock(),
        transcript=[],
    )


def test_a_yes_to_a_refund_that_was_asked_for_again_elsewhere_names_the_one_that_lives(desk: Services) -> None:
    order_of_days_ago(desk)
    proven_address(desk, "other")
    first, second = a_refund(desk, "talk"), a_refund(desk, "other")
    (message,), _ = turn("yes", slots=quoted(first))
    assert message["response"] == "utter_elsewhere/waits" and second.case.reference in message["words"]
    turn("yes", conversation_id="other", slots=quoted(second))
    (message,), slots = turn("yes", slots=quoted(first))
    assert message["response"] == "utter_elsewhere" and slots["case_reference"] is None
    assert message["words"].endswith(f" is {second.case.reference}: accepted and on its way.")


def test_a_yes_to_a_cancellation_that_was_asked_for_again_elsewhere_names_the_one_that_lives(desk: Services) -> None:
    order_of_days_ago(desk)
    proven_address(desk, "other")
    first, second = (
        quote_cancellation(
            desk, conversation_id=talk, order_number="CC-104233", requested_at=desk.clock(), transcript=[]
        )
        for talk in ("talk", "other")
    )
    turn("yes", conversation_id="other", slots=quoted(second, "cancel"))
    (message,), _ = turn("yes", slots=quoted(first, "cancel"))
    assert message["response"] == "utter_elsewhere"
    assert message["words"].endswith(f" is {second.case.reference}: done.")


IN_REVIEW: dict[str, Any] = {"responses": [["utter_in_review", "utter_away"]]}


@pytest.mark.parametrize("wish", [WISH, {"intent": "inform"}], ids=["a refund again", "a bare word"])
def test_where_the_money_shall_go_is_added_to_the_request_that_a_person_has(
    desk: Services, wish: dict[str, Any]
) -> None:
    order_of_days_ago(desk)
    quote = a_refund(desk, "talk", CustomerReason.OTHER)
    transcript = [{"at": "…", "who": "customer", "text": "wallet"}]
    (message,), _ = turn("to my wallet", transcript=transcript, **IN_REVIEW, **wish)
    assert message["response"] == "utter_added_to_request" and quote.case.reference in message["words"]
    with desk.unit_of_work() as uow:
        (file,) = uow.case_files.all()
    assert file.handoff is not None
    assert file.case.destination is Destination.WALLET and file.case.state is CaseState.IN_REVIEW
    assert [added["text"] for added in file.handoff.facts["added"]] == ["to my wallet"]
    assert file.handoff.transcript == transcript and file.handoff.cause is Cause.REVIEW


def test_a_reason_is_added_to_the_request_that_a_person_has_also_later(desk: Services) -> None:
    order_of_days_ago(desk)
    a_refund(desk, "talk", CustomerReason.OTHER)
    said_at = datetime.now(timezone.utc)
    for _ in range(2):  # the second time, the message is handled again
        messages, _ = turn("it never worked", said_at=said_at, **FAULT, **IN_REVIEW)
        assert said(messages) == ["utter_added_to_request"]
    with desk.unit_of_work() as uow:
        (file,) = uow.case_files.all()
    assert file.handoff is not None and len(file.handoff.facts["added"]) == 1
    later, _ = turn("it never worked", responses=[["utter_greet"]], **FAULT)
    assert said(later) == ["utter_added_to_request"]


def test_words_about_another_order_are_not_added(desk: Services) -> None:
    order_of_days_ago(desk)
    order_of_days_ago(desk, "CC-104240")
    a_refund(desk, "talk", CustomerReason.OTHER)
    messages, _ = turn("CC-104240 to my wallet", **WISH, **IN_REVIEW)
    assert said(messages) == ["utter_which_reason"]


def test_nothing_is_added_to_the_request_of_another_conversation(desk: Services) -> None:
    order_of_days_ago(desk)
    proven_address(desk, "other")
    a_refund(desk, "other", CustomerReason.OTHER)
    messages, slots = turn("to my wallet", **IN_REVIEW)
    assert said(messages) == ["utter_which_reason"] and slots["task"] == "refund", "a refund begins"
