"""The way in: token, limits and conversation of a message, before anything of it is handed to Rasa."""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.conversation.conversations import (
    Client,
    Opened,
    SecretGone,
    Sending,
    TooManyConversations,
    address_index,
    find_conversation,
    open_conversation,
    renewed,
)
from bot.cases.identity.verification import trust_customer
from bot.cases.services import Services
from bot.http.cookies import Cookie
from bot.http.headers import SecurityHeaders
from bot.http.message_limits import MessageLimits
from bot.http.tokens import BadToken, Claims, TokenKeys
from bot.setting_groups.desk import DeskSettings
from bot.setting_groups.server import ServerSettings, parse_networks, parse_origins
from bot.settings import Settings
from bot.wording import say

COOKIE = Cookie("refund_desk", "/webhooks/", "Strict")

_BEARER = re.compile(r"bearer(?:\s+(.*))?", re.I | re.S)


class BadRequest(Exception):
    """A request that can't be a message; the text says what to send."""


class Refused(Exception):
    """A message that does not come in, and what its client is told instead."""

    def __init__(self, answer: HTTPResponse) -> None:
        super().__init__(answer.status)
        self.answer = answer


@dataclass(frozen=True)
class Guest:
    """A client that was let in: its conversation, the secret that it has to be given, the message that it sends, and
    until when its token is good; each where there is one."""

    id: str
    secret: str | None = field(repr=False)
    client: Client
    sender: str
    sending: Sending | None
    until: datetime | None


class Admission:
    """Lets messages of one channel in."""

    def __init__(self, channel: str, services: Services, settings: Settings, limits: MessageLimits) -> None:
        server = settings[ServerSettings]
        self.security = SecurityHeaders(parse_networks(server.trusted_proxies), parse_origins(server.allowed_origins))
        self._channel = channel
        self._services = services
        self._contact = settings[DeskSettings].contact
        self._tokens = TokenKeys.of(settings)
        self._limits = limits

    async def open(
        self,
        request: Request,
        sender: str,
        *,
        is_repeat: bool,
        secret: str | None = None,
        sending: Sending | None = None,
        begins: bool = True,
    ) -> Guest:
        """The conversation of a request. Raises Refused: a bad token, or too much from one address. A repeat of a
        message that is being answered counts as none. ``secret`` is the client's, for a channel whose clients do not
        send it in the cookie of the channel; ``sending`` and ``begins`` as in open_conversation."""
        claims = self._claims(request)
        if not is_repeat:
            await self.count_address(request, sender)
        client = self._client(request, claims, secret)
        opened = await asyncio.to_thread(self._opened, client, sender, claims, sending, begins)
        if opened.secret and sending is None:
            client = replace(client, secret=opened.secret)  # what goes on after this request is the new one's
        return Guest(opened.id, opened.secret, client, sender, sending, claims.expires_at if claims else None)

    async def find(self, request: Request, sender: str, secret: str) -> str | None:
        """The conversation that a request may open, if there is one; nothing is written. Raises Refused for a bad
        token."""
        client = self._client(request, self._claims(request), secret)
        found = await asyncio.to_thread(find_conversation, self._services, client, sender)
        return found.id if found else None

    async def renew(self, request: Request, sender: str, secret: str, sent: list[Sending]) -> Guest:
        """The client with the secret that one of its messages has brought. Raises Refused where none has, and a secret
        that opens nothing any more."""
        claims = self._claims(request)
        client = self._client(request, claims, secret)
        for sending in sent:
            found = await asyncio.to_thread(find_conversation, self._services, client, sender, sending)
            if found is not None:
                return Guest(found.id, found.secret, client, sender, None, None)
        raise Refused(response.json({"error": say("secret_gone")}, 410))

    async def is_still_in(self, guest: Guest) -> bool:
        """Whether the client may still open its conversation: its secret is not replaced."""
        found = await asyncio.to_thread(find_conversation, self._services, guest.client, guest.sender)
        return found is not None and found.id == guest.id

    def seconds_left(self, guest: Guest, longest: float) -> float:
        """For how long the client may listen, at most."""
        if guest.until is None:
            return longest
        return min(longest, (guest.until - self._services.clock()).total_seconds())

    async def answered(self, guest: Guest) -> Guest | None:
        """The client after its message was answered: with a new secret, if the message has replaced it. None where
        somebody else's has, and the answer is not the client's any more."""
        opened = Opened(guest.id, guest.secret)
        again = await asyncio.to_thread(renewed, self._services, guest.client, guest.sender, opened, guest.sending)
        return None if again is None else replace(guest, secret=again.secret)

    async def count(self, conversation_id: str, sender: str) -> None:
        """Count a message that is to be answered in a conversation. Raises Refused."""
        self._let_pass(await self._limits.wait("conversation", conversation_id), sender)

    def hand_over(self, request: Request, answer: HTTPResponse, guest: Guest) -> None:
        """Give the client its secret."""
        if guest.secret is not None:
            answer.headers.add("Set-Cookie", COOKIE.set(self.security, request, guest.secret))

    async def count_address(self, request: Request, sender: str) -> None:
        """Count a message for the address that it comes from. Raises Refused."""
        origin = self.security.origin(request)
        if origin.limited:
            index = address_index(self._services, origin.address)
            self._let_pass(await self._limits.wait("address", index), sender, "wait_network_too_fast")

    def _client(self, request: Request, claims: Claims | None, secret: str | None) -> Client:
        origin = self.security.origin(request)
        return Client(
            self._channel,
            origin.address,
            limited=origin.limited,
            secret=COOKIE.of(self.security, request) if secret is None else secret,
            subject=claims.subject if claims else None,
        )

    def _opened(
        self, client: Client, sender: str, claims: Claims | None, sending: Sending | None, begins: bool
    ) -> Opened:
        try:
            opened = open_conversation(self._services, client, sender, sending, begins=begins)
        except TooManyConversations as error:
            self._let_pass(error.seconds, sender, "wait_too_many")
            raise
        except SecretGone:
            raise Refused(response.json({"error": say("secret_gone")}, 410)) from None
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

    def _let_pass(self, seconds: int, sender: str, code: str = "wait_too_fast") -> None:
        if not seconds:
            return
        text = say(code, seconds=seconds, contact=self._contact)
        said: list[dict[str, Any]] = [{"recipient_id": sender, "text": text}]
        raise Refused(response.json(said, 429, headers={"Retry-After": str(seconds)}))
