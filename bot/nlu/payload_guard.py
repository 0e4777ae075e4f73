"""Messages are data: a typed payload is text like any other, unless the bot offered it as a button just now."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.core.events import BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.intent_model import NOTHING

NO = "/deny"
"""A no is taken without having been offered: it starts nothing, and ends what waits for a yes."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=False)
class PayloadGuard(GraphComponent):
    """Must be first in the pipeline. Rasa's own reader would take ``/intent{"slot": …}`` from anyone who types it.

    ``turns`` is how many customer turns a button stays good for; ``longest`` caps what is read, in characters:
    of a longer message the two ends, since the wish often stands last.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The defaults of the parameters."""
        return {"turns": 3, "longest": 1000}

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> PayloadGuard:
        """Called by Rasa."""
        guard = cls()
        guard._turns = int(config["turns"])
        guard._longest = int(config["longest"])
        return guard

    def process(self, messages: list[Message], tracker: DialogueStateTracker) -> list[Message]:
        """Replace the text of a message that is a payload nobody offered, has no words, or is too long."""
        offered = _offered(tracker, self._turns)
        for message in messages:
            text = (message.get(TEXT) or "").strip()
            if text not in offered and text != NO:
                message.set(TEXT, _harmless(text, self._longest))
        return messages


def _offered(tracker: DialogueStateTracker | None, turns: int) -> set[str]:
    """The payloads of the buttons shown within the last turns."""
    payloads: set[str] = set()
    for event in reversed(tracker.events if tracker is not None else []):
        if isinstance(event, UserUttered):
            turns -= 1
            if turns <= 0:
                break
        elif isinstance(event, BotUttered):
            payloads |= {button.get("payload") for button in event.data.get("buttons") or []}
    return payloads


def _harmless(text: str, longest: int) -> str:
    if text.startswith("/"):
        text = text.lstrip("/ ").split("{")[0].replace("_", " ").strip()
    if len(text) > longest:
        text = text[: longest // 2] + " " + text[-longest // 2 :]
    return text if any(character.isalnum() for character in text) else NOTHING
