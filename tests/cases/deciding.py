"""What agents decide, and the customer's yes to it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from bot.cases.customer.offers import accept_offer
from bot.cases.desk.work import decide_by_agent
from bot.cases.model import Agent, AgentDecision, Case, Verdict
from bot.cases.services import Services
from tests.cases.gateways import ledger_entries
from tests.desk_builders import taken

NUMBER = "CC-104233"


def decided(
    services: Services, agent: Agent, case: Case, verdict: Verdict = Verdict.APPROVE, **values: Any
) -> AgentDecision:
    """A decision of the agent, who takes the case for it."""
    taken(services, agent, case)
    sums = {name: Decimal(values.pop(name)) for name in ("refund", "fee") if name in values}
    return decide_by_agent(services, agent, case.reference, verdict=verdict, **sums, **values)


def changed(services: Services, agent: Agent, case: Case, refund: str, **values: Any) -> AgentDecision:
    """A decision for another sum."""
    return decided(services, agent, case, Verdict.CHANGE, refund=refund, **{"reason": "As a courtesy.", **values})


def accepted(services: Services, decision: AgentDecision, talk: str = "talk") -> Case:
    """The customer's yes to an agent's decision."""
    with services.unit_of_work() as uow:
        reference = uow.cases.get(decision.case_id).reference
    return accept_offer(services, conversation_id=talk, reference=reference, agent_decision_id=decision.id)


def refunds(services: Services, number: str = NUMBER) -> list[tuple[Decimal, str]]:
    """What was paid for an order, and where to."""
    return [(entry[1], entry[2]) for entry in ledger_entries(services, number) if entry[0] == "refund"]
