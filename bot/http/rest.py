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
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse
from sqlalchemy.exc import InterfaceError, OperationalError

from bot.cases.conversation.conversations import Sending
from bot.cases.model import Author, Message
from bot.http.admission import Admission, BadRequest, Guest, Refused
from bot.http.clean_text import clean
from bot.http.shared import shared_of
from bot.http.stopping import come_back
from bot.http.turns import TurnLeft, apology
from bot.masking import mask_cards
from bot.setting_groups.desk import DeskSettings
from bot.settings import load_settings
from bot.wording import say

LONGEST_BODY = 16_384
"""Bytes of a request."""
REMEMBERED_SECONDS = 600
"""How long a message id is known to have arrived before its conversation is looked up."""
OUTAGE_SECONDS, OUTAGE_PAUSE = 3.0, 0.3
"""For so long a message waits for a database that is away, and between two tries; then its customer is told."""

_NAMES_KEY = secrets.token_bytes(32)
Turn = Callable[[UserMessage], Awaitable[Any]]
logger = structlog.get_logger()


class RestInput(InputChannel):
    """``POST /webhooks/rest/webhook`` with ``{"sender", "message"}``, and ``message_id`` to have repeats dropped.

    The sender names a conversation, and is no proof of who writes: bot.http.admission finds the conversation that this
    client may open. Other keys are ignored.
    """

    @classmethod
    def name(cls) -> str:
        """The channel's name in the path."""
        return "rest"

    def __init__(self) -> None:
        """Nothing is opened yet."""
        self._admission: Admission | None = None
        self._arrived: set[tuple[str, str]] = set()

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
            sender, message_id = without_cards(sender), without_cards(message_id or uuid.uuid4().hex)
            try:
                return await self._take_in_time(request, sender, text, message_id, had_card)
            except Refused as refused:
                return refused.answer

        return routes

    async def _take_in_time(
        self, request: Request, sender: str, text: str, message_id: str, had_card: bool
    ) -> HTTPResponse:
        """Take a message; where the database is away for a moment only, nobody is told of it. Raises Refused."""
        until = asyncio.get_running_loop().time() + OUTAGE_SECONDS
        while True:
            try:
                return await self._take(request, sender, text, message_id, had_card)
            except (OperationalError, InterfaceError) as error:
                if asyncio.get_running_loop().time() > until:
                    return _unavailable(sender, error)
            self._remember(sender, message_id)  # so that it is not counted twice
            await asyncio.sleep(OUTAGE_PAUSE)

    async def _take(self, request: Request, sender: str, text: str, message_id: str, had_card: bool) -> HTTPResponse:
        """Answer a message in the conversation that its client may open. Raises Refused, and what a database raises
        that is away."""
        is_repeat = (sender, message_id) in self._arrived
        try:
            admission, turns = self._admission_of(request.app), shared_of(request.app).turns
            guest: Guest | None = await admission.open(
                request, sender, is_repeat=is_repeat, sending=Sending(message_id)
            )
            assert guest is not None
            if is_repeat and not await turns.knows(guest.id, message_id):
                await admission.count_address(request, sender)
                is_repeat = False
            if not is_repeat:
                await admission.count(guest.id, sender)
            self._remember(sender, message_id)
            received = await turns.receive(guest.id, message_id, text, had_card=had_card)
            waited = await turns.waiting(guest.id) if received.new else []
            said = await turns.answers(self.name(), received)
            guest = await admission.answered(guest)
        except (Refused, OperationalError, InterfaceError):
            raise
        except TurnLeft:
            return come_back(request, "restarting_kept")
        except Exception as error:
            return _unavailable(sender, error)
        if guest is None:  # whoever has proven whose order it is gets the answer, and nobody else
            return response.json([{"recipient_id": sender, "text": say("turn_not_taken")}])
        # The client knows the conversation by the name that it gave.
        answer = response.json([{"recipient_id": sender, **_as_rasa_says(message)} for message in [*waited, *said]])
        admission.hand_over(request, answer, guest)
        return answer

    def _remember(self, sender: str, message_id: str) -> None:
        arrived = sender, message_id
        if arrived not in self._arrived:
            self._arrived.add(arrived)
            asyncio.get_running_loop().call_later(REMEMBERED_SECONDS, self._arrived.discard, arrived)

    def _admission_of(self, app: Sanic) -> Admission:
        if self._admission is None:
            self._admission = shared_of(app).admission(self.name())
        return self._admission


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


def _unavailable(sender: str, error: Exception) -> HTTPResponse:
    logger.error("conversation.unavailable", error=type(error).__name__)
    return response.json([{"recipient_id": sender, "text": apology(load_settings()[DeskSettings].contact)}])


def without_cards(name: str) -> str:
    """A conversation's or message's name without card numbers. Different ones stay different, so that nobody gets into
    another's conversation, by a key that is gone when the process ends: no number can be found again."""
    masked, removed = mask_cards(name)
    if not removed:
        return name
    digest = hashlib.blake2b(name.encode(), key=_NAMES_KEY, digest_size=10).digest()
    letters = "".join(chr(ord("a") + half) for byte in digest for half in divmod(byte, 16))
    return f"{masked[:60]}-{letters}"


def _as_rasa_says(message: Message) -> dict[str, Any]:
    """A message as Rasa's REST channel has it, and beside that who says it, if it is not the bot."""
    body = {name: value for name, value in message.body.items() if name in ("text", "buttons", "card")}
    return (
        body if message.author is Author.BOT else {**body, "author": message.author.value, "name": message.agent_name}
    )
