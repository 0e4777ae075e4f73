"""Logistic regression over embedding, words and letters, apart from Rasa: fitted, saved, asked for a ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from scipy.sparse import csr_matrix

from bot.nlu.features import Features
from bot.nlu.language import is_another_language
from bot.nlu.wording import asks_for_a_person, is_only_values, names_an_order, parts_of, wording

FALLBACK = "nlu_fallback"
OTHER_LANGUAGE = "other_language"
NOTHING = "…"
"""What stands for a message without words."""
MONEY_INTENTS = frozenset({"request_refund", "cancel_service", "withdraw_request", "dispute_charge"})

DEFAULTS: dict[str, Any] = {
    "regularisation": 10.0,
    "threshold": 0.4,
    "money_threshold": 0.65,
    "money_margin": 0.4,
    "detail_threshold": 0.2,
    "part_threshold": 0.8,
}
"""``regularisation`` is scikit-learn's C. Below ``threshold`` the intent is a fallback. An intent that moves money
needs ``money_threshold``, and a lead of ``money_margin`` over the next; where the message names an order,
``threshold``, and that lead over the next that moves money. Below ``detail_threshold`` the finer intent
stays open. A part of a message counts from ``part_threshold`` on."""

_NO_WISH = frozenset({FALLBACK, OTHER_LANGUAGE, "out_of_scope", "inform"})
_BESIDE_A_WISH = frozenset({"greet", "thank", "affirm", "change_of_mind", "report_problem", "complain", "goodbye"})
"""What people say beside what they want."""

_POLITENESS = ("greet", "thank")
_FOLDS = 5
_TEMPERATURES = np.geomspace(0.2, 3.0, 57)


@dataclass(frozen=True)
class Regression:
    """``weights`` (features x labels) and ``bias``."""

    labels: list[str]
    weights: np.ndarray
    bias: np.ndarray

    @classmethod
    def fit(cls, rows: csr_matrix, labels: Sequence[str], regularisation: float) -> Regression:
        """Fit the weights; deterministic for the same data."""
        from sklearn.linear_model import LogisticRegression  # slow to import, and only training needs it

        model = LogisticRegression(C=regularisation, max_iter=2000, class_weight="balanced")
        model.fit(rows, np.array(labels))
        weights, bias = model.coef_.T, model.intercept_
        if len(model.classes_) == 2:  # scikit-learn then keeps the second label's weights only
            weights, bias = np.hstack([-weights / 2, weights / 2]), np.concatenate([-bias / 2, bias / 2])
        return cls([str(label) for label in model.classes_], weights.astype(np.float32), bias.astype(np.float32))

    @classmethod
    def fit_calibrated(cls, rows: csr_matrix, labels: Sequence[str], regularisation: float) -> Regression:
        """As ``fit``, but as sure as it is right: the temperature (Guo et al. 2017) that makes what five folds held
        back likeliest."""
        from sklearn.model_selection import StratifiedKFold

        logits, truth = [], []
        for train, held_back in StratifiedKFold(_FOLDS, shuffle=True, random_state=1).split(rows, labels):
            fold = cls.fit(rows[train], [labels[i] for i in train], regularisation)
            logits.append(rows[held_back] @ fold.weights + fold.bias)
            truth += [fold.labels.index(labels[i]) for i in held_back]
        stacked, index = np.vstack(logits), np.array(truth)
        likelihoods = [np.log(_odds(stacked / t)[np.arange(len(index)), index]).mean() for t in _TEMPERATURES]
        temperature = _TEMPERATURES[int(np.argmax(likelihoods))]
        whole = cls.fit(rows, labels, regularisation)
        return cls(whole.labels, whole.weights / np.float32(temperature), whole.bias / np.float32(temperature))

    def ranking(self, row: csr_matrix) -> list[dict[str, Any]]:
        """All labels with their confidences (0 to 1), the likeliest first."""
        odds = _odds(row @ self.weights + self.bias)[0]
        return [{"name": self.labels[i], "confidence": float(odds[i])} for i in np.argsort(-odds)]


@dataclass(frozen=True)
class Understood:
    """``ranking``: intents with confidences, what to act on first (the fallback goes before the best guesses).
    ``detail`` is the finer intent of the first; ``parts`` are the sure intents of a message of several parts."""

    ranking: list[dict[str, Any]]
    detail: str | None = None
    parts: list[dict[str, str | None]] = field(default_factory=list)

    @property
    def intent(self) -> str:
        """What to act on."""
        return str(self.ranking[0]["name"])

    @property
    def confidence(self) -> float:
        """How sure that is."""
        return float(self.ranking[0]["confidence"])


@dataclass(frozen=True)
class IntentModel:
    """``intents`` tells the intents apart; ``details`` the finer intents of those that have some (``fee`` of
    ``ask_policy``), by intent."""

    features: Features
    intents: Regression
    details: dict[str, Regression]

    @classmethod
    def fit(
        cls, texts: Sequence[str], labels: Sequence[str], details: Sequence[str | None], regularisation: float
    ) -> IntentModel:
        """Fit everything to examples with their intents and, where there are any, finer intents."""
        features = Features.fit(texts)
        rows = features.of(texts)
        finer = {}
        for intent in sorted({label for label, detail in zip(labels, details, strict=True) if detail}):
            of_intent = [i for i, label in enumerate(labels) if label == intent]
            finer[intent] = Regression.fit(rows[of_intent], [str(details[i]) for i in of_intent], regularisation)
        return cls(features, Regression.fit_calibrated(rows, labels, regularisation), finer)

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Read what ``save`` wrote."""
        regressions = {}
        for path in sorted(folder.glob("*.npz")):
            with np.load(path, allow_pickle=False) as saved:
                labels = [str(label) for label in saved["labels"]]
                regressions[path.stem] = Regression(labels, saved["weights"], saved["bias"])
        return cls(Features.load(folder), regressions.pop("intents"), regressions)

    def save(self, folder: Path) -> None:
        """Write into an existing folder."""
        self.features.save(folder)
        for name, of in {**self.details, "intents": self.intents}.items():
            labels = np.array(of.labels, dtype=str)
            np.savez(folder / f"{name}.npz", labels=labels, weights=of.weights, bias=of.bias)

    def understand(self, text: str, config: Mapping[str, Any]) -> Understood:
        """What to act on. A message that is unclear as a whole is taken by its parts, if these have one wish only."""
        whole = self._understand(text, config)
        text = self.features.spelling.corrected(text)
        if whole.intent in (FALLBACK, "nevermind", "deny", *_POLITENESS) and asks_for_a_person(text):
            others = [guess for guess in whole.ranking if guess["name"] != "talk_to_human"]
            return Understood([{"name": "talk_to_human", "confidence": 1.0}, *others])
        pieces = parts_of(text)
        all_of_it = len(pieces) == 1 and len(pieces[0].split()) == len(wording(text).split())
        if not pieces or all_of_it or whole.intent in (OTHER_LANGUAGE, "inform"):
            return whole
        parts = [self._understand(piece, config) for piece in pieces]
        sure = [part for part in parts if part.confidence >= config["part_threshold"] and part.intent not in _NO_WISH]
        whole = replace(whole, parts=[{"name": part.intent, "detail": part.detail} for part in sure])
        wishes = {part.intent: part for part in sure if part.intent not in _BESIDE_A_WISH}
        if whole.intent in (FALLBACK, *_POLITENESS) and len(wishes) == 1:
            (wish,) = wishes.values()
            return replace(whole, ranking=wish.ranking, detail=wish.detail)
        moves = MONEY_INTENTS.intersection(wishes)
        if whole.intent in MONEY_INTENTS and moves and whole.intent not in moves:
            # The whole says one thing and its parts another: too close to call.
            return replace(whole, ranking=[{"name": FALLBACK, "confidence": 1.0}, *whole.ranking], detail=None)
        return whole

    def _understand(self, text: str, config: Mapping[str, Any]) -> Understood:
        if text == NOTHING:
            return Understood([{"name": FALLBACK, "confidence": 1.0}])
        if is_only_values(text):
            return Understood([{"name": "inform", "confidence": 1.0}])
        if is_another_language(wording(text), self.features.knows):
            return Understood([{"name": OTHER_LANGUAGE, "confidence": 1.0}])
        row = self.features.of([text])
        ranking = self.intents.ranking(row)
        if not _is_sure(ranking, config, names_an_order(text)):
            return Understood([{"name": FALLBACK, "confidence": 1.0 - ranking[0]["confidence"]}, *ranking])
        finer = self.details.get(ranking[0]["name"])
        if finer is None:
            return Understood(ranking)
        detail = finer.ranking(row)[0]
        return Understood(ranking, detail["name"] if detail["confidence"] >= config["detail_threshold"] else None)


def _odds(logits: np.ndarray) -> np.ndarray:
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: np.ndarray = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _is_sure(ranking: list[dict[str, Any]], config: Mapping[str, Any], of_an_order: bool) -> bool:
    first, others = ranking[0], ranking[1:]
    if first["name"] not in MONEY_INTENTS:
        return bool(first["confidence"] >= config["threshold"])
    least = config["money_threshold"]
    if of_an_order:
        # It is about what we do; what is left to tell apart is what moves money.
        least, others = config["threshold"], [other for other in others if other["name"] in MONEY_INTENTS]
    return bool(
        first["confidence"] >= least and first["confidence"] - others[0]["confidence"] >= config["money_margin"]
    )
