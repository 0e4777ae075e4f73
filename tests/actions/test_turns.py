"""Single turns of the forms and of the session, with the real services behind them."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, _offer_person
from actions.cancellation import FinishCancellation
from actions.handoff import AnswerOffer, HandToHuman
from actions.refund import FinishRefund, ValidateRefundForm
from actions.session import StartSession
from actions.shared import NoteDetails
from actions.withdrawal import ValidateWithdrawForm
from bot.cases.case.overview import conversation_requests
from bot.cases.customer.quotes import Quote, quote_cancellation, quote_refund
from bot.cases.model import CaseState, Cause, CustomerReason
from bot.cases.services import Services
from bot.policy.facts import Destination
from tests.actions.talks import a_talk
from tests.store_builders import proven_address, store_order


def turn(action: SafeAction, text: str, **changes: Any) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The bot's messages, and the slots that were set."""
    dispatcher = CollectingDispatcher()
    talk = a_talk(text, **changes)
    events = action.turn(talk, dispatcher)
    _offer_person(talk, events, dispatcher)
    return dispatcher.messages, {event["name"]: event["value"] for event in events if event["event"] == "slot"}


def said(messages: list[dict[str, Any]]) -> list[str]:
    """The names of the responses."""
    return [message["response"] for message in messages]


def order_of_days_ago(desk: Services, number: str = "CC-104233", days: int = 1, **changes: Any) -> None:
    """An order, and the address of its customer proven in ``talk``."""
    placed_at = datetime.now(timezone.utc) - timedelta(days=days)
    store_order(desk, number, placed_at=placed_at.isoformat(), **changes)
    proven_address(desk)


WISH: dict[str, Any] = {"intent": "request_refund", "confidence": 0.95}


def test_the_only_order_of_a_verified_customer_is_not_asked_for(desk: Services) -> None:
    order_of_days_ago(desk)
    messages, slots = turn(ValidateRefundForm(), "I want a refund", **WISH)
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
    messages, slots = turn(ValidateRefundForm(), "I want a refund", **WISH)
    assert said(messages) == ["utter_which_of_your_orders"] and slots["requested_slot"] == "order_number"
    assert [button["payload"] for button in messages[0]["buttons"]] == ["CC-104244", "CC-104233"]


def test_a_late_order_is_declined_before_anyone_is_asked_for_a_reason(desk: Services) -> None:
    order_of_days_ago(desk, days=30)
    messages, slots = turn(ValidateRefundForm(), "I want a refund", **WISH)
    (message,) = messages
    assert message["response"] == "utter_declined" and slots["answer"] == "told"
    assert " Asked for in time, it would have been accepted. " in message["words"]
    assert " The $50.00 on the card stays yours to use. Your reference is " in message["words"]


def test_a_decline_that_nothing_could_change_says_so(desk: Services) -> None:
    order_of_days_ago(desk, status="cancelled")
    (message,), _ = turn(ValidateRefundForm(), "I want a refund", **WISH)
    assert " Asking in another way would not change that. Your reference is " in message["words"]


def test_after_a_break_the_customer_is_told_where_they_were(desk: Services) -> None:
    order_of_days_ago(desk)
    slots = {"task": "refund", "order_number": "CC-104233"}
    asked = {"requested": "refund_reason", "slots": slots, "intent": "change_of_mind", "confidence": 0.95}
    messages, _ = turn(ValidateRefundForm(), "changed my mind", silence=timedelta(minutes=30), **asked)
    assert said(messages) == ["utter_where_we_were", "utter_which_destination"]
    assert messages[0]["words"] == "Welcome back. We were at your refund of order CC-104233."
    messages, _ = turn(ValidateRefundForm(), "changed my mind", silence=timedelta(minutes=1), **asked)
    assert said(messages) == ["utter_which_destination"]


def test_the_reason_that_was_understood_is_shown_with_the_quote(desk: Services) -> None:
    order_of_days_ago(desk)
    slots = {"task": "refund", "order_number": "CC-104233", "refund_destination": "wallet"}
    change = {"intent": "change_of_mind", "confidence": 0.95}
    (message,), _ = turn(ValidateRefundForm(), "changed my mind", requested="refund_reason", slots=slots, **change)
    assert message["response"] == "utter_refund_quote"
    assert "you would get $44.00 back. Reason: you changed your mind. The refund " in message["words"]


def test_a_destination_that_nobody_chose_is_not_kept_for_the_next_order(desk: Services) -> None:
    order_of_days_ago(desk, payment_method="cash")
    slots = {"task": "refund", "order_number": "CC-104233", "refund_reason": "change_of_mind"}
    (message,), after = turn(ValidateRefundForm(), "hm", slots=slots, **WISH)
    assert message["response"] == "utter_refund_quote" and after["refund_destination"] is None


def test_where_only_the_wallet_is_possible_no_other_wish_is_stored(desk: Services) -> None:
    order_of_days_ago(desk, payment_method="cash")
    slots = {"task": "refund", "order_number": "CC-104233", "refund_reason": "change_of_mind"}
    turn(ValidateRefundForm(), "hm", slots={**slots, "refund_destination": "original_payment_method"}, **WISH)
    (request,) = conversation_requests(desk, conversation_id="talk")
    assert request.case.destination is Destination.WALLET


@pytest.mark.parametrize(("unclear", "response"), [(0, "utter_reason_unclear"), (1, "utter_in_review")])
def test_a_reason_that_stays_unclear_goes_to_a_person_in_the_customers_words(
    desk: Services, unclear: int, response: str
) -> None:
    order_of_days_ago(desk)
    slots = {"task": "refund", "order_number": "CC-104233", "unclear": unclear}
    messages, after = turn(
        ValidateRefundForm(), "it's complicated", intent="out_of_scope", requested="refund_reason", slots=slots
    )
    assert said(messages) == [response]
    assert after["reason_words"] == (None if unclear == 0 else "it's complicated")


def test_several_orders_are_taken_one_by_one(desk: Services) -> None:
    numbers = {"entities": {"order_number": ["CC-104233", "CC-104240", "CC-104244"]}}
    messages, slots = turn(ValidateRefundForm(), "CC-104233, CC-104240, CC-104244", **numbers, **WISH)
    assert said(messages) == ["utter_later_orders", "utter_which_email"]
    assert messages[0]["words"] == "I'll take CC-104240 and CC-104244 right after this one."
    assert messages[1]["words"] == "What is the email address on order CC-104233?"
    assert messages[1]["other_words"] == "And the email address on order CC-104233?"
    assert slots["later_orders"] == "CC-104240 CC-104244"


def test_asking_the_same_again_comes_with_a_person(desk: Services) -> None:
    asked: dict[str, Any] = {"requested": "order_number"}
    first, slots = turn(ValidateRefundForm(), "blah", **asked, slots={}, responses=[["utter_which_order"]])
    assert said(first) == ["utter_order_number_unclear"]
    slots["unclear"] = 0
    again, _ = turn(ValidateRefundForm(), "blah", **asked, slots=slots, responses=[["utter_order_number_unclear"]])
    assert said(again) == ["utter_person_instead", "utter_order_number_unclear"]


def test_a_threat_is_answered_with_a_person_and_the_request_goes_on(desk: Services) -> None:
    messages, _ = turn(ValidateRefundForm(), "refund me or you hear from my lawyer", **WISH)
    assert said(messages) == ["utter_person_at_once/legal", "utter_which_order"]


@pytest.mark.parametrize("text", ["I don't have the order number", "idk", "where do I find it"])
def test_whoever_lacks_the_order_number_is_told_where_it_is(desk: Services, text: str) -> None:
    messages, slots = turn(ValidateRefundForm(), text, requested="order_number", slots={"task": "refund"})
    assert said(messages) == ["utter_no_order_number"] and slots["requested_slot"] == "order_number"


@pytest.mark.parametrize(("text", "answered"), [("why do you need that", True), ("why is there a fee", False)])
def test_why_the_order_number_is_needed(desk: Services, text: str, answered: bool) -> None:
    asked: dict[str, Any] = {"requested": "order_number", "slots": {"task": "refund"}, "intent": "ask_policy"}
    assert said(turn(ValidateRefundForm(), text, **asked)[0]) == (["utter_why_asked"] if answered else [])


def test_a_wish_for_a_person_after_a_decline_comes_with_what_was_declined(desk: Services) -> None:
    order_of_days_ago(desk, days=30)
    turn(ValidateRefundForm(), "I want a refund", **WISH)
    turn(HandToHuman(), "get me a human", intent="talk_to_human")
    question, declined = conversation_requests(desk, conversation_id="talk")
    with desk.unit_of_work() as uow:
        file = uow.case_files.find(question.case.reference)
    assert file is not None and file.handoff is not None and file.order_number == "CC-104233"
    assert file.handoff.facts["requests"] == [f"{declined.case.reference} declined"]


@pytest.mark.parametrize("text", ["wait", "Hold on please", "just a second...", "let me check"])
def test_a_moment_to_think_changes_nothing(desk: Services, text: str) -> None:
    asked = {"requested": "answer", "slots": {"task": "refund", "decision_id": 7}, "intent": "nevermind"}
    messages, slots = turn(ValidateRefundForm(), text, **asked)
    assert said(messages) == ["utter_take_your_time"]
    assert (slots["requested_slot"], slots["decision_id"], slots["answer"]) == ("answer", 7, None)


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
    slots = {"task": "refund", "decision_id": 7}
    understood = {"intent": "nevermind", "confidence": confidence}
    messages, _ = turn(ValidateRefundForm(), text, requested="answer", slots=slots, **understood)
    assert said(messages) == ([] if drops else ["utter_answer_unclear"])


def a_quote(desk: Services) -> str:
    """An open quote; its reference."""
    quote = quote_refund(
        desk,
        conversation_id="talk",
        order_number="CC-104233",
        reason=CustomerReason.CHANGE_OF_MIND,
        reason_words="",
        destination=Destination.WALLET,
        requested_at=desk.clock(),
        transcript=[],
    )
    return quote.case.reference


def test_the_first_session_says_what_this_is_and_a_later_one_closes_what_was_left_open(desk: Services) -> None:
    assert said(turn(StartSession(), "hello")[0]) == ["utter_introduction"]
    earlier = {"transcript": [{"at": "…", "who": "customer", "text": "refund"}]}
    assert said(turn(StartSession(), "hello", **earlier)[0]) == ["utter_welcome_back"]

    order_of_days_ago(desk)
    a_quote(desk)
    assert said(turn(StartSession(), "hello", **earlier)[0]) == ["utter_welcome_back/unanswered"]
    (request,) = conversation_requests(desk, conversation_id="talk")
    assert request.case.state is CaseState.WITHDRAWN


def test_what_is_to_be_taken_back_is_shown_before_it_is(desk: Services) -> None:
    order_of_days_ago(desk)
    reference = a_quote(desk)
    (message,), slots = turn(ValidateWithdrawForm(), "take my refund back", intent="withdraw_request")
    assert message["response"] == "utter_withdraw_quote" and slots["case_reference"] == reference
    assert f"your refund of $44.00 for order CC-104233 ({reference})?" in message["words"]
    (request,) = conversation_requests(desk, conversation_id="talk")
    assert request.case.state is CaseState.QUOTED


@pytest.mark.parametrize(
    ("before", "text", "form", "heard"),
    [
        ("utter_refund_confirmed", "same for CC-104240", "refund_form", []),
        ("utter_cancel_recorded", "and CC-104240 too please", "cancel_form", []),
        ("utter_refund_confirmed", "ok, CC-104240", None, ["utter_which_task"]),
        ("utter_greet", "the same for CC-104240", None, ["utter_which_task"]),
    ],
)
def test_the_same_for_another_order_begins_the_same_form(
    desk: Services, before: str, text: str, form: str | None, heard: list[str]
) -> None:
    dispatcher = CollectingDispatcher()
    talk = a_talk(text, intent="affirm", responses=[[before]], entities={"order_number": ["CC-104240"]})
    events = AnswerOffer().turn(talk, dispatcher)
    assert said(dispatcher.messages) == heard
    assert {"event": "slot", "timestamp": None, "name": "order_number", "value": "CC-104240"} in events
    assert [event["name"] for event in events if event["event"] == "followup"] == ([form] if form else [])


def test_who_says_where_the_money_shall_go_wants_it_back(desk: Services) -> None:
    dispatcher = CollectingDispatcher()
    talk = a_talk("WALLET", intent="inform", entities={"destination": ["wallet"]})
    assert [event["name"] for event in NoteDetails().turn(talk, dispatcher)] == ["refund_form"]
    assert dispatcher.messages == []
    NoteDetails().turn(a_talk("CC-104240", intent="inform", entities={"order_number": ["CC-104240"]}), dispatcher)
    assert said(dispatcher.messages) == ["utter_which_task"]


def answer_of(quote: Quote) -> dict[str, Any]:
    """The slots of a yes to a quote."""
    assert quote.decision is not None
    known = {"case_reference": quote.case.reference, "decision_id": float(quote.decision.id), "answer": "yes"}
    return {"slots": {"order_number": "CC-104233", **known}}


def a_refund(desk: Services, talk: str, reason: CustomerReason = CustomerReason.CHANGE_OF_MIND) -> Quote:
    """A refund of CC-104233 asked for in a conversation; for another reason, a person has to decide it."""
    return quote_refund(
        desk,
        conversation_id=talk,
        order_number="CC-104233",
        reason=reason,
        reason_words="it is the wrong one",
        destination=Destination.ORIGINAL_PAYMENT_METHOD,
        requested_at=desk.clock(),
        transcript=[],
    )


def test_a_yes_to_a_refund_that_was_asked_for_again_elsewhere_names_the_one_that_lives(desk: Services) -> None:
    order_of_days_ago(desk)
    proven_address(desk, "other")
    first, second = a_refund(desk, "talk"), a_refund(desk, "other")
    (message,), _ = turn(FinishRefund(), "yes", **answer_of(first))
    assert message["response"] == "utter_elsewhere/waits" and second.case.reference in message["words"]
    turn(FinishRefund(), "yes", conversation_id="other", **answer_of(second))
    (message,), slots = turn(FinishRefund(), "yes", **answer_of(first))
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
    turn(FinishCancellation(), "yes", conversation_id="other", **answer_of(second))
    (message,), _ = turn(FinishCancellation(), "yes", **answer_of(first))
    assert message["response"] == "utter_elsewhere"
    assert message["words"].endswith(f" is {second.case.reference}: done.")


IN_REVIEW: dict[str, Any] = {"responses": [["utter_in_review", "utter_away"]]}


@pytest.mark.parametrize("action", [ValidateRefundForm(), NoteDetails()], ids=["a refund again", "a bare word"])
def test_where_the_money_shall_go_is_added_to_the_request_that_a_person_has(desk: Services, action: Any) -> None:
    order_of_days_ago(desk)
    quote = a_refund(desk, "talk", CustomerReason.OTHER)
    wallet = {"entities": {"destination": ["wallet"]}, "transcript": [{"at": "…", "who": "customer", "text": "wallet"}]}
    (message,), _ = turn(action, "to my wallet", **IN_REVIEW, **wallet)
    assert message["response"] == "utter_added_to_request" and quote.case.reference in message["words"]
    with desk.unit_of_work() as uow:
        (file,) = uow.case_files.all()
    assert file.handoff is not None
    assert file.case.destination is Destination.WALLET and file.case.state is CaseState.IN_REVIEW
    assert [added["text"] for added in file.handoff.facts["added"]] == ["to my wallet"]
    assert file.handoff.transcript == wallet["transcript"] and file.handoff.cause is Cause.REVIEW


def test_a_reason_is_added_right_after_a_person_got_the_request_and_not_later(desk: Services) -> None:
    order_of_days_ago(desk)
    a_refund(desk, "talk", CustomerReason.OTHER)
    fault: dict[str, Any] = {"intent": "report_problem", "confidence": 0.95}
    said_at = datetime.now(timezone.utc)
    for _ in range(2):  # the second time, the message is handled again
        heard, _slots = turn(NoteDetails(), "it never worked", said_at=said_at, **fault, **IN_REVIEW)
        assert said(heard) == ["utter_added_to_request"]
    with desk.unit_of_work() as uow:
        (file,) = uow.case_files.all()
    assert file.handoff is not None and len(file.handoff.facts["added"]) == 1
    later, _ = turn(NoteDetails(), "it never worked", responses=[["utter_greet"]], **fault)
    assert said(later) == ["utter_which_task"]


def test_words_about_another_order_are_not_added(desk: Services) -> None:
    order_of_days_ago(desk)
    order_of_days_ago(desk, "CC-104240")
    a_refund(desk, "talk", CustomerReason.OTHER)
    other = {"order_number": ["CC-104240"], "destination": ["wallet"]}
    heard, _ = turn(ValidateRefundForm(), "CC-104240 to my wallet", entities=other, **WISH, **IN_REVIEW)
    assert said(heard) == ["utter_which_reason"]


def test_nothing_is_added_to_the_request_of_another_conversation(desk: Services) -> None:
    order_of_days_ago(desk)
    proven_address(desk, "other")
    a_refund(desk, "other", CustomerReason.OTHER)
    wallet = {"entities": {"destination": ["wallet"]}}
    heard, _ = turn(NoteDetails(), "to my wallet", **IN_REVIEW, **wallet)
    assert heard == [], "the form begins"
