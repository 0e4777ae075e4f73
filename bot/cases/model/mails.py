"""What is mailed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum


@dataclass(frozen=True)
class EmailCode:
    """A code that was asked for. ``customer_id`` is None where order and customer do not belong together."""

    id: int
    conversation_id: str
    order_number: str
    customer_id: int | None
    nonce: str
    expires_at: datetime
    tries: int
    used: bool


@dataclass(frozen=True)
class DueMail:
    """A mail to be sent, and how often it was taken in hand."""

    id: int
    attempts: int
    code: EmailCode


class NoticeKind(str, Enum):
    """What a notice tells: a confirmed case, a message of a person, or that a card has not come back."""

    RECEIPT = "receipt"
    ANSWER = "answer"
    REMINDER = "reminder"


@dataclass(frozen=True)
class DueNotice:
    """A notice to be sent, and how often it was taken in hand."""

    id: int
    kind: NoticeKind
    conversation_id: str
    case_id: int | None
    message_id: int | None
    attempts: int
