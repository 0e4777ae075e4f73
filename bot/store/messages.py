"""The message log: what was said in each conversation, in order, whoever said it."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select

from bot.cases.model import Author, CaseState, Message, MessageKind, Standing
from bot.store import tables as t
from bot.store.keys import Keys, conversation
from bot.store.personal_data import ERASED, PersonalData
from bot.store.rows import Rows, plain


class MessageRows(Rows):
    """See bot.cases.ports.store.UnitOfWork."""

    keys: Keys

    def add_message(
        self,
        conversation_id: str,
        author: Author,
        body: dict[str, Any],
        at: datetime,
        *,
        kind: MessageKind = MessageKind.TEXT,
        **values: Any,
    ) -> Message:
        """Append to the log of a conversation, one writer at a time: ``seq`` has no gaps, so that whoever reads on from
        the last one they have seen misses nothing."""
        self.exclude_others(f"messages {conversation_id}")
        newest = select(func.coalesce(func.max(t.messages.c.seq), 0)).where(
            t.messages.c.conversation_id == conversation_id
        )
        row = {
            "conversation_id": conversation_id,
            "seq": self.connection.execute(newest).scalar_one() + 1,
            "at": at,
            "author": author,
            "kind": kind,
            "body": self.keys.seal(conversation(conversation_id), body),
            **values,
        }
        key = self.connection.execute(t.messages.insert().values(**plain(row))).inserted_primary_key[0]
        return self._messages(t.messages.c.id == key)[0]

    def messages(self, conversation_id: str, after: int = 0, limit: int = 500) -> list[Message]:
        """What came after that ``seq``, in order."""
        newer = and_(t.messages.c.conversation_id == conversation_id, t.messages.c.seq > after)
        return self._messages(newer, limit=limit)

    def message(self, message_id: int) -> Message | None:
        """The message of that id; None once erased."""
        return next(iter(self._messages(t.messages.c.id == message_id)), None)

    def message_of_client(self, conversation_id: str, client_id: str) -> Message | None:
        """The customer's message of that name."""
        named = and_(t.messages.c.conversation_id == conversation_id, t.messages.c.client_id == client_id)
        return next(iter(self._messages(named)), None)

    def replies_to(self, message: Message) -> list[Message]:
        """What was answered to a customer's message."""
        answers = and_(t.messages.c.conversation_id == message.conversation_id, t.messages.c.reply_to == message.seq)
        return self._messages(answers)

    def unanswered(self, now: datetime, limit: int = 20) -> list[Message]:
        """Customers' messages that nobody is answering, the oldest first."""
        free = or_(t.messages.c.lease_until.is_(None), t.messages.c.lease_until <= now)
        waiting = and_(t.messages.c.author == Author.CUSTOMER.value, t.messages.c.answered_at.is_(None), free)
        return self._messages(waiting, limit=limit)

    def due_deliveries(self, channel: str, now: datetime, limit: int = 20) -> list[Message]:
        """What is to be brought to the customers of a channel now, the oldest first: of each conversation the first
        message that has not reached its customer, unless it waits for its time or somebody has it in hand."""
        waiting, talk = t.messages.c, t.conversations.c
        heads = (
            select(func.min(waiting.id))
            .join(t.conversations, waiting.conversation_id == talk.id)
            .where(talk.channel == channel, _to_be_brought())
            .group_by(waiting.conversation_id)
        )
        due = and_(
            waiting.id.in_(heads),
            or_(waiting.next_at.is_(None), waiting.next_at <= now),
            or_(waiting.lease_until.is_(None), waiting.lease_until <= now),
        )
        return self._messages(due, limit=limit)

    def undelivered_in(self, conversation_id: str) -> list[Message]:
        """What has not reached the customer of one conversation."""
        return self._messages(and_(t.messages.c.conversation_id == conversation_id, _to_be_brought()))

    def change_message(self, message_id: int, **values: Any) -> None:
        """Set columns of a message."""
        self.connection.execute(t.messages.update().where(t.messages.c.id == message_id).values(**plain(values)))

    def lease_message(self, message_id: int, now: datetime, until: datetime) -> bool:
        """Take a message in hand, to answer or to bring it; False where somebody else has it, or it is done with."""
        free = or_(t.messages.c.lease_until.is_(None), t.messages.c.lease_until <= now)
        open_ = (
            t.messages.c.answered_at.is_(None),
            t.messages.c.delivered_at.is_(None),
            t.messages.c.failed_at.is_(None),
        )
        waiting = and_(t.messages.c.id == message_id, *open_, free)
        taken = self.connection.execute(t.messages.update().where(waiting).values(lease_until=until))
        return bool(taken.rowcount == 1)

    def name_sent_part(self, message_id: int, name: str) -> None:
        """Keep by which name the provider knows a part of a message."""
        if self.message_sent_as(name) is None:
            self.connection.execute(t.sent_parts.insert().values(name=name, message_id=message_id))

    def message_sent_as(self, name: str) -> Message | None:
        """The message that has a part of that name."""
        part = select(t.sent_parts.c.message_id).where(t.sent_parts.c.name == name)
        return next(iter(self._messages(t.messages.c.id.in_(part))), None)

    def newest_messages(self, conversation_ids: Collection[str]) -> dict[str, int]:
        """The highest ``seq`` of each of the conversations that has any."""
        query = select(t.messages.c.conversation_id, func.max(t.messages.c.seq))
        query = query.where(t.messages.c.conversation_id.in_(conversation_ids)).group_by(t.messages.c.conversation_id)
        return {row[0]: row[1] for row in self.connection.execute(query)}

    def standing(self, conversation_id: str) -> Standing:
        """How a conversation stands."""
        known, logged = t.conversations.c, t.messages.c
        query = select(known.agent_id, t.agents.c.name).outerjoin(t.agents, known.agent_id == t.agents.c.id)
        row = self.connection.execute(query.where(known.id == conversation_id)).one_or_none()
        with_desk = (t.cases.c.conversation_id == conversation_id, t.cases.c.state == CaseState.IN_REVIEW.value)
        waiting = self.connection.execute(select(t.cases.c.id).where(*with_desk).limit(1)).first()
        asked = (logged.author == Author.CUSTOMER.value, logged.answered_at.is_(None))
        unanswered = select(logged.id).where(logged.conversation_id == conversation_id, *asked).limit(1)
        return Standing(
            agent_id=row.agent_id if row else None,
            agent_name=row.name if row else None,
            waiting=waiting is not None and (row is None or row.agent_id is None),
            answering=self.connection.execute(unanswered).first() is not None,
            newest=self.newest_messages([conversation_id]).get(conversation_id, 0),
        )

    def _messages(self, which: Any, limit: int = 500) -> list[Message]:
        agent = (t.agents.c.name.label("agent_name"), t.agents.c.login.label("agent_login"))
        query = select(t.messages, *agent).outerjoin(t.agents, t.messages.c.agent_id == t.agents.c.id)
        rows = self.connection.execute(query.where(which).order_by(t.messages.c.id).limit(limit))
        return [self._message(row) for row in rows]

    def _message(self, row: Any) -> Message:
        values = dict(row._mapping)
        values["body"] = self.personal.opened(row.conversation_id, row.body, {"text": ERASED})
        return Message(**{**values, "author": Author(row.author), "kind": MessageKind(row.kind)})

    @abstractmethod
    def exclude_others(self, name: str) -> None:
        """See ConversationRows."""

    @property
    @abstractmethod
    def personal(self) -> PersonalData:
        """See SqlUnitOfWork."""


def _to_be_brought() -> Any:
    """What the index ix_messages_undelivered holds."""
    return and_(
        t.messages.c.author != Author.CUSTOMER.value,
        t.messages.c.delivered_at.is_(None),
        t.messages.c.failed_at.is_(None),
    )
