"""Logistic regression over embedding, words and letters, apart from Rasa: fitted, saved, asked for a ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.nlu.features import Features
from bot.nlu.wording import is_only_values

FALLBACK = "nlu_fallback"
NOTHING = "…"
"""What stands for a message without words."""
MONEY_INTENTS = frozenset({"request_refund", "cancel_service", "withdraw_request", "dispute_charge"})

DEFAULTS: dict[str, Any] = {"regularisation": 10.0, "threshold": 0.3, "money_threshold": 0.5, "money_margin": 0.15}
"""``regularisation`` is scikit-learn's C. Below ``threshold`` the intent is a fallback. An intent that moves money
needs ``money_threshold``, and a lead of ``money_margin`` over the next."""


@dataclass(frozen=True)
class IntentModel:
    """``weights`` (features x intents) and ``bias``; confidences are from 0 to 1."""

    features: Features
    labels: list[str]
    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def fit(cls, texts: Sequence[str], labels: Sequence[str], regularisation: float) -> IntentModel:
        """Fit the weights; deterministic for the same data."""
        from sklearn.linear_model import LogisticRegression  # slow to import, and only training needs it

        features = Features.fit(texts)
        model = LogisticRegression(C=regularisation, max_iter=2000, class_weight="balanced")
        model.fit(features.of(texts), np.array(labels))
        known = [str(label) for label in model.classes_]
        return cls(features, known, model.coef_.T.astype(np.float32), model.intercept_.astype(np.float32))

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Read what ``save`` wrote."""
        with np.load(folder / "weights.npz", allow_pickle=False) as saved:
            labels = [str(label) for label in saved["labels"]]
            return cls(Features.load(folder), labels, saved["weights"], saved["bias"])

    def save(self, folder: Path) -> None:
        """Write into an existing folder."""
        self.features.save(folder)
        np.savez(folder / "weights.npz", labels=np.array(self.labels, dtype=str), weights=self.weights, bias=self.bias)

    def ranking(self, text: str, config: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Intents with confidences, what to act on first; the fallback goes before the best guesses."""
        if text == NOTHING:
            return [{"name": FALLBACK, "confidence": 1.0}]
        if is_only_values(text):
            return [{"name": "inform", "confidence": 1.0}]
        logits = (self.features.of([text]) @ self.weights)[0] + self.bias
        odds = np.exp(logits - logits.max())
        odds /= odds.sum()
        ranking = [{"name": self.labels[i], "confidence": float(odds[i])} for i in np.argsort(-odds)]
        if _is_sure(ranking, config):
            return ranking
        return [{"name": FALLBACK, "confidence": 1.0 - ranking[0]["confidence"]}, *ranking]


def _is_sure(ranking: list[dict[str, Any]], config: Mapping[str, Any]) -> bool:
    first, second = ranking[0], ranking[1]
    if first["name"] not in MONEY_INTENTS:
        return bool(first["confidence"] >= config["threshold"])
    lead = first["confidence"] - second["confidence"]
    return bool(first["confidence"] >= config["money_threshold"] and lead >= config["money_margin"])
