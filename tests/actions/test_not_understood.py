"""Not sure what was meant: the two likeliest wishes as buttons, then a person."""

from __future__ import annotations

from typing import Any

from bot.cases.services import Services
from tests.actions.talks import turn


def answered(guesses: list[str], *said_last: str) -> dict[str, Any]:
    """What is said to a message that may have been one of these."""
    (message,), _ = turn("hm", guesses=tuple(guesses), responses=[said_last])
    return message


def test_the_two_likeliest_wishes_are_offered_beside_a_person(desk: Services) -> None:
    message = answered(["nlu_fallback", "greet", "cancel_service", "request_refund", "ask_policy"])
    assert message["response"] == "utter_is_it_one_of_these"
    assert [button["payload"] for button in message["buttons"]] == [
        "/cancel_service",
        "/request_refund",
        "/talk_to_human",
    ]


def test_without_a_guess_the_bot_says_what_it_can_do(desk: Services) -> None:
    assert answered(["nlu_fallback"])["response"] == "utter_not_understood"


def test_the_second_time_a_person_is_offered(desk: Services) -> None:
    assert answered(["cancel_service"], "utter_not_understood")["response"] == "utter_still_not_understood"
