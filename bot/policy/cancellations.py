"""Cancellations: C1 to C4, decided by the calendar in force when the cancellation is requested."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from bot.policy.decision import CancelDecision, Finding, FindingCode, Outcome
from bot.policy.facts import CancelRequest, Order, OrderStatus, ProductKind
from bot.policy.money import Money
from bot.policy.terms import Policy, Terms


def decide_cancellation(request: CancelRequest, policy: Policy) -> CancelDecision:
    """Decide what ending the service means: when it stops, when the agreement ends, what is lost.

    Raises NoTermsInForce for a request from before the policy's first version.
    """
    order = request.order
    terms = policy.terms_for(request.requested_at)
    ended = c1_not_ended_yet(order)
    if not ended.holds:
        return CancelDecision(
            outcome=Outcome.ALREADY_CANCELLED,
            currency=order.currency,
            policy_version=terms.version,
            clauses=ended.clauses,
            explanation=(ended,),
            trace=(ended,),
        )
    if order.product_kind is ProductKind.SUBSCRIPTION:
        next_cycle = terms.calendar.next_cycle_start(request.requested_at)
        agreement_ends_on = next_cycle - timedelta(days=1)
        lost = None
        findings: tuple[Finding, ...] = (
            c1_stops_at_once(),
            Finding(FindingCode.NO_REFUND, ("C2",), True),
            Finding(FindingCode.AGREEMENT_ENDS, ("C3",), True, {"ends_on": agreement_ends_on}),
            c4_next_charge(request, terms),
        )
    else:
        next_cycle, agreement_ends_on = None, None
        lost = balance_lost(order)
        findings = (c1_stops_at_once(), c2_balance_is_lost(order, lost))
    return CancelDecision(
        outcome=Outcome.CANCEL,
        currency=order.currency,
        policy_version=terms.version,
        clauses=tuple(clause for finding in findings for clause in finding.clauses),
        explanation=findings,
        trace=(ended, *findings),
        service_stops_at=request.decided_at,
        agreement_ends_on=agreement_ends_on,
        next_charge_on=next_cycle,
        balance_lost=lost,
    )


def c1_not_ended_yet(order: Order) -> Finding:
    """C1: a service ends once."""
    if order.status in (OrderStatus.CANCELLED, OrderStatus.TERMINATED):
        return Finding(FindingCode.ENDED_ALREADY, ("C1",), False, {"status": order.status.value})
    return Finding(FindingCode.SERVICE_RUNS, ("C1",), True)


def c1_stops_at_once() -> Finding:
    """C1: a cancellation takes effect at once."""
    return Finding(FindingCode.STOPS_AT_ONCE, ("C1",), True)


def c2_balance_is_lost(order: Order, lost: Decimal | None) -> Finding:
    """C2: no refund, so a card's remaining balance is lost."""
    if not lost:
        return Finding(FindingCode.NO_REFUND, ("C2",), True)
    return Finding(FindingCode.BALANCE_LOST, ("C2",), True, {"balance": Money(lost, order.currency)})


def c4_next_charge(request: CancelRequest, terms: Terms) -> Finding:
    """C4: a request before the next cycle starts avoids the next charge; the running cycle's charge stands."""
    next_cycle = terms.calendar.next_cycle_start(request.requested_at)
    return Finding(FindingCode.NEXT_CHARGE_AVOIDED, ("C4",), True, {"next_charge_on": next_cycle})


def balance_lost(order: Order) -> Decimal | None:
    """What a cancelled card still holds, in the order's currency; None where no balance is recorded."""
    return None if order.remaining_balance is None else max(Decimal(0), order.remaining_balance)
