"""Notes."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from bot.cases.model import Case, Note


class Notes(Protocol):
    """Notes of agents on cases; see bot.store.notes.NoteRepository."""

    def add(self, case: Case, agent_id: int, at: datetime, text: str) -> None: ...
    def of_case(self, case_id: int) -> list[Note]: ...
