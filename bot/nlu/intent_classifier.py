"""The intent of a message, as a component of Rasa's pipeline."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import INTENT, INTENT_RESPONSE_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.asked import Lesson, answers, asked_in
from bot.nlu.intent_model import DEFAULTS, FALLBACK, IntentModel, Understood
from bot.settings import PROJECT
from bot.training import fingerprint

ANSWERS = PROJECT / "data" / "asked"
_BUTTON = Understood([{"name": FALLBACK, "confidence": 1.0}])


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class IntentClassifier(GraphComponent):
    """Sets ``intent``, ``intent_ranking``, ``detail`` (the finer intent, or None), ``parts``, ``read`` (the text with
    its spelling corrected), and ``asked`` (the kind of question that the message answers).

    The parameters are those of bot.nlu.intent_model.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The defaults of the parameters."""
        return dict(DEFAULTS)

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Rasa itself sees a change of this class only, not of the modules that it uses."""
        return fingerprint()

    def __init__(self, config: dict[str, Any], model_storage: ModelStorage, resource: Resource) -> None:
        """Called by ``create`` and ``load``."""
        self._config = config
        self._storage = model_storage
        self._resource = resource
        self._model: IntentModel | None = None

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
        with model_storage.read_from(resource) as folder:
            classifier._model = IntentModel.load(folder)
        return classifier

    def train(self, training_data: TrainingData) -> Resource:
        """Fit and keep the model."""
        lessons = [
            Lesson.of(example.get(TEXT), example.get(INTENT_RESPONSE_KEY) or example.get(INTENT))
            for example in training_data.intent_examples
            if example.get(TEXT)
        ]
        model = IntentModel.fit([*lessons, *answers(ANSWERS)], float(self._config["regularisation"]))
        with self._storage.write_to(self._resource) as folder:
            model.save(folder)
        return self._resource

    def process(self, messages: list[Message], tracker: DialogueStateTracker) -> list[Message]:
        """Rank the intents of each message."""
        assert self._model is not None, "Rasa loads the trained model before it processes messages"
        asked = asked_in(tracker)
        for message in messages:
            text = message.get(TEXT) or ""
            # Rasa itself reads a button after this, and throws away what is said of it here.
            is_button = text.startswith("/")
            understood = _BUTTON if is_button else self._model.understand(text, self._config, asked)
            message.set(INTENT, understood.ranking[0], add_to_output=True)
            message.set("intent_ranking", understood.ranking, add_to_output=True)
            message.set("detail", understood.detail, add_to_output=True)
            message.set("parts", understood.parts, add_to_output=True)
            message.set("read", self._model.features.spelling.corrected(text), add_to_output=True)
            message.set("asked", asked, add_to_output=True)
            message.set("alone", understood.alone, add_to_output=True)
        return messages
