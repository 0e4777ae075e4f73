"""One turn of a conversation, as the actions see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from rasa_sdk import Tracker

from bot.cases.transcript import transcript

SURE = 0.8
"""How sure the understanding of a typed yes must be before it may move money; a button is always sure."""


@dataclass(frozen=True)
class Talk:
    """What the customer just said, and what they said before.

    ``said_at`` is the moment of the message. ``resumed``: this turn was already answered by another action (a
    question in between), so its words are not heard again.
    """

    conversation_id: str
    message_id: str
    text: str
    intent: str
    confidence: float
    entities: dict[str, list[str]]
    slots: dict[str, Any]
    requested: str | None
    said_at: datetime
    resumed: bool
    transcript: list[dict[str, str]]

    @classmethod
    def of(cls, tracker: Tracker) -> Talk:
        """The turn of a tracker."""
        message = tracker.latest_message
        entities: dict[str, list[str]] = {}
        for entity in message.get("entities") or []:
            values = entities.setdefault(entity["entity"], [])
            if entity["value"] not in values:
                values.append(entity["value"])
        since = _events_since_message(tracker.events)
        return cls(
            conversation_id=tracker.sender_id,
            message_id=message.get("message_id") or "",
            text=message.get("text") or "",
            intent=(message.get("intent") or {}).get("name") or "",
            confidence=(message.get("intent") or {}).get("confidence") or 0.0,
            entities=entities,
            slots=dict(tracker.slots),
            requested=tracker.slots.get("requested_slot"),
            said_at=_moment(since[0]["timestamp"]) if since else datetime.now(timezone.utc),
            resumed=any(event["event"] == "action_execution_rejected" for event in since),
            transcript=transcript(tracker.events),
        )

    def slot(self, name: str) -> str | None:
        """What a slot remembers."""
        value = self.slots.get(name)
        return None if value is None else str(value)

    @property
    def says_yes(self) -> bool:
        """An unmistakable yes."""
        return self.intent == "affirm" and (self.confidence >= SURE or self.text == "/affirm")


def _events_since_message(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    index = max((i for i, event in enumerate(events) if event["event"] == "user"), default=len(events))
    return events[index:]


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, timezone.utc)
