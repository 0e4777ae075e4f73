"""Cancellations: C1 to C4, decided by the calendar in force when the cancellation is requested."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from bot.policy.decision import CancelDecision, Finding, Outcome
from bot.policy.facts import CancelRequest, Order, OrderStatus, ProductKind
from bot.policy.money import spoken
from bot.policy.terms import Policy, Terms
from bot.policy.words import spoken_date


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
            explanation=(ended.sentence,),
            trace=(ended,),
        )
    if order.product_kind is ProductKind.SUBSCRIPTION:
        next_cycle = terms.calendar.next_cycle_start(request.requested_at)
        agreement_ends_on = next_cycle - timedelta(days=1)
        lost = None
        findings: tuple[Finding, ...] = (
            c1_stops_at_once(),
            Finding(("C2",), True, "A cancelled service gives no refund."),
            Finding(
                ("C3",),
                True,
                f"The agreement ends with this billing cycle, on {spoken_date(agreement_ends_on)}.",
            ),
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
        explanation=tuple(finding.sentence for finding in findings),
        trace=(ended, *findings),
        service_stops_at=request.decided_at,
        agreement_ends_on=agreement_ends_on,
        next_charge_on=next_cycle,
        balance_lost=lost,
    )


def c1_not_ended_yet(order: Order) -> Finding:
    """C1: a service ends once."""
    if order.status in (OrderStatus.CANCELLED, OrderStatus.TERMINATED):
        return Finding(("C1",), False, f"The service is {order.status.value} already.")
    return Finding(("C1",), True, "The service has not ended yet.")


def c1_stops_at_once() -> Finding:
    """C1: a cancellation takes effect at once."""
    return Finding(("C1",), True, "The service stops at once.")


def c2_balance_is_lost(order: Order, lost: Decimal | None) -> Finding:
    """C2: no refund, so a card's remaining balance is lost."""
    if not lost:
        return Finding(("C2",), True, "A cancelled service gives no refund.")
    return Finding(
        ("C2",), True, f"The remaining balance of {spoken(lost, order.currency)} is lost; there is no refund."
    )


def c4_next_charge(request: CancelRequest, terms: Terms) -> Finding:
    """C4: a request before the next cycle starts avoids the next charge; the running cycle's charge stands."""
    next_cycle = terms.calendar.next_cycle_start(request.requested_at)
    return Finding(("C4",), True, f"The charge of {spoken_date(next_cycle)} will not be taken, nor any after it.")


def balance_lost(order: Order) -> Decimal | None:
    """What a cancelled card still holds, in the order's currency; None where no balance is recorded."""
    return None if order.remaining_balance is None else max(Decimal(0), order.remaining_balance)
