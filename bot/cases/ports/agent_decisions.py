"""Decisions of agents."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Protocol

from bot.cases.model import AgentDecision, Case, Verdict
from bot.policy.facts import Destination


class AgentDecisions(Protocol):
    """What agents decided; only added to. See bot.store.agent_decisions.AgentDecisionRepository."""

    def add(
        self,
        case: Case,
        *,
        decision_id: int,
        agent_id: int,
        at: datetime,
        verdict: Verdict,
        currency: str | None,
        reason: str,
        needs_second: bool,
        base: Decimal | None = None,
        fee: Decimal | None = None,
        refund: Decimal | None = None,
        destination: Destination | None = None,
    ) -> AgentDecision: ...
    def add_second_opinion(self, agent_decision_id: int, agent_id: int, at: datetime, agrees: bool) -> bool: ...
    def get(self, agent_decision_id: int) -> AgentDecision: ...
    def of_case(self, case_id: int) -> list[AgentDecision]: ...
    def exists(self, agent_decision_id: int) -> bool: ...
