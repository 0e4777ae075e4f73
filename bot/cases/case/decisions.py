"""Storing a decision with its inputs, and telling whether two of them are the same to the customer."""

from __future__ import annotations

from typing import Any

from bot.cases.model import Case, StoredDecision
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services
from bot.policy import CancelDecision, RefundDecision, decide
from bot.policy.facts import CancelRequest, RefundRequest
from bot.policy.parsing import request_to_json

SEEN = (
    "outcome",
    "base",
    "fee",
    "refund",
    "currency",
    "process_by",
    "agreement_ends_on",
    "next_charge_on",
    "balance_lost",
)
"""What the customer saw and confirmed; if any of it has changed, there is a new quote (R10)."""


def decide_and_store(
    services: Services, uow: UnitOfWork, case: Case, request: RefundRequest | CancelRequest
) -> tuple[RefundDecision | CancelDecision, StoredDecision]:
    """Ask the policy, and append its decision to the case within the running transaction."""
    result = decide(request, services.policy)
    stored = uow.decisions.add(
        case_id=case.id,
        decided_at=request.decided_at,
        inputs=request_to_json(request),
        policy_version=result.policy_version,
        policy_digest=services.policy.digest,
        result=result.to_json(),
    )
    return result, stored


def same_figures(shown: StoredDecision, fresh: StoredDecision) -> bool:
    """Whether the customer would see the same outcome, sums and dates (R10)."""
    return all(shown.result.get(key) == fresh.result.get(key) for key in SEEN)


def same_to_customer(shown: StoredDecision, fresh: StoredDecision) -> bool:
    """Whether the customer would also be given the same reasons, such as where the money goes (R9). Never of a decision
    that was stored before findings had codes."""
    return same_figures(shown, fresh) and _reasons(shown) == _reasons(fresh)


def _reasons(decision: StoredDecision) -> list[dict[str, Any]]:
    result = decision.result
    return [finding for finding in result["trace"] if finding.get("code") in result["explanation"]]
