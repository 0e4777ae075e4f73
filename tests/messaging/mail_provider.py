"""Customers with mail programs: a mail server that takes what we send, and a service that posts what they write."""

from __future__ import annotations

import email
import hashlib
import hmac
import itertools
import json
import time
from email.message import EmailMessage
from email.policy import default
from typing import Any

import httpx
from aiosmtpd.controller import Controller

from tests.gateways.shop_server import Reply, Sent
from tests.messaging.provider_servers import Got, Provider
from tests.ports import free_port

_numbers = itertools.count(int(time.time()))


class MailProvider(Provider):
    """SMTP on one side (RFC 5321), docs/connect/email.md on the other."""

    webhook = "email"
    secret, ours = "mail-webhook-secret-of-tests", "help@desk.example"

    def __init__(self) -> None:
        super().__init__()
        self.port = free_port()
        self.mails: list[EmailMessage] = []
        self.busy = 0
        self._controller: Controller | None = None

    def start(self) -> None:
        self._controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self._controller.start()

    def stop(self) -> None:
        if self._controller is not None:
            self._controller.stop()
            self._controller = None

    def answer(self, sent: Sent) -> Reply:
        """There is no API of mail."""
        return Reply(404, {})

    def unauthorised(self) -> Reply:
        """See answer."""
        return Reply(404, {})

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:
        if address in self.blocked:
            return "550 no such user"
        if self.busy:
            self.busy -= 1
            return "451 try again later"
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        mail = email.message_from_bytes(envelope.content, policy=default)
        assert isinstance(mail, EmailMessage)
        if mail.is_multipart():
            return "250 a receipt, which is no part of the chat"
        self.check(mail["From"] == self.ours and bool(mail["Message-ID"]) and bool(mail["Date"]), "odd headers")
        self.mails.append(mail)
        self.got.append(Got(envelope.rcpt_tos[0], mail.get_content().replace("\r\n", "\n").strip(), []))
        return "250 taken"

    def sends(self, event: Any, secret: str = secret, at: int | None = None) -> httpx.Response:
        body, at = json.dumps(event).encode(), int(time.time()) if at is None else at
        digest = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return self.post(body, {"X-Refund-Desk-Signature": f"t={at},v1={digest}", "Content-Type": "application/json"})

    def forges(self, event: Any) -> httpx.Response:
        return self.sends(event, secret="of somebody else")

    def words(self, who: str, text: str, **more: Any) -> Any:
        mails = [mail for mail in self.mails if mail["To"] == who]
        thread: dict[str, Any] = {"subject": "Help"}
        quoted = ""
        if mails:
            last = mails[-1]
            thread = {
                "subject": last["Subject"],
                "in_reply_to": last["Message-ID"],
                "references": f"{last['References'] or ''} {last['Message-ID']}".strip(),
            }
            quoted = "\r\n\r\nOn Wed, 25 Nov 2026, Help wrote:\r\n> 1. Confirm\r\n> please refund everything"
        mail = {
            "message_id": f"<{next(_numbers)}@mail.example.org>",
            "from": f"Alex Doe <{who}>",
            "text": text + quoted,
            "attachments": 0,
            "spf": "pass",
            "dkim": "pass",
        }
        return {**mail, **thread, **more}

    def file(self, who: str) -> Any:
        return self.words(who, "", attachments=1)

    def unknown(self, who: str) -> Any:
        return self.words(who, "I am on holiday until Monday.", auto_submitted="auto-replied")
