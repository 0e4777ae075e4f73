"""One turn of a conversation, as the actions see it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from rasa_sdk import Tracker

from bot.cases.conversation.consent import doubts, plain_yes, words_of
from bot.cases.conversation.messages import CROSSED
from bot.cases.conversation.transcript import transcript

SURE = 0.8
"""How sure the understanding of a typed yes must be before it may move money; a button is always sure."""

_RASAS_OWN = frozenset({"action_listen", "action_extract_slots", "action_session_start"})


@dataclass(frozen=True)
class Talk:
    """What the customer just said, and what they said before.

    ``said`` are their words, ``text`` the same with the spelling corrected.
    ``detail`` is the finer intent, where there is one; ``parts`` are the intents of a longer message's parts;
    ``guesses`` are the intents from the likeliest down; ``said_at`` is the moment of the message, ``silence`` the time
    since whatever came before it. ``crossed``: the bot has said something since they wrote it. ``handled_by`` are the
    actions that ran or gave way in this turn so far;
    ``responses`` are the responses of the bot's earlier turns, each turn a list, the newest first.
    """

    conversation_id: str
    message_id: str
    said: str
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
    silence: timedelta
    crossed: bool
    handled_by: list[str]
    responses: list[list[str]]
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
        before, since = _around_message(tracker.events)
        said_at = _moment(since[0]["timestamp"]) if since else datetime.now(timezone.utc)
        return cls(
            conversation_id=tracker.sender_id,
            message_id=message.get("message_id") or "",
            said=message.get("text") or "",
            text=message.get("read") or message.get("text") or "",
            intent=(message.get("intent") or {}).get("name") or "",
            detail=message.get("detail"),
            parts=message.get("parts") or [],
            confidence=(message.get("intent") or {}).get("confidence") or 0.0,
            guesses=[guess["name"] for guess in message.get("intent_ranking") or []],
            entities=entities,
            slots=dict(tracker.slots),
            requested=tracker.slots.get("requested_slot"),
            said_at=said_at,
            silence=said_at - _moment(before[-1]["timestamp"]) if before else timedelta(0),
            crossed=bool((message.get("metadata") or {}).get(CROSSED)),
            handled_by=[event["name"] for event in since if _handled(event)],
            responses=_turns_of_responses(before),
            transcript=transcript(tracker.events),
        )

    def slot(self, name: str) -> str | None:
        """What a slot remembers."""
        value = self.slots.get(name)
        return None if value is None else str(value)

    def said_last(self, *responses: str) -> bool:
        """Whether the bot's last turn ended with one of the responses."""
        return bool(self.responses and self.responses[0] and self.responses[0][-1] in responses)

    @property
    def words(self) -> set[str]:
        """The words of the message, in lower case."""
        return words_of(self.text)

    def says_yes(self, subject: frozenset[str], foreign: frozenset[str] = frozenset()) -> bool:
        """An unmistakable yes: the button; words that say yes and nothing else than ``subject``, which are the words
        for what was asked; or what is understood as a yes without a doubt or a ``foreign`` wish in it. Never what was
        written before they could see what it would answer."""
        if self.crossed:
            return False
        if self.text == "/affirm":
            return True
        if doubts(self.text, foreign):
            return False
        if plain_yes(self.text, subject):
            return True
        return self.intent == "affirm" and self.confidence >= SURE


def _around_message(events: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What came before the newest message, and what came since, with the message itself first."""
    index = max((i for i, event in enumerate(events) if event["event"] == "user"), default=len(events))
    return events[:index], events[index:]


def _handled(event: dict[str, Any]) -> bool:
    """Whether an action answered the message, or a form gave way. A form counts as run while it is running."""
    if event["event"] == "action":
        return event["name"].startswith("action_") and event["name"] not in _RASAS_OWN
    return bool(event["event"] == "action_execution_rejected")


def _turns_of_responses(events: list[dict[str, Any]]) -> list[list[str]]:
    turns: list[list[str]] = [[]]
    for event in reversed(events):
        if event["event"] == "user":
            turns.append([])
        elif event["event"] == "bot":
            turns[-1].insert(0, (event.get("metadata") or {}).get("utter_action") or "")
    return turns


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, timezone.utc)
