"""What tells the intents apart, without Rasa: fitted, saved, asked for a ranking."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from bot.nlu.asked import NONE, Lesson, with_questions
from bot.nlu.features import Features
from bot.nlu.language import is_another_language
from bot.nlu.phrasing import phrasings
from bot.nlu.regression import Regression, Rows
from bot.nlu.wording import asks_for_a_person, is_only_values, names_an_order, parts_of, wording

FALLBACK = "nlu_fallback"
OTHER_LANGUAGE = "other_language"
NOTHING = "…"
"""What stands for a message without words."""
AGREES = "affirm"
"""The intent that may confirm what moves money."""
MONEY_INTENTS = frozenset({"request_refund", "cancel_service", "withdraw_request", "dispute_charge"})

DEFAULTS: dict[str, Any] = {
    "regularisation": 10.0,
    "threshold": 0.3,
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


@dataclass(frozen=True)
class Understood:
    """``ranking``: intents with confidences, what to act on first (the fallback goes before the best guesses).
    ``detail`` is the finer intent of the first; ``parts`` are the sure intents of a message of several parts.
    ``alone`` is how sure a yes is without the question that it answers."""

    ranking: list[dict[str, Any]]
    detail: str | None = None
    parts: list[dict[str, str | None]] = field(default_factory=list)
    alone: float = 1.0

    @property
    def intent(self) -> str:
        """What to act on."""
        return str(self.ranking[0]["name"])

    @property
    def confidence(self) -> float:
        """How sure that is."""
        return float(self.ranking[0]["confidence"])

    def confidence_of(self, intent: str) -> float:
        """How sure that intent is; 0 where a rule says another."""
        return next((float(guess["confidence"]) for guess in self.ranking if guess["name"] == intent), 0.0)


@dataclass(frozen=True)
class IntentModel:
    """``intents`` tells the intents apart; ``details`` the finer intents of those that have some (``fee`` of
    ``ask_policy``), by intent."""

    features: Features
    intents: Regression
    details: dict[str, Regression]

    @classmethod
    def fit(cls, lessons: Sequence[Lesson], regularisation: float) -> IntentModel:
        """Fit everything to examples with their intents and, where there are any, finer intents."""
        lessons = with_questions(lessons)
        texts, asked = [lesson.text for lesson in lessons], [lesson.asked for lesson in lessons]
        features = Features.fit(texts, asked)
        rows = features.of(texts, asked)
        finer = {}
        for intent in sorted({lesson.intent for lesson in lessons if lesson.detail}):
            of_intent = [i for i, lesson in enumerate(lessons) if lesson.intent == intent and lesson.detail]
            details = [str(lessons[i].detail) for i in of_intent]
            finer[intent] = Regression.fit(rows[of_intent], details, regularisation)
        groups = phrasings([wording(text) for text in texts])
        labels = [lesson.intent for lesson in lessons]
        return cls(features, Regression.fit_calibrated(rows, labels, regularisation, groups), finer)

    @classmethod
    def load(cls, folder: Path) -> IntentModel:
        """Read what ``save`` wrote. From then on the process multiplies with one thread: a message is a small matrix,
        and waking another thread for it takes longer than the product."""
        threadpool_limits(1, user_api="blas")
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

    def understand(self, text: str, config: Mapping[str, Any], asked: str = NONE) -> Understood:
        """What to act on, in answer to the kind of question ``asked``. A message that is unclear as a whole is taken by
        its parts, if these have one wish only."""
        if is_only_values(text):
            return Understood([{"name": "inform", "confidence": 1.0}])
        corrected = self.features.spelling.corrected(text)
        pieces = parts_of(corrected)
        if len(pieces) == 1 and len(pieces[0].split()) == len(wording(corrected).split()):
            pieces = []  # all of it
        whole, alone, *parts = self._understand([text, text, *pieces], [asked, NONE, *[asked] * len(pieces)], config)
        if whole.intent == AGREES:
            # What is money's must be a yes by its own words: to a question, words that say nothing look like one.
            whole = replace(whole, alone=alone.confidence_of(AGREES))
        if whole.intent in (FALLBACK, "nevermind", "deny", *_POLITENESS) and asks_for_a_person(corrected):
            others = [guess for guess in whole.ranking if guess["name"] != "talk_to_human"]
            return Understood([{"name": "talk_to_human", "confidence": 1.0}, *others])
        if not parts or whole.intent in (OTHER_LANGUAGE, "inform"):
            return whole
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

    def _understand(self, texts: Sequence[str], asked: Sequence[str], config: Mapping[str, Any]) -> list[Understood]:
        """Each text by itself, in answer to the kind of question beside it. All that no rule settles are embedded at
        once, which takes little longer than one."""
        settled = {i: ruled for i, text in enumerate(texts) if (ruled := self._by_rule(text))}
        left = [i for i in range(len(texts)) if i not in settled]
        rows = self.features.of([texts[i] for i in left], [asked[i] for i in left]) if left else None
        for number, i in enumerate(left):
            assert rows is not None
            settled[i] = self._by_features(texts[i], rows[[number]], config)
        return [settled[i] for i in range(len(texts))]

    def _by_rule(self, text: str) -> Understood | None:
        if text == NOTHING:
            return Understood([{"name": FALLBACK, "confidence": 1.0}])
        if is_only_values(text):
            return Understood([{"name": "inform", "confidence": 1.0}])
        if is_another_language(wording(text), self.features.knows):
            return Understood([{"name": OTHER_LANGUAGE, "confidence": 1.0}])
        return None

    def _by_features(self, text: str, row: Rows, config: Mapping[str, Any]) -> Understood:
        ranking = self.intents.ranking(row)
        if not _is_sure(ranking, config, names_an_order(text)):
            return Understood([{"name": FALLBACK, "confidence": 1.0 - ranking[0]["confidence"]}, *ranking])
        finer = self.details.get(ranking[0]["name"])
        if finer is None:
            return Understood(ranking)
        detail = finer.ranking(row)[0]
        return Understood(ranking, detail["name"] if detail["confidence"] >= config["detail_threshold"] else None)


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
