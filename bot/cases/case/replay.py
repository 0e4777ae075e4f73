"""Stored decisions, decided again and compared."""

from __future__ import annotations

from bot.cases.case.decisions import SEEN
from bot.cases.model import StoredDecision
from bot.cases.services import Services
from bot.policy import Policy, decide
from bot.policy.parsing import parse_request
from bot.policy.terms import CardWorth

_DECIDED = sorted({*SEEN, "service_stops_at", "clauses"})
"""What a replay compares: the outcome, sums, dates and clauses. How a decision is explained may change."""


def stored_decisions(services: Services) -> list[StoredDecision]:
    """Every stored decision, oldest first."""
    with services.reading() as uow:
        return list(uow.decisions.all())


def differences(policy: Policy, stored: StoredDecision) -> list[str]:
    """In what of the outcome, sums, dates and clauses the policy decides the same request otherwise now."""
    if "extras" not in stored.inputs["order"]:
        # Decided before an order said what of its price was shipping: a card counted for its face value then.
        policy = policy.reading(CardWorth.FACE)
    again = decide(parse_request(stored.inputs), policy).to_json()
    return [name for name in _DECIDED if again.get(name) != stored.result.get(name)]
