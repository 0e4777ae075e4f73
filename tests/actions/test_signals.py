"""Words at which a person is offered at once."""

from __future__ import annotations

import pytest

from actions.signals import Signal, signal_in


@pytest.mark.parametrize(
    ("text", "signal"),
    [
        ("You'll hear from my lawyer", Signal.LEGAL),
        ("I will report this to the FCC", Signal.LEGAL),
        ("then I'll do a chargeback", Signal.LEGAL),
        ("I’ll dispute the charge with my bank", Signal.LEGAL),
        ("this is a scam", Signal.ANGER),
        ("WTF is this", Signal.ANGER),
        ("my husband passed away, this was his card", Signal.CARE),
        ("I'm 84 and can't read the screen", Signal.CARE),
        ("I lost my job, you idiots", Signal.CARE),
        ("pay me, you thieves, or I'll sue you", Signal.LEGAL),
    ],
)
def test_the_gravest_signal_is_found(text: str, signal: Signal) -> None:
    assert signal_in(text) is signal


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
    assert signal_in(text) is None
