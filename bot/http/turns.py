"""Turns: every channel's way from a customer's message to what is answered, through the message log.

A message is stored before Rasa sees it, and what Rasa answers is stored together with the mark that it was answered. A
turn that was broken off is taken up again by ``take_up``. While a person has the conversation, the bot is silent.
"""

from __future__ import annotations

import asyncio
import re
from contextlib import suppress
from typing import Any
from weakref import WeakValueDictionary

import structlog
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage

from bot.cases.case.handoff import hand_to_human
from bot.cases.conversation.conversations import was_overtaken
from bot.cases.conversation.messages import (
    CROSSED,
    LEASE,
    SEEN,
    Body,
    answer,
    collect_undelivered,
    has_crossed,
    is_answered,
    is_known,
    keep_in_hand,
    put_back,
    replies,
)
from bot.cases.conversation.misunderstood import remember_misunderstood
from bot.cases.conversation.transcript import transcript
from bot.cases.customer.inbox import Received, leave_out_overtaken, receive, take_unanswered
from bot.cases.customer.offer_answers import answer_offer
from bot.cases.identity.refusals import no_person_now
from bot.cases.model import Cause, Handoff, HeldBack, Message, MessageKind
from bot.cases.services import Services
from bot.http import action_calls, rasa_patches
from bot.http.stopping import stopping
from bot.wording import say

LONGEST_MESSAGE = 2_000
"""Characters of a message; the rest is cut, and the customer told."""
PATIENCE = 30.0
"""Seconds for which a repeated message waits for the answer to the first."""
TAKE_UP_SECONDS = 1.0
"""Between two looks for turns that were broken off."""

_NOT_UNDERSTOOD = re.compile(
    r"utter_(still_)?not_understood|utter_is_it_one_of_these|utter_is_number/\w+|utter_out_of_scope|"
    r"utter_\w+_unclear(/\w+)?|utter_\w+/(second|third)"
)

logger = structlog.get_logger()


class TurnLeft(Exception):
    """The process is being stopped: the message is stored, and answered after the next start."""


class TurnOutput(CollectingOutputChannel):
    """Collects what the bot says in a turn, each message whole: text, buttons and card together."""

    def __init__(self) -> None:
        """Nothing is said yet."""
        super().__init__()
        self.bodies: list[Body] = []
        self.responses: set[str] = set()

    async def send_response(self, recipient_id: str, message: dict[str, Any]) -> None:
        """Called by Rasa for every message."""
        self.bodies.append(body_of(message))
        self.responses.add(message.get("utter_action") or "")


def body_of(message: dict[str, Any]) -> Body:
    """What is kept of a message as Rasa has it."""
    custom = message.get("custom") or {}
    parts = {"text": message.get("text") or "", "buttons": message.get("buttons"), "card": custom.get("card")}
    return {name: value for name, value in parts.items() if value or name == "text"}


class Turns:
    """Runs turns in this process. ``contact`` is how to reach a person when nothing else works."""

    def __init__(self, agent: Any, services: Services, contact: str) -> None:
        """``agent`` is Rasa's, which may still be loading its model."""
        self._agent = agent
        self._services = services
        self._contact = contact
        self._queues: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        self._running: dict[int, asyncio.Task[list[Message]]] = {}

    async def receive(
        self,
        conversation_id: str,
        client_id: str,
        text: str,
        *,
        had_card: bool = False,
        kind: MessageKind = MessageKind.TEXT,
        title: str | None = None,
        seen: int | None = None,
    ) -> Received:
        """Store a customer's message. Whoever gets it with ``bot`` has to have it answered. ``had_card``: a card number
        was taken out of it; ``title``: what was written on the button that they pressed; ``seen``: the ``seq`` of the
        last message that they were shown, where that is known."""
        marks = {"title": title, "cut": len(text) > LONGEST_MESSAGE, "card_removed": had_card}
        body: Body = {"text": text[:LONGEST_MESSAGE], **{name: value for name, value in marks.items() if value}}
        if seen is not None:
            body[SEEN] = seen
        return await asyncio.to_thread(receive, self._services, conversation_id, client_id, body, kind)

    async def knows(self, conversation_id: str, client_id: str) -> bool:
        """Whether a message has arrived before."""
        return await asyncio.to_thread(is_known, self._services, conversation_id, client_id)

    async def waiting(self, conversation_id: str) -> list[Message]:
        """What waits to be brought to the customer, by whoever calls this."""
        return await asyncio.to_thread(collect_undelivered, self._services, conversation_id)

    async def answers(self, channel: str, received: Received) -> list[Message]:
        """What the bot answers to a message, the first time and for a repeat alike, brought to the customer by whoever
        calls this; nothing while a person has the conversation. Raises TurnLeft."""
        if received.bot:
            return await _end_of(self.run(channel, received.message, delivered=True))
        # A repeat, which may have come before the first one has got as far as to its turn.
        until = asyncio.get_running_loop().time() + PATIENCE
        while True:
            running = self._running.get(received.message.id)
            if running is not None:
                return await _end_of(running)
            if stopping.begun:
                raise TurnLeft
            answered = await asyncio.to_thread(is_answered, self._services, received.message)
            if answered or asyncio.get_running_loop().time() > until:
                return await asyncio.to_thread(replies, self._services, received.message)
            await asyncio.sleep(0.05)

    def run(
        self, channel: str, message: Message, *, delivered: bool, again: bool = False
    ) -> asyncio.Task[list[Message]]:
        """Answer a message that is in hand; the task ends with what was stored, and goes on when nobody waits for it.
        ``again``: the message may have been through Rasa already."""
        task = asyncio.ensure_future(self._turn(channel, message, delivered, again))
        self._running[message.id] = task
        stopping.knows(task)
        task.add_done_callback(lambda _: self._running.pop(message.id, None))
        return task

    async def take_up(self) -> None:
        """Answer what was received by a process that died before it had answered. Never ends."""
        while True:
            try:
                if self._agent.is_ready() and not stopping.begun:
                    left = await asyncio.to_thread(take_unanswered, self._services)
                    # Together, as they came: after an outage many wait, and each turn waits for others itself.
                    runs = [self.run(channel, message, delivered=False, again=True) for message, channel in left]
                    for run in runs:
                        await asyncio.wait([run])
                        if not run.cancelled() and (error := run.exception()) is not None:
                            logger.error("turns.take_up_failed", error=type(error).__name__)
            except Exception as error:
                logger.error("turns.take_up_failed", error=type(error).__name__)
            await asyncio.sleep(TAKE_UP_SECONDS)

    async def _turn(self, channel: str, message: Message, delivered: bool, again: bool) -> list[Message]:
        queue = self._queues.setdefault(message.conversation_id, asyncio.Lock())
        lease = asyncio.ensure_future(self._keep(message))
        try:
            async with queue:
                if stopping.begun:
                    raise asyncio.CancelledError
                if again and await asyncio.to_thread(leave_out_overtaken, self._services, message):
                    return []
                bodies = await self._said_before(message) if again else []
                bodies = bodies or await self._not_taken(message) or await self._answer_to_offer(message)
                bodies = bodies or await self._bodies(channel, message)
                return await asyncio.to_thread(answer, self._services, message, bodies, delivered=delivered)
        except asyncio.CancelledError:
            lease.cancel()
            await asyncio.to_thread(put_back, self._services, message)
            raise
        finally:
            lease.cancel()

    async def _keep(self, message: Message) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            with suppress(Exception):
                await asyncio.to_thread(keep_in_hand, self._services, message)

    async def _said_before(self, message: Message) -> list[Body]:
        """What Rasa answered to a message before the process died; a turn is saved whole, or not at all."""
        tracker = await self._agent.tracker_store.retrieve(message.conversation_id)
        events = [event.as_dict() for event in tracker.events] if tracker else []
        sent = [i for i, event in enumerate(events) if event.get("message_id") == message.client_id]
        after = events[sent[-1] + 1 :] if sent else []
        until = next((i for i, event in enumerate(after) if event["event"] == "user"), len(after))
        return [body_of({"text": event["text"], **event["data"]}) for event in after[:until] if event["event"] == "bot"]

    async def _not_taken(self, message: Message) -> list[Body]:
        """What is said to a message that another client's has overtaken with a proof. Nothing else comes of it."""
        overtaken = await asyncio.to_thread(
            was_overtaken, self._services, message.conversation_id, message.client_id or ""
        )
        return [{"text": say("turn_not_taken")}] if overtaken else []

    async def _answer_to_offer(self, message: Message) -> list[Body]:
        said = await asyncio.to_thread(answer_offer, self._services, message)
        return [said] if said else []

    async def _bodies(self, channel: str, message: Message) -> list[Body]:
        """Run one turn. Whatever fails in it, the customer gets a sentence, and a person if anything did."""
        if not message.text.strip():
            return [{"text": say("turn_empty")}]
        out, failures = TurnOutput(), list[str]()
        rasa_patches.failed_actions.set(failures)
        action_calls.begin_turn()
        conversation_id = message.conversation_id
        try:
            marks = {CROSSED: True} if await asyncio.to_thread(has_crossed, self._services, message) else None
            told = UserMessage(
                message.text,
                out,
                conversation_id,
                input_channel=channel,
                message_id=message.client_id,
                metadata=marks,
            )
            await self._agent.handle_message(told)
        except Exception as error:
            logger.error("turn.failed", error=type(error).__name__)
            failures.append("turn")
        bodies = out.bodies
        if failures or not bodies:
            bodies = [*bodies, {"text": await self._apology(message, failures)}]
        if any(_NOT_UNDERSTOOD.fullmatch(name) for name in out.responses):
            await self._remember(message)
        if message.body.get("cut"):
            bodies = [*bodies, {"text": say("turn_cut", most=LONGEST_MESSAGE)}]
        if message.body.get("card_removed"):
            bodies = [*bodies, {"text": say("turn_card_removed")}]
        return bodies

    async def _remember(self, message: Message) -> None:
        """Keep what was not understood, for the next training. Nothing that a customer has to wait or be sorry for."""
        with suppress(Exception):
            tracker = await self._agent.tracker_store.retrieve(message.conversation_id)
            ranking = tracker.latest_message.parse_data.get("intent_ranking") or [{}]
            guess = ranking[0].get("name") or ""
            words = message.conversation_id, message.client_id or "", message.text, guess
            await asyncio.to_thread(remember_misunderstood, self._services, *words)

    async def _apology(self, message: Message, failures: list[str]) -> str:
        """Say sorry and hand over; if even that fails, say how to reach a person."""
        try:
            handoff = await self._hand_over(message, failures)
        except Exception as error:
            logger.error("handoff.failed", error=type(error).__name__)
            return apology(self._contact)
        if isinstance(handoff, HeldBack):
            next_ = no_person_now(self._services, handoff)
        else:
            next_ = say("turn_handed_over", reference=handoff.reference, answer_by=handoff.answer_by)
        return f"{say('turn_sorry')} {next_}"

    async def _hand_over(self, message: Message, failures: list[str]) -> Handoff | HeldBack:
        tracker = await self._agent.tracker_store.retrieve(message.conversation_id)
        said = transcript(event.as_dict() for event in tracker.events) if tracker else []
        return await asyncio.to_thread(
            hand_to_human,
            self._services,
            conversation_id=message.conversation_id,
            cause=Cause.FAILURE,
            transcript=said or [{"at": message.at.isoformat(), "who": "customer", "text": message.text}],
            facts={"failed": failures},
            message_id=message.client_id or "",
        )


async def _end_of(turn: asyncio.Task[list[Message]]) -> list[Message]:
    """What a turn ends with, which goes on when the caller does not wait any more. Raises TurnLeft."""
    await asyncio.wait({turn})
    if turn.cancelled():
        raise TurnLeft
    return turn.result()


def apology(contact: str) -> str:
    """What is said where nothing else can be: it was our fault, and how to reach a person."""
    return f"{say('turn_sorry')} {say('turn_contact', contact=contact)}"
