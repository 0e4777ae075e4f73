"""Which utterances are one phrasing: what learns from one of them has seen the others."""

from __future__ import annotations

import re
from collections.abc import Sequence

_SHARE = 0.5
"""Of the words of two texts, what they need to have in common to be one phrasing."""


def phrasings(texts: Sequence[str]) -> list[int]:
    """A number for each text, the same for texts of nearly the same words, in whatever order.

    Each text joins the nearest of those that have begun a phrasing, or begins one itself.
    """
    first: list[frozenset[str]] = []
    with_word: dict[str, list[int]] = {}
    numbers = []
    for text in texts:
        words = frozenset(re.findall(r"[a-z0-9']+", text.lower()))
        near = {number for word in words for number in with_word.get(word, ())}
        nearest = max(near, key=lambda number: (_common(words, first[number]), -number), default=None)
        if nearest is None or _common(words, first[nearest]) < _SHARE:
            nearest = len(first)
            first.append(words)
            for word in words:
                with_word.setdefault(word, []).append(nearest)
        numbers.append(nearest)
    return numbers


def _common(one: frozenset[str], other: frozenset[str]) -> float:
    return len(one & other) / len(one | other)
