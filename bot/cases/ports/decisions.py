"""Decisions of the policy."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Protocol

from bot.cases.model import StoredDecision


class Decisions(Protocol):
    """What the policy decided; only added to. See bot.store.decisions.DecisionRepository."""

    def add(
        self,
        *,
        case_id: int,
        decided_at: datetime,
        inputs: dict[str, Any],
        policy_version: str,
        policy_digest: str,
        result: dict[str, Any],
    ) -> StoredDecision: ...
    def get(self, decision_id: int) -> StoredDecision: ...
    def latest(self, case_id: int) -> StoredDecision | None: ...
    def of_case(self, case_id: int) -> list[StoredDecision]: ...
    def all(self) -> Iterator[StoredDecision]: ...
