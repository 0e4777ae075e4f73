"""One turn of a conversation, as the tracker has it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import Any

from rasa_sdk import Tracker

from actions.slots import state_of
from bot.cases.conversation.messages import CROSSED
from bot.cases.conversation.transcript import transcript
from bot.dialogue.heard import Heard, Part
from bot.dialogue.state import State


@dataclass(frozen=True)
class Talk:
    """What the customer just said, and what was said before.

    ``silence`` is the time since whatever came before the message. ``responses`` are the responses of the bot's earlier
    turns, each turn a tuple, the newest first. ``slots`` is what the tracker remembers, ``state`` the same for the
    dialogue.
    """

    conversation_id: str
    message_id: str
    heard: Heard
    state: State
    slots: dict[str, Any]
    silence: timedelta
    responses: tuple[tuple[str, ...], ...]
    transcript: list[dict[str, str]]

    @classmethod
    def of(cls, tracker: Tracker) -> Talk:
        """The turn of a tracker."""
        before, since = _around_message(tracker.events)
        said_at = _moment(since[0]["timestamp"]) if since else datetime.now(timezone.utc)
        return cls(
            conversation_id=tracker.sender_id,
            message_id=tracker.latest_message.get("message_id") or "",
            heard=heard_in(tracker.latest_message, said_at),
            state=state_of(tracker.slots),
            slots=dict(tracker.slots),
            silence=said_at - _moment(before[-1]["timestamp"]) if before else timedelta(0),
            responses=_turns_of_responses(before),
            transcript=transcript(tracker.events),
        )


def heard_in(message: dict[str, Any], said_at: datetime) -> Heard:
    """A message as Rasa's pipeline has understood it."""
    values: dict[str, tuple[str, ...]] = {}
    for entity in message.get("entities") or []:
        known = values.get(entity["entity"], ())
        if entity["value"] not in known:
            values[entity["entity"]] = (*known, entity["value"])
    intent = message.get("intent") or {}
    return Heard(
        said=message.get("text") or "",
        text=message.get("read") or message.get("text") or "",
        intent=intent.get("name") or "",
        said_at=said_at,
        detail=message.get("detail"),
        confidence=intent.get("confidence") or 0.0,
        alone=message.get("alone", 1.0),
        guesses=tuple(guess["name"] for guess in message.get("intent_ranking") or []),
        parts=tuple(Part(part["name"], part["detail"]) for part in message.get("parts") or []),
        values=values,
        crossed=bool((message.get("metadata") or {}).get(CROSSED)),
    )


def _around_message(events: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What came before the newest message, and what came since, with the message itself first."""
    index = max((i for i, event in enumerate(events) if event["event"] == "user"), default=len(events))
    return events[:index], events[index:]


def _turns_of_responses(events: list[dict[str, Any]]) -> tuple[tuple[str, ...], ...]:
    turns: list[list[str]] = [[]]
    for event in reversed(events):
        if event["event"] == "user":
            turns.append([])
        elif event["event"] == "bot":
            turns[-1].insert(0, (event.get("metadata") or {}).get("utter_action") or "")
    return tuple(map(tuple, turns))


def _moment(timestamp: float) -> datetime:
    return datetime.fromtimestamp(timestamp, timezone.utc)
