"""A yes moves money only when it is unmistakable."""

from __future__ import annotations

from typing import Any

import pytest

from bot.dialogue.commands import Kind
from bot.dialogue.state import State
from tests.actions.talks import meant


def says_yes(text: str, task: str = "refund", intent: str = "", confidence: float = 0.0, **changes: Any) -> bool:
    """Whether an answer to the quote of a task is a yes to it."""
    state = State(task=task, asked="answer", order_number="CC-104233", case_reference="R-1", decision_id=7)
    commands = meant(text, state, intent=intent, confidence=confidence, **changes)
    return Kind.AFFIRM in {command.kind for command in commands}


@pytest.mark.parametrize(
    "text",
    [
        "yes",
        "Yes.",
        "YES!!",
        "yes please",
        "ok",
        "go ahead",
        "Yes, go ahead",
        "sure, do it",
        "yep that's fine",
        "/affirm",
    ],
)
def test_a_plain_yes(text: str) -> None:
    assert says_yes(text) and says_yes(text, "cancel")


def test_the_words_for_what_was_asked_belong_to_a_yes() -> None:
    assert says_yes("yes, cancel my subscription", "cancel")
    assert says_yes("yes, refund me")
    assert not says_yes("yes, cancel my subscription")
    assert not says_yes("yes, refund me", "cancel")


@pytest.mark.parametrize(
    "text",
    [
        "no",
        "yes but to my card",
        "yes?",
        "not sure",
        "ok wait",
        "yes if there is no fee",
        "don't do it",
        "please",
        "maybe",
        "ok what is the fee",
        "yes to the wallet of my brother",
        "",
        "yesterday",
    ],
)
def test_what_is_no_yes(text: str) -> None:
    assert not says_yes(text)
    assert not says_yes(text, "refund", "affirm", 0.79)


def test_other_words_count_when_they_are_understood_as_a_yes_without_a_doubt() -> None:
    assert says_yes("that would suit us well", "refund", "affirm", 0.81)
    assert not says_yes("that would suit us well", "refund", "affirm", 0.79)
    assert not says_yes("that would suit us well, but later", "refund", "affirm", 0.99)
    assert not says_yes("that would suit us well", "refund", "deny", 0.99)


@pytest.mark.parametrize("text", ["yes", "/affirm", "by all means"])
def test_a_yes_that_was_written_before_the_question_is_none(text: str) -> None:
    understood: dict[str, Any] = {"intent": "affirm", "confidence": 0.99}
    assert says_yes(text, **understood) and not says_yes(text, crossed=True, **understood)
