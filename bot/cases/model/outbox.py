"""The steps that carry out a case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Any


class Step(str, Enum):
    """One thing that carries out a case, in the order in which a refund takes them."""

    STOP_SERVICE = "stop_service"
    ASSESS = "assess"
    END_AGREEMENT = "end_agreement"
    REFUND = "refund"


class StepState(str, Enum):
    """How far a step has come. A dead one has become a handoff, a dropped one was overtaken by a withdrawal."""

    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"
    DROPPED = "dropped"


@dataclass(frozen=True)
class OutboxStep:
    """A step that waits in the outbox, or went through it. ``key`` is the idempotency key of its call; ``next_at`` is
    when it is due; until ``lease_until`` a worker has it in hand."""

    id: int
    case_id: int
    decision_id: int
    step: Step
    state: StepState
    key: str
    payload: dict[str, Any]
    attempts: int
    created_at: datetime
    next_at: datetime
    lease_until: datetime | None
    error: str | None
    result: dict[str, Any] | None
