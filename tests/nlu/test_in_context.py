"""The trained model: the same words, to one question and to another."""

from __future__ import annotations

import tarfile
from pathlib import Path

import pytest

from bot.nlu.asked import KINDS
from bot.nlu.intent_model import DEFAULTS, IntentModel
from bot.training import MODEL


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> IntentModel:
    """What is in the archive that the bot runs with."""
    if not MODEL.is_file():
        pytest.skip("no model: refund-desk train")
    folder: Path = tmp_path_factory.mktemp("model")
    with tarfile.open(MODEL) as archive:
        archive.extractall(folder)
    (intents,) = folder.rglob("intents.npz")
    return IntentModel.load(intents.parent)


@pytest.mark.parametrize("text", ["I want a human", "can I talk to somebody real", "let me speak to your manager"])
def test_a_person_is_a_person_whatever_was_asked(model: IntentModel, text: str) -> None:
    others = {kind: model.understand(text, DEFAULTS, kind).intent for kind in KINDS}
    assert set(others.values()) == {"talk_to_human"}, others


@pytest.mark.parametrize(
    ("text", "asked", "intent"),
    [
        ("cancel it", "none", "cancel_service"),
        ("cancel it", "cancel_quote", "affirm"),
        ("take it back", "withdraw_quote", "affirm"),
        ("it's fine the way it is", "quote", "deny"),
        ("wallet", "refund_destination", "inform"),
        ("no, back to my card", "quote", "inform"),
    ],
)
def test_words_mean_what_was_asked(model: IntentModel, text: str, asked: str, intent: str) -> None:
    assert model.understand(text, DEFAULTS, asked).intent == intent
