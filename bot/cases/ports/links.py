"""Links to set a password with."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.cases.model import Link


class Links(Protocol):
    """Links to set a password with, one for each account; see bot.store.links.LinkRepository."""

    def set(self, agent_id: int, token_hash: str, made_by: int | None, expires_at: datetime) -> None: ...
    def of_agent(self, agent_id: int, now: datetime, *, lock: bool = False) -> Link | None: ...
    def drop(self, agent_id: int) -> bool: ...
