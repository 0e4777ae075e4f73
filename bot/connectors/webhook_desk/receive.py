"""What any other help desk posts, in our own format."""

from __future__ import annotations

import json
import time

from bot.cases.ports.helpdesk import DeskEvent, EventKind, Person
from bot.cases.services import Services
from bot.connectors.shared.helpdesk_hooks import DeskReading, Headers, Hook
from bot.connectors.shared.helpdesks import parse_time
from bot.connectors.shared.settings import HelpdeskSettings
from bot.connectors.webhook_desk.deliver import HEADER, is_signed
from bot.setting_groups.base import GroupedSettings


def hook(settings: GroupedSettings, services: Services) -> Hook:
    """Who takes what is posted there."""
    return WebhookHook(settings[HelpdeskSettings].secret.get_secret_value().encode())


class WebhookHook:
    """Our own format, for any help desk."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """See Hook."""
        return is_signed(self._secret, headers.get(HEADER.lower(), ""), body, time.time())

    def read(self, headers: Headers, body: bytes) -> DeskReading:
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
            return DeskReading()
        agent = data.get("agent") or {}
        who = Person(str(agent["id"]), str(agent.get("name") or "")) if agent else None
        if kind is EventKind.ANSWER and not (isinstance(data["id"], str) and who):
            raise ValueError("an answer has an id and an agent")
        named = str(data.get("id") or ""), str(data.get("text") or "")
        return DeskReading([DeskEvent(kind, str(data["ticket"]), who, parse_time(data.get("at")), *named)])
