"""A bot without servers: the model, the dialogue, the actions and a database in one process.

What it leaves out is what the HTTP tests are for: Rasa's own tracker, the channel, the two servers and what lies between
them.
"""

from __future__ import annotations

import asyncio
import itertools
import random
import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from functools import cache
from typing import Any

import sqlalchemy as sa
from rasa.core.agent import Agent
from rasa.core.channels.channel import UserMessage
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher
from ruamel.yaml import YAML

from actions.base import services
from actions.converse import Converse
from bot.settings import PROJECT
from bot.store import tables as t
from bot.store.imports import import_orders, read_order_rows
from bot.store.unit_of_work import SqlUnitOfWork
from bot.training import MODEL
from tests.store_builders import an_order_row

_numbers = itertools.count(1)


@cache
def _agent() -> Agent:
    return Agent.load(str(MODEL))


@cache
def _responses() -> dict[str, list[dict[str, Any]]]:
    found = YAML(typ="safe").load((PROJECT / "domain.yml").read_text("utf-8"))["responses"]
    return dict(found)


@cache
def _parsed(text: str, asked: str | None, task: str | None, response: str) -> dict[str, Any]:
    """What the pipeline makes of a text, said to that question."""
    events = [BotUttered("", {"metadata": {}}, {"utter_action": response}), SlotSet("asked", asked), SlotSet("task", task)]
    slots = [slot for slot in _domain().slots if slot.name in ("asked", "task")]
    tracker = DialogueStateTracker.from_events("parsed", events, slots)
    processor = _agent().processor
    assert processor is not None
    return dict(asyncio.run(processor.parse_message(UserMessage(text), tracker, only_output_properties=True)))


@cache
def _domain() -> Domain:
    return Domain.load(str(PROJECT / "domain.yml"))


def store_order(number: str, **changes: Any) -> None:
    """Put an order into the store, by default an unused card of today."""
    email = changes.pop("email", f"buyer{number[3:]}@example.net")
    age = timedelta(days=changes.pop("days_ago", 0), minutes=5)
    placed_at = (datetime.now(timezone.utc) - age).isoformat()
    row = an_order_row(number, email, **{"placed_at": placed_at, **changes})
    with services().unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        import_orders(uow, read_order_rows([row], "test"))
        uow.commit()


def ends_of(conversation: Conversation) -> list[str]:
    """What came of it: each case as order, kind, state and, where one was promised, the sum; oldest first."""
    with services().unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        of_conversation = t.cases.c.conversation_id == conversation.conversation_id
        found = uow.connection.execute(sa.select(t.cases.c.reference).where(of_conversation).order_by(t.cases.c.id))
        files = [file for (reference,) in found.all() if (file := uow.case_files.find(reference)) is not None]
    ends = []
    for file in files:
        result = file.decisions[-1].result if file.decisions else {}
        paid = result.get("refund") if file.case.kind.value == "refund" else None
        words = [file.order_number or "-", file.case.kind.value, file.case.state.value, paid]
        ends.append(" ".join(word for word in words if word))
    return ends


@dataclass
class Conversation:
    """One customer in one conversation; ``replies`` are the messages of the last answer."""

    conversation_id: str = field(default_factory=lambda: f"in-process-{next(_numbers)}")
    events: list[dict[str, Any]] = field(default_factory=list)
    slots: dict[str, Any] = field(default_factory=dict)
    replies: list[dict[str, Any]] = field(default_factory=list)
    chance: random.Random = field(default_factory=lambda: random.Random(1))

    def says(self, text: str) -> str:
        """Send a message; what the bot answers, as one text."""
        message = {**self._understood(text), "message_id": f"{self.conversation_id}-{len(self.events)}"}
        self.events.append({"event": "user", "text": text, "timestamp": time.time(), "parse_data": message})
        tracker = Tracker(
            self.conversation_id, dict(self.slots), message, list(self.events), False, None, {}, "action_listen"
        )
        dispatcher = CollectingDispatcher()
        for event in asyncio.run(Converse().run(dispatcher, tracker, {})):
            self.slots[event["name"]] = event["value"]
        self.replies = [self._rendered(said) for said in dispatcher.messages]
        assert self.replies, "the bot kept silent"
        for reply in self.replies:
            metadata = {"utter_action": reply["response"]}
            bot = {"event": "bot", "text": reply["text"], "timestamp": time.time(), "metadata": metadata}
            self.events.append({**bot, "data": {"buttons": reply["buttons"]}})
        return "\n".join(reply["text"] for reply in self.replies)

    def _understood(self, text: str) -> dict[str, Any]:
        if text.startswith("/"):
            intent = {"name": text[1:], "confidence": 1.0}
            return {"text": text, "intent": intent, "intent_ranking": [intent], "entities": []}
        last = self.replies[-1]["response"] if self.replies else ""
        return _parsed(text, self.slots.get("asked"), self.slots.get("task"), last)

    def _rendered(self, said: dict[str, Any]) -> dict[str, Any]:
        variant = self.chance.choice(_responses()[said["response"]])
        values = {name: value for name, value in said.items() if isinstance(value, str)}
        buttons = [*variant.get("buttons", []), *(said.get("buttons") or [])]
        return {"response": said["response"], "text": variant["text"].format(**values), "buttons": buttons}
