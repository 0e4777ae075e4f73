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
    Failed,
    Incoming,
    NotReadable,
    Reading,
    Receiver,
    code_of,
    moment,
    same_text,
    text_of,
)
from bot.setting_groups.base import GroupedSettings

_FILES = ("image", "audio", "video", "document", "sticker", "location", "contacts", "unsupported")


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
        entries = data.get("entry") if data.get("object") == self.kind else []
        readings = [self.reading(entry) for entry in entries or []]
        return Reading(
            [message for reading in readings for message in reading.messages],
            [failure for reading in readings for failure in reading.failed],
        )

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
        found = Reading()
        for change in entry.get("changes") or []:
            value = change.get("value") or {}
            ours = (value.get("metadata") or {}).get("phone_number_id") == self._phone_id
            if change.get("field") == "messages" and ours:
                found.messages.extend(one for message in value.get("messages") or [] for one in _whatsapp(message))
                found.failed.extend(one for status in value.get("statuses") or [] for one in _failed(status))
        return found


def _failed(status: dict[str, Any]) -> list[Failed]:
    if status.get("status") != "failed":
        return []
    errors = status.get("errors") or [{}]
    return [Failed("whatsapp", status["id"], code_of(errors[0].get("code")))]


def _whatsapp(message: dict[str, Any]) -> list[Incoming]:
    kind, pressed, text = message["type"], None, ""
    if kind == "text":
        text = text_of(message["text"]["body"])
    elif kind == "interactive":
        reply = message["interactive"].get("button_reply") or message["interactive"].get("list_reply") or {}
        pressed, text = text_of(reply.get("id")), text_of(reply.get("title"))
    elif kind == "button":
        text = text_of(message["button"].get("text"))
    elif kind in _FILES:
        text = text_of((message.get(kind) or {}).get("caption")) if isinstance(message.get(kind), dict) else ""
    else:
        return []
    incoming = Incoming(
        channel="whatsapp",
        account=message["from"],
        message_id=message["id"],
        text=text,
        address={"to": message["from"]},
        attachment=kind in _FILES,
        pressed=pressed,
        phone=f"+{message['from']}",
        written_at=moment(message.get("timestamp")),
    )
    return [incoming]


class Messenger(Meta):
    """Messages to a page."""

    name = "messenger"
    kind = "page"

    def reading(self, entry: dict[str, Any]) -> Reading:
        """See Meta."""
        return Reading([one for event in entry.get("messaging") or [] for one in _messenger(event)])


def _messenger(event: dict[str, Any]) -> list[Incoming]:
    message, postback = event.get("message"), event.get("postback")
    if message and not message.get("is_echo"):
        message_id, text = message["mid"], text_of(message.get("text"))
        pressed = (message.get("quick_reply") or {}).get("payload")
    elif postback:
        message_id = postback.get("mid") or f"postback {event['timestamp']}"
        text, pressed = text_of(postback.get("title")), postback.get("payload")
    else:
        return []
    sender = event["sender"]["id"]
    incoming = Incoming(
        channel="messenger",
        account=sender,
        message_id=message_id,
        text=text,
        address={"to": sender},
        attachment=bool((message or {}).get("attachments")),
        pressed=None if pressed is None else text_of(pressed),
        written_at=moment(int(event["timestamp"]) / 1000),
    )
    return [incoming]
