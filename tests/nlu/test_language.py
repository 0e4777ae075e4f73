"""English is answered, however badly it is spelt; other languages are told apart."""

from __future__ import annotations

import re

import pytest

from bot.nlu.language import is_another_language
from scripts.cross_validate import PROJECT, utterances

KNOWN = {
    word
    for path in (PROJECT / "data").rglob("nlu.yml")
    for text, _ in utterances(path)
    for word in re.findall(r"[^\W\d_]+(?:'[^\W\d_]+)?", text.lower())
}


@pytest.mark.parametrize(
    "text",
    [
        "quiero un reembolso de mi tarjeta",
        "je voudrais annuler mon abonnement",
        "ich möchte mein Geld zurück",
        "WO BLEIBT MEIN GELD",
        "quero o meu dinheiro de volta",
        "vorrei annullare il mio abbonamento",
        "ik wil mijn geld terug",
        "верните мне деньги",
        "我要退款",
        "返金してください",
        "환불해 주세요",
        "أريد استرداد أموالي",
        "मुझे रिफंड चाहिए",
    ],
)
def test_another_language(text: str) -> None:
    assert is_another_language(text, KNOWN.__contains__)


@pytest.mark.parametrize(
    "text",
    [
        "Alexander Kowalski",
        "refnd plz",
        "i wnat my mony bakc",
        "no",
        "Hiii sir",
        "on Jul 23rd",
        "asdf qwer",
        "pls cancl",
    ],
)
def test_badly_spelt_english_and_names_are_no_other_language(text: str) -> None:
    assert not is_another_language(text, KNOWN.__contains__)


def test_no_training_sentence_is_taken_for_another_language() -> None:
    texts = [text for path in (PROJECT / "data").rglob("nlu.yml") for text, _ in utterances(path)]
    assert texts and not [text for text in texts if is_another_language(text, KNOWN.__contains__)]
