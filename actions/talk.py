"""One turn of a conversation, as the actions see it."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from rasa_sdk import Tracker

from bot.cases.transcript import transcript

SURE = 0.8
"""How sure the understanding of a typed yes must be before it may move money; a button is always sure."""

_YES = frozenset("yes yeah yep yup ya ok okay sure confirm confirmed agreed agree accept proceed absolutely".split())
_YES_PHRASES = ("go ahead", "do it", "please do", "sounds good", "that's fine", "thats fine", "that's right")
_BESIDE_YES = frozenset(
    "please thanks thank you i it that this is that's thats a the my me now go ahead do sounds good fine right great "
    "with to of and just all correct perfect understood order want".split()
)
_DOUBTS = frozenset("no not don't dont but wait if unless except instead before first why how what when maybe".split())


@dataclass(frozen=True)
class Talk:
    """What the customer just said, and what they said before.

    ``detail`` is the finer intent, where there is one; ``parts`` are the intents of a longer message's parts;
    ``guesses`` are the intents from the likeliest down; ``said_at`` is the moment of the message. ``resumed``: this
    turn was already answered by another action (a question in between), so its words are not heard again.
    """

    conversation_id: str
    message_id: str
    text: str
    intent: str
    detail: str | None
    parts: list[dict[str, Any]]
    confidence: float
    guesses: list[str]
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
            detail=message.get("detail"),
            parts=message.get("parts") or [],
            confidence=(message.get("intent") or {}).get("confidence") or 0.0,
            guesses=[guess["name"] for guess in message.get("intent_ranking") or []],
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
    def requested_at(self) -> datetime:
        """When the task was asked for: with the message that started it (R2)."""
        remembered = self.slot("requested_at")
        return datetime.fromisoformat(remembered) if remembered else self.said_at

    def says_yes(self, subject: frozenset[str]) -> bool:
        """An unmistakable yes: the button; words that say yes and nothing else than ``subject``, which are the words
        for what was asked; or what is understood as a yes without a doubt in it."""
        if self.text == "/affirm":
            return True
        text = self.text.lower().replace("’", "'")
        words = re.findall(r"[a-z0-9']+", text)
        if "?" in text or _DOUBTS.intersection(words):
            return False
        agrees = bool(_YES.intersection(words)) or any(phrase in text for phrase in _YES_PHRASES)
        if agrees and _YES | _BESIDE_YES | subject >= set(words):
            return True
        return self.intent == "affirm" and self.confidence >= SURE


def _events_since_message(events: list[dict[str, Any]]) -> list[dict[str, Any]]:
    index = max((i for i, event in enumerate(events) if event["event"] == "user"), default=len(events))
    return events[index:]


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, timezone.utc)
