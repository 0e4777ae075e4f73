"""The website's channel: messages are sent with POST and read from the message log, as server-sent events or by long
poll. A client names its conversation, and proves that it is its own by the secret that it was given. Where a message
has proven whose order it is, that secret is good no more; whoever sent the message gets the new one."""

from __future__ import annotations

import asyncio
import json
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import structlog
from rasa.core.channels.channel import InputChannel, UserMessage
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import BaseHTTPResponse, HTTPResponse

from bot.cases.conversation.conversations import Sending
from bot.cases.conversation.messages import history
from bot.cases.conversation.status import status_of, waiting_notice
from bot.cases.desk.work import rate
from bot.cases.errors import CaseError, MoveNotAllowed
from bot.cases.model import Author, ConversationStatus, Message, MessageKind
from bot.cases.services import Services
from bot.http.admission import Admission, BadRequest, Guest, Refused
from bot.http.capacity import waits_for_news
from bot.http.clean_text import clean
from bot.http.live import Live
from bot.http.rest import LONGEST_BODY, without_cards
from bot.http.shared import shared_of
from bot.http.stopping import RETRY_SECONDS
from bot.http.turns import Turns, apology
from bot.masking import mask_cards
from bot.setting_groups.desk import DeskSettings
from bot.settings import load_settings
from bot.wording import say

SENDER, RESUME = "X-Refund-Desk-Sender", "X-Refund-Desk-Resume"
LONGEST_WAIT = 25.0
"""Seconds of a long poll, at most."""
STREAM_SECONDS = 240.0
"""After so long a stream ends; its client opens the next."""
HEARTBEAT_SECONDS = 15.0
MOST_STREAMS = 8
"""Tabs and windows that may listen to one conversation at once."""
MOST_SENT = 10
"""Messages for which a client may ask at once whether they have brought it a new secret."""
GREETING = "hello"
"""What the bot is told when a customer opens the chat and has said nothing yet."""

_NAME = re.compile(r"[A-Za-z0-9_-]{16,64}")
_ID = re.compile(r"[\x20-\x7e]{1,100}")

logger = structlog.get_logger()


@dataclass(frozen=True)
class _Parts:
    """What the channel works with, opened at the first request."""

    services: Services
    admission: Admission
    turns: Turns
    live: Live


class WebInput(InputChannel):
    """``/webhooks/web/…``; what it takes and answers is told in docs/reference/web-channel.md."""

    @classmethod
    def name(cls) -> str:
        """The channel's name in the path."""
        return "web"

    def __init__(self) -> None:
        """Nothing is opened yet."""
        self._opened: _Parts | None = None

    def blueprint(self, on_new_message: Callable[[UserMessage], Awaitable[Any]]) -> Blueprint:
        """The routes of the channel."""
        routes = Blueprint("web_webhook", __name__)

        @routes.post("/open")
        async def open_chat(request: Request) -> Any:
            return await self._answer(request, self._open)

        @routes.post("/messages")
        async def send(request: Request) -> Any:
            return await self._answer(request, self._send)

        @routes.post("/secret")
        async def secret(request: Request) -> Any:
            return await self._answer(request, self._renew)

        @routes.get("/messages")
        @waits_for_news
        async def read(request: Request) -> Any:
            if "text/event-stream" in request.headers.get("accept", ""):
                return await self._answer(request, self._stream)
            return await self._answer(request, self._poll)

        @routes.post("/typing")
        async def typing(request: Request) -> Any:
            return await self._answer(request, self._types)

        @routes.post("/rating")
        async def rating(request: Request) -> Any:
            return await self._answer(request, self._rate)

        return routes

    async def _answer(self, request: Request, handler: Any) -> Any:
        """What the handler answers, and a clear word where it can't."""
        if len(request.body) > LONGEST_BODY:
            return response.json({"error": f"the request is larger than {LONGEST_BODY} bytes"}, 413)
        try:
            return await handler(self._parts(request.app), request)
        except BadRequest as error:
            return response.json({"error": str(error)}, 400)
        except Refused as refused:
            return _refusal(refused)
        except Exception as error:
            logger.error("web.failed", error=type(error).__name__)
            said = apology(load_settings()[DeskSettings].contact)
            return response.json({"error": "something went wrong on our side", "text": said}, 503)

    async def _enter(
        self, parts: _Parts, request: Request, *, counted: bool = False, sending: Sending | None = None
    ) -> Guest:
        """Let the client in."""
        sender, secret = _client(request)
        return await parts.admission.open(
            request, sender, is_repeat=not counted, secret=secret, sending=sending, begins=False
        )

    async def _open(self, parts: _Parts, request: Request) -> HTTPResponse:
        """Open the chat; in a new one the bot greets."""
        guest = await self._enter(parts, request, counted=True)
        greets = await self._greet(parts, guest.id)
        now = await asyncio.to_thread(status_of, parts.services, guest.id)
        answer = {"status": _status(parts, now), "newest": now.newest, "greeting": greets}
        return _with_secret(response.json(answer), guest)

    async def _greet(self, parts: _Parts, conversation_id: str) -> bool:
        now = await asyncio.to_thread(status_of, parts.services, conversation_id)
        if now.newest:
            return False
        received = await parts.turns.receive(conversation_id, "opened", GREETING, kind=MessageKind.OPENED)
        if received.bot:
            self._run(parts, received.message)
        return received.new

    async def _renew(self, parts: _Parts, request: Request) -> HTTPResponse:
        """Give the sender of a message the secret that the message has brought."""
        sender, secret = _client(request)
        return _with_secret(
            response.empty(204), await parts.admission.renew(request, sender, secret, _read_sent(request))
        )

    async def _send(self, parts: _Parts, request: Request) -> HTTPResponse:
        """Take a message; what is answered comes through the log."""
        sending, text, title, seen = _read(request)
        message_id = sending.message_id
        guest = await self._enter(parts, request, counted=True, sending=sending)
        text, had_card = mask_cards(text)
        title = title and mask_cards(title)[0]
        known = await parts.turns.knows(guest.id, message_id)
        if not known:
            await parts.admission.count(guest.id, guest.id)
        received = await parts.turns.receive(guest.id, message_id, text, had_card=had_card, title=title, seen=seen)
        if received.bot:
            self._run(parts, received.message)
        parts.live.types(guest.id, Author.CUSTOMER, False)
        shown = as_shown(received.message)
        return _with_secret(response.json(shown, 202 if received.new else 200), guest)

    def _run(self, parts: _Parts, message: Message) -> None:
        parts.live.wake(message.conversation_id)
        turn = parts.turns.run(self.name(), message, delivered=True)
        turn.add_done_callback(lambda _: parts.live.wake(message.conversation_id))

    async def _types(self, parts: _Parts, request: Request) -> HTTPResponse:
        on = _json(request).get("on") is not False
        guest = await self._enter(parts, request)
        parts.live.types(guest.id, Author.CUSTOMER, on)
        return _with_secret(response.empty(204), guest)

    async def _rate(self, parts: _Parts, request: Request) -> HTTPResponse:
        data = _json(request)
        reference, score = data.get("reference"), data.get("score")
        if not isinstance(reference, str) or not isinstance(score, int):
            raise BadRequest('send {"reference": "RD-…", "score": 1 to 5}')
        guest = await self._enter(parts, request, counted=True)
        try:
            await asyncio.to_thread(rate, parts.services, guest.id, reference, score)
        except CaseError as error:
            status = 409 if isinstance(error, MoveNotAllowed) else 400
            return _with_secret(response.json({"error": error.text()}, status), guest)
        return _with_secret(response.empty(204), guest)

    async def _poll(self, parts: _Parts, request: Request) -> HTTPResponse:
        """What is new, as soon as there is anything, or after the time that the client wants to wait."""
        guest = await self._enter(parts, request)
        after, wait = _number(request, "after"), min(_number(request, "wait"), LONGEST_WAIT)
        clock = asyncio.get_running_loop().time
        until, found = clock() + parts.admission.seconds_left(guest, wait), list[Message]()
        with parts.live.news_of(guest.id, after) as news:
            while not found:
                if news.take_stored():
                    found = await asyncio.to_thread(history, parts.services, guest.id, after)
                elif parts.live.ended or not await news.wait(until - clock()):
                    break
        now = await asyncio.to_thread(status_of, parts.services, guest.id)
        if not await parts.admission.is_still_in(guest):  # only now: what was said since is not theirs
            return response.json({"error": say("secret_gone")}, 410)
        answer = {
            "messages": [as_shown(message) for message in found if message.kind is not MessageKind.OPENED],
            "status": _status(parts, now),
            "typing": _typing(parts, guest.id, now),
        }
        return _with_secret(response.json(answer), guest)

    async def _stream(self, parts: _Parts, request: Request) -> BaseHTTPResponse | None:
        """What is new, as it comes."""
        guest = await self._enter(parts, request)
        if parts.live.listeners(guest.id) >= MOST_STREAMS:
            return response.json(
                {"error": "too many windows listen to this conversation", "poll": True},
                429,
                headers={"Retry-After": "5"},
            )
        after = _number(request, "after")
        headers = {"X-Accel-Buffering": "no", **({RESUME: guest.secret} if guest.secret else {})}
        stream = await request.respond(content_type="text/event-stream", headers=headers)
        assert stream is not None
        try:
            await self._tell(parts, stream, guest, after)
            await stream.eof()
        except Exception as error:
            # Mostly a client that has gone; where it has not, it asks again.
            logger.info("web.stream_ended", error=type(error).__name__)
        return None

    async def _tell(self, parts: _Parts, stream: Any, guest: Guest, after: int) -> None:
        clock, conversation_id = asyncio.get_running_loop().time, guest.id
        until, told = clock() + parts.admission.seconds_left(guest, STREAM_SECONDS), _Told()
        with parts.live.news_of(conversation_id, after) as news:
            while clock() < until:
                if news.take_stored():
                    found = await asyncio.to_thread(history, parts.services, conversation_id, after)
                    now = await asyncio.to_thread(status_of, parts.services, conversation_id)
                    if not await parts.admission.is_still_in(guest):  # only now: what was said since is not theirs
                        await stream.send(_event("gone", {}))
                        return
                    for message in found:
                        news.seen = after = message.seq
                        if message.kind is not MessageKind.OPENED:
                            await stream.send(_event("message", as_shown(message), message.seq))
                for kind, data in told.news(_status(parts, now), _typing(parts, conversation_id, now)):
                    await stream.send(_event(kind, data))
                if parts.live.ended:
                    break
                if not await news.wait(min(HEARTBEAT_SECONDS, max(0.0, until - clock()))):
                    await stream.send(": still here\n\n")
                    # Who is with the bot alone is brought news by messages alone.
                    news.stored = news.stored or now.waiting or now.answering or now.agent_id is not None
        if parts.live.ended:
            await stream.send(f"retry: {RETRY_SECONDS * 1_000}\n\n")

    def _parts(self, app: Sanic) -> _Parts:
        if self._opened is None:
            shared = shared_of(app)
            self._opened = _Parts(shared.services, shared.admission(self.name()), shared.turns, shared.live)
        return self._opened


class _Told:
    """What a stream has told already of the status and of who is typing."""

    def __init__(self) -> None:
        self._status: Any = None
        self._typing: Any = None

    def news(self, status: dict[str, Any], typing: dict[str, Any] | None) -> list[tuple[str, dict[str, Any]]]:
        """What has changed, as events."""
        found = []
        if status != self._status:
            found.append(("status", status))
        if typing != self._typing:
            found.append(("typing", typing or {**(self._typing or {}), "on": False}))
        self._status, self._typing = status, typing
        return found


def as_shown(message: Message) -> dict[str, Any]:
    """A message as the widget and the desk get it."""
    shown = {
        "seq": message.seq,
        "at": message.at.isoformat(),
        "who": message.author.value,
        "kind": message.kind.value,
        "text": message.text,
    }
    for name in ("title", "buttons", "card", "reference"):
        if message.body.get(name):
            shown[name] = message.body[name]
    if message.agent_id is not None:
        shown["agent"] = face(message.agent_id, message.agent_name)
    if message.author is Author.CUSTOMER:
        shown["message_id"] = message.client_id
    return shown


def face(agent_id: int, name: str | None) -> dict[str, Any]:
    """A person of the desk, as customers see them."""
    return {"name": name, "picture": f"/agents/{agent_id}/picture"}


def _status(parts: _Parts, now: ConversationStatus) -> dict[str, Any]:
    holder = "agent" if now.agent_id is not None else "waiting" if now.waiting else "bot"
    agent = face(now.agent_id, now.agent_name) if now.agent_id is not None else None
    notice = waiting_notice(parts.services, now)
    return {"with": holder, "agent": agent, "hours": {"open": not notice, "says": notice}}


def _typing(parts: _Parts, conversation_id: str, now: ConversationStatus) -> dict[str, Any] | None:
    if now.agent_id is not None:
        return {"who": "agent", "on": True} if parts.live.is_typing(conversation_id, Author.AGENT) else None
    return {"who": "bot", "on": True} if now.answering else None


def _event(kind: str, data: dict[str, Any], seq: int | None = None) -> str:
    name = f"id: {seq}\n" if seq is not None else ""
    return f"{name}event: {kind}\ndata: {json.dumps(data)}\n\n"


def _with_secret(answer: HTTPResponse, guest: Guest) -> HTTPResponse:
    if guest.secret is not None:
        answer.headers[RESUME] = guest.secret
    return answer


def _refusal(refused: Refused) -> HTTPResponse:
    """What the admission says is a list of things to say, as on the REST channel; here it is an error with a text."""
    said = json.loads(refused.answer.body or b"{}")
    if isinstance(said, list):
        text = " ".join(message["text"] for message in said)
        headers = {"Retry-After": refused.answer.headers.get("Retry-After", "5")}
        return response.json({"error": "too many messages", "text": text}, refused.answer.status, headers=headers)
    return refused.answer


def _client(request: Request) -> tuple[str, str]:
    """The client's name for its conversation, and its secret."""
    given = request.headers.getall(SENDER, [])
    if len(given) != 1 or not _NAME.fullmatch(given[0]):
        raise BadRequest(f"send {SENDER} with 16 to 64 letters and digits")
    return without_cards(given[0]), request.headers.get(RESUME, "")


def _read_sent(request: Request) -> list[Sending]:
    """The messages that a client has sent lately, as it says."""
    sent = _json(request).get("messages")
    if not isinstance(sent, list) or not 1 <= len(sent) <= MOST_SENT or not all(isinstance(one, dict) for one in sent):
        raise BadRequest(f'send {{"messages": [{{"message_id": "…", "key": "…"}}]}} with 1 to {MOST_SENT} of them')
    return [_sending(one) for one in sent]


def _sending(data: dict[str, Any]) -> Sending:
    message_id, key = data.get("message_id"), data.get("key")
    if not isinstance(message_id, str) or not _ID.fullmatch(message_id):
        raise BadRequest("message_id must be a text of 1 to 100 plain characters")
    if key is not None and (not isinstance(key, str) or not _NAME.fullmatch(key)):
        raise BadRequest("key must be a text of 16 to 64 letters and digits")
    return Sending(without_cards(message_id), key)


def _read(request: Request) -> tuple[Sending, str, str | None, int | None]:
    data = _json(request)
    sending, text, title = _sending(data), data.get("text"), data.get("title")
    if not isinstance(text, str) or not clean(text).strip():
        raise BadRequest("text must be a text that is not empty")
    if title is not None and (not isinstance(title, str) or len(title) > 100):
        raise BadRequest("title must be a text of at most 100 characters")
    seen = data.get("seen")
    if seen is not None and (not isinstance(seen, int) or isinstance(seen, bool) or not 0 <= seen < 10**12):
        raise BadRequest("seen must be the seq of the last message that was shown")
    return sending, clean(text), clean(title) if title else None, seen


def _json(request: Request) -> dict[str, Any]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        raise BadRequest("send application/json")
    try:
        data = json.loads(request.body)
    except (ValueError, RecursionError):
        raise BadRequest('send JSON such as {"message_id": "…", "text": "…"}') from None
    if not isinstance(data, dict):
        raise BadRequest('send a JSON object such as {"message_id": "…", "text": "…"}')
    return data


def _number(request: Request, name: str) -> int:
    given = request.args.get(name, "0")
    if not re.fullmatch(r"[0-9]{1,12}", given):
        raise BadRequest(f"{name} must be a whole number")
    return int(given)
