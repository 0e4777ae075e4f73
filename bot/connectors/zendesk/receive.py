"""What Zendesk posts: event subscriptions, signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

from bot.cases.ports.helpdesk import DeskEvent, EventKind, Person
from bot.cases.services import Services
from bot.connectors.shared.helpdesk_hooks import DeskReading, Headers, Hook
from bot.connectors.shared.helpdesks import parse_time
from bot.connectors.shared.incoming import same_text
from bot.connectors.shared.settings import HelpdeskSettings
from bot.setting_groups.base import GroupedSettings


def hook(settings: GroupedSettings, services: Services) -> Hook:
    """Who takes what is posted there."""
    return ZendeskHook(settings[HelpdeskSettings].secret.get_secret_value().encode())


class ZendeskHook:
    """Event subscriptions for tickets. The signature is over time and body. How old a redelivery may be nobody says, so
    the time is not looked at: what comes again changes nothing."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """See Hook."""
        at = headers.get("x-zendesk-webhook-signature-timestamp", "")
        digest = hmac.new(self._secret, at.encode("utf-8", "replace") + body, hashlib.sha256).digest()
        return same_text(headers.get("x-zendesk-webhook-signature"), base64.b64encode(digest).decode())

    def read(self, headers: Headers, body: bytes) -> DeskReading:
        """See Hook. Who has a ticket is only a number: whoever answers first is named."""
        data = json.loads(body)
        kind = str(data["type"]).rpartition(":")[2]
        detail, event, at = data.get("detail") or {}, data.get("event") or {}, parse_time(data.get("time"))
        ticket = str(detail.get("id") or "")
        if kind == "ticket.comment_added":
            comment = event["comment"]
            author = comment["author"]
            if comment.get("is_public") is not True or author.get("is_staff") is not True:
                return DeskReading()
            who = Person(str(author["id"]), str(author.get("name") or ""))
            text = str(comment.get("body") or "")
            return DeskReading([DeskEvent(EventKind.ANSWER, ticket, who, at, str(comment["id"]), text)])
        if kind == "ticket.status_changed":
            now_is = str(event.get("current") or "").lower()
            kinds = {"solved": EventKind.SOLVED, "closed": EventKind.SOLVED}
            return DeskReading([DeskEvent(kinds[now_is], ticket, at=at)] if now_is in kinds else [])
        if kind == "ticket.agent_assignment_changed" and str(event.get("current") or "0") not in ("0", "None"):
            who = Person(str(event["current"]), "")
            return DeskReading([DeskEvent(EventKind.TAKEN, ticket, who, at)])
        return DeskReading()
