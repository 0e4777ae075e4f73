"""What a message is for the classifier: its embedding for the meaning, its words and letters for the wording, and the
question that it answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import hstack
from sklearn.feature_extraction.text import TfidfVectorizer

from bot.nlu.asked import KINDS, NONE
from bot.nlu.embedding import embed
from bot.nlu.regression import Rows
from bot.nlu.spelling import Spelling
from bot.nlu.wording import wording

_KINDS: dict[str, dict[str, Any]] = {
    "letters": {"analyzer": "char_wb", "ngram_range": (2, 5), "min_df": 2},
    "words": {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"\S+"},
    "answers": {"analyzer": "word", "ngram_range": (1, 2), "token_pattern": r"\S+", "min_df": 2},
}
"""``answers`` are the words again, each with the question that it answers: what they mean to that one alone."""
_WEIGHT = 0.7
"""Of each of them, beside an embedding of length 1."""


@dataclass(frozen=True)
class Features:
    """Fitted TF-IDF of letters and words, of texts with their spelling corrected."""

    vectorizers: dict[str, TfidfVectorizer]
    spelling: Spelling

    @classmethod
    def fit(cls, texts: Sequence[str], asked: Sequence[str]) -> Features:
        """Learn which letters and words there are, and how rare."""
        spelling = Spelling.fit(wording(text) for text in texts)
        plain = [wording(spelling.corrected(text)).lower() for text in texts]
        fitted = {
            kind: TfidfVectorizer(sublinear_tf=True, **how).fit(_read_as(kind, plain, asked))
            for kind, how in _KINDS.items()
        }
        return cls(fitted, spelling)

    def of(self, texts: Sequence[str], asked: Sequence[str]) -> Rows:
        """A row for each text, of which there is at least one; each answers the question beside it."""
        corrected = [wording(self.spelling.corrected(text)) for text in texts]
        plain = [text.lower() for text in corrected]
        parts = [
            _WEIGHT * vectorizer.transform(_read_as(kind, plain, asked))
            for kind, vectorizer in self.vectorizers.items()
        ]
        questions = np.array([[kind == of for kind in KINDS if kind != NONE] for of in asked], dtype=np.float32)
        distinct = {text: place for place, text in enumerate(dict.fromkeys(corrected))}
        meanings = embed(list(distinct))[[distinct[text] for text in corrected]]
        return Rows(np.hstack([meanings, questions]), hstack(parts).tocsr().astype(np.float32))

    def knows(self, word: str) -> bool:
        """Whether a word in lower case occurs in what was fitted."""
        return word in self.vectorizers["words"].vocabulary_

    def save(self, folder: Path) -> None:
        """Write into an existing folder."""
        (folder / "spelling.json").write_text(json.dumps(self.spelling.counts), encoding="utf-8")
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
        return cls(vectorizers, Spelling(json.loads((folder / "spelling.json").read_text("utf-8"))))


def _read_as(kind: str, texts: Sequence[str], asked: Sequence[str]) -> list[str]:
    if kind != "answers":
        return list(texts)
    return [
        "" if of == NONE else " ".join(f"{of}:{word}" for word in ("", *text.split()))
        for text, of in zip(texts, asked, strict=True)
    ]
