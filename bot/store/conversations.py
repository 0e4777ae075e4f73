"""Who writes in which conversation, who answers there, and where answers are brought or mailed to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import and_, select
from typing_extensions import Unpack

from bot.cases.model import Author, CaseState, Conversation, ConversationStatus
from bot.cases.ports.conversations import ConversationChange
from bot.store import tables as t
from bot.store.keys import conversation as subject
from bot.store.messages import MessageRepository
from bot.store.rows import Repository, insert_new


class ConversationRepository(Repository):
    """See bot.cases.ports.conversations.Conversations."""

    def find(self, conversation_id: str) -> Conversation | None:
        """The conversation of that id."""
        query = select(t.conversations).where(t.conversations.c.id == conversation_id)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else _conversation(row)

    def named(self, channel: str, sender: str) -> list[Conversation]:
        """What clients of a channel call by that name, the newest first."""
        known = t.conversations.c
        query = select(t.conversations).where(known.channel == channel, known.sender == sender)
        return [_conversation(row) for row in self.connection.execute(query.order_by(known.last_at.desc()))]

    def also_named(self, other_name_index: str) -> Conversation | None:
        """The conversation of the customer whom a provider calls by that name, too; the newest."""
        known = t.conversations.c
        query = select(t.conversations).where(known.other_name_index == other_name_index)
        row = self.connection.execute(query.order_by(known.last_at.desc()).limit(1)).one_or_none()
        return None if row is None else _conversation(row)

    def active_since(self, address_index: str, since: datetime) -> list[datetime]:
        """When the conversations of a limited address were last written in, oldest first; those since then."""
        known = t.conversations.c
        of_address = and_(known.address_index == address_index, known.address_limited.is_(True))
        query = select(known.last_at).where(of_address, known.last_at > since)
        return list(self.connection.execute(query.order_by(known.last_at)).scalars())

    def add(self, conversation: Conversation) -> bool:
        """A new one; False where its id is taken."""
        return insert_new(self.connection, t.conversations, _conversation_row(vars(conversation))) is not None

    def change(self, conversation_id: str, **values: Unpack[ConversationChange]) -> None:
        """Set what is known of a conversation."""
        update = t.conversations.update().where(t.conversations.c.id == conversation_id)
        self.connection.execute(update.values(**_conversation_row(values)))

    def take(self, conversation_id: str, agent_id: int, instead_of: int | None) -> bool:
        """Let an agent answer in a conversation, if ``instead_of`` (None: the bot) does. False, too, where there is no
        such conversation."""
        known = t.conversations.c
        free = known.agent_id.is_(None) if instead_of is None else known.agent_id == instead_of
        update = t.conversations.update().where(known.id == conversation_id, free)
        return bool(self.connection.execute(update.values(agent_id=agent_id)).rowcount == 1)

    def give_back(self, conversation_id: str, agent_id: int) -> bool:
        """Take the conversation and its cases from an agent; whether they had the conversation."""
        cases = t.cases.c
        mine = and_(cases.conversation_id == conversation_id, cases.agent_id == agent_id)
        self.connection.execute(t.cases.update().where(mine).values(agent_id=None, taken_at=None))
        known = t.conversations.c
        update = t.conversations.update().where(known.id == conversation_id, known.agent_id == agent_id)
        return bool(self.connection.execute(update.values(agent_id=None)).rowcount == 1)

    def status(self, conversation_id: str) -> ConversationStatus:
        """How a conversation stands."""
        known, logged = t.conversations.c, t.messages.c
        query = select(known.agent_id, t.agents.c.name).outerjoin(t.agents, known.agent_id == t.agents.c.id)
        row = self.connection.execute(query.where(known.id == conversation_id)).one_or_none()
        with_desk = (t.cases.c.conversation_id == conversation_id, t.cases.c.state == CaseState.IN_REVIEW.value)
        waiting = self.connection.execute(select(t.cases.c.id).where(*with_desk).limit(1)).first()
        asked = (logged.author == Author.CUSTOMER.value, logged.answered_at.is_(None))
        unanswered = select(logged.id).where(logged.conversation_id == conversation_id, *asked).limit(1)
        return ConversationStatus(
            agent_id=row.agent_id if row else None,
            agent_name=row.name if row else None,
            waiting=waiting is not None and (row is None or row.agent_id is None),
            answering=self.connection.execute(unanswered).first() is not None,
            newest=MessageRepository(self.connection, self.keys).newest([conversation_id]).get(conversation_id, 0),
        )

    def set_reply_email(self, conversation_id: str, email: str) -> None:
        """Keep, under the conversation's key, where a person's answers are mailed to."""
        sealed = self.keys.seal(subject(conversation_id), email)
        update = t.conversations.update().where(t.conversations.c.id == conversation_id)
        self.connection.execute(update.values(reply_email=sealed))

    def reply_email(self, conversation_id: str) -> str | None:
        """Where a person's answers are mailed to; None where nobody said so, or it was erased."""
        query = select(t.conversations.c.reply_email).where(t.conversations.c.id == conversation_id)
        sealed = self.connection.execute(query).scalar_one_or_none()
        email: Any = self.opened(conversation_id, sealed, None)
        return email if isinstance(email, str) else None

    def set_reply_address(self, conversation_id: str, address: dict[str, Any]) -> None:
        """Keep, under the conversation's key, where what is said to the customer is brought."""
        sealed = self.keys.seal(subject(conversation_id), address)
        update = t.conversations.update().where(t.conversations.c.id == conversation_id)
        self.connection.execute(update.values(reply_address=sealed))

    def reply_address(self, conversation_id: str) -> dict[str, Any] | None:
        """Where what is said to the customer is brought; None where no channel said so, or it was erased."""
        query = select(t.conversations.c.reply_address).where(t.conversations.c.id == conversation_id)
        sealed = self.connection.execute(query).scalar_one_or_none()
        address: Any = self.opened(conversation_id, sealed, None)
        return address if isinstance(address, dict) else None


def _conversation_row(values: Mapping[str, Any]) -> dict[str, Any]:
    row = dict(values)
    if "secret_hashes" in row:
        row["secret_hash"] = " ".join(row.pop("secret_hashes"))
    return row


def _conversation(row: Any) -> Conversation:
    values = dict(row._mapping)
    secrets = tuple(values.pop("secret_hash").split())
    return Conversation(**values, secret_hashes=secrets)
