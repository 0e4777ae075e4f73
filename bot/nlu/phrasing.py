"""Which utterances are one phrasing: what learns from one of them has seen the others."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from itertools import chain

_SHARE = 0.5
"""Of the words of two texts, what they need to have in common to be one phrasing."""


def phrasings(texts: Sequence[str]) -> list[int]:
    """A number for each text, the same for texts of nearly the same words, in whatever order.

    Each text joins the nearest of those that have begun a phrasing, or begins one itself.
    """
    sizes: list[int] = []
    with_word: dict[str, list[int]] = {}
    numbers = []
    for text in texts:
        words = frozenset(re.findall(r"[a-z0-9']+", text.lower()))
        common = Counter(chain.from_iterable(with_word.get(word, ()) for word in words))
        alike = {number: count / (len(words) + sizes[number] - count) for number, count in common.items()}
        nearest = min(alike, key=lambda number: (-alike[number], number), default=None)
        if nearest is None or alike[nearest] < _SHARE:
            nearest = len(sizes)
            sizes.append(len(words))
            for word in words:
                with_word.setdefault(word, []).append(nearest)
        numbers.append(nearest)
    return numbers
