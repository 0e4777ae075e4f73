"""Near copies are one phrasing, so that no fold foretells what another one has seen."""

from __future__ import annotations

from bot.nlu.phrasing import phrasings


def test_half_of_the_words_in_common_are_one_phrasing() -> None:
    assert phrasings(["cancel my plan", "please cancel my plan", "MY plan: cancel!"]) == [0, 0, 0]
    assert phrasings(["I want a refund", "I want a lawyer today"]) == [0, 0]  # 3 of 6
    assert phrasings(["I want a refund", "I want that lawyer today"]) == [0, 1]  # 2 of 7


def test_a_text_joins_the_nearest_phrasing() -> None:
    texts = ["where is my money", "my money is gone now", "is my money where"]
    assert phrasings(texts) == [0, 0, 0]
    assert phrasings(["give me a person", "give me a refund for it", "a refund for it"]) == [0, 1, 1]


def test_texts_without_words_are_phrasings_of_their_own() -> None:
    assert phrasings(["…", "?!", "yes"]) == [0, 1, 2]
    assert phrasings([]) == []
