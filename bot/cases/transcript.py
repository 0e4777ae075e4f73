"""The transcript that a person reads, from the events of a conversation."""

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
    """The same from the message log."""
    return [
        {"at": message.at.isoformat(), "who": message.author.value, "text": message.text}
        for message in messages
        if message.text
    ]
