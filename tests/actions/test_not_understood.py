"""Not sure what was meant: the two likeliest wishes as buttons, then a person."""

from __future__ import annotations

from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.shared import NotUnderstood
from tests.actions.talks import a_talk


def answered(guesses: list[str], *said_last: str) -> dict[str, Any]:
    """What the action says to a turn with these guesses."""
    talk = a_talk(guesses=guesses, responses=[list(said_last)])
    dispatcher = CollectingDispatcher()
    NotUnderstood().turn(talk, dispatcher)
    (message,) = dispatcher.messages
    return message


def test_the_two_likeliest_wishes_are_offered_beside_a_person() -> None:
    message = answered(["nlu_fallback", "greet", "cancel_service", "request_refund", "ask_policy"])
    assert message["response"] == "utter_is_it_one_of_these"
    assert [button["payload"] for button in message["buttons"]] == [
        "/cancel_service",
        "/request_refund",
        "/talk_to_human",
    ]


def test_without_a_guess_the_bot_says_what_it_can_do() -> None:
    assert answered(["nlu_fallback"])["response"] == "utter_not_understood"


def test_the_second_time_a_person_is_offered() -> None:
    assert answered(["cancel_service"], "utter_not_understood")["response"] == "utter_still_not_understood"
