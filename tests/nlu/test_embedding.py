"""The embedding of a text is its own, one text at a time or many at once."""

from __future__ import annotations

import numpy as np

from bot.nlu.embedding import embed

TEXTS = ["I want my money back", "cancel my plan", "where is my refund, it has been two weeks", "naïve €5"]


def test_beside_others_a_text_is_embedded_as_by_itself() -> None:
    alone = np.vstack([embed([text]) for text in TEXTS])
    together = embed(TEXTS)
    assert together.shape == (4, 512)
    assert np.allclose(together, alone, atol=1e-5)
    assert np.allclose(np.linalg.norm(alone, axis=1), 1, atol=1e-4)


def test_half_a_character_is_no_error() -> None:
    assert np.isfinite(embed(["refund \ud83d please"])).all()
