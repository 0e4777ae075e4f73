"""A person takes over."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction, end_of_task, services
from actions.replies import tell_handoff
from actions.talk import Talk
from bot.cases.handoff import hand_to_human
from bot.cases.model import Cause

_FACTS = ("email", "refund_reason", "reason_words", "refund_destination", "requested_at", "case_reference")


class HandToHuman(SafeAction):
    """Asked for a person: they get the transcript, what was said so far, and the reasoning."""

    def name(self) -> str:
        """The name in the domain."""
        return "action_hand_to_human"

    def turn(self, talk: Talk, dispatcher: CollectingDispatcher) -> list[EventType]:
        """Record the handoff, then say who answers and when."""
        mentioned = next(iter(talk.entities.get("order_number", [])), None)
        facts: dict[str, Any] = {name: talk.slot(name) for name in _FACTS if talk.slot(name)}
        facts |= {name: talk.entities[name] for name in ("amount", "date") if name in talk.entities}
        handoff = hand_to_human(
            services(),
            conversation_id=talk.conversation_id,
            cause=Cause.ASKED,
            transcript=talk.transcript,
            facts=facts,
            order_number=mentioned or talk.slot("order_number"),
        )
        tell_handoff(dispatcher, "utter_handed_over", handoff)
        return end_of_task()
