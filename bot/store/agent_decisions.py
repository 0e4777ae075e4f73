"""What agents decided."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from bot.cases.model import AgentDecision, Case, Verdict
from bot.policy.facts import Destination
from bot.store import audit
from bot.store import tables as t
from bot.store.keys import conversation
from bot.store.rows import ERASED, Repository, insert_new


class AgentDecisionRepository(Repository):
    """See bot.cases.ports.agent_decisions.AgentDecisions."""

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
    ) -> AgentDecision:
        """Append what an agent decided."""
        insert = t.agent_decisions.insert().values(
            case_id=case.id,
            decision_id=decision_id,
            agent_id=agent_id,
            at=at,
            verdict=verdict.value,
            base=base,
            fee=fee,
            refund=refund,
            currency=currency,
            destination=destination and destination.value,
            reason=self.keys.seal(conversation(case.conversation_id), reason),
            needs_second=needs_second,
        )
        key = self.connection.execute(insert).inserted_primary_key[0]
        audit.append(self.connection, self.keys.audit_key, "agent_decision", key, at)
        return self.get(key)

    def add_second_opinion(self, agent_decision_id: int, agent_id: int, at: datetime, agrees: bool) -> bool:
        """Append what a second person says; False where one has said something already."""
        values = {"agent_decision_id": agent_decision_id, "agent_id": agent_id, "at": at, "agrees": agrees}
        key = insert_new(self.connection, t.second_opinions, values)
        if key is not None:
            audit.append(self.connection, self.keys.audit_key, "second_opinion", key, at)
        return key is not None

    def get(self, agent_decision_id: int) -> AgentDecision:
        """An agent's decision that exists."""
        return self._read(t.agent_decisions.c.id == agent_decision_id)[0]

    def of_case(self, case_id: int) -> list[AgentDecision]:
        """What agents decided of a case, oldest first."""
        return self._read(t.agent_decisions.c.case_id == case_id)

    def exists(self, agent_decision_id: int) -> bool:
        """Whether there is one of that id."""
        return bool(self._read(t.agent_decisions.c.id == agent_decision_id))

    def _read(self, which: Any) -> list[AgentDecision]:
        first, second = t.agents.alias("first"), t.agents.alias("second")
        query = (
            select(
                t.agent_decisions,
                first.c.name.label("agent_name"),
                t.second_opinions.c.agent_id.label("second_id"),
                t.second_opinions.c.at.label("second_at"),
                t.second_opinions.c.agrees.label("second_agrees"),
                second.c.name.label("second_name"),
                t.cases.c.conversation_id,
            )
            .join(t.cases, t.cases.c.id == t.agent_decisions.c.case_id)
            .join(first, first.c.id == t.agent_decisions.c.agent_id)
            .outerjoin(t.second_opinions, t.second_opinions.c.agent_decision_id == t.agent_decisions.c.id)
            .outerjoin(second, second.c.id == t.second_opinions.c.agent_id)
        )
        found = []
        for row in self.connection.execute(query.where(which).order_by(t.agent_decisions.c.id)):
            values = dict(row._mapping)
            talk = values.pop("conversation_id")
            values["reason"] = self.opened(talk, row.reason, ERASED)
            values["verdict"] = Verdict(row.verdict)
            values["destination"] = Destination(row.destination) if row.destination else None
            found.append(AgentDecision(**values))
        return found
