"""A case with all that belongs to it, and rows of the queue."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from bot.cases.model.agents import Agent
from bot.cases.model.cases import Case, LogEntry
from bot.cases.model.decisions import AgentDecision, StoredDecision
from bot.cases.model.handoffs import Cause, Handoff, Note
from bot.cases.model.outbox import OutboxStep


@dataclass(frozen=True)
class QueueRow:
    """A case that waits for somebody at the desk, as the store finds it. ``since`` is when it came into its state;
    ``result`` of the newest decision; ``verified``: an order was proven in its conversation, be it long ago."""

    case: Case
    order_number: str | None
    cause: Cause | None
    answer_by: date | None
    since: datetime
    taken_by: Agent | None
    needs_second: bool
    verified: bool
    result: dict[str, Any] | None


@dataclass(frozen=True)
class CaseFile:
    """All that is known about one case."""

    case: Case
    order_number: str | None
    decisions: list[StoredDecision] = field(default_factory=list)
    log: list[LogEntry] = field(default_factory=list)
    handoff: Handoff | None = None
    steps: list[OutboxStep] = field(default_factory=list)
    agent_decisions: list[AgentDecision] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    demo: bool = False
    """Whether its order is made up."""


@dataclass(frozen=True)
class Restored:
    """The store went back: ``at`` that time to what it was at ``backup_at``."""

    at: datetime
    backup_at: datetime
