"""Conversations, and what is said in them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Any


@dataclass(frozen=True)
class Conversation:
    """Who may write in a conversation, and what they have shown; secrets and addresses as keyed hashes only.

    ``sender`` is what the client calls it. ``secret_hashes`` are of the secrets that were given to its client: several
    until one of them was sent back, which makes it ``bound``. ``subject_index`` is whose signed token opens it,
    ``other_name_index`` what else its provider calls the customer, and ``proven_…`` what a channel has verified of the
    customer, until ``proven_until``.
    """

    id: str
    channel: str
    sender: str
    created_at: datetime
    last_at: datetime
    address_index: str | None = None
    address_limited: bool = False
    secret_hashes: tuple[str, ...] = ()
    bound: bool = False
    subject_index: str | None = None
    other_name_index: str | None = None
    proven_email_index: str | None = None
    proven_phone_index: str | None = None
    proven_national_index: str | None = None
    proven_until: datetime | None = None
    agent_id: int | None = None
    """Who of the desk answers in it; None: the bot does."""
    reply_email: str | None = field(default=None, repr=False)
    """Where the customer wants a person's answers mailed, too; sealed."""
    reply_address: str | None = field(default=None, repr=False)
    """Where a messaging channel brings what is said to the customer; sealed."""


@dataclass(frozen=True)
class SecretChange:
    """What a message makes of its client's secret, should it prove whose order it is; see bot.cases.conversation.

    ``former_hash``: of the secret that it was sent with, None where its client had none yet. ``sender_hash``: by what
    its sender is known again. ``nonce``: of the secret that is then the only one, and ``secret_hash`` of that, once it
    is.
    """

    conversation_id: str
    message_id: str
    former_hash: str | None
    sender_hash: str
    address_index: str
    nonce: str
    at: datetime
    secret_hash: str | None = None


class Author(str, Enum):
    """Who a message is from."""

    CUSTOMER = "customer"
    BOT = "bot"
    AGENT = "agent"
    SYSTEM = "system"


class MessageKind(str, Enum):
    """What a message is: something said, or something that happened and is shown as such."""

    TEXT = "text"
    OPENED = "opened"
    JOINED = "joined"
    LEFT = "left"
    RATING = "rating"


@dataclass(frozen=True, repr=False)
class Message:
    """A row of the message log. Has no text of its own, so that none gets into a log.

    ``seq`` counts within the conversation, from 1 and without a gap. ``client_id`` is the name that a customer's client
    gave the message; ``reply_to`` is the ``seq`` of what it answers. ``body`` holds ``text``, and perhaps ``buttons``
    (``title``, ``payload``), a ``card``, and for a pressed button its ``title``. A customer message is unanswered while
    ``answered_at`` is None; a message to the customer is not known to have reached them while ``delivered_at`` is None.
    Where a messaging channel brings it: ``attempts`` were made, the next at ``next_at``, ``parts_sent`` of its parts
    have been taken by the provider, and at ``failed_at`` it was given up.
    """

    id: int
    conversation_id: str
    seq: int
    at: datetime
    author: Author
    kind: MessageKind
    body: dict[str, Any]
    agent_id: int | None = None
    agent_name: str | None = None
    agent_login: str | None = None
    client_id: str | None = None
    reply_to: int | None = None
    lease_until: datetime | None = None
    answered_at: datetime | None = None
    delivered_at: datetime | None = None
    attempts: int = 0
    parts_sent: int = 0
    next_at: datetime | None = None
    failed_at: datetime | None = None

    @property
    def text(self) -> str:
        """The words."""
        return str(self.body.get("text") or "")


@dataclass(frozen=True)
class ConversationStatus:
    """How a conversation stands. ``agent_id`` and ``agent_name`` are of the person who has it, if any. ``waiting``: a
    case of it is with the people of the desk, and none of them has taken it. ``answering``: the bot has a message to
    answer. ``newest`` is the highest ``seq``."""

    agent_id: int | None
    agent_name: str | None
    waiting: bool
    answering: bool
    newest: int


@dataclass(frozen=True, repr=False)
class Misunderstood:
    """One message: its words as they were said (card numbers never get this far), and the intent that was the best
    guess. Has no text of its own, so that none gets into a log."""

    id: int
    text: str
    guess: str
    at: datetime
    exported_at: datetime | None
