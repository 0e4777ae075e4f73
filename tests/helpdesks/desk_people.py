"""The people at each help desk: what they see there, and what their help desk sends us when they do something. Payloads
and signatures are written from the documentation, with code of their own."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from email.message import EmailMessage
from string import ascii_lowercase, ascii_uppercase
from typing import Any
from urllib.parse import urlencode

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from tests.helpdesks.desk_servers import (
    ChatwootServer,
    DeskServer,
    FreshdeskServer,
    SlackServer,
    WebhookServer,
    ZendeskServer,
)
from tests.ports import free_port

Request = tuple[dict[str, str], bytes]
"""Headers and body of a request to our webhook."""


def _hmac(secret: str, content: bytes) -> bytes:
    return hmac.new(secret.encode(), content, hashlib.sha256).digest()


@dataclass
class People(ABC):
    """Dana at a help desk. ``moment``: when she does the next thing, by the help desk's clock."""

    name = ""
    moment: datetime = field(default_factory=lambda: datetime.now(timezone.utc))
    answers: int = 0
    takes_first = False

    @abstractmethod
    def settings(self) -> dict[str, str]:
        """What switches it on."""

    @abstractmethod
    def start(self) -> None:
        """Begin to serve."""

    @abstractmethod
    def stop(self) -> None:
        """Serve no more."""

    @abstractmethod
    def seen(self) -> list[str]:
        """What Dana sees of the newest ticket, one text for each thing."""

    @abstractmethod
    def takes(self) -> Request:
        """She takes the ticket."""

    @abstractmethod
    def answer(self, text: str) -> Request:
        """She writes to the customer."""

    @abstractmethod
    def solves(self) -> Request:
        """The ticket is done."""

    @abstractmethod
    def hands_back(self) -> Request:
        """The bot shall go on."""

    def unsigned(self, request: Request) -> Request:
        """The same from somebody without the secret: in the right form, with other digits at the end."""
        headers, body = request
        kinds = "0123456789abcdef", ascii_lowercase[6:], ascii_uppercase  # in base64 there may be no hex digit
        others = str.maketrans({old: new for kind in kinds for old, new in zip(kind, kind[1:] + kind[0], strict=True)})
        forged = {
            name: value[:-12] + value[-12:].translate(others) for name, value in headers.items() if len(value) > 20
        }
        return {**headers, **forged, "content-type": headers["content-type"]}, body

    def at(self) -> datetime:
        """The next moment."""
        self.moment += timedelta(seconds=1)
        return self.moment


def _json_headers(**headers: str) -> dict[str, str]:
    return {"content-type": "application/json", **{name.replace("_", "-"): value for name, value in headers.items()}}


@dataclass
class HttpPeople(People):
    """At a help desk that speaks HTTP."""

    @property
    @abstractmethod
    def server(self) -> DeskServer:
        """The contract server."""

    def start(self) -> None:
        """See People."""
        self.server.start()

    def stop(self) -> None:
        """See People."""
        self.server.stop()


@dataclass
class ZendeskPeople(HttpPeople):
    """Event webhooks, signed over time and body."""

    name = "zendesk"
    desk: ZendeskServer = field(default_factory=ZendeskServer)

    @property
    def server(self) -> DeskServer:
        """See HttpPeople."""
        return self.desk

    def settings(self) -> dict[str, str]:
        """See People."""
        return {
            "helpdesk": "zendesk",
            "helpdesk_url": self.desk.url,
            "helpdesk_account": "bot@shop.example",
            "helpdesk_token": "zendesk-token-0123456789",
            "helpdesk_secret": "zendesk-secret-0123456789",
        }

    def seen(self) -> list[str]:
        """See People."""
        return [comment["body"] for comment in self.desk.tickets[max(self.desk.tickets)]["comments"]]

    def event(self, kind: str, event: dict[str, Any]) -> Request:
        """A signed event about the newest ticket."""
        at = self.at().strftime("%Y-%m-%dT%H:%M:%S.%f") + "123Z"
        number = str(max(self.desk.tickets))
        body = json.dumps(
            {
                "account_id": 22129848,
                "detail": {"id": number, "actor_id": "8447388090494", "assignee_id": "0", "status": "OPEN"},
                "event": {"meta": {"sequence": {"id": "x", "position": 1}}, **event},
                "id": f"event-{self.moment.timestamp()}",
                "subject": f"zen:ticket:{number}",
                "time": at,
                "type": f"zen:event-type:ticket.{kind}",
                "zendesk_event_version": "2022-11-06",
            }
        ).encode()
        sent = "2026-05-06T16:00:00Z"
        signature = base64.b64encode(_hmac("zendesk-secret-0123456789", sent.encode() + body)).decode()
        headers = {"x-zendesk-webhook-signature": signature, "x-zendesk-webhook-signature-timestamp": sent}
        return {**headers, "content-type": "application/json"}, body

    def comment(self, text: str, **changes: Any) -> Request:
        """A comment is added."""
        self.answers += 1
        author = {"id": "8447388090494", "is_staff": True, "name": "Dana Zee"}
        comment = {"author": author, "body": text, "id": f"4{self.answers}", "is_public": True, **changes}
        return self.event("comment_added", {"comment": comment})

    def takes(self) -> Request:
        """See People."""
        return self.event("agent_assignment_changed", {"current": "8447388090494", "previous": "0"})

    def answer(self, text: str) -> Request:
        """See People."""
        return self.comment(text)

    def solves(self) -> Request:
        """See People."""
        return self.event("status_changed", {"current": "SOLVED", "previous": "OPEN"})

    def hands_back(self) -> Request:
        """See People: Zendesk has no word for it."""
        return self.solves()


@dataclass
class FreshdeskPeople(HttpPeople):
    """A rule whose webhook names the ticket alone."""

    name = "freshdesk"
    desk: FreshdeskServer = field(default_factory=FreshdeskServer)

    @property
    def server(self) -> DeskServer:
        """See HttpPeople."""
        return self.desk

    def settings(self) -> dict[str, str]:
        """See People."""
        self.desk.agents[43] = "Dana Fresh"
        return {
            "helpdesk": "freshdesk",
            "helpdesk_url": self.desk.url,
            "helpdesk_token": "freshdesk-key-0123456789",
            "helpdesk_secret": "freshdesk-secret-0123456789",
        }

    @property
    def number(self) -> int:
        """The newest ticket."""
        return max(self.desk.tickets)

    def seen(self) -> list[str]:
        """See People."""
        import html

        shown = [self.desk.tickets[self.number]["description"], *(said["body"] for said in self.desk.said[self.number])]
        return [html.unescape(text.replace("<br>", "\n")) for text in shown]

    def poke(self) -> Request:
        """Something happened."""
        headers = {"x-refund-desk-secret": "freshdesk-secret-0123456789", "content-type": "application/json"}
        return headers, json.dumps({"ticket_id": self.number}).encode()

    def takes(self) -> Request:
        """See People."""
        self.desk.tickets[self.number] |= {"responder_id": 43, "updated_at": "2026-05-06T16:00:30Z"}
        return self.poke()

    def answer(self, text: str) -> Request:
        """See People."""
        self.desk.say(self.number, 43, text, private=False)
        return self.poke()

    def solves(self) -> Request:
        """See People."""
        self.desk.tickets[self.number] |= {"status": 4, "updated_at": "2026-05-06T17:00:00Z"}
        return self.poke()

    def hands_back(self) -> Request:
        """See People: Freshdesk has no word for it."""
        return self.solves()


@dataclass
class SlackPeople(HttpPeople):
    """Buttons and the thread."""

    name = "slack"
    desk: SlackServer = field(default_factory=SlackServer)
    takes_first = True

    @property
    def server(self) -> DeskServer:
        """See HttpPeople."""
        return self.desk

    def settings(self) -> dict[str, str]:
        """See People."""
        return {
            "helpdesk": "slack",
            "helpdesk_url": self.desk.url,
            "helpdesk_account": "C0DESK",
            "helpdesk_token": "xoxb-slack-token-0123456789",
            "helpdesk_secret": "slack-secret-0123456789",
        }

    def seen(self) -> list[str]:
        """See People."""
        return [" ".join([each["text"], json.dumps(each.get("blocks") or "")]) for each in self.desk.messages]

    def signed(self, kind: str, body: bytes) -> Request:
        """Signed by Slack."""
        at = str(int(time.time()))
        signature = "v0=" + _hmac("slack-secret-0123456789", b"v0:" + at.encode() + b":" + body).hex()
        return {"content-type": kind, "x-slack-request-timestamp": at, "x-slack-signature": signature}, body

    @property
    def ts(self) -> str:
        """The message of the newest ticket."""
        return next(each["ts"] for each in reversed(self.desk.messages) if "thread_ts" not in each)

    def press(self, action: str, user: str = "U2DANA") -> Request:
        """A button is pressed."""
        payload = {
            "type": "block_actions",
            "user": {"id": user, "username": "dana", "name": "dana.slack", "team_id": "T1"},
            "container": {"type": "message", "message_ts": self.ts, "channel_id": "C0DESK"},
            "channel": {"id": "C0DESK", "name": "refunds"},
            "message": {"type": "message", "ts": self.ts},
            "response_url": "https://hooks.slack.example/actions/1",
            "actions": [
                {"action_id": action, "block_id": "b", "type": "button", "action_ts": f"{self.at().timestamp():.6f}"}
            ],
        }
        return self.signed("application/x-www-form-urlencoded", urlencode({"payload": json.dumps(payload)}).encode())

    def message(self, text: str, user: str = "U2DANA", **changes: Any) -> Request:
        """Something is said in the thread."""
        event = {
            "type": "message",
            "channel": "C0DESK",
            "user": user,
            "text": text,
            "ts": f"{self.at().timestamp():.6f}",
            "thread_ts": self.ts,
            **changes,
        }
        body = {"type": "event_callback", "team_id": "T1", "event_id": f"Ev{self.moment.timestamp()}", "event": event}
        return self.signed("application/json", json.dumps(body).encode())

    def takes(self) -> Request:
        """See People."""
        return self.press("refund_desk_claim")

    def answer(self, text: str) -> Request:
        """See People."""
        return self.message(text)

    def solves(self) -> Request:
        """See People."""
        return self.press("refund_desk_solve")

    def hands_back(self) -> Request:
        """See People."""
        return self.press("refund_desk_hand_back")


@dataclass
class WebhookPeople(HttpPeople):
    """Our own format."""

    name = "webhook"
    desk: WebhookServer = field(default_factory=WebhookServer)

    @property
    def server(self) -> DeskServer:
        """See HttpPeople."""
        return self.desk

    def settings(self) -> dict[str, str]:
        """See People."""
        secret = "webhook-secret-0123456789"
        return {"helpdesk": "webhook", "helpdesk_url": self.desk.url, "helpdesk_secret": secret}

    def seen(self) -> list[str]:
        """See People."""
        opened = max(i for i, event in enumerate(self.desk.events) if event["event"] == "ticket.opened")
        return [json.dumps(event, ensure_ascii=False) for event in self.desk.events[opened:]]

    def event(self, kind: str, **more: Any) -> Request:
        """A signed event about the newest ticket."""
        reference = next(e["reference"] for e in reversed(self.desk.events) if e["event"] == "ticket.opened")
        event = {"event": kind, "ticket": f"T-{reference}", "at": self.at().isoformat(), **more}
        body = json.dumps(event).encode()
        at = int(time.time())
        signature = _hmac("webhook-secret-0123456789", f"{at}.".encode() + body).hex()
        return {"content-type": "application/json", "refund-desk-signature": f"t={at},v1={signature}"}, body

    def takes(self) -> Request:
        """See People."""
        return self.event("taken", agent={"id": "9", "name": "Dana Hook"})

    def answer(self, text: str) -> Request:
        """See People."""
        self.answers += 1
        return self.event("answer", id=f"m{self.answers}", agent={"id": "9", "name": "Dana Hook"}, text=text)

    def solves(self) -> Request:
        """See People."""
        return self.event("solved")

    def hands_back(self) -> Request:
        """See People."""
        return self.event("handed_back")


@dataclass
class ChatwootPeople(HttpPeople):
    """The webhook of agent bot and inbox."""

    name = "chatwoot"
    desk: ChatwootServer = field(default_factory=ChatwootServer)

    @property
    def server(self) -> DeskServer:
        """See HttpPeople."""
        return self.desk

    def settings(self) -> dict[str, str]:
        """See People."""
        return {
            "helpdesk": "chatwoot",
            "helpdesk_url": self.desk.url,
            "helpdesk_account": "7",
            "helpdesk_inbox": "3",
            "helpdesk_token": "chatwoot-token-0123456789",
            "helpdesk_agent_token": "chatwoot-agent-token-0123456789",
            "helpdesk_secret": "chatwoot-secret-0123456789",
            "helpdesk_inbox_secret": "chatwoot-inbox-secret-0123456789",
        }

    @property
    def number(self) -> int:
        """The newest conversation."""
        return max(self.desk.conversations)

    def seen(self) -> list[str]:
        """See People."""
        return [message["content"] for message in self.desk.conversations[self.number]["messages"]]

    def event(self, kind: str, data: dict[str, Any]) -> Request:
        """A signed event: by the inbox of the kind API with its own secret, else by the bot."""
        body = json.dumps({**data, "event": kind, "account": {"id": 7, "name": "Shop"}}).encode()
        at = str(int(time.time()))
        inbox = (data.get("conversation") or data).get("inbox_id")
        secret = "chatwoot-inbox-secret-0123456789" if inbox == 3 else "chatwoot-secret-0123456789"
        signature = "sha256=" + _hmac(secret, at.encode() + b"." + body).hex()
        headers = {"x-chatwoot-timestamp": at, "x-chatwoot-signature": signature, "x-chatwoot-delivery": "d1"}
        return {**headers, "content-type": "application/json"}, body

    def conversation(self, number: int | None = None) -> dict[str, Any]:
        """A conversation as events have it."""
        row = self.desk.conversations[number or self.number]
        assignee = {"id": 5, "name": "Dana Woot", "type": "user"} if row["status"] == "open" else None
        values = {"id": row["id"], "inbox_id": row["inbox_id"], "status": row["status"]}
        values["channel"] = row.get("channel", "Channel::Api")
        return {**values, "meta": {"assignee": assignee}, "updated_at": self.at().timestamp()}

    def message(self, number: int, message_id: int, text: str, **changes: Any) -> Request:
        """A message is created."""
        conversation = self.conversation(number)
        data = {
            "id": message_id,
            "content": text,
            "message_type": "incoming",
            "private": False,
            "created_at": self.at().isoformat(),
            "inbox": {"id": conversation["inbox_id"], "name": "Inbox"},
            "conversation": conversation,
            "sender": {"id": 77, "name": "Alex", "type": "contact"},
            **changes,
        }
        return self.event(changes.pop("event", "message_created"), data)

    def writes(self, number: int, message_id: int, text: str, **changes: Any) -> Request:
        """The customer writes, now."""
        return self.message(number, message_id, text, **{"created_at": time.time(), **changes})

    def chooses(self, number: int, message_id: int, title: str) -> Request:
        """The customer chooses from the newest list: the bot's own message is updated."""
        said = [each for each in self.desk.conversations[number]["messages"] if each.get("content_type")]
        items = said[-1]["content_attributes"]["items"]
        chosen = [item for item in items if item["title"] == title]
        attributes = {"items": items, "submitted_values": chosen}
        return self.message(
            number, message_id, said[-1]["content"], event="message_updated", message_type="outgoing",
            content_type="input_select", content_attributes=attributes, sender={"id": 1, "type": "agent_bot"},
        )  # fmt: skip

    def becomes(self, status: str, number: int | None = None) -> Request:
        """The status changes."""
        self.desk.conversations[number or self.number]["status"] = status
        kind = {"open": "conversation_opened", "resolved": "conversation_resolved"}.get(status)
        return self.event(kind or "conversation_status_changed", self.conversation(number))

    def takes(self) -> Request:
        """See People."""
        return self.becomes("open")

    def answer(self, text: str) -> Request:
        """See People."""
        self.answers += 1
        sender = {"id": 5, "name": "Dana Woot", "type": "user", "email": "dana@shop.example"}
        return self.message(self.number, 500 + self.answers, text, message_type="outgoing", sender=sender)

    def solves(self) -> Request:
        """See People."""
        return self.becomes("resolved")

    def hands_back(self) -> Request:
        """See People."""
        return self.becomes("pending")


class _Box:
    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.broken = False

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        import email
        import email.policy

        if self.broken:
            return "451 try again later"
        found = email.message_from_bytes(envelope.content, policy=email.policy.default)  # type: ignore[arg-type]
        self.mails.append(found)  # type: ignore[arg-type]
        return "250 taken"


@dataclass
class EmailPeople(People):
    """A mailbox, and whoever posts its mails."""

    name = "email"
    box: _Box = field(default_factory=_Box)
    port: int = 0

    def start(self) -> None:
        """See People."""
        if not self.port:
            self.port = free_port()
        self._controller = Controller(self.box, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        """See People."""
        self._controller.stop()

    def settings(self) -> dict[str, str]:
        """See People."""
        return {
            "helpdesk": "email",
            "helpdesk_account": "team@shop.example",
            "helpdesk_inbox": "desk@shop.example",
            "helpdesk_secret": "email-secret-0123456789",
            "smtp_url": f"smtp://127.0.0.1:{self.port}",
            "mail_from": "bot@shop.example",
        }

    def seen(self) -> list[str]:
        """See People."""
        return [str(mail.get_content()) for mail in self.box.mails]

    def mail(self, text: str, **headers: str) -> Request:
        """An answer to the newest mail."""
        mail = EmailMessage()
        self.answers += 1
        mail["From"], mail["To"] = "Dana Mail <dana@shop.example>", str(self.box.mails[-1]["Reply-To"])
        mail["Subject"], mail["Message-ID"] = "Re: your case", f"<{self.answers}@mail.example>"
        for name, value in headers.items():
            mail[name.replace("_", "-")] = value
        quoted = "\n".join(f"> {line}" for line in self.seen()[-1].split("\n"))
        mail.set_content(f"{text}\n\nOn Wed, 6 May 2026 at 18:00, Refund Desk <bot@shop.example>\nwrote:\n{quoted}\n")
        return {"content-type": "message/rfc822", "authorization": "Bearer email-secret-0123456789"}, mail.as_bytes()

    def takes(self) -> Request:
        """See People: there is nothing to press."""
        return self.answer("I am looking at it.")

    def answer(self, text: str) -> Request:
        """See People."""
        return self.mail(text)

    def solves(self) -> Request:
        """See People."""
        return self.mail("#solved")

    def hands_back(self) -> Request:
        """See People."""
        return self.mail("#bot")


PEOPLE = (ChatwootPeople, ZendeskPeople, FreshdeskPeople, SlackPeople, WebhookPeople, EmailPeople)
"""Those of every help desk."""
