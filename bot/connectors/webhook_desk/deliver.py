"""Any help desk that takes a signed webhook, and sends signed ones back (docs/connect/helpdesk-webhook.md)."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import time
from collections.abc import Callable
from typing import Any

from bot.cases.ports.helpdesk import DeskEvent, Line, TicketFile
from bot.connectors.shared.helpdesks import Api
from bot.connectors.shared.settings import HelpdeskSettings
from bot.setting_groups.base import GroupedSettings
from bot.wording import say

HEADER = "Refund-Desk-Signature"
"""On requests of both sides: ``t=SECONDS,v1=HEX``."""
TOLERANCE = 300
"""Seconds that a signature may be old."""
_GIVEN = re.compile(r"t=([0-9]{1,12}),v1=([0-9a-f]{64})", re.ASCII)
_TICKET = re.compile(r"[!-~]{1,100}")


def signature(secret: bytes, timestamp: int, body: bytes) -> str:
    """The value of the header: HMAC-SHA256 of the seconds since 1970, a dot, and the body."""
    digest = hmac.new(secret, f"{timestamp}.".encode() + body, hashlib.sha256).hexdigest()
    return f"t={timestamp},v1={digest}"


def is_signed(secret: bytes, header: str, body: bytes, now: float) -> bool:
    """Whether the header proves that somebody with the secret has sent the body, not long ago."""
    given = _GIVEN.fullmatch(header)
    if given is None or abs(now - int(given[1])) > TOLERANCE:
        return False
    return hmac.compare_digest(header, signature(secret, int(given[1]), body))


def help_desk(settings: GroupedSettings) -> WebhookDesk:
    """The help desk of the settings; nothing is connected yet. Raises ValueError for a URL that can't be used."""
    ours = settings[HelpdeskSettings]
    return WebhookDesk(ours.url, ours.secret.get_secret_value().encode())


class WebhookDesk:
    """Sends ``ticket.opened``, ``ticket.reopened`` and ``message`` as JSON, each with an ``id``: the same when it is
    sent again."""

    name = "webhook"
    channel = None

    def __init__(self, url: str, secret: bytes, clock: Callable[[], float] = time.time) -> None:
        """Nothing is connected yet. Raises ValueError for a URL that can't be used."""
        self._api = Api("help_desk", url, {"Content-Type": "application/json"})
        self._secret = secret
        self._clock = clock

    def open_ticket(self, file: TicketFile) -> str:
        """See HelpDesk. The ticket is called as the answer says, or else by our reference."""
        answer = self._send({"event": "ticket.opened", "id": file.key, **_told(file)})
        ticket = answer.get("ticket") if isinstance(answer, dict) else None
        return ticket if isinstance(ticket, str) and _TICKET.fullmatch(ticket) else file.reference

    def open_again(self, ticket: str, file: TicketFile) -> None:
        """See HelpDesk."""
        self._send({"event": "ticket.reopened", "id": file.key, "ticket": ticket, **_told(file)})

    def add_message(self, ticket: str, line: Line) -> None:
        """See HelpDesk."""
        said = {"who": line.who, "text": line.text, "by_customer": line.by_customer}
        self._send({"event": "message", "id": line.key, "ticket": ticket, **said})

    def look(self, ticket: str) -> list[DeskEvent]:
        """See HelpDesk."""
        return []

    def check(self) -> str:
        """See HelpDesk."""
        self._send({"event": "ping", "id": "refund-desk-ping"})
        return say("check_webhook_desk")

    def _send(self, event: dict[str, Any]) -> Any:
        body = json.dumps(event).encode()
        return self._api.call(
            "POST", "", content=body, headers={HEADER: signature(self._secret, int(self._clock()), body)}
        )


def _told(file: TicketFile) -> dict[str, Any]:
    return {
        "reference": file.reference,
        "title": file.title,
        "cause": file.cause,
        "question": file.open_question,
        "suggestion": file.suggestion,
        "facts": [{"name": name, "value": value} for name, value in file.facts],
        "customer": file.customer,
        "case_url": file.link,
        "transcript": [{"who": line.who, "text": line.text} for line in file.transcript],
    }
