"""Chatwoot as a channel: the bot answers as the agent bot of Chatwoot's own inboxes.

Chatwoot waits five seconds for an answer to its webhook, so a message is stored, and answered after that; the worker
brings the answer.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Sanic

from bot.cases.conversation.conversations import open_account
from bot.cases.outbound.helpdesk_conversations import follow
from bot.cases.ports.helpdesk import Person
from bot.cases.services import Services
from bot.gateways.helpdesks.chatwoot import CHANNEL, account_of
from bot.http.helpdesks.heard import moment_of
from bot.http.limits import MessageLimits
from bot.http.messaging.incoming import Incoming
from bot.http.messaging.intake import Intake
from bot.http.turns import Turns
from bot.settings import Settings

FILE = "[a file]"
"""What is stored of a message that is a file and no words, while people, who see it, have the conversation."""
_OWN_CHAT = "Channel::WebWidget"


class ChatwootBot:
    """Hears what customers write in Chatwoot's own inboxes, and whose a conversation is there."""

    def __init__(self, app: Sanic, services: Services, settings: Settings) -> None:
        self._app = app
        self._services = services
        self._settings = settings
        self._inbox = int(settings.helpdesk_inbox)
        self._intake: Intake | None = None

    async def hear_customer(self, data: dict[str, Any]) -> None:
        """Have a customer's message answered."""
        event, conversation = data.get("event"), data.get("conversation") or {}
        if self._is_ours(data) or not conversation.get("id"):
            return
        written_at = moment_of(data.get("created_at"))
        if event == "message_created" and data.get("message_type") in ("incoming", 0) and not data.get("private"):
            text, is_file = str(data.get("content") or ""), bool(data.get("attachments"))
            if conversation.get("status") == "open":
                text, is_file = text or (FILE if is_file else ""), False
            message = _incoming(conversation, str(data["id"]), text, attachment=is_file, written_at=written_at)
            await self._take(conversation, message)
        elif event == "message_updated":
            for chosen in (data.get("content_attributes") or {}).get("submitted_values") or []:
                value, title = str(chosen.get("value") or ""), str(chosen.get("title") or "")
                await self._take(conversation, _incoming(conversation, f"{data['id']}-chosen", title, pressed=value))

    async def hear_status(self, data: dict[str, Any]) -> None:
        """Keep the bot silent while a conversation is open, and let it answer again once it is not."""
        if self._is_ours(data) or not str(data.get("event")).startswith("conversation_") or not data.get("id"):
            return
        await self._follow(data)

    def _is_ours(self, data: dict[str, Any]) -> bool:
        """Whether it is about the inbox in which customers of our other channels are: there we write for them."""
        inbox = (data.get("inbox") or {}).get("id") or data.get("inbox_id")
        return (inbox or (data.get("conversation") or {}).get("inbox_id")) == self._inbox

    async def _follow(self, conversation: dict[str, Any]) -> None:
        status = conversation.get("status")
        if status not in ("open", "pending", "resolved"):
            return
        opened = await asyncio.to_thread(open_account, self._services, CHANNEL, account_of(str(conversation["id"])))
        assignee = (conversation.get("meta") or {}).get("assignee") or {}
        who = Person(str(assignee["id"]), str(assignee.get("name") or "")) if assignee.get("id") else None
        await asyncio.to_thread(follow, self._services, CHANNEL, opened.id, with_people=status == "open", who=who)

    async def _take(self, conversation: dict[str, Any], message: Incoming) -> None:
        # The status is in every event, and events overtake each other.
        await self._follow(conversation)
        if self._intake is None:
            settings = self._settings
            limits = MessageLimits(
                settings.messages_per_minute,
                settings.address_messages_per_minute,
                settings.redis_url.get_secret_value(),
            )
            turns = Turns(self._app.ctx.agent, self._services, settings.contact)
            self._intake = Intake(turns, self._services, limits, settings.contact)
        await self._intake.take(message)


def _incoming(conversation: dict[str, Any], message_id: str, text: str, **more: Any) -> Incoming:
    number = str(conversation["id"])
    address = {"conversation": number, "can_choose": conversation.get("channel") == _OWN_CHAT}
    return Incoming(CHANNEL, account_of(number), message_id, text, address, **more)
