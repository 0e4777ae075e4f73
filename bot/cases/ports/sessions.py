"""Sessions of the desk."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.cases.model import Agent


class Sessions(Protocol):
    """Who is signed in at the desk; see bot.store.sessions.SessionRepository."""

    def add(self, agent_id: int, token_hash: str, created_at: datetime, expires_at: datetime) -> None: ...
    def agent(self, token_hash: str, now: datetime) -> Agent | None: ...
    def end(self, token_hash: str) -> None: ...
    def end_all(self, agent_id: int, but: str = "") -> None: ...
