"""The action server dies after an action has written and before it has answered: the call is made again, word for word.
Nothing is done twice, and the customer hears what they would have heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction
from actions.cancellation import FinishCancellation, ValidateCancelForm
from actions.handoff import HandToHuman
from actions.refund import FinishRefund, ValidateRefundForm
from actions.session import StartSession
from actions.shared import Stop
from actions.talk import Talk
from actions.withdrawal import FinishWithdrawal
from bot.cases.model import CaseState
from bot.cases.services import Services
from tests.actions.talks import a_talk
from tests.actions.test_carrying_out import (
    a_renewed_quote,
    base_services,
    cancellation_quoted,
    faulty,  # noqa: F401  (a fixture)
    refund_quoted,
)
from tests.actions.test_turns import order_of_days_ago
from tests.cases.gateways import FaultyGateway
from tests.store_builders import store_order

Situation = Callable[[Services, FaultyGateway], tuple[SafeAction, Talk]]
WISH = {"intent": "request_refund", "confidence": 0.95}


def a_yes(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    return FinishRefund(), a_talk("yes", slots=refund_quoted(desk))


def a_yes_to_a_cancellation(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    return FinishCancellation(), a_talk("yes", slots=cancellation_quoted(desk))


def a_no(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    return FinishRefund(), a_talk("no", slots={**refund_quoted(desk), "answer": "no"})


def a_late_order(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    order_of_days_ago(desk, days=30)
    return ValidateRefundForm(), a_talk("I want a refund", **WISH)


def a_reason_for_a_person(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    order_of_days_ago(desk)
    slots = {"task": "refund", "order_number": "CC-104233", "refund_destination": "wallet"}
    broken = {"intent": "report_problem", "detail": "fault", "confidence": 0.95}
    return ValidateRefundForm(), a_talk("it does not work", requested="refund_reason", slots=slots, **broken)


def a_quote(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    order_of_days_ago(desk)
    slots = {"task": "refund", "order_number": "CC-104233", "refund_destination": "wallet"}
    change = {"intent": "change_of_mind", "confidence": 0.95}
    return ValidateRefundForm(), a_talk("changed my mind", requested="refund_reason", slots=slots, **change)


def a_cancellation_that_is_none(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    order_of_days_ago(desk, status="cancelled")
    return ValidateCancelForm(), a_talk("cancel it", intent="cancel_service", slots={"order_number": "CC-104233"})


def the_last_wrong_address(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    store_order(desk)
    slots = {"task": "refund", "order_number": "CC-104233"}
    said = {"entities": {"email": ["mallory@example.com"]}, "intent": "inform"}
    for number in range(desk.verification_tries - 1):
        wrong = a_talk("mallory@example.com", message_id=f"wrong {number}", requested="email", slots=slots, **said)
        ValidateRefundForm().turn(wrong, CollectingDispatcher())
    return ValidateRefundForm(), a_talk("mallory@example.com", requested="email", slots=slots, **said)


def a_wish_for_a_person(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    return HandToHuman(), a_talk("a person please", intent="talk_to_human")


def a_wish_for_a_person_beside_a_quote(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    return HandToHuman(), a_talk("a person please", intent="talk_to_human", slots=refund_quoted(desk))


def too_many_wrong_answers_beside_a_quote(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    return FinishRefund(), a_talk("no@example.com", slots={**refund_quoted(desk), "answer": "locked"})


def taking_a_quote_back(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    return FinishWithdrawal(), a_talk("yes", slots={**refund_quoted(desk), "task": "withdraw"})


def taking_a_question_back(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    HandToHuman().turn(a_talk("a person please", message_id="before"), CollectingDispatcher())
    with desk.unit_of_work() as uow:
        question = uow.cases.open_question("talk")
    assert question is not None
    return FinishWithdrawal(), a_talk("yes", slots={"case_reference": question.reference, "answer": "yes"})


def taking_back_what_is_stopped(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    return FinishWithdrawal(), a_talk("yes", slots=a_renewed_quote(desk, gateway))


def no_to_what_is_stopped(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    return FinishRefund(), a_talk("no", slots={**a_renewed_quote(desk, gateway), "answer": "no"})


def stop_to_what_is_stopped(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    return FinishRefund(), a_talk("stop", slots={**a_renewed_quote(desk, gateway), "answer": "stop"})


def dropping_what_is_stopped(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    slots = {**a_renewed_quote(desk, gateway), "task": "refund", "requested_slot": "answer"}
    return Stop(), a_talk("never mind", slots=slots, requested="answer")


def another_task_than_what_is_stopped(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    slots = {**a_renewed_quote(desk, gateway), "task": "refund", "answer": None}
    return ValidateCancelForm(), a_talk("cancel it", slots=slots, intent="inform")


def a_new_session_after_what_is_stopped(desk: Services, gateway: FaultyGateway) -> tuple[SafeAction, Talk]:
    a_renewed_quote(desk, gateway)
    return StartSession(), a_talk("hello", transcript=[{"at": "", "who": "customer", "text": "hello"}])


SITUATIONS: list[Situation] = [
    a_yes,
    a_yes_to_a_cancellation,
    a_no,
    a_late_order,
    a_reason_for_a_person,
    a_quote,
    a_cancellation_that_is_none,
    the_last_wrong_address,
    a_wish_for_a_person,
    a_wish_for_a_person_beside_a_quote,
    too_many_wrong_answers_beside_a_quote,
    taking_a_quote_back,
    taking_a_question_back,
    taking_back_what_is_stopped,
    no_to_what_is_stopped,
    stop_to_what_is_stopped,
    dropping_what_is_stopped,
    another_task_than_what_is_stopped,
    a_new_session_after_what_is_stopped,
]


def heard(action: SafeAction, talk: Talk) -> tuple[list[Any], list[Any]]:
    """What the customer hears of a call, and the events but for the numbers of decisions."""
    dispatcher = CollectingDispatcher()
    events = action.turn(talk, dispatcher)
    return dispatcher.messages, [event for event in events if event.get("name") != "decision_id"]


def on_record(desk: Services) -> list[tuple[str, CaseState, int, list[str]]]:
    """The cases, with their moves and the steps of carrying them out."""
    with desk.unit_of_work() as uow:
        files = uow.case_files.all()
    return [(f.case.reference, f.case.state, len(f.log), [step.key for step in f.steps]) for f in files]


@pytest.mark.parametrize("situation", SITUATIONS, ids=[one.__name__.replace("_", " ") for one in SITUATIONS])
def test_a_call_that_is_made_again_does_nothing_more(
    desk: Services,
    faulty: FaultyGateway,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
    record_property: Callable[[str, object], None],
    situation: Situation,
) -> None:
    record_property("hostile inputs", "a process that dies")
    action, talk = situation(desk, faulty)
    for module in ("shared", "withdrawal", "session"):
        monkeypatch.setattr(f"actions.{module}.services", base_services(desk, faulty))

    first, after_first = heard(action, talk), on_record(desk)
    calls = list(faulty.calls)
    second, after_second = heard(action, talk), on_record(desk)

    assert after_second == after_first and faulty.calls == calls
    assert second == first
