"""The message log."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, Protocol, TypedDict

from typing_extensions import Unpack

from bot.cases.model import Author, Message, MessageKind
from bot.cases.ports.queues import Queue


class MessageChange(TypedDict, total=False):
    """Columns of a message that say how far its answering or bringing has come."""

    lease_until: datetime | None
    answered_at: datetime
    delivered_at: datetime | None
    attempts: int
    parts_sent: int
    next_at: datetime | None
    failed_at: datetime | None


class Messages(Queue[Message], Protocol):
    """What was said in each conversation, in order; see bot.store.messages.MessageRepository."""

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
    ) -> Message: ...
    def of_conversation(self, conversation_id: str, after: int = 0, limit: int = 500) -> list[Message]: ...
    def of_client(self, conversation_id: str, client_id: str) -> Message | None: ...
    def replies_to(self, message: Message) -> list[Message]: ...
    def unanswered(self, now: datetime, limit: int = 20) -> list[Message]: ...
    def due(self, channel: str, now: datetime, limit: int = 20) -> list[Message]: ...
    def undelivered(self, conversation_id: str) -> list[Message]: ...
    def change(self, message_id: int, **values: Unpack[MessageChange]) -> None: ...
    def name_part(self, message_id: int, name: str) -> None: ...
    def sent_as(self, name: str) -> Message | None: ...
    def newest(self, conversation_ids: Collection[str]) -> dict[str, int]: ...
    def transcript(self, conversation_id: str) -> list[dict[str, str]]: ...
