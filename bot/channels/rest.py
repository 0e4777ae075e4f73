"""Rasa's REST channel with everything around a turn that Rasa leaves out: it always answers, and answers once."""

from __future__ import annotations

import asyncio
import hashlib
import json
import secrets
import uuid
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from rasa.core.channels.channel import CollectingOutputChannel, InputChannel, UserMessage
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.bootstrap import bootstrap
from bot.cases.handoff import hand_to_human
from bot.cases.model import Cause
from bot.cases.ports import Services
from bot.cases.transcript import transcript
from bot.channels import rasa_patches
from bot.channels.clean_text import clean
from bot.channels.door import Door, Refused
from bot.masking import mask_cards
from bot.policy.words import spoken_date
from bot.settings import load_settings

LONGEST_BODY = 16_384
"""Bytes of a request."""
LONGEST_MESSAGE = 2_000
"""Characters of a message; the rest is cut, and the customer told."""
REMEMBERED_SECONDS = 600
"""How long the answer to a message id is kept for a repeated delivery."""

EMPTY = "I got an empty message. What can I do for you?"
CUT = f"Your message was long, so I read the first {LONGEST_MESSAGE} characters."
CARD_REMOVED = (
    "I removed the card number from your message before anything was kept. Please never send card numbers here: "
    "we never need them."
)
SORRY = "I'm sorry, something went wrong on our side."
HANDED_OVER = " I've asked a person to look at it. Your reference is {reference}; they answer by {answer_by}."
CONTACT = " Please try again in a few minutes, or reach a person at {contact}."

_NAMES_KEY = secrets.token_bytes(32)
Turn = Callable[[UserMessage], Awaitable[Any]]
logger = structlog.get_logger()


class BadRequest(Exception):
    """A request that can't be a message; the text says what to send."""


class RestInput(InputChannel):
    """``POST /webhooks/rest/webhook`` with ``{"sender", "message"}``, and ``message_id`` to have repeats dropped.

    The sender names a conversation, and is no proof of who writes: bot.channels.door finds the conversation that this
    client may open. Other keys are ignored.
    """

    @classmethod
    def name(cls) -> str:
        """The channel's name in the path."""
        return "rest"

    def __init__(self) -> None:
        """Nothing is opened yet."""
        self._services: Services | None = None
        self._door: Door | None = None
        self._arrived: set[tuple[str, str]] = set()
        self._answers: dict[tuple[str, str], asyncio.Future[list[dict[str, Any]]]] = {}

    def blueprint(self, on_new_message: Turn) -> Blueprint:
        """The routes of the channel."""
        routes = Blueprint("rest_webhook", __name__)

        @routes.get("/")
        async def alive(request: Request) -> HTTPResponse:
            return response.json({"status": "ok"})

        @routes.post("/webhook")
        async def receive(request: Request) -> HTTPResponse:
            if len(request.body) > LONGEST_BODY:
                return response.json({"error": f"the request is larger than {LONGEST_BODY} bytes"}, 413)
            if not _may_be_json(request):
                return response.json({"error": "send application/json"}, 415)
            try:
                sender, text, message_id = read(request.body)
            except BadRequest as error:
                return response.json({"error": str(error)}, 400)
            text, had_card = mask_cards(text)
            sender, message_id = without_cards(sender), message_id and without_cards(message_id)
            try:
                return await self._take(request, on_new_message, sender, text, message_id, had_card)
            except Refused as refused:
                return refused.answer

        return routes

    async def _take(
        self, request: Request, on_new_message: Turn, sender: str, text: str, message_id: str | None, had_card: bool
    ) -> HTTPResponse:
        """Answer a message in the conversation that its client may open. Raises Refused."""
        arrived = None if message_id is None else (sender, message_id)
        try:
            door = await asyncio.to_thread(self._opened_door)
            opened = await door.open(request, sender, is_repeat=arrived in self._arrived)
        except Refused:
            raise
        except Exception as error:
            logger.error("conversation.unavailable", error=type(error).__name__)
            apology = SORRY + CONTACT.format(contact=load_settings().contact)
            return response.json([{"recipient_id": sender, "text": apology}])
        if message_id is None or (opened.id, message_id) not in self._answers:
            await door.count(request, opened.id, sender, looked_repeated=arrived in self._arrived)
        if arrived is not None and arrived not in self._arrived:
            self._arrived.add(arrived)
            asyncio.get_running_loop().call_later(REMEMBERED_SECONDS, self._arrived.discard, arrived)
        tracker_store = request.app.ctx.agent.tracker_store
        said = await self._once(on_new_message, tracker_store, opened.id, text, message_id)
        if had_card:
            said = [*said, {"text": CARD_REMOVED}]
        # The client knows the conversation by the name that it gave.
        answer = response.json([{**message, "recipient_id": sender} for message in said])
        door.hand_over(request, answer, opened)
        return answer

    def _opened_door(self) -> Door:
        if self._door is None:
            self._door = Door(self.name(), self._ready_services(), load_settings())
        return self._door

    def _ready_services(self) -> Services:
        if self._services is None:
            self._services = bootstrap()
        return self._services

    async def _once(
        self, on_new_message: Turn, tracker_store: Any, sender: str, text: str, message_id: str | None
    ) -> list[dict[str, Any]]:
        """The answer to a message; a repeated message id gets the first answer again."""
        if message_id is None:
            return await self.answer(on_new_message, tracker_store, sender, text, uuid.uuid4().hex)
        known = self._answers.get((sender, message_id))
        if known is None:
            known = asyncio.ensure_future(self.answer(on_new_message, tracker_store, sender, text, message_id))
            self._answers[sender, message_id] = known
            asyncio.get_running_loop().call_later(REMEMBERED_SECONDS, self._answers.pop, (sender, message_id))
        return await asyncio.shield(known)

    async def answer(
        self, on_new_message: Turn, tracker_store: Any, sender: str, text: str, message_id: str
    ) -> list[dict[str, Any]]:
        """Run one turn. Whatever fails in it, the customer gets a sentence, and a person if anything did."""
        out = CollectingOutputChannel()
        if not text.strip():
            await out.send_text_message(sender, EMPTY)
            return out.messages
        failures: list[str] = []
        rasa_patches.failed_actions.set(failures)
        message = UserMessage(text[:LONGEST_MESSAGE], out, sender, input_channel=self.name(), message_id=message_id)
        try:
            await on_new_message(message)
        except Exception as error:
            logger.error("turn.failed", error=type(error).__name__)
            failures.append("turn")
        if failures or not out.messages:
            await out.send_text_message(sender, await self._apology(tracker_store, sender, text, failures))
        if len(text) > LONGEST_MESSAGE:
            await out.send_text_message(sender, CUT)
        return out.messages

    async def _apology(self, tracker_store: Any, sender: str, text: str, failures: list[str]) -> str:
        """Say sorry and hand over; if even that fails, say how to reach a person."""
        try:
            transcript = await _transcript(tracker_store, sender) or [{"at": "", "who": "customer", "text": text}]
            handoff = await asyncio.to_thread(self._hand_over, sender, transcript, failures)
        except Exception as error:
            logger.error("handoff.failed", error=type(error).__name__)
            return SORRY + CONTACT.format(contact=load_settings().contact)
        return SORRY + HANDED_OVER.format(reference=handoff.reference, answer_by=spoken_date(handoff.answer_by))

    def _hand_over(self, sender: str, transcript: list[dict[str, str]], failures: list[str]) -> Any:
        facts = {"failed": failures}
        return hand_to_human(
            self._ready_services(), conversation_id=sender, cause=Cause.FAILURE, transcript=transcript, facts=facts
        )


def read(body: bytes) -> tuple[str, str, str | None]:
    """Sender, message and message id of a request body. Raises BadRequest."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        raise BadRequest('send JSON such as {"sender": "…", "message": "…"}') from None
    if not isinstance(data, dict):
        raise BadRequest('send a JSON object such as {"sender": "…", "message": "…"}')
    sender, message, message_id = data.get("sender"), data.get("message"), data.get("message_id")
    if not isinstance(sender, str) or not 1 <= len(sender.strip()) <= 128:
        raise BadRequest("sender must be a text of 1 to 128 characters")
    if not isinstance(message, str):
        raise BadRequest("message must be a text")
    if message_id is not None and (not isinstance(message_id, str) or not 1 <= len(message_id) <= 100):
        raise BadRequest("message_id must be a text of 1 to 100 characters")
    if message_id is not None and not message_id.isprintable():
        raise BadRequest("message_id must be printable")
    name = clean(sender).strip()
    if not name:
        raise BadRequest("sender must be a text of 1 to 128 characters")
    return name, clean(message), message_id


def _may_be_json(request: Request) -> bool:
    """Whether the body may be read as JSON: it says so, or says nothing. What curl says by itself is taken, too, unless
    a page asks: a browser sends such a body without asking first."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "application/x-www-form-urlencoded":
        return "origin" not in request.headers
    return kind in ("", "application/json")


def without_cards(name: str) -> str:
    """A conversation's or message's name without card numbers. Different ones stay different, so that nobody gets into
    another's conversation, by a key that is gone when the process ends: no number can be found again."""
    masked, removed = mask_cards(name)
    if not removed:
        return name
    digest = hashlib.blake2b(name.encode(), key=_NAMES_KEY, digest_size=10).digest()
    letters = "".join(chr(ord("a") + half) for byte in digest for half in divmod(byte, 16))
    return f"{masked[:60]}-{letters}"


async def _transcript(tracker_store: Any, sender: str) -> list[dict[str, str]]:
    tracker = await tracker_store.retrieve(sender)
    return transcript(event.as_dict() for event in tracker.events) if tracker else []
