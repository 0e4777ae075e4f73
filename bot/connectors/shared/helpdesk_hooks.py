"""What the webhook of a help desk is, and what it says."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from bot.cases.ports.helpdesk import DeskEvent, Person
from bot.connectors.shared.helpdesks import parse_time
from bot.connectors.shared.incoming import Incoming, moment

Headers = Mapping[str, str]


@dataclass(frozen=True, repr=False)
class OwnConversation:
    """A conversation in an inbox of the help desk's own: its ``account`` is what we call it. ``with_people``: whether
    they have it, and ``who`` of them."""

    account: str
    with_people: bool
    who: Person | None


@dataclass(frozen=True, repr=False)
class DeskReading:
    """What was read of a webhook. ``look_at``: a ticket of which it does not say what happened; ``answer``: what the
    help desk wants to hear back; ``tell`` tells its people what of it was lost, and may raise HelpDeskError. Where the
    help desk is a channel, too: whose a ``conversation`` is, and what its customers write; ``unread`` as in Reading."""

    events: list[DeskEvent] = field(default_factory=list)
    look_at: str | None = None
    answer: dict[str, Any] | None = None
    tell: Callable[[], None] | None = None
    conversation: OwnConversation | None = None
    messages: list[Incoming] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)


class Hook(Protocol):
    """The webhook of a help desk."""

    def is_genuine(self, headers: Headers, body: bytes) -> bool:
        """Whether the help desk has sent it."""

    def read(self, headers: Headers, body: bytes) -> DeskReading:
        """What it says; nothing for what is no news to us. May raise what UNREADABLE lists."""


def moment_of(value: object) -> datetime | None:
    """A time, written as seconds since 1970 or in ISO 8601; None for anything else."""
    is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
    return moment(value) if is_number else parse_time(value)
