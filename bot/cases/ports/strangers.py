"""Requests of people who have proven no order."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.cases.model import Case, Cause, HeldRow


class Strangers(Protocol):
    """Requests of people who have proven no order; see bot.store.strangers.StrangerRepository."""

    def requests(self, origin: str, since: datetime) -> list[tuple[datetime, Cause]]: ...
    def add(self, case: Case, origin: str, cause: Cause, at: datetime) -> None: ...
    def hold_back(self, conversation_id: str, origin: str, cause: Cause, at: datetime) -> None: ...
    def held(self, since: datetime) -> list[HeldRow]: ...
    def settle(self, conversation_id: str, at: datetime) -> None: ...
