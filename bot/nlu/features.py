"""What a message is for the classifier: its embedding for the meaning, its words and letters for the wording."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix, hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.embedding import embed
from bot.nlu.wording import wording

_KINDS: dict[str, dict[str, Any]] = {
    "letters": {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2},
    "words": {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"\S+"},
}
_WEIGHT = 0.7
"""Of letters and words each, beside an embedding of length 1."""


@dataclass(frozen=True)
class Features:
    """Fitted TF-IDF of letters and words; the embedding needs no fitting."""

    vectorizers: dict[str, TfidfVectorizer]

    @classmethod
    def fit(cls, texts: Sequence[str]) -> Features:
        """Learn which letters and words there are, and how rare."""
        plain = [_plain(text) for text in texts]
        return cls({kind: TfidfVectorizer(sublinear_tf=True, **how).fit(plain) for kind, how in _KINDS.items()})

    def of(self, texts: Sequence[str]) -> csr_matrix:
        """A row for each text."""
        plain = [_plain(text) for text in texts]
        parts = [_WEIGHT * vectorizer.transform(plain) for vectorizer in self.vectorizers.values()]
        return hstack([csr_matrix(embed([wording(text) for text in texts])), *parts]).tocsr().astype(np.float32)

    def knows(self, word: str) -> bool:
        """Whether a word in lower case occurs in what was fitted."""
        return word in self.vectorizers["words"].vocabulary_

    def save(self, folder: Path) -> None:
        """Write into an existing folder."""
        for kind, vectorizer in self.vectorizers.items():
            kept = {"terms": vectorizer.get_feature_names_out().tolist(), "idf": vectorizer.idf_.tolist()}
            (folder / f"{kind}.json").write_text(json.dumps(kept), encoding="utf-8")

    @classmethod
    def load(cls, folder: Path) -> Features:
        """Read what ``save`` wrote."""
        vectorizers = {}
        for kind, how in _KINDS.items():
            kept = json.loads((folder / f"{kind}.json").read_text("utf-8"))
            vectorizers[kind] = TfidfVectorizer(sublinear_tf=True, vocabulary=kept["terms"], **how)
            vectorizers[kind].idf_ = np.array(kept["idf"])
        return cls(vectorizers)


def _plain(text: str) -> str:
    return wording(text).lower()
