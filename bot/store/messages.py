"""The message log: what was said in each conversation, in order, whoever said it."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, select
from typing_extensions import Unpack

from bot.cases.conversation.transcript import of_messages, transcript
from bot.cases.model import Author, Message, MessageKind
from bot.cases.ports.messages import MessageChange
from bot.store import tables as t
from bot.store.keys import conversation
from bot.store.personal_data import PersonalDataRepository
from bot.store.queues import QueueRepository
from bot.store.rows import ERASED, exclude_others, plain


class MessageRepository(QueueRepository[Message]):
    """See bot.cases.ports.messages.Messages."""

    table = t.messages

    def add(
        self,
        conversation_id: str,
        author: Author,
        body: dict[str, Any],
        at: datetime,
        *,
        kind: MessageKind = MessageKind.TEXT,
        agent_id: int | None = None,
        client_id: str | None = None,
        reply_to: int | None = None,
        lease_until: datetime | None = None,
        answered_at: datetime | None = None,
        delivered_at: datetime | None = None,
    ) -> Message:
        """Append to the log of a conversation, one writer at a time: ``seq`` has no gaps, so that whoever reads on from
        the last one they have seen misses nothing."""
        exclude_others(self.connection, f"messages {conversation_id}")
        newest = select(func.coalesce(func.max(t.messages.c.seq), 0)).where(
            t.messages.c.conversation_id == conversation_id
        )
        row = {
            "conversation_id": conversation_id,
            "seq": self.connection.execute(newest).scalar_one() + 1,
            "at": at,
            "author": author.value,
            "kind": kind.value,
            "body": self.keys.seal(conversation(conversation_id), body),
            "agent_id": agent_id,
            "client_id": client_id,
            "reply_to": reply_to,
            "lease_until": lease_until,
            "answered_at": answered_at,
            "delivered_at": delivered_at,
        }
        key = self.connection.execute(t.messages.insert().values(**row)).inserted_primary_key[0]
        return self._messages(t.messages.c.id == key)[0]

    def of_conversation(self, conversation_id: str, after: int = 0, limit: int = 500) -> list[Message]:
        """What came after that ``seq``, in order."""
        newer = and_(t.messages.c.conversation_id == conversation_id, t.messages.c.seq > after)
        return self._messages(newer, limit=limit)

    def find(self, row_id: int) -> Message | None:
        """The message of that id; None once erased."""
        return next(iter(self._messages(t.messages.c.id == row_id)), None)

    def of_client(self, conversation_id: str, client_id: str) -> Message | None:
        """The customer's message of that name."""
        named = and_(t.messages.c.conversation_id == conversation_id, t.messages.c.client_id == client_id)
        return next(iter(self._messages(named)), None)

    def replies_to(self, message: Message) -> list[Message]:
        """What was answered to a customer's message."""
        answers = and_(t.messages.c.conversation_id == message.conversation_id, t.messages.c.reply_to == message.seq)
        return self._messages(answers)

    def unanswered(self, now: datetime, limit: int = 20) -> list[Message]:
        """Customers' messages that nobody is answering, the oldest first."""
        return self._messages(and_(t.messages.c.author == Author.CUSTOMER.value, self.is_due(now)), limit=limit)

    def due(self, channel: str, now: datetime, limit: int = 20) -> list[Message]:
        """What is to be brought to the customers of a channel now, the oldest first: of each conversation the first
        message that has not reached its customer, unless it waits for its time or somebody has it in hand."""
        waiting, talk = t.messages.c, t.conversations.c
        heads = (
            select(func.min(waiting.id))
            .join(t.conversations, waiting.conversation_id == talk.id)
            .where(talk.channel == channel, _to_be_brought())
            .group_by(waiting.conversation_id)
        )
        return self._messages(and_(waiting.id.in_(heads), self.is_due(now)), limit=limit)

    def undelivered(self, conversation_id: str) -> list[Message]:
        """What has not reached the customer of one conversation."""
        return self._messages(and_(t.messages.c.conversation_id == conversation_id, _to_be_brought()))

    def change(self, message_id: int, **values: Unpack[MessageChange]) -> None:
        """Set columns of a message."""
        self.connection.execute(t.messages.update().where(t.messages.c.id == message_id).values(**plain(values)))

    def is_due(self, now: datetime) -> Any:
        """What is to be answered or to be brought, and in nobody's hand."""
        row = t.messages.c
        return and_(row.answered_at.is_(None), row.delivered_at.is_(None), row.failed_at.is_(None), super().is_due(now))

    def name_part(self, message_id: int, name: str) -> None:
        """Keep by which name the provider knows a part of a message."""
        if self.sent_as(name) is None:
            self.connection.execute(t.sent_parts.insert().values(name=name, message_id=message_id))

    def sent_as(self, name: str) -> Message | None:
        """The message that has a part of that name."""
        part = select(t.sent_parts.c.message_id).where(t.sent_parts.c.name == name)
        return next(iter(self._messages(t.messages.c.id.in_(part))), None)

    def newest(self, conversation_ids: Collection[str]) -> dict[str, int]:
        """The highest ``seq`` of each of the conversations that has any."""
        query = select(t.messages.c.conversation_id, func.max(t.messages.c.seq))
        query = query.where(t.messages.c.conversation_id.in_(conversation_ids)).group_by(t.messages.c.conversation_id)
        return {row[0]: row[1] for row in self.connection.execute(query)}

    def transcript(self, conversation_id: str) -> list[dict[str, str]]:
        """What was said in a conversation: by the message log; where it has nothing, as far as Rasa has stored it."""
        said = self.of_conversation(conversation_id, limit=10_000)
        return (
            of_messages(said)
            if said
            else transcript(PersonalDataRepository(self.connection, self.keys).events(conversation_id))
        )

    def _messages(self, which: Any, limit: int = 500) -> list[Message]:
        agent = (t.agents.c.name.label("agent_name"), t.agents.c.login.label("agent_login"))
        query = select(t.messages, *agent).outerjoin(t.agents, t.messages.c.agent_id == t.agents.c.id)
        rows = self.connection.execute(query.where(which).order_by(t.messages.c.id).limit(limit))
        return [self._message(row) for row in rows]

    def _message(self, row: Any) -> Message:
        values = dict(row._mapping)
        values["body"] = self.opened(row.conversation_id, row.body, {"text": ERASED})
        return Message(**{**values, "author": Author(row.author), "kind": MessageKind(row.kind)})


def _to_be_brought() -> Any:
    """What the index ix_messages_undelivered holds."""
    return and_(
        t.messages.c.author != Author.CUSTOMER.value,
        t.messages.c.delivered_at.is_(None),
        t.messages.c.failed_at.is_(None),
    )
