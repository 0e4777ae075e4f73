"""Conversations."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol, TypedDict

from typing_extensions import Unpack

from bot.cases.model import Conversation, ConversationStatus


class ConversationChange(TypedDict, total=False):
    """What may become known of a conversation."""

    last_at: datetime
    address_index: str | None
    address_limited: bool
    secret_hashes: tuple[str, ...]
    bound: bool
    subject_index: str
    other_name_index: str
    proven_email_index: str | None
    proven_phone_index: str | None
    proven_national_index: str | None
    proven_until: datetime


class Conversations(Protocol):
    """Who writes in which conversation, who answers there, and where answers are brought or mailed to; see
    bot.store.conversations.ConversationRepository."""

    def find(self, conversation_id: str) -> Conversation | None: ...
    def named(self, channel: str, sender: str) -> list[Conversation]: ...
    def also_named(self, other_name_index: str) -> Conversation | None: ...
    def active_since(self, address_index: str, since: datetime) -> list[datetime]: ...
    def add(self, conversation: Conversation) -> bool: ...
    def change(self, conversation_id: str, **values: Unpack[ConversationChange]) -> None: ...
    def take(self, conversation_id: str, agent_id: int, instead_of: int | None) -> bool: ...
    def give_back(self, conversation_id: str, agent_id: int) -> bool: ...
    def status(self, conversation_id: str) -> ConversationStatus: ...
    def set_reply_email(self, conversation_id: str, email: str) -> None: ...
    def reply_email(self, conversation_id: str) -> str | None: ...
    def set_reply_address(self, conversation_id: str, address: dict[str, Any]) -> None: ...
    def reply_address(self, conversation_id: str) -> dict[str, Any] | None: ...
