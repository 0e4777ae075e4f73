"""What a person at the desk decides about: a case's facts as they are now, and what its customer has confirmed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any

from bot.cases.case.requests import refund_request
from bot.cases.model import (
    AgentDecision,
    Case,
    CaseState,
    CauseCode,
    MoveCause,
    OutboxStep,
    Step,
    StepState,
    StoredDecision,
    StoredOrder,
)
from bot.cases.ports.store import Snapshot, UnitOfWork
from bot.cases.services import Services
from bot.policy import NoTermsInForce, Terms
from bot.policy.facts import Destination, Order, OrderStatus, Reason, RefundRequest
from bot.policy.money import plain

AGENT_DECISION = "agent_decision"
"""In the payload of a step: the agent's decision that it carries out."""
UNKNOWN = "may_have_happened"
"""In the result of a dead step: whether its call may have been carried out all the same."""


@dataclass(frozen=True)
class Deal:
    """What a customer gets: sums in ``currency``, and where they go."""

    base: Decimal | None
    fee: Decimal | None
    refund: Decimal
    currency: str
    destination: Destination


def deal_of_agent(decision: AgentDecision) -> Deal:
    """What an agent's decision gives. Only for one that pays."""
    assert decision.refund is not None and decision.currency is not None and decision.destination is not None
    return Deal(decision.base, decision.fee, decision.refund, decision.currency, decision.destination)


def deal_of_policy(case: Case, decision: StoredDecision) -> Deal | None:
    """What a decision of the policy gives; None where that is nothing."""
    result = decision.result
    if result.get("base") is None or Decimal(result["refund"]) <= 0:
        return None
    sums = Decimal(result["base"]), Decimal(result["fee"]), Decimal(result["refund"])
    return Deal(*sums, result["currency"], case.destination or Destination.WALLET)


def clauses_of(by_policy: dict[str, Any], deal: Deal, returns: bool) -> list[str]:
    """The clauses by which a deal is what it is: those of the sums where they are the policy's, C2 where a person says
    otherwise of an ended service, and how and when it is paid."""
    decided = list(by_policy["clauses"])
    same_sums = by_policy.get("refund") == plain(deal.refund, deal.currency)
    sums = [clause for clause in decided if clause in ("R6", "R7", "R7b")] if same_sums else []
    return [*sums, *(["C2"] if "C2" in decided else []), *(["R5"] if returns else []), "R4", "R9"]


def failed_step(uow: Snapshot, case: Case) -> OutboxStep | None:
    """The step at which carrying out the case has failed, where nothing else has happened since."""
    dead = [step for step in uow.outbox.of_case(case.id) if step.state is StepState.DEAD]
    if not dead or uow.cases.moves(case.id)[-1].from_state is not CaseState.FAILED:
        return None
    return dead[-1]


def confirmed_deal(uow: Snapshot, case: Case) -> Deal | None:
    """What the customer has said yes to, where carrying it out has failed since and nothing else has happened."""
    step = failed_step(uow, case)
    return None if step is None else deal_of_step(uow, case, step)


def deal_of_step(uow: Snapshot, case: Case, step: OutboxStep) -> Deal | None:
    """What a step of a refund carries out; None for a cancellation."""
    agreed = step.payload.get(AGENT_DECISION)
    if agreed is not None:
        return deal_of_agent(uow.agent_decisions.get(agreed))
    return deal_of_policy(case, uow.decisions.get(step.decision_id))


def drop_steps(uow: UnitOfWork, case: Case) -> None:
    """What still waits or has failed of a case is not carried out as it is; not so a payment that may have been made,
    which is never lost sight of."""
    for step in uow.outbox.of_case(case.id):
        unpaid = step.step is not Step.REFUND or not may_have_been_paid(step)
        if step.state in (StepState.WAITING, StepState.DEAD) and unpaid:
            uow.outbox.change(step.id, state=StepState.DROPPED)


def payment(uow: Snapshot, case: Case) -> OutboxStep | None:
    """The step that pays the case's refund, if it was ever begun."""
    return next((step for step in uow.outbox.of_case(case.id) if step.step is Step.REFUND), None)


def may_have_been_paid(step: OutboxStep | None) -> bool:
    """Whether a payment was made, or nobody knows. False only where it was never tried, or refused for sure."""
    if step is None or step.state is StepState.DROPPED:
        return False
    return step.state is not StepState.DEAD or bool((step.result or {}).get(UNKNOWN, True))


def same_payment(step: OutboxStep, deal: Deal) -> bool:
    """Whether a payment is that of a deal."""
    sent = Decimal(step.payload["amount"]), step.payload["currency"], step.payload["destination"]
    return sent == (deal.refund, deal.currency, deal.destination.value)


def is_back(uow: Snapshot, case: Case) -> bool:
    """Whether the card of a case has come back to us, complete or not (R5)."""
    arrived = (CaseState.RECEIVED, CaseState.IN_REVIEW)
    return any(
        entry.from_state is CaseState.AWAITING_RETURN
        and entry.to_state in arrived
        and entry.cause.code is not CauseCode.CARD_OVERDUE
        for entry in uow.cases.moves(case.id)
    )


def is_overdue(uow: Snapshot, case: Case) -> bool:
    """Whether a person has the case because its card has not come back in time (R5), whatever they did since."""
    promised = case.state is CaseState.IN_REVIEW and case.return_number is not None
    return promised and not is_back(uow, case)


def request_of(services: Services, uow: Snapshot, case: Case, stored: StoredOrder) -> RefundRequest:
    """The case as the policy's question on the facts of now. What its own confirmation did to the order's status is
    left out."""
    reason = case.reason.for_policy if case.reason else Reason.OTHER
    request = refund_request(services, uow, stored, reason, case.destination, case.requested_at, case.channel)
    status = status_before(uow, case, stored)
    return replace(request, order=replace(request.order, status=status))


def status_before(uow: Snapshot, case: Case, stored: StoredOrder) -> OrderStatus:
    """The order's status, or the one from before the case's own confirmation."""
    decision = uow.decisions.latest(case.id)
    if stored.order.status is not OrderStatus.REFUND_PENDING or decision is None or not uow.outbox.of_case(case.id):
        return stored.order.status
    return OrderStatus.CANCELLED if stored.cancelled_at else OrderStatus(decision.inputs["order"]["status"])


def refundable(uow: UnitOfWork, case: Case, stored: StoredOrder) -> Decimal:
    """What was paid for the order, less what was refunded of it or may have been, in its currency."""
    if status_before(uow, case, stored) in (OrderStatus.REFUNDED, OrderStatus.REFUND_PENDING):
        return Decimal(0)  # an order is refunded once
    return max(Decimal(0), stored.order.amount_paid - uow.outbox.sent_by_others(case))


def changed_since(seen: Order, now: Order) -> MoveCause | None:
    """What keeps from paying what a person approved when they saw the order as it was ``seen``; None if nothing."""
    if (seen.currency, seen.amount_paid) != (now.currency, now.amount_paid):
        return MoveCause(CauseCode.OTHERWISE_PAID)
    left_then, left_now = seen.remaining_balance, now.remaining_balance
    if left_then != left_now and (left_then is None or left_now is None or left_now < left_then):
        return MoveCause(CauseCode.LESS_LEFT)
    if now.used and not seen.used:
        return MoveCause(CauseCode.USED_SINCE)
    if now.dispute_open and not seen.dispute_open:
        return MoveCause(CauseCode.DISPUTED_SINCE)
    if now.status is not seen.status:
        return MoveCause(CauseCode.STATUS_CHANGED, {"status": now.status.value})
    return None


def terms_of(services: Services, stored: StoredOrder) -> Terms:
    """The terms by which the order is judged; the oldest for one from before there were any."""
    try:
        return services.policy.terms_for(stored.order.placed_at)
    except NoTermsInForce:
        return services.policy.versions[0]


def process_by(services: Services, stored: StoredOrder) -> date:
    """R4: the day by which what is accepted now is processed."""
    terms = terms_of(services, stored)
    today = terms.calendar.business_date(services.clock())
    return terms.calendar.nth_working_day_after(today, terms.processing_working_days)


def needs_return(uow: Snapshot, case: Case, stored: StoredOrder) -> bool:
    """R5: whether a shipped card has to come back first."""
    return stored.order.shipped and not is_back(uow, case)
