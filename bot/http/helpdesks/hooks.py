"""How each help desk proves that a webhook is its own, and what it says; docs/ has the sources."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import parse_qs

from bot.cases.ports.helpdesk import DeskEvent, EventKind, Person
from bot.cases.services import Services
from bot.gateways.helpdesks.api import parse_time
from bot.gateways.helpdesks.slack import CLAIM, HAND_BACK, SOLVE
from bot.gateways.helpdesks.webhook import HEADER, TOLERANCE, is_signed
from bot.http.helpdesks.heard import Headers, Heard, Hook, Signed, moment_of
from bot.http.helpdesks.mail_hook import EmailHook
from bot.http.messaging.incoming import moment
from bot.http.messaging.slack import is_from_slack
from bot.settings import Settings


def _is_recent(seconds: str, now: float) -> bool:
    return bool(re.fullmatch("[0-9]{1,12}", seconds)) and abs(now - int(seconds)) <= TOLERANCE


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode("utf-8", "replace"), other.encode("utf-8", "replace"))


def _digest(secret: bytes, *parts: bytes) -> bytes:
    return hmac.new(secret, b"".join(parts), hashlib.sha256).digest()


class ZendeskHook(Signed):
    """Event subscriptions for tickets. The signature is over time and body. How old a redelivery may be nobody says, so
    the time is not looked at: what comes again changes nothing."""

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """See Hook."""
        at = headers.get("x-zendesk-webhook-signature-timestamp", "")
        expected = base64.b64encode(_digest(self._secret, at.encode("utf-8", "replace"), body)).decode()
        return _same(headers.get("x-zendesk-webhook-signature", ""), expected)

    def read(self, headers: Headers, body: bytes) -> Heard:
        """See Hook. Who has a ticket is only a number: whoever answers first is named."""
        data = json.loads(body)
        kind = str(data["type"]).rpartition(":")[2]
        detail, event, at = data.get("detail") or {}, data.get("event") or {}, parse_time(data.get("time"))
        ticket = str(detail.get("id") or "")
        if kind == "ticket.comment_added":
            comment = event["comment"]
            author = comment["author"]
            if comment.get("is_public") is not True or author.get("is_staff") is not True:
                return Heard()
            who = Person(str(author["id"]), str(author.get("name") or ""))
            text = str(comment.get("body") or "")
            return Heard([DeskEvent(EventKind.ANSWER, ticket, who, at, str(comment["id"]), text)])
        if kind == "ticket.status_changed":
            now_is = str(event.get("current") or "").lower()
            kinds = {"solved": EventKind.SOLVED, "closed": EventKind.SOLVED}
            return Heard([DeskEvent(kinds[now_is], ticket, at=at)] if now_is in kinds else [])
        if kind == "ticket.agent_assignment_changed" and str(event.get("current") or "0") not in ("0", "None"):
            who = Person(str(event["current"]), "")
            return Heard([DeskEvent(EventKind.TAKEN, ticket, who, at)])
        return Heard()


class FreshdeskHook(Signed):
    """A rule's webhook with our secret in a header of its own. All it has to say is which ticket it is about."""

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """See Hook."""
        given = headers.get("x-refund-desk-secret", "").encode("utf-8", "replace")
        return hmac.compare_digest(given, self._secret)

    def read(self, headers: Headers, body: bytes) -> Heard:
        """See Hook."""
        ticket = str(json.loads(body)["ticket_id"])
        # The placeholder {{ticket.id}} is the number alone, {{ticket.id_with_hash}} has a sign before it.
        return Heard(look_at=ticket.lstrip("#")[:100])


class SlackHook(Signed):
    """Events and interactivity of the app; both come here."""

    def __init__(self, services: Services, settings: Settings) -> None:
        super().__init__(services, settings)
        self._place = settings.helpdesk_account

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """See Hook."""
        return is_from_slack(self._secret.decode(), headers, body, time.time())

    def read(self, headers: Headers, body: bytes) -> Heard:
        """See Hook."""
        if headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
            return Heard(self._pressed(json.loads(parse_qs(body.decode())["payload"][0])))
        data = json.loads(body)
        if data.get("type") == "url_verification":
            return Heard(answer={"challenge": str(data["challenge"])})
        event = data.get("event") or {}
        if data.get("type") != "event_callback" or event.get("type") != "message":
            return Heard()
        return Heard(self._said(event))

    def _pressed(self, data: dict[str, Any]) -> list[DeskEvent]:
        if data.get("type") != "block_actions" or (data.get("channel") or {}).get("id") != self._place:
            return []
        kinds = {CLAIM: EventKind.TAKEN, HAND_BACK: EventKind.HANDED_BACK, SOLVE: EventKind.SOLVED}
        user = data["user"]
        who = Person(str(user["id"]), str(user.get("name") or user.get("username") or ""))
        ticket = f"{self._place}:{(data.get('container') or {}).get('message_ts') or data['message']['ts']}"
        return [
            DeskEvent(kinds[action["action_id"]], ticket, who, moment(action.get("action_ts")))
            for action in data["actions"]
            if action.get("action_id") in kinds
        ]

    def _said(self, event: dict[str, Any]) -> list[DeskEvent]:
        """The words of whoever has claimed the case. All else in the thread stays among colleagues."""
        ours = event.get("channel") == self._place and event.get("thread_ts") and event.get("user")
        if not ours or event.get("bot_id") or event.get("subtype") not in (None, "thread_broadcast"):
            return []
        ticket, user = f"{self._place}:{event['thread_ts']}", str(event["user"])
        name = self._claimed_by(ticket, user)
        lines = [line for line in str(event.get("text") or "").split("\n") if not line.startswith("//")]
        if name is None:
            return []
        text, at = _slack_text("\n".join(lines)), moment(event["ts"])
        return [DeskEvent(EventKind.ANSWER, ticket, Person(user, name), at, str(event["ts"]), text)]

    def _claimed_by(self, ticket: str, user: str) -> str | None:
        """The name of the user, if they have the conversation."""
        with self._services.reading() as uow:
            known = uow.tickets.named("slack", ticket)
            talk = uow.conversations.find(known.conversation_id) if known else None
            agent = uow.agents.get(talk.agent_id) if talk and talk.agent_id is not None else None
        return agent.name if agent is not None and agent.login == f"slack:{user}" else None


def _slack_text(text: str) -> str:
    """The words without Slack's marks for links and mentions."""
    text = re.sub(r"<(?:https?|mailto):[^>|]*\|([^>]*)>", r"\1", text)
    text = re.sub(r"<[@#!][^>|]*\|?([^>]*)>", r"\1", text)
    text = re.sub(r"<((?:https?|mailto):[^>]*)>", r"\1", text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


class WebhookHook(Signed):
    """Our own format, for any help desk."""

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """See Hook."""
        return is_signed(self._secret, headers.get(HEADER.lower(), ""), body, time.time())

    def read(self, headers: Headers, body: bytes) -> Heard:
        """See Hook."""
        data = json.loads(body)
        kinds = {
            "answer": EventKind.ANSWER,
            "taken": EventKind.TAKEN,
            "solved": EventKind.SOLVED,
            "handed_back": EventKind.HANDED_BACK,
        }
        kind = kinds.get(data.get("event"))
        if kind is None:
            return Heard()
        agent = data.get("agent") or {}
        who = Person(str(agent["id"]), str(agent.get("name") or "")) if agent else None
        if kind is EventKind.ANSWER and not (isinstance(data["id"], str) and who):
            raise ValueError("an answer has an id and an agent")
        named = str(data.get("id") or ""), str(data.get("text") or "")
        return Heard([DeskEvent(kind, str(data["ticket"]), who, parse_time(data.get("at")), *named)])


class ChatwootHook(Signed):
    """The agent bot's webhook, and that of the inbox of the kind API."""

    def __init__(self, services: Services, settings: Settings) -> None:
        super().__init__(services, settings)
        self._inbox = int(settings.helpdesk_inbox)
        self._account = int(settings.helpdesk_account)

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """See Hook."""
        at = headers.get("x-chatwoot-timestamp", "")
        if not _is_recent(at, time.time()):
            return False
        expected = "sha256=" + _digest(self._secret, f"{at}.".encode(), body).hex()
        return _same(headers.get("x-chatwoot-signature", ""), expected)

    def read(self, headers: Headers, body: bytes) -> Heard:
        """See Hook."""
        data = json.loads(body)
        event = str(data.get("event") or "")
        account = (data.get("account") or {}).get("id", self._account)
        if account != self._account:
            return Heard()
        if event == "message_created":
            return Heard(self._said(data), data=data)
        if event.startswith("conversation_"):
            return Heard(self._status(data), data=data)
        return Heard(data=data)

    def _said(self, data: dict[str, Any]) -> list[DeskEvent]:
        """An agent's words. Private notes are none, and neither are the bot's, which come back here, too."""
        sender = data.get("sender") or {}
        if data.get("message_type") not in ("outgoing", 1) or data.get("private") or sender.get("type") != "user":
            return []
        who = Person(str(sender["id"]), str(sender.get("name") or ""))
        ticket, at = str(data["conversation"]["id"]), moment_of(data.get("created_at"))
        return [DeskEvent(EventKind.ANSWER, ticket, who, at, str(data["id"]), str(data.get("content") or ""))]

    def _status(self, data: dict[str, Any]) -> list[DeskEvent]:
        ticket, status = str(data["id"]), data.get("status")
        at = moment_of(data.get("updated_at"))
        if status == "resolved":
            return [DeskEvent(EventKind.SOLVED, ticket, at=at)]
        if status == "pending":
            return [DeskEvent(EventKind.HANDED_BACK, ticket, at=at)]
        assignee = (data.get("meta") or {}).get("assignee") or {}
        if status == "open" and assignee.get("id") and assignee.get("type", "user") == "user":
            who = Person(str(assignee["id"]), str(assignee.get("name") or ""))
            return [DeskEvent(EventKind.TAKEN, ticket, who, at)]
        return []


HOOKS: dict[str, Callable[[Services, Settings], Hook]] = {
    "chatwoot": ChatwootHook,
    "zendesk": ZendeskHook,
    "freshdesk": FreshdeskHook,
    "slack": SlackHook,
    "email": EmailHook,
    "webhook": WebhookHook,
}
"""The webhook of each help desk, by its name."""
