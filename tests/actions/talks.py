"""Turns of a conversation, with readable defaults: plain words, not understood, nothing asked, nothing known."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from typing import Any

import pytest
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from actions.base import SafeAction
from actions.converse import Converse
from actions.replies import reason_titles
from actions.slots import state_of, values_of
from actions.talk import Talk
from bot.cases.services import Services
from bot.dialogue.commands import Command, Kind
from bot.dialogue.heard import Heard
from bot.dialogue.machine import decide
from bot.dialogue.state import Context, State
from bot.dialogue.understanding import understand
from bot.language.pack import bare, language_pack
from bot.nlu.extraction import extract

WISH: dict[str, Any] = {"intent": "request_refund", "confidence": 0.95}
CHANGE_OF_MIND: dict[str, Any] = {"intent": "change_of_mind", "confidence": 0.95}
FAULT: dict[str, Any] = {"intent": "report_problem", "detail": "fault", "confidence": 0.95}


def a_message(text: str = "hm", **changes: Any) -> Heard:
    """One message, with the values that the rules find in it."""
    values: dict[str, tuple[str, ...]] = {}
    for item in extract(text):
        values[item.entity] = (*values.get(item.entity, ()), item.value)
    defaults = {
        "said": text,
        "text": text,
        "intent": text[1:] if text.startswith("/") else "nlu_fallback",
        "confidence": 1.0 if text.startswith("/") else 0.6,
        "said_at": datetime.now(timezone.utc),
        "values": values,
    }
    return Heard(**{**defaults, **changes})


def a_talk(
    text: str = "hm",
    *,
    slots: dict[str, Any] | None = None,
    responses: Sequence[Sequence[str]] = (),
    conversation_id: str = "talk",
    message_id: str = "1",
    silence: timedelta = timedelta(0),
    transcript: list[dict[str, str]] | None = None,
    **heard: Any,
) -> Talk:
    """One turn with these words; ``heard`` is what was understood of them."""
    slots = slots or {}
    return Talk(
        conversation_id=conversation_id,
        message_id=message_id,
        heard=a_message(text, **heard),
        state=state_of(slots),
        slots=slots,
        silence=silence,
        responses=tuple(map(tuple, responses)),
        transcript=transcript or [],
    )


def turn(
    text: str = "yes", action: SafeAction | None = None, **changes: Any
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """The bot's messages, and what the slots remember after it."""
    dispatcher = CollectingDispatcher()
    talk = a_talk(text, **changes)
    events = (action or Converse()).turn(talk, dispatcher)
    after = {event["name"]: event["value"] for event in events if event["event"] == "slot"}
    return dispatcher.messages, values_of(state_of({**talk.slots, **after}))


def run(
    text: str, intent: str, slots: dict[str, Any] | None = None, earlier: Sequence[dict[str, Any]] = ()
) -> list[str]:
    """The responses to a message, as the action server has them made."""
    dispatcher = CollectingDispatcher()
    message = {"text": text, "intent": {"name": intent, "confidence": 0.9}, "message_id": "m-1", "entities": []}
    now = datetime.now(timezone.utc).timestamp()
    events = [*earlier, {"event": "user", "text": text, "timestamp": now}]
    tracker = Tracker("talk", slots or {}, message, events, False, None, {}, "action_listen")
    asyncio.run(Converse().run(dispatcher, tracker, {}))
    return said(dispatcher.messages)


def said(messages: list[dict[str, Any]]) -> list[str]:
    """The names of the responses."""
    return [message["response"] for message in messages]


def meant(text: str, state: State | None = None, **heard: Any) -> list[Command]:
    """What a message means to someone who remembers ``state``."""
    titles = {bare(title): reason for title, reason in reason_titles().items()}
    return understand(a_message(text, **heard), Context(state or State()), titles, language_pack())


def given(commands: list[Command]) -> dict[str, str | None]:
    """The values that were given, by their names."""
    return {command.name: command.value for command in commands if command.kind is Kind.GIVE}


def after(text: str, state: State, **heard: Any) -> State:
    """What is known after a message."""
    return decide(meant(text, state, **heard), a_message(text, **heard), Context(state)).state


def serve_by(monkeypatch: pytest.MonkeyPatch, services: Services) -> None:
    """Let every action find these services."""
    for name, module in list(sys.modules.items()):
        if name.startswith("actions.") and hasattr(module, "services"):
            monkeypatch.setattr(module, "services", lambda: services)
