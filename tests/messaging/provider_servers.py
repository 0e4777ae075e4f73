"""The messaging providers' sides, as their public documentation says: what they take, what they refuse and with which
words, and what they send us. Each checks what it is sent and keeps it."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import re
import time
from abc import abstractmethod
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlencode

import httpx

from tests.gateways.shop_server import Reply, Sent, ShopFault, ShopServer

_numbers = itertools.count(int(time.time()))


@dataclass
class Got:
    """A message as a customer sees it: to whom, the words, and the buttons with what they carry. ``name`` is what the
    provider calls it."""

    to: str
    text: str
    buttons: list[tuple[str, str]]
    name: str = ""

    def carries(self, title: str) -> str:
        return next(value for name, value in self.buttons if name == title)


class Provider(ShopServer):
    """What they have in common. ``got`` is what customers have received."""

    webhook = ""

    def __init__(self) -> None:
        super().__init__(retry_after="1")
        self.got: list[Got] = []
        self.site = ""
        self.blocked: set[str] = set()

    def received(self, to: str, after: int = 0) -> list[Got]:
        return [got for got in self.got if got.to == to][after:]

    def check(self, holds: bool, what: str) -> None:
        if not holds:
            self.violations.append(what)

    def post(self, body: bytes, headers: dict[str, str]) -> httpx.Response:
        return httpx.post(f"{self.site}/webhooks/{self.webhook}", content=body, headers=headers, timeout=20)

    @abstractmethod
    def sends(self, event: Any) -> httpx.Response:
        """Deliver an event, signed."""

    @abstractmethod
    def forges(self, event: Any) -> httpx.Response:
        """Deliver it with the signature of somebody else."""

    def failure(self, fault: ShopFault, sent: Sent) -> Reply:
        return Reply(500, {"error": {"code": 2, "message": "try again"}})

    # A customer's side. Where there are buttons, ``press`` is the event of one that is pressed; where a provider tells
    # what became of a message that it had taken, ``status`` is that event.

    @abstractmethod
    def words(self, who: str, text: str, **more: Any) -> Any:
        """The event of a customer who writes."""

    @abstractmethod
    def file(self, who: str) -> Any:
        """The event of a customer who sends a picture."""

    @abstractmethod
    def unknown(self, who: str) -> Any:
        """An event that is none of ours."""

    def address(self, who: str) -> str:
        """Where answers to the customer go."""
        return who


class SlackServer(Provider):
    """https://docs.slack.dev: chat.postMessage, auth.test, Events API, interactivity."""

    webhook = "slack"
    token, secret = "xoxb-contract-token", "slack-signing-secret"

    def is_authorised(self, sent: Sent) -> bool:
        return sent.headers.get("authorization") == f"Bearer {self.token}"

    def unauthorised(self) -> Reply:
        return Reply(200, {"ok": False, "error": "invalid_auth"})

    def failure(self, fault: ShopFault, sent: Sent) -> Reply:
        return Reply(200, {"ok": False, "error": "ratelimited" if fault is ShopFault.TOO_MANY else "internal_error"})

    def answer(self, sent: Sent) -> Reply:
        if sent.path == "/auth.test":
            return Reply(200, {"ok": True, "team_id": "T1", "user_id": "U9", "bot_id": "B9"})
        if sent.path != "/chat.postMessage":
            return Reply(200, {"ok": False, "error": "unknown_method"})
        values = sent.values
        if values["channel"] in self.blocked:
            return Reply(200, {"ok": False, "error": "channel_not_found"})
        texts, buttons = [], []
        self.check(bool(values.get("text")), "no text for notifications")
        for block in values["blocks"]:
            if block["type"] == "section":
                text = block["text"]["text"]
                self.check(0 < len(text) <= 3000, "a section of more than 3000 characters")
                self.check(not re.search(r"[<>]|&(?!amp;|lt;|gt;)", text), "control characters are not escaped")
                texts.append(text)
            else:
                self.check(block["type"] == "actions" and len(block["elements"]) <= 25, "an odd block")
                ids = [element["action_id"] for element in block["elements"]]
                self.check(len(set(ids)) == len(ids), "action_id is not unique")
                for element in block["elements"]:
                    self.check(element["text"]["type"] == "plain_text", "a button's text must be plain_text")
                    self.check(len(element["text"]["text"]) <= 75 and len(element["value"]) <= 2000, "a long button")
                    buttons.append((element["text"]["text"], element["value"]))
        self.got.append(Got(values["channel"], "\n".join(texts), buttons))
        return Reply(200, {"ok": True, "channel": values["channel"], "ts": f"{next(_numbers)}.000100"})

    def signed(self, body: bytes, kind: str, secret: str, at: int | None = None) -> httpx.Response:
        at = int(time.time()) if at is None else at
        digest = hmac.new(secret.encode(), f"v0:{at}:".encode() + body, hashlib.sha256).hexdigest()
        headers = {"X-Slack-Request-Timestamp": str(at), "X-Slack-Signature": f"v0={digest}", "Content-Type": kind}
        return self.post(body, headers)

    def sends(self, event: Any, secret: str = secret, at: int | None = None) -> httpx.Response:
        if event.get("type") == "block_actions":
            body = urlencode({"payload": json.dumps(event)}).encode()
            return self.signed(body, "application/x-www-form-urlencoded", secret, at)
        return self.signed(json.dumps(event).encode(), "application/json", secret, at)

    def forges(self, event: Any) -> httpx.Response:
        return self.sends(event, secret="of somebody else")

    def words(self, who: str, text: str, **more: Any) -> Any:
        ts = f"{time.time():.6f}"
        event = {
            "type": "message",
            "channel_type": "im",
            "channel": f"D{who}",
            "user": f"U{who}",
            "text": text,
            "ts": ts,
        }
        return {
            "type": "event_callback",
            "team_id": "T1",
            "event_id": f"Ev{next(_numbers)}",
            "event": {**event, **more},
        }

    def press(self, who: str, title: str, carries: str) -> Any:
        return {
            "type": "block_actions",
            "team": {"id": "T1", "domain": "x"},
            "user": {"id": f"U{who}"},
            "channel": {"id": f"D{who}", "name": "directmessage"},
            "actions": [
                {
                    "type": "button",
                    "action_id": "choice-1",
                    "value": carries,
                    "text": {"type": "plain_text", "text": title},
                    "action_ts": f"{next(_numbers)}.000300",
                }
            ],
        }

    def file(self, who: str) -> Any:
        return self.words(who, "", subtype="file_share", files=[{"id": "F1", "mimetype": "image/png"}])

    def unknown(self, who: str) -> Any:
        event = {"type": "reaction_added", "user": f"U{who}", "reaction": "thumbsup"}
        return {"type": "event_callback", "team_id": "T1", "event_id": "Ev1", "event": event}

    def address(self, who: str) -> str:
        return f"D{who}"


class _Text(HTMLParser):
    """Telegram's HTML: a few tags, and four entities."""

    def __init__(self) -> None:
        super().__init__()
        self.text, self.tags = "", set[str]()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        self.tags.add(tag)

    def handle_data(self, data: str) -> None:
        self.text += data


class TelegramServer(Provider):
    """https://core.telegram.org/bots/api"""

    webhook = "telegram"
    token, secret = "123456:contract-test-token", "a_telegram-secret-token"

    def is_authorised(self, sent: Sent) -> bool:
        return sent.path.startswith(f"/bot{self.token}/")

    def unauthorised(self) -> Reply:
        return Reply(401, {"ok": False, "error_code": 401, "description": "Unauthorized"})

    def failure(self, fault: ShopFault, sent: Sent) -> Reply:
        if fault is ShopFault.TOO_MANY:
            told = {"description": "Too Many Requests: retry after 1", "parameters": {"retry_after": 1}}
            return Reply(429, {"ok": False, "error_code": 429, **told})
        return Reply(502, {"ok": False, "error_code": 502, "description": "Bad Gateway"})

    def answer(self, sent: Sent) -> Reply:
        method, values = sent.path.rpartition("/")[2], sent.values
        if method == "getMe":
            return Reply(200, {"ok": True, "result": {"id": 123456, "is_bot": True, "first_name": "Desk"}})
        if method == "getWebhookInfo":
            return Reply(200, {"ok": True, "result": {"url": f"{self.site}/webhooks/telegram"}})
        if method != "sendMessage":
            return Reply(404, {"ok": False, "error_code": 404, "description": "Not Found"})
        if str(values["chat_id"]) in self.blocked:
            said = "Forbidden: bot was blocked by the user"
            return Reply(403, {"ok": False, "error_code": 403, "description": said})
        text = _Text()
        text.feed(values["text"])
        text.close()
        self.check(isinstance(values["chat_id"], int), "chat_id is no number")
        self.check(values.get("parse_mode") == "HTML" and text.tags <= {"b"}, "odd formatting")
        marks = re.sub(r"</?b>|&(?:lt|gt|amp|quot);", "", values["text"])
        self.check(not re.search("[<>&]", marks), "can't parse entities")
        self.check(0 < len(text.text) <= 4096, "a text of more than 4096 characters")
        buttons = [b for row in values.get("reply_markup", {}).get("inline_keyboard", []) for b in row]
        self.check(all(1 <= len(b["callback_data"].encode()) <= 64 for b in buttons), "callback_data is too long")
        self.got.append(Got(str(values["chat_id"]), text.text, [(b["text"], b["callback_data"]) for b in buttons]))
        return Reply(200, {"ok": True, "result": {"message_id": next(_numbers)}})

    def sends(self, event: Any, secret: str = secret) -> httpx.Response:
        headers = {"Content-Type": "application/json", "X-Telegram-Bot-Api-Secret-Token": secret}
        return self.post(json.dumps(event).encode(), headers)

    def forges(self, event: Any) -> httpx.Response:
        return self.sends(event, secret="of_somebody_else")

    def words(self, who: str, text: str, **more: Any) -> Any:
        sender = {"id": int(who), "is_bot": False, "first_name": "Alex"}
        chat = {"id": int(who), "type": "private"}
        message = {"message_id": next(_numbers), "from": sender, "chat": chat, "date": int(time.time()), "text": text}
        return {"update_id": next(_numbers), "message": {**message, **more}}

    def press(self, who: str, title: str, carries: str) -> Any:
        markup = {"inline_keyboard": [[{"text": title, "callback_data": carries}]]}
        message = {"message_id": 1, "chat": {"id": int(who), "type": "private"}, "date": 1, "reply_markup": markup}
        query = {"id": f"q{next(_numbers)}", "from": {"id": int(who)}, "message": message, "data": carries}
        return {"update_id": next(_numbers), "callback_query": query}

    def file(self, who: str) -> Any:
        event = self.words(who, "", photo=[{"file_id": "x", "width": 1, "height": 1}])
        del event["message"]["text"]
        return event

    def unknown(self, who: str) -> Any:
        event = self.words(who, "edited")
        return {"update_id": event["update_id"], "edited_message": event["message"]}


class TwilioServer(Provider):
    """https://www.twilio.com/docs/messaging: Message resource and the webhook of incoming messages; SMS."""

    webhook, prefix = "twilio", ""
    user, password = "AC" + "a1" * 16, "twilio-auth-token-of-tests"
    ours = "+15005550006"

    def __init__(self, public_url: str) -> None:
        super().__init__()
        self.public_url = public_url

    def unauthorised(self) -> Reply:
        return Reply(401, {"code": 20003, "message": "Authenticate", "status": 401})

    def failure(self, fault: ShopFault, sent: Sent) -> Reply:
        code, status = (20429, 429) if fault is ShopFault.TOO_MANY else (20500, 500)
        return Reply(status, {"code": code, "message": "…", "status": status})

    def answer(self, sent: Sent) -> Reply:
        if sent.path == f"/2010-04-01/Accounts/{self.user}.json":
            return Reply(200, {"sid": self.user, "status": "active"})
        if sent.path != f"/2010-04-01/Accounts/{self.user}/Messages.json":
            return Reply(404, {"code": 20404, "message": "not found", "status": 404})
        values = sent.values
        prefix = "whatsapp:" if values["To"].startswith("whatsapp:") else ""
        if values["To"].removeprefix(prefix) in self.blocked:
            return Reply(400, {"code": 21610, "message": "unsubscribed recipient", "status": 400})
        if len(values["Body"]) > 1600:
            return Reply(400, {"code": 21617, "message": "too long", "status": 400})
        self.check(set(values) == {"From", "To", "Body", "StatusCallback"}, "odd parameters")
        self.check(values.get("StatusCallback") == f"{self.public_url}/webhooks/twilio", "statuses go elsewhere")
        self.check(values["From"] == prefix + self.ours, "not our number")
        self.check(bool(re.fullmatch(r"\+[1-9]\d{6,14}", values["To"].removeprefix(prefix))), "no E.164 number")
        sid = f"SM{next(_numbers)}"
        self.got.append(Got(values["To"], values["Body"], [], sid))
        return Reply(201, {"sid": sid, "status": "queued"})

    def sends(self, event: Any, token: str = password) -> httpx.Response:
        signed = f"{self.public_url}/webhooks/twilio" + "".join(name + event[name] for name in sorted(event))
        signature = base64.b64encode(hmac.new(token.encode(), signed.encode(), hashlib.sha1).digest()).decode()
        headers = {"X-Twilio-Signature": signature, "Content-Type": "application/x-www-form-urlencoded"}
        return self.post(urlencode(event).encode(), headers)

    def forges(self, event: Any) -> httpx.Response:
        return self.sends(event, token="of somebody else")

    def words(self, who: str, text: str, **more: Any) -> Any:
        sid = f"SM{next(_numbers)}"
        form = {"MessageSid": sid, "SmsSid": sid, "AccountSid": self.user, "NumMedia": "0", "Body": text}
        return {**form, "From": self.prefix + who, "To": self.prefix + self.ours, **more}

    def file(self, who: str) -> Any:
        return self.words(who, "", NumMedia="1", MediaUrl0="https://media.example/1", MediaContentType0="image/png")

    def unknown(self, who: str) -> Any:
        return self.status(who, "SM1", "failed")

    def status(self, who: str, name: str, status: str) -> Any:
        form = {"MessageSid": name, "SmsSid": name, "MessageStatus": status, "AccountSid": self.user}
        code = {"ErrorCode": "30003"} if status in ("failed", "undelivered") else {}
        return {**form, **code, "From": self.prefix + self.ours, "To": self.prefix + who}

    def address(self, who: str) -> str:
        return self.prefix + who


class TwilioWhatsAppServer(TwilioServer):
    """The same, over WhatsApp: addresses have a prefix."""

    prefix = "whatsapp:"
