"""Whoever asks for a person in a clause of its own gets one, whatever else they say."""

from __future__ import annotations

import pytest

from bot.nlu.wording import asks_for_a_person


@pytest.mark.parametrize(
    "text",
    [
        "human",
        "HUMAN!!",
        "actually forget it. human",
        "forget it, human please",
        "no thanks. give me a human",
        "no - I want a real person now",
        "never mind; can I talk to an agent?",
        "ok just connect me to a representative please",
        "hmm\noperator",
        "no, I'd like a human being",
    ],
)
def test_a_person_is_asked_for(text: str) -> None:
    assert asks_for_a_person(text)


@pytest.mark.parametrize(
    "text",
    [
        "no human",
        "I don't want a person",
        "are you human?",
        "is this a person or a bot",
        "human error on my side",
        "no, the person who sold it was rude",
        "forget it, the agent agreed already",
        "only human",
        "",
    ],
)
def test_who_only_speaks_of_one_is_not(text: str) -> None:
    assert not asks_for_a_person(text)
