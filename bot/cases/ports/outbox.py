"""The outbox."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Protocol, TypedDict

from typing_extensions import Unpack

from bot.cases.model import Case, OutboxStep, Step, StepState


class StepChange(TypedDict, total=False):
    """Columns of a step."""

    decision_id: int
    state: StepState
    key: str
    payload: dict[str, Any]
    attempts: int
    next_at: datetime
    lease_until: datetime | None
    error: str | None
    result: dict[str, Any] | None


class Outbox(Protocol):
    """The steps that carry out confirmed cases; see bot.store.outbox.OutboxRepository."""

    def add(
        self, case: Case, decision_id: int, step: Step, payload: dict[str, Any], next_at: datetime, created_at: datetime
    ) -> None: ...
    def due(
        self, now: datetime, longest_wait: timedelta, lease: timedelta, limit: int, *, demo: bool
    ) -> list[OutboxStep]: ...
    def count_overdue(self, since: datetime) -> int: ...
    def get(self, step_id: int) -> OutboxStep: ...
    def by_key(self, key: str) -> OutboxStep | None: ...
    def change(self, step_id: int, **values: Unpack[StepChange]) -> OutboxStep: ...
    def of_case(self, case_id: int) -> list[OutboxStep]: ...
    def sent_by_others(self, case: Case) -> Decimal: ...
