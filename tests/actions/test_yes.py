"""A yes moves money only when it is unmistakable."""

from __future__ import annotations

from dataclasses import replace

import pytest

from actions.cancellation import ValidateCancelForm
from actions.refund import ValidateRefundForm
from actions.talk import Talk
from tests.actions.talks import a_talk


def talk(text: str, intent: str = "", confidence: float = 0.0) -> Talk:
    """An answer to a quote."""
    return a_talk(text, intent=intent, confidence=confidence, requested="answer")


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
    assert talk(text).says_yes(ValidateRefundForm.subject) and talk(text).says_yes(ValidateCancelForm.subject)


def test_the_words_for_what_was_asked_belong_to_a_yes() -> None:
    assert talk("yes, cancel my subscription").says_yes(ValidateCancelForm.subject)
    assert talk("yes, refund me").says_yes(ValidateRefundForm.subject)
    assert not talk("yes, cancel my subscription").says_yes(ValidateRefundForm.subject)
    assert not talk("yes, refund me").says_yes(ValidateCancelForm.subject)


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
    assert not talk(text).says_yes(ValidateRefundForm.subject)
    assert not talk(text, "affirm", 0.79).says_yes(ValidateRefundForm.subject)


def test_other_words_count_when_they_are_understood_as_a_yes_without_a_doubt() -> None:
    assert talk("by all means", "affirm", 0.81).says_yes(frozenset())
    assert not talk("by all means", "affirm", 0.79).says_yes(frozenset())
    assert not talk("by all means, but later", "affirm", 0.99).says_yes(frozenset())
    assert not talk("by all means", "deny", 0.99).says_yes(frozenset())


@pytest.mark.parametrize("text", ["yes", "/affirm", "by all means"])
def test_a_yes_that_was_written_before_the_question_is_none(text: str) -> None:
    said = talk(text, "affirm", 0.99)
    assert said.says_yes(frozenset()) and not replace(said, crossed=True).says_yes(frozenset())
