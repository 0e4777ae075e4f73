"""Help desks of others, where the people of the company work: what they are given, and what they say back.

Decisions about money are made at our own desk, to which every ticket has a link. A text from a help desk is words for
the customer, and never an approval.

HelpDeskError
├── DeskUnavailable   it may have happened or not: try again later
└── DeskRejected      it did not happen, and never will like this
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Protocol

from bot.policy.values import Value
from bot.wording import CodedError, say

MOST_TURNS = 60
"""Turns of a transcript that a ticket is opened with, the newest."""
LONGEST_TURN = 1_000
"""Characters of each of them."""


class HelpDeskError(CodedError):
    """Base of the errors of a help desk. What it says is safe to log and to show to a person at our desk. ``settings``:
    the names of those that are wrong, where that is known."""

    group = "fault"
    settings: tuple[str, ...] = ()


class DeskUnavailable(HelpDeskError):
    """No answer, or none that tells whether it was carried out. ``retry_after`` in seconds, if the help desk said."""

    def __init__(self, code: str, *, retry_after: float | None = None, **values: Value) -> None:
        super().__init__(code, **values)
        self.retry_after = retry_after


class DeskRejected(HelpDeskError):
    """The help desk understood and refused. ``gone``: because it has no such ticket, or none that takes anything."""

    def __init__(self, code: str, *, gone: bool = False, settings: tuple[str, ...] = (), **values: Value) -> None:
        super().__init__(code, **values)
        self.gone = gone
        self.settings = settings


@dataclass(frozen=True, repr=False)
class Line:
    """One thing that was said, for people to read. ``key`` is the same whenever it is sent again."""

    key: str
    who: str
    text: str
    by_customer: bool = False


@dataclass(frozen=True, repr=False)
class TicketFile:
    """What a person is given. ``key`` is the same whenever the ticket is opened again after a failure. ``place``: where
    the help desk has the conversation already, because it is the customer's channel, too. ``link``: the case at our
    desk; empty where nobody said what our address is."""

    key: str
    reference: str
    title: str
    cause: str
    open_question: str
    suggestion: str
    facts: list[tuple[str, str]]
    transcript: list[Line]
    customer: str
    link: str
    place: str | None = None

    def summary(self) -> str:
        """All but the transcript, as plain text."""
        rows = [f"{name}: {value}" for name, value in self.facts]
        decide = say("ticket_decide_here", link=self.link) if self.link else ""
        parts = [
            f"{self.open_question}\n{say('ticket_suggestion', suggestion=self.suggestion)}",
            "\n".join([say("ticket_reference", reference=self.reference), say("ticket_why", cause=self.cause), *rows]),
            decide,
        ]
        return "\n\n".join(part for part in parts if part)

    def conversation(self) -> str:
        """The transcript as plain text."""
        return "\n".join(f"{line.who}: {line.text}" for line in self.transcript)

    def text(self) -> str:
        """Everything, as plain text."""
        said = self.conversation()
        return f"{self.summary()}\n\n{say('ticket_conversation')}\n{said}" if said else self.summary()


@dataclass(frozen=True, repr=False)
class Person:
    """Somebody of the help desk: what it calls them, and the name that customers read."""

    id: str
    name: str


class EventKind(str, Enum):
    """What happened at a help desk."""

    ANSWER = "answer"
    """Words for the customer."""
    TAKEN = "taken"
    SOLVED = "solved"
    """The ticket is done: the bot answers again, and the customer is asked how it went."""
    HANDED_BACK = "handed_back"
    """The bot answers again; the ticket is not done."""


@dataclass(frozen=True, repr=False)
class DeskEvent:
    """What happened to a ticket. ``at``: when, by the help desk's clock; None where it does not say. ``id`` of an
    answer is the help desk's. ``has_file``: whether files came with it, which are not brought to the customer."""

    kind: EventKind
    ticket: str
    who: Person | None = None
    at: datetime | None = None
    id: str = ""
    text: str = ""
    has_file: bool = False


class TicketState(str, Enum):
    """Waiting: to be opened. Open: what is said is pushed. Closed: handed back to the bot."""

    WAITING = "waiting"
    OPEN = "open"
    CLOSED = "closed"


@dataclass(frozen=True)
class Ticket:
    """A case at a help desk, as we have it. ``external_id`` is what the help desk calls it, None before it was
    opened; what has a ``seq`` up to ``last_seq`` is there. ``status_at``: the newest change of hands that we know of,
    by the help desk's clock. ``look_at``: since then there is something to be read at the help desk."""

    id: int
    case_id: int
    conversation_id: str
    desk: str
    state: TicketState
    external_id: str | None
    last_seq: int
    attempts: int
    next_at: datetime
    lease_until: datetime | None
    status_at: datetime | None
    look_at: datetime | None
    error: str | None


class HelpDesk(Protocol):
    """A help desk. Every method raises DeskUnavailable or DeskRejected. Calls may be repeated: a help desk that can
    tell a repeat by its key does nothing more."""

    @property
    def name(self) -> str:
        """What it is called in logins, settings and paths: lower-case letters."""

    @property
    def channel(self) -> str | None:
        """The channel in which customers write at the help desk itself, if it has one."""

    def open_ticket(self, file: TicketFile) -> str:
        """Open a ticket; what the help desk calls it."""

    def open_again(self, ticket: str, file: TicketFile) -> None:
        """The case is back: open its ticket again, and say why."""

    def add_message(self, ticket: str, line: Line) -> None:
        """Show people what was said meanwhile."""

    def look(self, ticket: str) -> list[DeskEvent]:
        """What happened to a ticket, for a help desk whose webhook does not say; else nothing. All of it is given every
        time."""

    def check(self) -> str:
        """Ask for something that changes nothing, to see whether we may; what was found, in a few words."""
