"""What is given to a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import Enum
from typing import Any


class Cause(str, Enum):
    """Why a person is asked."""

    ASKED = "asked"
    REVIEW = "review"
    VERIFICATION = "verification"
    FAILURE = "failure"
    QUOTE_LEFT = "quote_left"
    RETURN = "return"
    RETURN_OVERDUE = "return_overdue"
    OFFER_DECLINED = "offer_declined"
    CHANGED = "changed"


@dataclass(frozen=True)
class Handoff:
    """What a person is given. ``answer_by`` is the business date by which the customer was promised an answer."""

    case_id: int
    reference: str
    cause: Cause
    transcript: list[dict[str, str]]
    facts: dict[str, Any]
    created_at: datetime
    answer_by: date


@dataclass(frozen=True)
class HeldBack:
    """A wish for a person that is kept, and not put into the queue: there were too many within the hour, of one account
    or conversation, or, ``by_network``, from one address. ``wait``: for how long. ``reference``: the newest one that
    the conversation has. ``may_ask``: only a lock has asked, and who asks for a person by themselves is let in."""

    reference: str | None
    by_network: bool
    wait: timedelta
    may_ask: bool


@dataclass(frozen=True)
class HeldRow:
    """A conversation whose request was held back, and has not come into the queue since (bot.cases.desk.held_back)."""

    conversation_id: str
    origin: str
    cause: Cause
    since: datetime


@dataclass(frozen=True)
class Note:
    """What an agent wrote for the others at the desk; no customer sees it."""

    id: int
    case_id: int
    agent_name: str
    at: datetime
    text: str
