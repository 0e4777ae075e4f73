"""What was proven."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.cases.model import Proven, StoredOrder


class Proofs(Protocol):
    """What was proven in which conversation; see bot.store.proofs.ProofRepository."""

    def of_conversation(self, conversation_id: str, now: datetime) -> Proven: ...
    def add_order(self, conversation_id: str, order: StoredOrder, expires_at: datetime) -> None: ...
    def add_address(self, conversation_id: str, customer_id: int, expires_at: datetime) -> None: ...
    def ever(self, conversation_id: str) -> bool: ...
