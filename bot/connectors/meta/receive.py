"""Meta: WhatsApp's cloud API and the Messenger platform. Both sign the body with ``X-Hub-Signature-256``, ask for a
challenge once, and may send several events at once (developers.facebook.com/docs/graph-api/webhooks)."""

from __future__ import annotations

import hashlib
import hmac
import json
from abc import ABC, abstractmethod
from typing import Any

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.services import Services
from bot.connectors.meta.settings import MetaSettings
from bot.connectors.shared.incoming import (
    GREETING,
    Failed,
    Incoming,
    NotReadable,
    Reading,
    Receiver,
    code_of,
    moment,
    read_each,
    same_text,
    text_of,
)
from bot.setting_groups.base import GroupedSettings

_FILES = frozenset({"image", "audio", "video", "document", "sticker", "location", "unsupported"})
_SILENT = frozenset({"reaction", "system"})
"""What nobody expects an answer to: a sign below one of our messages, and news of WhatsApp about the customer."""
_STARTS = frozenset({"get_started", "get_started_payload"})
"""The button that opens a chat with a page; its payload is as the page has set it up, its title in the customer's
language."""


def receivers(settings: GroupedSettings, services: Services) -> list[Receiver]:
    """Who takes what is posted there."""
    ours = settings[MetaSettings]
    found: list[Receiver] = []
    if ours.whatsapp_token:
        app_secret, verify_token = ours.whatsapp_app_secret, ours.whatsapp_verify_token
        secrets = app_secret.get_secret_value(), verify_token.get_secret_value()
        found.append(WhatsApp(*secrets, ours.whatsapp_phone_id))
    if ours.messenger_token:
        app_secret, verify_token = ours.messenger_app_secret, ours.messenger_verify_token
        found.append(Messenger(app_secret.get_secret_value(), verify_token.get_secret_value()))
    return found


class Meta(ABC):
    """What both share."""

    name = ""
    longest = 65_536
    kind = ""
    """The ``object`` of its events."""

    def __init__(self, app_secret: str, verify_token: str) -> None:
        self._secret = app_secret.encode()
        self._verify_token = verify_token

    def verify(self, request: Request, now: float) -> bool:
        """See Receiver."""
        digest = hmac.new(self._secret, request.body, hashlib.sha256).hexdigest()
        return same_text(request.headers.get("x-hub-signature-256"), f"sha256={digest}")

    def challenge(self, request: Request) -> HTTPResponse | None:
        """The answer to a GET by which Meta makes sure that this address is ours; None where it is none."""
        if request.args.get("hub.mode") != "subscribe":
            return None
        if not same_text(request.args.get("hub.verify_token"), self._verify_token):
            return response.json({"error": "wrong token"}, 403)
        return response.text(request.args.get("hub.challenge", "")[:200])

    def read(self, request: Request) -> Reading:
        """See Receiver."""
        data = json.loads(request.body)
        if not isinstance(data, dict):
            raise NotReadable
        return read_each(data.get("entry") if data.get("object") == self.kind else None, self.reading)

    @abstractmethod
    def reading(self, entry: dict[str, Any]) -> Reading:
        """What one entry brings."""


class WhatsApp(Meta):
    """Messages to one phone number of the business."""

    name = "whatsapp"
    kind = "whatsapp_business_account"

    def __init__(self, app_secret: str, verify_token: str, phone_id: str) -> None:
        super().__init__(app_secret, verify_token)
        self._phone_id = phone_id

    def reading(self, entry: dict[str, Any]) -> Reading:
        """See Meta."""
        return read_each(entry.get("changes"), self._change)

    def _change(self, change: dict[str, Any]) -> Reading:
        value = change.get("value") or {}
        ours = (value.get("metadata") or {}).get("phone_number_id") == self._phone_id
        if change.get("field") != "messages" or not ours:
            return Reading()
        users = _users(value.get("contacts"))
        said = read_each(value.get("messages"), lambda message: _whatsapp(message, users))
        told = read_each(value.get("statuses"), _status)
        return Reading(said.messages, told.failed, [*said.unread, *told.unread])


def _status(status: dict[str, Any]) -> Reading:
    if status.get("status") != "failed":
        return Reading()
    errors = status.get("errors") or [{}]
    return Reading(failed=[Failed("whatsapp", status["id"], code_of(errors[0].get("code")))])


def _users(contacts: object) -> dict[str, str]:
    """The user ids of the numbers of an event, where it has both."""
    rows = [row for row in contacts if isinstance(row, dict)] if isinstance(contacts, list) else []
    pairs = ((text_of(row.get("wa_id")), text_of(row.get("user_id"))) for row in rows)
    return {number: user for number, user in pairs if number and user}


def _whatsapp(message: dict[str, Any], users: dict[str, str]) -> Reading:
    kind = message["type"]
    if kind in _SILENT:
        return Reading()
    content = message.get(kind)
    text, pressed = _written(kind, content if isinstance(content, dict) else {})
    number = text_of(message.get("from"))
    user = text_of(message.get("from_user_id")) or users.get(number, "")
    if kind == "contacts":
        text = _own_number(content, number)
    incoming = Incoming(
        channel="whatsapp",
        account=number or user,
        message_id=message["id"],
        text=text,
        address={"to": number} if number else {"user": user},
        attachment=kind in _FILES or not (text or pressed or kind == "text"),
        pressed=pressed,
        phone=f"+{number}" if number else None,
        written_at=moment(message.get("timestamp")),
        other_name=user if number and user else None,
    )
    return Reading([incoming])


def _written(kind: str, content: dict[str, Any]) -> tuple[str, str | None]:
    """The words of a message, and what a button of ours carried. What has none is something that we can't open, such as
    the answer to a flow."""
    if kind == "text":
        return text_of(content["body"]), None
    if kind == "interactive":
        reply = content.get("button_reply") or content.get("list_reply") or {}
        return text_of(reply.get("title")), text_of(reply.get("id")) or None
    if kind == "request_welcome":
        return GREETING, None
    # A template's button, an order, and what comes with a file.
    return text_of(content.get("text")) or text_of(content.get("caption")), None


def _own_number(contacts: object, number: str) -> str:
    """The phone number of a contact that is the sender's own; empty for anybody else's."""
    phones = (
        [phone for contact in contacts for phone in contact.get("phones") or []] if isinstance(contacts, list) else []
    )
    own = [phone for phone in phones if number and phone.get("wa_id") == number]
    return text_of(own[0].get("phone")) or f"+{number}" if own else ""


class Messenger(Meta):
    """Messages to a page."""

    name = "messenger"
    kind = "page"

    def reading(self, entry: dict[str, Any]) -> Reading:
        """See Meta."""
        return read_each(entry.get("messaging"), _messenger)


def _messenger(event: dict[str, Any]) -> Reading:
    message, postback = event.get("message") or {}, event.get("postback")
    if message and not message.get("is_echo") and not message.get("is_deleted"):
        message_id, pressed = message["mid"], (message.get("quick_reply") or {}).get("payload")
        text, attachment = _with_links(message)
    elif postback:
        message_id = postback.get("mid") or f"postback {event['timestamp']}"
        text, pressed, attachment = text_of(postback.get("title")), postback.get("payload"), False
        if {_code(text), _code(text_of(pressed))} & _STARTS:
            text, pressed = GREETING, None
    else:
        return Reading()
    sender = event["sender"]["id"]
    incoming = Incoming(
        channel="messenger",
        account=sender,
        message_id=message_id,
        text=text,
        address={"to": sender},
        attachment=attachment,
        pressed=None if pressed is None else text_of(pressed),
        written_at=moment(int(event["timestamp"]) / 1000),
    )
    return Reading([incoming])


def _with_links(message: dict[str, Any]) -> tuple[str, bool]:
    """The words of a message, and whether there is anything beside them that we can't open. Meta adds a preview, a
    ``fallback``, to a link; a link that is shared without words is nothing else."""
    attached = message.get("attachments") or []
    previews = [one for one in attached if one.get("type") == "fallback"]
    urls = [text_of((one.get("payload") or {}).get("url")) or text_of(one.get("url")) for one in previews]
    text = text_of(message.get("text")) or " ".join(url for url in urls if url)
    return text, len(previews) < len(attached) or not text


def _code(text: str) -> str:
    return text.strip().casefold().replace(" ", "_")
