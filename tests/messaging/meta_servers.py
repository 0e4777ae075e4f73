"""Meta's side: the Graph API with WhatsApp's cloud API and the Messenger platform, as their documentation says."""

from __future__ import annotations

import hashlib
import hmac
import itertools
import json
import time
from typing import Any

import httpx

from tests.gateways.shop_server import Reply, Sent, ShopFault, ShopServer
from tests.messaging.provider_servers import Got, Provider

_numbers = itertools.count(int(time.time()))


class _MetaServer(Provider):
    secret, verify_token = "meta-app-secret-of-tests", "meta-verify-token-of-tests"

    def failure(self, fault: ShopFault, sent: Sent) -> Reply:
        if fault is ShopFault.TOO_MANY:
            return Reply(400, {"error": {"message": "pair rate limit hit", "type": "OAuthException", "code": 131056}})
        return Reply(500, {"error": {"message": "unknown", "type": "OAuthException", "code": 1}})

    def unauthorised(self) -> Reply:
        return Reply(401, {"error": {"message": "Invalid token", "type": "OAuthException", "code": 190}})

    def sends(self, event: Any, secret: str = secret) -> httpx.Response:
        body = json.dumps(event).encode()
        signature = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        return self.post(body, {"X-Hub-Signature-256": signature, "Content-Type": "application/json"})

    def forges(self, event: Any) -> httpx.Response:
        return self.sends(event, secret="of somebody else")

    def asks(self, token: str = verify_token) -> httpx.Response:
        params = {"hub.mode": "subscribe", "hub.verify_token": token, "hub.challenge": "1158201444"}
        return httpx.get(f"{self.site}/webhooks/{self.webhook}", params=params, timeout=20)


class WhatsAppServer(_MetaServer):
    """https://developers.facebook.com/documentation/business-messaging/whatsapp"""

    webhook = "whatsapp"
    token, phone_id = "whatsapp-token-of-tests", "106540352242922"

    def is_authorised(self, sent: Sent) -> bool:
        return sent.headers.get("authorization") == f"Bearer {self.token}"

    def answer(self, sent: Sent) -> Reply:
        values = sent.values
        if sent.method == "GET" and sent.path == f"/v25.0/{self.phone_id}":
            return Reply(200, {"id": self.phone_id})
        if sent.path != f"/v25.0/{self.phone_id}/messages":
            return Reply(400, {"error": {"message": "Unsupported post request", "code": 100}})
        to = values.get("to") or values["recipient"]
        if to in self.blocked:
            return Reply(400, {"error": {"message": "Re-engagement message", "code": 131047}})
        self.check(("to" in values) != ("recipient" in values), "a number and a user id, or none of them")
        self.check(values["messaging_product"] == "whatsapp", "no messaging_product")
        buttons: list[tuple[str, str]] = []
        if values["type"] == "text":
            text = values["text"]["body"]
            self.check(0 < len(text) <= 4096, "a long text")
        else:
            interactive, limit = values["interactive"], 20
            text = interactive["body"]["text"]
            if interactive["type"] == "button":
                self.check(len(text) <= 1024 and 1 <= len(interactive["action"]["buttons"]) <= 3, "odd buttons")
                replies = [button["reply"] for button in interactive["action"]["buttons"]]
            else:
                limit = 24
                replies = [row for section in interactive["action"]["sections"] for row in section["rows"]]
                self.check(len(text) <= 4096 and 1 <= len(replies) <= 10, "an odd list")
                self.check(len(interactive["action"]["button"]) <= 20, "a long label")
            titles = [reply["title"] for reply in replies]
            self.check(all(0 < len(title) <= limit for title in titles), "a long title")
            self.check(len(set(titles)) == len(titles), "titles must differ")
            buttons = [(reply["title"], reply["id"]) for reply in replies]
        name = f"wamid.{next(_numbers)}"
        self.got.append(Got(to, text, buttons, name))
        return Reply(200, {"messaging_product": "whatsapp", "messages": [{"id": name}]})

    def message(self, who: str, kind: str, content: Any, **more: Any) -> Any:
        head = {"from": who, "id": f"wamid.HBg{next(_numbers)}", "timestamp": str(int(time.time())), "type": kind}
        value = {
            "messaging_product": "whatsapp",
            "metadata": {"display_phone_number": "15550783881", "phone_number_id": self.phone_id},
            "contacts": [{"profile": {"name": "Alex"}, "wa_id": who}],
            "messages": [{**head, kind: content, **more}],
        }
        return {
            "object": "whatsapp_business_account",
            "entry": [{"id": "1", "changes": [{"value": value, "field": "messages"}]}],
        }

    def words(self, who: str, text: str, **more: Any) -> Any:
        return self.message(who, "text", {"body": text}, **more)

    def press(self, who: str, title: str, carries: str) -> Any:
        reply = {"type": "button_reply", "button_reply": {"id": carries, "title": title}}
        return self.message(who, "interactive", reply, context={"from": "15550783881", "id": "wamid.1"})

    def file(self, who: str) -> Any:
        return self.message(who, "image", {"id": "1", "mime_type": "image/jpeg", "sha256": "x"})

    def unknown(self, who: str) -> Any:
        return self.status(who, "wamid.1", "failed")

    def status(self, who: str, name: str, status: str) -> Any:
        event = self.words(who, "")
        value = event["entry"][0]["changes"][0]["value"]
        del value["messages"], value["contacts"]
        error = {"code": 131047, "title": "Re-engagement message", "message": "Re-engagement message"}
        errors = {"errors": [error]} if status == "failed" else {}
        value["statuses"] = [{"id": name, "status": status, "timestamp": "1", "recipient_id": who, **errors}]
        return event


class MessengerServer(_MetaServer):
    """https://developers.facebook.com/documentation/business-messaging/messenger-platform"""

    webhook = "messenger"
    token, page = "messenger-token-of-tests", "1755847768034402"

    def is_authorised(self, sent: Sent) -> bool:
        return sent.query.get("access_token") == self.token

    def answer(self, sent: Sent) -> Reply:
        if sent.method == "GET" and sent.path == "/v25.0/me":
            return Reply(200, {"id": self.page})
        if sent.path != "/v25.0/me/messages":
            return Reply(400, {"error": {"message": "Unsupported post request", "code": 100}})
        values, message = sent.values, sent.values["message"]
        if values["recipient"]["id"] in self.blocked:
            return Reply(400, {"error": {"message": "This person isn't available right now", "code": 551}})
        self.check(values["messaging_type"] == "RESPONSE", "no messaging_type")
        self.check(0 < len(message["text"]) <= 2000, "a long text")
        replies = message.get("quick_replies", [])
        self.check(len(replies) <= 13, "too many quick replies")
        self.check(all(r["content_type"] == "text" and 0 < len(r["title"]) <= 20 for r in replies), "a long title")
        buttons = [(reply["title"], reply["payload"]) for reply in replies]
        self.got.append(Got(values["recipient"]["id"], message["text"], buttons))
        return Reply(200, {"recipient_id": values["recipient"]["id"], "message_id": f"m_{next(_numbers)}"})

    def event(self, who: str, **what: Any) -> Any:
        now = int(time.time() * 1000)
        head = {"sender": {"id": who}, "recipient": {"id": self.page}, "timestamp": now}
        return {"object": "page", "entry": [{"id": self.page, "time": now, "messaging": [{**head, **what}]}]}

    def words(self, who: str, text: str, **more: Any) -> Any:
        return self.event(who, message={"mid": f"m_{'x' * 120}{next(_numbers)}", "text": text, **more})

    def press(self, who: str, title: str, carries: str) -> Any:
        return self.words(who, title, quick_reply={"payload": carries})

    def file(self, who: str) -> Any:
        file = {"type": "image", "payload": {"url": "https://cdn.example/1.png"}}
        return self.event(who, message={"mid": f"m_{next(_numbers)}", "attachments": [file]})

    def unknown(self, who: str) -> Any:
        return self.event(who, read={"watermark": 1})


class MetaServer(ShopServer):
    """The Graph API, which has both: one address, told apart by who asks."""

    def __init__(self, whatsapp: WhatsAppServer, messenger: MessengerServer) -> None:
        super().__init__(retry_after="1")
        self._whatsapp, self._messenger = whatsapp, messenger
        for one in (whatsapp, messenger):
            one.start, one.stop = self.start, self.stop  # type: ignore[method-assign]
        whatsapp._faults = messenger._faults = self._faults

    def _of(self, sent: Sent) -> _MetaServer:
        return self._messenger if f"{sent.path}/".startswith("/v25.0/me/") else self._whatsapp

    def is_authorised(self, sent: Sent) -> bool:
        return self._of(sent).is_authorised(sent)

    def unauthorised(self) -> Reply:
        return self._whatsapp.unauthorised()

    def failure(self, fault: ShopFault, sent: Sent) -> Reply:
        return self._of(sent).failure(fault, sent)

    def answer(self, sent: Sent) -> Reply:
        return self._of(sent).answer(sent)
