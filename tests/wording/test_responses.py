"""What the bot says again in other words, what it can't do, and what it asks a yes to."""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal

import pytest

from bot.policy.money import Money
from bot.policy.values import Value
from bot.wording import DEFAULT, say
from tests.wording.messages import PLACEHOLDERS, buttons_of, message_of, messages_of, responses, typed_in

QUESTIONS = sorted(name.partition("/")[0] for name in responses() if name.endswith("/second"))
CANT = sorted(name for name in responses() if name.startswith("utter_cant/"))
ASKED: dict[str, Value] = {
    "order": "CC-104233",
    "refund": Money(Decimal(44), "USD"),
    "request": "refund of $44.00",
    "reference": "RD-YTAF7F",
}


def words_of(response: str) -> str:
    """The words of a response, those of its message without values."""
    messages, words = messages_of(DEFAULT), []
    for text in responses()[response]:
        message = messages.get(message_of(response, text)) if text in PLACEHOLDERS else None
        words.append(typed_in(message) if message else text)
    return " ".join(words)


def test_each_question_of_the_forms_has_a_second_and_a_third_wording() -> None:
    asked = "which_order which_email which_code which_reason which_destination plan which_cancel which_case answer"
    assert sorted(f"utter_{name}" for name in ("which_task", *asked.split())) == QUESTIONS


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_second_wording_gives_an_example_and_a_third_offers_a_person(question: str) -> None:
    second, third = words_of(f"{question}/second"), words_of(f"{question}/third")
    assert re.search(r"[Ff]or example|look like", second)
    assert "person" in third and "/talk_to_human" in buttons_of(f"{question}/third")
    assert "understand" not in f"{second} {third}" and second != third


@pytest.mark.parametrize("response", CANT)
def test_what_cannot_be_done_here_is_said_with_what_can_be_and_a_person(response: str) -> None:
    text = words_of(response)
    assert text.startswith("I can") and "person" in text and len(text.split()) <= 35
    assert "/talk_to_human" in buttons_of(response) and len(buttons_of(response)) <= 3


def test_no_person_is_promised_at_once() -> None:
    assert [name for name in responses() if re.search(r"takes? over right|right away", words_of(name))] == []


@pytest.mark.parametrize(("task", "told"), [("refund", "$44.00"), ("cancel", "CC-104233"), ("withdraw", "RD-YTAF7F")])
def test_a_question_for_a_yes_says_what_the_yes_would_be_to(task: str, told: str) -> None:
    for code in ("chat_answer_second", "chat_answer_third"):
        assert told in say(code, DEFAULT, task=task, **ASKED)
    assert told in say(f"chat_answer_unclear_{task}", DEFAULT, **ASKED)


def test_a_decision_is_told_with_its_clauses_to_who_asks_why() -> None:
    told = {"order": "CC-104233", "explanation": "It was too late."}
    assert say("chat_why", DEFAULT, **told, clauses=("R2",), with_clauses=True) == (
        "Here is why, for order CC-104233. It was too late. The rules behind it: R2."
    )
    assert say("chat_why", DEFAULT, **told, clauses=(), with_clauses=False).endswith("It was too late.")


@pytest.mark.parametrize(
    ("days_left", "over", "told"),
    [
        (
            2,
            False,
            "It is not too late for order CC-104233: a refund can be asked for until {}, 2 working days from now",
        ),
        (1, False, "It is not too late for order CC-104233: a refund can be asked for until {}, the next working day"),
        (0, False, "It is not too late for order CC-104233: a refund can be asked for until {}, which is today"),
        (0, True, "It is too late for order CC-104233: a refund could be asked for until {}"),
    ],
)
def test_whether_it_is_too_late_is_told_with_the_day(days_left: int, over: bool, told: str) -> None:
    values: dict[str, Value] = {"last_day": date(2026, 11, 30), "days_left": days_left, "over": over}
    said = say("chat_window_for_order", DEFAULT, order="CC-104233", **values)
    assert said == f"{told.format('Monday, November 30, 2026')} (R2)."


def test_a_day_of_the_month_is_an_ordinal_number() -> None:
    said = [say("the_day", DEFAULT, cycle_day=day).removeprefix("the ") for day in range(1, 32)]
    assert said[:4] == ["1st", "2nd", "3rd", "4th"] and said[10:13] == ["11th", "12th", "13th"]
    assert said[19:24] == ["20th", "21st", "22nd", "23rd", "24th"] and said[29:] == ["30th", "31st"]


@pytest.mark.parametrize("reason", ["service_fault", "change_of_mind", "wrong_product", "billing", "other", "new"])
def test_a_reason_that_changes_the_sum_is_asked_back(reason: str) -> None:
    assert say("chat_reason_check", DEFAULT, reason=reason).startswith("Just to be sure: is it that ")
