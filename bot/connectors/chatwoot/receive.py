"""What Chatwoot posts: what agents and customers write, and whose a conversation is."""

from __future__ import annotations

import hashlib
import hmac
import json
import time
from collections.abc import Callable
from functools import partial
from typing import Any

from bot.cases.outbound.delivery import was_sent
from bot.cases.ports.helpdesk import DeskEvent, EventKind, Person
from bot.cases.services import Services
from bot.connectors.chatwoot.deliver import CHANNEL, account_of
from bot.connectors.shared.helpdesk_hooks import DeskReading, Headers, Hook, OwnConversation, moment_of
from bot.connectors.shared.incoming import Incoming, is_recent, same_text
from bot.connectors.shared.settings import HelpdeskSettings
from bot.setting_groups.base import GroupedSettings
from bot.wording import say

_OWN_CHAT = "Channel::WebWidget"


def hook(settings: GroupedSettings, services: Services) -> Hook:
    """Who takes what is posted there."""
    ours = settings[HelpdeskSettings]
    given = (ours.secret.get_secret_value(), ours.inbox_secret.get_secret_value())
    secrets = [secret.encode() for secret in given if secret]
    return ChatwootHook(secrets, int(ours.account), int(ours.inbox), partial(was_sent, services, CHANNEL))


class ChatwootHook:
    """The agent bot's webhook, and that of the inbox of the kind API.

    Chatwoot waits five seconds for an answer to it, so a customer's message is stored, and answered after that; the
    worker brings the answer. The bot is silent while a conversation is open, and answers again once it is not.
    """

    def __init__(self, secrets: list[bytes], account: int, inbox: int, is_ours: Callable[[str], bool]) -> None:
        """``secrets`` are the bot's and the inbox's; ``is_ours`` knows by its id what we have said in Chatwoot."""
        self._secrets = secrets
        self._account = account
        self._inbox = inbox
        self._is_ours = is_ours

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """See Hook."""
        at = headers.get("x-chatwoot-timestamp", "")
        if not is_recent(at, time.time()):
            return False
        given, signed = headers.get("x-chatwoot-signature"), f"{at}.".encode() + body
        return any(
            same_text(given, f"sha256={hmac.new(secret, signed, hashlib.sha256).hexdigest()}")
            for secret in self._secrets
        )

    def read(self, headers: Headers, body: bytes) -> DeskReading:
        """See Hook."""
        data = json.loads(body)
        event = str(data.get("event") or "")
        account = (data.get("account") or {}).get("id", self._account)
        if account != self._account:
            return DeskReading()
        events: list[DeskEvent] = []
        if event == "message_created":
            events = self._said(data)
        elif event.startswith("conversation_"):
            events = self._status(data)
        if self._is_in_our_inbox(data):
            return DeskReading(events)
        if event.startswith("conversation_"):
            return DeskReading(events, conversation=_own(data))
        conversation = data.get("conversation") or {}
        messages = _messages(event, data, conversation)
        # The status is in every event, and events overtake each other.
        return DeskReading(events, conversation=_own(conversation) if messages else None, messages=messages)

    def _is_in_our_inbox(self, data: dict[str, Any]) -> bool:
        """Whether it is about the inbox in which customers of our other channels are: there we write for them."""
        inbox = (data.get("inbox") or {}).get("id") or data.get("inbox_id")
        return (inbox or (data.get("conversation") or {}).get("inbox_id")) == self._inbox

    def _said(self, data: dict[str, Any]) -> list[DeskEvent]:
        """An agent's words. Private notes are none, and neither are the bot's, which come back here, too: whoever's
        they are there, we know what we have said."""
        sender = data.get("sender") or {}
        if data.get("message_type") not in ("outgoing", 1) or data.get("private") or sender.get("type") != "user":
            return []
        number, text, is_file = str(data["id"]), str(data.get("content") or ""), bool(data.get("attachments"))
        if self._is_ours(number):
            return []
        who = Person(str(sender["id"]), str(sender.get("name") or ""))
        ticket, at = str(data["conversation"]["id"]), moment_of(data.get("created_at"))
        return [DeskEvent(EventKind.ANSWER, ticket, who, at, number, text, has_file=is_file)]

    def _status(self, data: dict[str, Any]) -> list[DeskEvent]:
        ticket, status = str(data["id"]), data.get("status")
        at = moment_of(data.get("updated_at"))
        if status == "resolved":
            return [DeskEvent(EventKind.SOLVED, ticket, at=at)]
        if status == "pending":
            return [DeskEvent(EventKind.HANDED_BACK, ticket, at=at)]
        who = _assigned(data)
        return [DeskEvent(EventKind.TAKEN, ticket, who, at)] if status == "open" and who is not None else []


def _messages(event: str, data: dict[str, Any], conversation: dict[str, Any]) -> list[Incoming]:
    """What a customer writes in one of Chatwoot's own inboxes."""
    if not conversation.get("id"):
        return []
    if event == "message_created" and data.get("message_type") in ("incoming", 0) and not data.get("private"):
        text, is_file = str(data.get("content") or ""), bool(data.get("attachments"))
        if conversation.get("status") == "open":
            text, is_file = text or (say("stands_for_file") if is_file else ""), False
        written_at = moment_of(data.get("created_at"))
        return [_incoming(conversation, str(data["id"]), text, attachment=is_file, written_at=written_at)]
    # A rating and a form that somebody has filled in are submitted values, too.
    if event == "message_updated" and data.get("content_type") == "input_select":
        chosen = (data.get("content_attributes") or {}).get("submitted_values") or []
        return [_chosen(conversation, str(data["id"]), one) for one in chosen]
    return []


def _chosen(conversation: dict[str, Any], message_id: str, choice: dict[str, Any]) -> Incoming:
    title, value = str(choice.get("title") or ""), str(choice.get("value") or "")
    return _incoming(conversation, f"{message_id}-chosen", title, pressed=value)


def _incoming(conversation: dict[str, Any], message_id: str, text: str, **more: Any) -> Incoming:
    number = str(conversation["id"])
    address = {"conversation": number, "can_choose": conversation.get("channel") == _OWN_CHAT}
    return Incoming(CHANNEL, account_of(number), message_id, text, address, **more)


def _own(conversation: dict[str, Any]) -> OwnConversation | None:
    status = conversation.get("status")
    if not conversation.get("id") or status not in ("open", "pending", "resolved"):
        return None
    return OwnConversation(account_of(str(conversation["id"])), status == "open", _assigned(conversation))


def _assigned(conversation: dict[str, Any]) -> Person | None:
    """Whose a conversation is; nobody's where a bot has it."""
    meta = conversation.get("meta") or {}
    assignee = meta.get("assignee") or {}
    if not assignee.get("id") or assignee.get("type", "user") != "user" or meta.get("assignee_type") == "AgentBot":
        return None
    return Person(str(assignee["id"]), str(assignee.get("name") or ""))
