"""The rules of bot.nlu.extraction as a component of the pipeline."""

from __future__ import annotations

from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message

from bot import order_numbers
from bot.nlu.extraction import extract
from bot.setting_groups.orders import OrderSettings


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
class EntityRules(GraphComponent):
    """Adds order numbers, e-mail addresses, phone numbers, references, destinations, amounts and dates, normalised."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EntityRules:
        """Called by Rasa, also where nothing but messages is read."""
        order_numbers.choose(OrderSettings.parse_obj({}).order_numbers)
        return cls()

    def process(self, messages: list[Message]) -> list[Message]:
        """Add what the rules find to each message."""
        for message in messages:
            found = [{**vars(item), "extractor": "EntityRules"} for item in extract(message.get(TEXT) or "")]
            message.set(ENTITIES, message.get(ENTITIES, []) + found, add_to_output=True)
        return messages
