"""What a webhook of a help desk is, and what it says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.cases.ports.helpdesk import DeskEvent
from bot.cases.services import Services
from bot.gateways.helpdesks.api import parse_time
from bot.http.messaging.incoming import moment
from bot.settings import Settings

Headers = Mapping[str, str]


@dataclass(frozen=True, repr=False)
class Heard:
    """What a webhook says. ``look_at``: a ticket of which it does not say what happened; ``answer``: what the help desk
    wants to hear back; ``data``: all of it, for who understands more."""

    events: list[DeskEvent] = field(default_factory=list)
    look_at: str | None = None
    answer: dict[str, Any] | None = None
    data: dict[str, Any] | None = None


class Hook(Protocol):
    """The webhook of a help desk."""

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """Whether the help desk has sent it."""

    def read(self, headers: Headers, body: bytes) -> Heard:
        """What it says; nothing for what is no news to us. May raise ValueError, LookupError, TypeError and
        AttributeError for what makes no sense."""


class Signed:
    """What all webhooks need: the secret."""

    def __init__(self, services: Services, settings: Settings) -> None:
        self._secret = settings.helpdesk_secret.get_secret_value().encode()
        self._services = services


def moment_of(value: object) -> datetime | None:
    """A time, written as seconds since 1970 or in ISO 8601; None for anything else."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return moment(value) if is_number else parse_time(value)
