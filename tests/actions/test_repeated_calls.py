"""The action server dies after an action has written and before it has answered: the call is made again, word for word.
Nothing is done twice, and the customer hears what they would have heard."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from rasa_sdk.executor import CollectingDispatcher

from actions.converse import Converse
from actions.session import StartSession
from actions.talk import Talk
from bot.cases.model import CaseState
from bot.cases.services import Services
from tests.actions.talks import CHANGE_OF_MIND, FAULT, WISH, a_talk, turn
from tests.actions.test_carrying_out import (
    a_renewed_quote,
    cancellation_quoted,
    faulty,  # noqa: F401  (a fixture)
    refund_quoted,
)
from tests.actions.test_turns import order_of_days_ago
from tests.cases.gateways import FaultyGateway
from tests.store_builders import store_order

Situation = Callable[[Services, FaultyGateway], Talk]
REASON_ASKED = {"task": "refund", "asked": "refund_reason", "order_number": "CC-104233", "refund_destination": "wallet"}


def a_yes(desk: Services, gateway: FaultyGateway) -> Talk:
    return a_talk("yes", slots=refund_quoted(desk))


def a_yes_to_a_cancellation(desk: Services, gateway: FaultyGateway) -> Talk:
    return a_talk("yes", slots=cancellation_quoted(desk))


def a_no(desk: Services, gateway: FaultyGateway) -> Talk:
    return a_talk("no", slots=refund_quoted(desk))


def a_late_order(desk: Services, gateway: FaultyGateway) -> Talk:
    order_of_days_ago(desk, days=30)
    return a_talk("I want a refund", **WISH)


def a_reason_for_a_person(desk: Services, gateway: FaultyGateway) -> Talk:
    order_of_days_ago(desk)
    return a_talk("it does not work", slots=REASON_ASKED, **FAULT)


def a_quote(desk: Services, gateway: FaultyGateway) -> Talk:
    order_of_days_ago(desk)
    return a_talk("changed my mind", slots=REASON_ASKED, **CHANGE_OF_MIND)


def a_cancellation_that_is_none(desk: Services, gateway: FaultyGateway) -> Talk:
    order_of_days_ago(desk, status="cancelled")
    return a_talk("cancel CC-104233", intent="cancel_service")


def the_last_wrong_address(desk: Services, gateway: FaultyGateway) -> Talk:
    store_order(desk)
    slots = {"task": "refund", "asked": "email", "order_number": "CC-104233"}
    return _the_last_wrong_address(desk, slots)


def _the_last_wrong_address(desk: Services, slots: dict[str, Any]) -> Talk:
    for number in range(desk.verification_tries - 1):
        turn("mallory@example.com", message_id=f"wrong {number}", slots=slots, intent="inform")
    return a_talk("mallory@example.com", slots=slots, intent="inform")


def a_wish_for_a_person(desk: Services, gateway: FaultyGateway) -> Talk:
    return a_talk("a person please", intent="talk_to_human")


def a_wish_for_a_person_beside_a_quote(desk: Services, gateway: FaultyGateway) -> Talk:
    return a_talk("a person please", intent="talk_to_human", slots=refund_quoted(desk))


def too_many_wrong_answers_beside_a_quote(desk: Services, gateway: FaultyGateway) -> Talk:
    store_order(desk, "CC-104244", "ida@example.com")
    return _the_last_wrong_address(desk, {**refund_quoted(desk), "asked": "email", "order_number": "CC-104244"})


def taking_a_quote_back(desk: Services, gateway: FaultyGateway) -> Talk:
    return a_talk("yes", slots={**refund_quoted(desk), "task": "withdraw"})


def taking_a_question_back(desk: Services, gateway: FaultyGateway) -> Talk:
    turn("a person please", message_id="before", intent="talk_to_human")
    with desk.unit_of_work() as uow:
        question = uow.cases.open_question("talk")
    assert question is not None
    return a_talk("yes", slots={"task": "withdraw", "asked": "answer", "case_reference": question.reference})


def taking_back_what_is_stopped(desk: Services, gateway: FaultyGateway) -> Talk:
    return a_talk("yes", slots={**a_renewed_quote(desk, gateway), "task": "withdraw"})


def no_to_what_is_stopped(desk: Services, gateway: FaultyGateway) -> Talk:
    return a_talk("no", slots=a_renewed_quote(desk, gateway))


def dropping_what_is_stopped(desk: Services, gateway: FaultyGateway) -> Talk:
    return a_talk("never mind", slots=a_renewed_quote(desk, gateway))


def another_task_than_what_is_stopped(desk: Services, gateway: FaultyGateway) -> Talk:
    slots = a_renewed_quote(desk, gateway)
    store_order(desk, "CC-104244", "ida@example.com")
    return a_talk("cancel CC-104244", slots=slots, intent="cancel_service", confidence=0.95)


def a_new_session_after_what_is_stopped(desk: Services, gateway: FaultyGateway) -> Talk:
    a_renewed_quote(desk, gateway)
    return a_talk("hello", transcript=[{"at": "", "who": "customer", "text": "hello"}])


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
    dropping_what_is_stopped,
    another_task_than_what_is_stopped,
    a_new_session_after_what_is_stopped,
]


def heard(talk: Talk, situation: Situation) -> tuple[list[Any], list[Any]]:
    """What the customer hears of a call, and the events but for the numbers of decisions."""
    dispatcher = CollectingDispatcher()
    action = StartSession() if situation is a_new_session_after_what_is_stopped else Converse()
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
    record_property: Callable[[str, object], None],
    situation: Situation,
) -> None:
    record_property("hostile inputs", "a process that dies")
    talk = situation(desk, faulty)

    first, after_first = heard(talk, situation), on_record(desk)
    calls = list(faulty.calls)
    second, after_second = heard(talk, situation), on_record(desk)

    assert after_second == after_first and faulty.calls == calls
    assert second == first
