"""Secrets of conversations."""

from __future__ import annotations

from typing import Protocol

from bot.cases.model import SecretChange


class Secrets(Protocol):
    """The secrets of conversations' clients; see bot.cases.conversation.conversations and
    bot.store.secrets.SecretRepository."""

    def prepare(self, change: SecretChange) -> SecretChange: ...
    def spoil(self, change: SecretChange) -> None: ...
    def prepared(self, conversation_id: str, message_id: str) -> SecretChange | None: ...
    def confirm(self, change: SecretChange, secret_hash: str) -> None: ...
    def former(self, secret_hash: str) -> str | None: ...
