"""The intent of a message: a sentence embedding, logistic regression over it, one calibrated confidence."""

from __future__ import annotations

import re
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.embedding import embed
from bot.nlu.extraction import Extracted, extract
from bot.nlu.payload_guard import NOTHING

FALLBACK = "nlu_fallback"
MONEY_INTENTS = frozenset({"request_refund", "cancel_service", "withdraw_request", "dispute_charge"})


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(GraphComponent):
    """Needs EntityRules before it: a message that is nothing but values is ``inform`` by rule.

    ``regularisation`` is scikit-learn's C. Below ``threshold`` the intent is ``nlu_fallback``, and the best guesses
    follow in the ranking. An intent that moves money needs ``money_threshold``, and ``money_margin`` before the next.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The defaults of the parameters."""
        return {"regularisation": 10.0, "threshold": 0.3, "money_threshold": 0.5, "money_margin": 0.15}

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        """Called by ``create`` and ``load``."""
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._labels: list[str] = []
        self._weights = np.zeros((0, 0), dtype=np.float32)
        self._bias = np.zeros(0, dtype=np.float32)

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentClassifier:
        """Called by Rasa before training."""
        return cls(config, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> IntentClassifier:
        """Called by Rasa with a trained model."""
        classifier = cls(config, model_storage, resource)
        with model_storage.read_from(resource) as folder, np.load(folder / "weights.npz", allow_pickle=False) as saved:
            classifier._labels = [str(label) for label in saved["labels"]]
            classifier._weights = saved["weights"]
            classifier._bias = saved["bias"]
        return classifier

    def train(self, training_data: TrainingData) -> Resource:
        """Fit the weights; deterministic for the same data."""
        from sklearn.linear_model import LogisticRegression  # slow to import, and only training needs it

        examples = [example for example in training_data.intent_examples if example.get(TEXT)]
        features = embed([wording(example.get(TEXT)) for example in examples])
        labels = np.array([example.get(INTENT) for example in examples])
        model = LogisticRegression(C=float(self._config["regularisation"]), max_iter=2000, class_weight="balanced")
        model.fit(features, labels)
        with self._storage.write_to(self._resource) as folder:
            np.savez(
                folder / "weights.npz",
                labels=np.array(model.classes_, dtype=str),
                weights=model.coef_.T.astype(np.float32),
                bias=model.intercept_.astype(np.float32),
            )
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        """Set ``intent`` and ``intent_ranking``."""
        for message in messages:
            ranking = self._ranking(message.get(TEXT) or "")
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _ranking(self, text: str) -> list[dict[str, Any]]:
        if text == NOTHING:
            return [{"name": FALLBACK, "confidence": 1.0}]
        if is_only_values(text):
            return [{"name": "inform", "confidence": 1.0}]
        logits = embed([wording(text)])[0] @ self._weights + self._bias
        odds = np.exp(logits - logits.max())
        odds /= odds.sum()
        order = np.argsort(-odds)
        ranking = [{"name": self._labels[i], "confidence": float(odds[i])} for i in order]
        first, second = ranking[0], ranking[1]
        if first["name"] in MONEY_INTENTS:
            lead = first["confidence"] - second["confidence"]
            sure = first["confidence"] >= self._config["money_threshold"] and lead >= self._config["money_margin"]
        else:
            sure = first["confidence"] >= self._config["threshold"]
        if not sure:
            return [{"name": FALLBACK, "confidence": 1.0 - first["confidence"]}, *ranking]
        return ranking


def is_only_values(text: str) -> bool:
    """Whether a text holds an order number or an e-mail address and next to nothing else."""
    found = [item for item in extract(text) if item.entity != "destination"]
    return bool(found) and _words_beside(text, found) <= _FILLERS


def wording(text: str) -> str:
    """The text as it is embedded: less its order numbers and e-mail addresses, which say nothing about what is
    wanted, and not in capitals alone."""
    rest, end = "", 0
    for item in extract(text):
        if item.entity != "destination":
            rest += _LEAD_IN.sub(" ", text[end : item.start])
            end = item.end
    rest = " ".join((rest + text[end:]).split()) or text
    # The embedding knows shouted words badly.
    return rest.lower() if rest.isupper() else rest


_LEAD_IN = re.compile(
    r"(?:\b(?:for|with|and|on|of|about)\s+)?(?:\b(?:my|the|our)\s+)?"
    r"\b(?:order|e-?mail)(?:\s+(?:number|address|nr\.?|no\.?))?(?:\s+is)?[\s:#]*$",
    re.I,
)


def _words_beside(text: str, found: list[Extracted]) -> frozenset[str]:
    rest = list(text)
    for item in found:
        rest[item.start : item.end] = " " * (item.end - item.start)
    words = "".join(char if char.isalnum() else " " for char in "".join(rest)).lower().split()
    return frozenset(words)


_FILLERS = frozenset(
    re.findall(
        r"\S+",
        "it is its s the my order number no nr num and email e mail address here hi hello ok sure this that for with a",
    )
)
