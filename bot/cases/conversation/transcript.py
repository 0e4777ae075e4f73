"""The transcript that a person reads, from the message log or from the events of a conversation."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timezone
from typing import Any

from bot.cases.model import Message

_WHO = {"user": "customer", "bot": "bot"}


def transcript(events: Iterable[Mapping[str, Any]]) -> list[dict[str, str]]:
    """Turns as ``{"at": ISO time, "who": "customer" or "bot", "text": …}``, from events as Rasa stores them."""
    return [
        {
            "at": datetime.fromtimestamp(event["timestamp"], timezone.utc).isoformat(),
            "who": _WHO[event["event"]],
            "text": event["text"],
        }
        for event in events
        if event["event"] in _WHO and event.get("text")
    ]


def of_messages(messages: Iterable[Message]) -> list[dict[str, str]]:
    """Turns of the message log; ``who`` may be ``agent`` and ``system``, too. A pressed button reads as its label."""
    return [
        {
            "at": message.at.isoformat(),
            "who": message.author.value,
            "text": str(message.body.get("title") or message.text),
        }
        for message in messages
    ]
