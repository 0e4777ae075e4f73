"""Words at which a person is offered at once."""

from __future__ import annotations

import pytest

from bot.dialogue.commands import Kind
from tests.actions.talks import meant


def signals(text: str) -> list[str]:
    """What in a message calls for a person at once."""
    return [command.name for command in meant(text) if command.kind is Kind.SAFETY]


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("You'll hear from my lawyer", "legal"),
        ("I will report this to the FCC", "legal"),
        ("then I'll do a chargeback", "legal"),
        ("I’ll dispute the charge with my bank", "legal"),
        ("this is a scam", "anger"),
        ("WTF is this", "anger"),
        ("my husband passed away, this was his card", "care"),
        ("I'm 84 and can't read the screen", "care"),
        ("I lost my job, you idiots", "care"),
        ("pay me, you thieves, or I'll sue you", "legal"),
    ],
)
def test_the_gravest_signal_is_found(text: str, signal: str) -> None:
    assert signals(text) == [signal]


@pytest.mark.parametrize(
    "text",
    [
        "I want a refund",
        "the issue is solved",
        "back to my bank card please",
        "my order is pursued by nobody",
        "can I return my scampi",
        "I lost my card",
        "she has the order number",
        "is the charge right?",
    ],
)
def test_ordinary_words_are_none(text: str) -> None:
    assert signals(text) == []
