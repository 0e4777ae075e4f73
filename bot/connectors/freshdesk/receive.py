"""What Freshdesk posts: that something happened to a ticket."""

from __future__ import annotations

import hmac
import json

from bot.cases.services import Services
from bot.connectors.shared.helpdesk_hooks import DeskReading, Headers, Hook
from bot.connectors.shared.settings import HelpdeskSettings
from bot.setting_groups.base import GroupedSettings


def hook(settings: GroupedSettings, services: Services) -> Hook:
    """Who takes what is posted there."""
    return FreshdeskHook(settings[HelpdeskSettings].secret.get_secret_value().encode())


class FreshdeskHook:
    """A rule's webhook with our secret in a header of its own. All it has to say is which ticket it is about."""

    def __init__(self, secret: bytes) -> None:
        self._secret = secret

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """See Hook."""
        given = headers.get("x-refund-desk-secret", "").encode("utf-8", "replace")
        return hmac.compare_digest(given, self._secret)

    def read(self, headers: Headers, body: bytes) -> DeskReading:
        """See Hook."""
        ticket = str(json.loads(body)["ticket_id"])
        # The placeholder {{ticket.id}} is the number alone, {{ticket.id_with_hash}} has a sign before it.
        return DeskReading(look_at=ticket.lstrip("#")[:100])
