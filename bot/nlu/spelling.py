"""Misspelt words, read as the words of the training data that they most likely stand for."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from functools import lru_cache
from pathlib import Path

import symspellpy
from symspellpy import SymSpell, Verbosity

_SHORTEST = 4
"""Of words that are looked at: shorter ones are too near to too many."""
_LONG = 7
"""From this length on, two slips are taken; one below."""
_WORD = re.compile(r"(?<![\w@.+/-])[a-z']+(?![\w@+/-]|\.\w)", re.I)


class Spelling:
    """Corrects words that are neither English nor usual in the training data, towards those that are both."""

    def __init__(self, counts: Mapping[str, int]) -> None:
        """``counts`` says how often each word occurs in the training data."""
        self.counts = {word: count for word, count in counts.items() if word in _english() and len(word) > 2}
        self._speller = SymSpell(max_dictionary_edit_distance=2)
        for word, count in self.counts.items():
            self._speller.create_dictionary_entry(word, count)

    @classmethod
    def fit(cls, texts: Iterable[str]) -> Spelling:
        """Count the words of the training data."""
        return cls(Counter(word for text in texts for word in re.findall(r"[a-z']+", text.lower())))

    def corrected(self, text: str) -> str:
        """The text with its misspelt words replaced; addresses, numbers and words of other kinds stay."""
        return _WORD.sub(lambda match: self._word(match.group()), text)

    def _word(self, word: str) -> str:
        low = word.lower()
        if len(low) < _SHORTEST or low in _english():
            return word
        near = self._speller.lookup(low, Verbosity.ALL, max_edit_distance=1 if len(low) < _LONG else 2)
        near.sort(key=lambda item: (item.distance, _unlikely(low, item.term), -item.count))
        if not near:
            return word
        return near[0].term.upper() if word.isupper() else near[0].term


def _unlikely(typed: str, meant: str) -> int:
    """Letters in another order, or a lost apostrophe, are likelier than a letter too many or too few; and that than
    a wrong one."""
    if sorted(typed.replace("'", "")) == sorted(meant.replace("'", "")):
        return 0
    return 1 if len(typed) != len(meant) else 2


@lru_cache(maxsize=1)
def _english() -> frozenset[str]:
    # The library's own loading of this list takes seconds, because it prepares every word to be a suggestion.
    path = Path(symspellpy.__file__).parent / "frequency_dictionary_en_82_765.txt"
    return frozenset(line.split()[0] for line in path.read_text("utf-8-sig").splitlines() if line)
