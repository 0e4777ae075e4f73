"""What every action has in common: it never fails loudly at the customer, and never half."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from functools import lru_cache
from typing import Any

import structlog
from rasa_sdk import Action, Tracker
from rasa_sdk.events import ActiveLoop, EventType, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions.talk import Talk
from bot.bootstrap import bootstrap
from bot.cases.ports import Services

logger = structlog.get_logger()

TASK_SLOTS = (
    "order_number",
    "email",
    "refund_reason",
    "reason_words",
    "refund_destination",
    "requested_at",
    "case_reference",
    "decision_id",
    "answer",
    "unclear",
)
"""What belongs to one task: cleared at its end, so that no second request starts with the answers of the first."""


@lru_cache(maxsize=1)
def services() -> Services:
    """The services of this process, built at the first use."""
    return bootstrap()


class SafeAction(Action, ABC):
    """An action whose failure is an apology with nothing done, not silence."""

    @abstractmethod
    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Answer the turn. May block: it runs in a thread."""

    def failed(self) -> list[EventType]:
        """The events after a failure."""
        return end_of_task()

    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: dict[str, Any]) -> list[EventType]:
        """Called by the action server."""
        try:
            return await asyncio.to_thread(self.turn, Talk.of(tracker), dispatcher)
        except Exception as error:
            # The message may quote what the customer wrote: only the kind of error is logged.
            logger.error("action.failed", action=self.name(), error=type(error).__name__)
            dispatcher.messages.clear()
            dispatcher.utter_message(response="utter_sorry")
            return self.failed()


def end_of_task() -> list[EventType]:
    """Leave the form and forget the details of the task."""
    return [ActiveLoop(None), SlotSet("requested_slot", None), *cleared()]


def cleared() -> list[EventType]:
    """Forget the details of the task."""
    return [SlotSet(name, None) for name in TASK_SLOTS]
