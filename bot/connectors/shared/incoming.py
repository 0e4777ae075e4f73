"""What a provider's request brings, in one form for all providers."""

from __future__ import annotations

import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Protocol, runtime_checkable

from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

TOLERANCE = 300
"""Seconds by which the time of a signature may differ from ours, where a provider signs it."""


GREETING = "hello"
"""What the button that opens a chat stands for."""
_CODE = re.compile(r"[0-9]{1,10}", re.ASCII)


class NotReadable(ValueError):
    """A signed body, or an event in one, that has another form than its provider documents."""


UNREADABLE = (ValueError, LookupError, TypeError, AttributeError, RecursionError)
"""What reading an event of another form than expected raises. It is counted, and costs no other event anything."""


@dataclass(frozen=True, repr=False)
class Incoming:
    """A customer's message. ``account`` is who writes, for the provider; ``address`` is where answers go.

    ``message_id`` is the provider's, the same for a repeat. ``pressed`` is what a button carried. ``phone`` and
    ``email`` are what the provider has verified of the customer; ``written_at``: where it tells. ``album``: what
    several messages have in common that the customer has sent as one. ``other_name``: what else the provider calls
    whoever writes, and nobody else ever; an account may be somebody else's later.
    """

    channel: str
    account: str
    message_id: str
    text: str
    address: Mapping[str, Any]
    attachment: bool = False
    pressed: str | None = None
    phone: str | None = None
    email: str | None = None
    written_at: datetime | None = None
    album: str | None = None
    other_name: str | None = None

    def __post_init__(self) -> None:
        """Raises NotReadable for what has no name."""
        if not all(isinstance(name, str) and name for name in (self.account, self.message_id)):
            raise NotReadable


@dataclass(frozen=True)
class Failed:
    """A message of ours that its provider had taken under that ``name``, and could not bring; ``code`` says why."""

    channel: str
    name: str
    code: str


@dataclass(frozen=True, repr=False)
class Reading:
    """What was read of a request, and what its provider is answered once all of it is stored. ``unread`` has the kind
    of error of each event that could not be read."""

    messages: list[Incoming] = field(default_factory=list)
    failed: list[Failed] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    answer: HTTPResponse = field(default_factory=lambda: response.json({"ok": True}))


def read_each(events: object, read: Callable[[Any], Reading]) -> Reading:
    """What the events of a batch bring, each of them read by itself; None is a batch without any."""
    found = Reading()
    if not isinstance(events, list):
        if events is not None:
            found.unread.append(NotReadable.__name__)
        return found
    for event in events:
        try:
            one = read(event)
        except UNREADABLE as error:
            found.unread.append(type(error).__name__)
        else:
            found.messages.extend(one.messages)
            found.failed.extend(one.failed)
            found.unread.extend(one.unread)
    return found


class Receiver(Protocol):
    """A provider's side of a channel: what it posts."""

    name: str
    """In the path and in logs."""
    longest: int
    """Bytes of a request."""

    def verify(self, request: Request, now: float) -> bool:
        """Whether the provider has sent this; ``now`` in seconds since 1970. Nothing of the body is believed before."""
        ...

    def read(self, request: Request) -> Reading:
        """The customers' messages in it; none in an event that is nothing to us. May raise what UNREADABLE lists."""
        ...


@runtime_checkable
class Challenged(Protocol):
    """A receiver whose provider makes sure that the address is ours."""

    def challenge(self, request: Request) -> HTTPResponse | None:
        """The answer to a GET; None where it asks for nothing."""
        ...


def is_recent(seconds: str, now: float) -> bool:
    """Whether a signed time, in seconds since 1970, is not long ago."""
    return bool(re.fullmatch(r"[0-9]{1,12}", seconds, re.ASCII)) and abs(now - int(seconds)) <= TOLERANCE


def same_text(given: str | None, expected: str) -> bool:
    """Whether a secret or a signature is the right one, without telling by time how much of it is."""
    return hmac.compare_digest((given or "").encode("utf-8", "replace"), expected.encode())


def moment(seconds: object) -> datetime | None:
    """The time of a number of seconds since 1970, however it is written; None where it is none."""
    try:
        return datetime.fromtimestamp(float(str(seconds)), timezone.utc)
    except (ValueError, OverflowError, OSError):
        return None


def code_of(value: object) -> str:
    """An error code as it may be shown and stored."""
    return str(value) if _CODE.fullmatch(str(value)) else "none"


def text_of(value: object) -> str:
    """A text, empty for anything else."""
    return value if isinstance(value, str) else ""
