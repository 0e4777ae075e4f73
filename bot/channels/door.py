"""The way in: token, limits and conversation of a message, before anything of it is handed to Rasa."""

from __future__ import annotations

import asyncio
import re
from typing import Any

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.conversations import Client, Opened, TooManyConversations, address_index, open_conversation
from bot.cases.identity import trust_customer
from bot.cases.ports import Services
from bot.channels.edge import Edge
from bot.channels.limits import MessageLimits
from bot.channels.tokens import BadToken, Claims, TokenKeys
from bot.settings import Settings, parse_networks, parse_origins

TOO_FAST = (
    "You're writing faster than I can read, so I didn't take that message. Please send it again in {seconds} "
    "second{s}. If you'd rather have a person, reach one at {contact}."
)
COOKIE = "refund_desk"

_GIVEN = re.compile(rf"(?:^|;)\s*{COOKIE}=([A-Za-z0-9_-]{{43}})\s*(?:;|$)")
_BEARER = re.compile(r"bearer(?:\s+(.*))?", re.I | re.S)


class Refused(Exception):
    """A message that does not come in, and what its client is told instead."""

    def __init__(self, answer: HTTPResponse) -> None:
        super().__init__(answer.status)
        self.answer = answer


class Door:
    """Lets messages of one channel in."""

    def __init__(self, channel: str, services: Services, settings: Settings) -> None:
        self.edge = Edge(parse_networks(settings.trusted_proxies), parse_origins(settings.allowed_origins))
        self._channel = channel
        self._services = services
        self._contact = settings.contact
        self._tokens = TokenKeys.of(settings)
        self._limits = MessageLimits(
            settings.messages_per_minute, settings.address_messages_per_minute, settings.redis_url.get_secret_value()
        )

    async def open(self, request: Request, sender: str, *, is_repeat: bool, secret: str | None = None) -> Opened:
        """The conversation of a request. Raises Refused: a bad token, or too much from one address. A repeat of a
        message that is being answered counts as none. ``secret`` is the client's, for a channel whose clients do not
        send it in the cookie of this door."""
        claims = self._claims(request)
        if not is_repeat:
            await self.count_address(request, sender)
        origin = self.edge.origin(request)
        client = Client(
            self._channel,
            origin.address,
            limited=origin.limited,
            secret=_secret_in_cookie(request) if secret is None else secret,
            subject=claims.subject if claims else None,
        )
        return await asyncio.to_thread(self._opened, client, sender, claims)

    async def count(self, conversation_id: str, sender: str) -> None:
        """Count a message that is to be answered in a conversation. Raises Refused."""
        self._let_pass(await self._limits.wait("conversation", conversation_id), sender)

    def hand_over(self, request: Request, answer: HTTPResponse, opened: Opened) -> None:
        """Give the client its secret."""
        if opened.secret is None:
            return
        secure = "; Secure" if self.edge.is_https(request) else ""
        cookie = f"{COOKIE}={opened.secret}; Path=/webhooks/; HttpOnly; SameSite=Strict{secure}"
        answer.headers.add("Set-Cookie", cookie)

    async def count_address(self, request: Request, sender: str) -> None:
        """Count a message for the address that it comes from. Raises Refused."""
        origin = self.edge.origin(request)
        if origin.limited:
            index = address_index(self._services, origin.address)
            self._let_pass(await self._limits.wait("address", index), sender)

    def _opened(self, client: Client, sender: str, claims: Claims | None) -> Opened:
        try:
            opened = open_conversation(self._services, client, sender)
        except TooManyConversations as error:
            self._let_pass(error.seconds, sender)
            raise
        if claims is not None:
            trust_customer(self._services, conversation_id=opened.id, email=claims.email, until=claims.expires_at)
        return opened

    def _claims(self, request: Request) -> Claims | None:
        bearer = _BEARER.fullmatch(request.headers.get("authorization", "").strip())
        if bearer is None:
            return None  # a proxy may ask for a password of its own
        try:
            return self._tokens.check((bearer.group(1) or "").strip(), self._services.clock())
        except BadToken as error:
            answer = response.json({"error": str(error)}, 401, headers={"WWW-Authenticate": "Bearer"})
            raise Refused(answer) from None

    def _let_pass(self, seconds: int, sender: str) -> None:
        if not seconds:
            return
        text = TOO_FAST.format(seconds=seconds, s="" if seconds == 1 else "s", contact=self._contact)
        said: list[dict[str, Any]] = [{"recipient_id": sender, "text": text}]
        raise Refused(response.json(said, 429, headers={"Retry-After": str(seconds)}))


def _secret_in_cookie(request: Request) -> str | None:
    given = [_GIVEN.search(line) for line in request.headers.getall("cookie", [])]
    return next((match.group(1) for match in given if match), None)
