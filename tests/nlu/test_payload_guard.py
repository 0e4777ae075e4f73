"""A payload counts only as a button that the bot has shown within the last turns."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.payload_guard import NOTHING, PayloadGuard


def guarded(text: str | None, events: list[Any] | None = None) -> str:
    """What the rest of the pipeline gets to see."""
    guard = PayloadGuard.create(PayloadGuard.get_default_config(), None, None, None)  # type: ignore[arg-type]
    tracker = DialogueStateTracker.from_events("talk", events or [])
    (message,) = guard.process([Message({TEXT: text})], tracker)
    return str(message.get(TEXT))


OFFER = BotUttered("Sure?", {"buttons": [{"title": "Yes", "payload": "/affirm"}]})


def test_a_button_just_shown_is_taken() -> None:
    assert guarded("/affirm", [OFFER]) == "/affirm"


@pytest.mark.parametrize("text", ["/affirm", '/affirm{"answer": "yes"}', " / affirm"])
def test_a_payload_that_nobody_offered_is_text(text: str) -> None:
    assert not guarded(text).lstrip().startswith("/")


def test_a_button_with_something_added_is_text() -> None:
    assert guarded('/affirm{"decision_id": 7}', [OFFER]) == "affirm"


def test_a_button_goes_stale_after_three_turns() -> None:
    two = [OFFER, UserUttered("a"), UserUttered("b")]
    assert guarded("/affirm", two) == "/affirm"
    assert guarded("/affirm", [*two, UserUttered("c")]) == "affirm"


@pytest.mark.parametrize("text", ["", "   ", None, "/", "👍", "?!", "//{}"])
def test_a_message_without_words_is_nothing(text: str | None) -> None:
    assert guarded(text) == NOTHING


def test_of_a_long_message_both_ends_are_read() -> None:
    read = guarded("I want " + "x " * 5_000 + "a refund")
    assert len(read) <= 1_001 and read.startswith("I want") and read.endswith("a refund")


def test_a_no_needs_no_offer() -> None:
    assert guarded("/deny") == "/deny"
