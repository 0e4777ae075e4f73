"""Handoffs."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, Protocol

from bot.cases.model import Case, Cause, Handoff


class Handoffs(Protocol):
    """What a person is given with a case; see bot.store.handoffs.HandoffRepository."""

    def save(
        self,
        case: Case,
        cause: Cause,
        transcript: list[dict[str, str]],
        facts: dict[str, Any],
        created_at: datetime,
        answer_by: date,
    ) -> Handoff: ...
    def of_case(self, case_id: int) -> Handoff | None: ...
