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

    The sender names a conversation, and is no proof of who writes. Other keys are ignored.
    """

    @classmethod
    def name(cls) -> str:
        """The channel's name in the path."""
        return "rest"

    def __init__(self) -> None:
        """Nothing is opened yet."""
        self._services: Services | None = None
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
            try:
                sender, text, message_id = read(request.body)
            except BadRequest as error:
                return response.json({"error": str(error)}, 400)
            text, removed = mask_cards(text)
            sender, message_id = without_cards(sender), message_id and without_cards(message_id)
            tracker_store = request.app.ctx.agent.tracker_store
            answer = await self._once(on_new_message, tracker_store, sender, text, message_id)
            if removed:
                answer = [*answer, {"recipient_id": sender, "text": CARD_REMOVED}]
            return response.json(answer)

        return routes

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
        if self._services is None:
            self._services = bootstrap()
        facts = {"failed": failures}
        return hand_to_human(
            self._services, conversation_id=sender, cause=Cause.FAILURE, transcript=transcript, facts=facts
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
    # Characters that no database stores: lone surrogates, and NUL.
    clean = message.encode("utf-8", "replace").decode().replace("\0", "")
    return sender.strip().encode("utf-8", "replace").decode().replace("\0", ""), clean, message_id


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
