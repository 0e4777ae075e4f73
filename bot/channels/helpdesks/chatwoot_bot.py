"""Chatwoot as a channel: the bot answers as the agent bot of Chatwoot's own inboxes.

Chatwoot waits five seconds for an answer to its webhook, so a message is stored, and answered after that; the worker
brings the answer.
"""

from __future__ import annotations

import asyncio
from typing import Any

from sanic import Sanic

from bot.cases.conversations import open_account
from bot.cases.helpdesk import Person
from bot.cases.inside import follow
from bot.cases.ports import Services
from bot.channels.clean_text import clean
from bot.channels.door import Door
from bot.channels.turns import Turns
from bot.gateways.helpdesks.chatwoot import CHANNEL, account_of
from bot.masking import mask_cards
from bot.settings import Settings

FILE = "[a file]"
"""What is stored of a message that is a file and no words."""


class ChatwootBot:
    """Hears what customers write in Chatwoot's own inboxes, and whose a conversation is there."""

    def __init__(self, app: Sanic, services: Services, settings: Settings) -> None:
        self._app = app
        self._services = services
        self._contact = settings.contact
        self._door = Door(CHANNEL, services, settings)
        self._inbox = int(settings.helpdesk_inbox)
        self._turns: Turns | None = None

    async def hear_customer(self, data: dict[str, Any]) -> None:
        """Have a customer's message answered. Raises Refused for one too many."""
        event, conversation = data.get("event"), data.get("conversation") or {}
        if self._is_ours(data) or not conversation.get("id"):
            return
        if event == "message_created" and data.get("message_type") in ("incoming", 0) and not data.get("private"):
            said = str(data.get("content") or "") or (FILE if data.get("attachments") else "")
            await self._take(conversation, str(data["id"]), said, None)
        elif event == "message_updated":
            for chosen in (data.get("content_attributes") or {}).get("submitted_values") or []:
                value, title = str(chosen.get("value") or ""), str(chosen.get("title") or "")
                await self._take(conversation, f"{data['id']}-chosen", value, title or None)

    async def hear_status(self, data: dict[str, Any]) -> None:
        """Keep the bot silent while a conversation is open, and let it answer again once it is not."""
        if self._is_ours(data) or not str(data.get("event")).startswith("conversation_") or not data.get("id"):
            return
        account = await asyncio.to_thread(open_account, self._services, CHANNEL, account_of(str(data["id"])))
        await self._follow(account.id, data)

    def _is_ours(self, data: dict[str, Any]) -> bool:
        """Whether it is about the inbox in which customers of our other channels are: there we write for them."""
        inbox = (data.get("inbox") or {}).get("id") or data.get("inbox_id")
        return (inbox or (data.get("conversation") or {}).get("inbox_id")) == self._inbox

    async def _follow(self, conversation_id: str, conversation: dict[str, Any]) -> None:
        status = conversation.get("status")
        if status not in ("open", "pending", "resolved"):
            return
        assignee = (conversation.get("meta") or {}).get("assignee") or {}
        who = Person(str(assignee["id"]), str(assignee.get("name") or "")) if assignee.get("id") else None
        await asyncio.to_thread(follow, self._services, CHANNEL, conversation_id, with_people=status == "open", who=who)

    async def _take(self, conversation: dict[str, Any], message_id: str, said: str, title: str | None) -> None:
        account = account_of(str(conversation["id"]))
        opened = await asyncio.to_thread(open_account, self._services, CHANNEL, account)
        # The status is in every event, and events overtake each other.
        await self._follow(opened.id, conversation)
        if self._turns is None:
            self._turns = Turns(self._app.ctx.agent, self._services, self._contact)
        if not await self._turns.knows(opened.id, message_id):
            await self._door.count(opened.id, account)
        text, had_card = mask_cards(clean(said))
        received = await self._turns.receive(opened.id, message_id, text, had_card=had_card, title=title)
        if received.bot:
            self._turns.run(CHANNEL, received.message, delivered=False)
