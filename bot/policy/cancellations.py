"""Cancellations: C1 to C4, decided by the calendar in force when the cancellation is requested."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

from bot.policy.decision import CancelDecision, EndedLine, Finding, FindingCode, Outcome, distinct
from bot.policy.facts import CancelRequest, Order, OrderStatus, ProductKind
from bot.policy.lines import Piece, pieces_of
from bot.policy.money import Money
from bot.policy.terms import Policy, Terms


def decide_cancellation(request: CancelRequest, policy: Policy) -> CancelDecision:
    """Decide what ending the service means: when it stops, when the agreement ends, what is lost.

    Of an order of lines each chosen one is ended by itself; the decision has the last day and the first charge of those
    that are plans (all have the same), and the sum of what is lost.

    Raises NoTermsInForce for a request from before the policy's first version.
    """
    terms = policy.terms_for(request.requested_at)
    if request.order.lines:
        return _end_lines(request, terms)
    return _end(request, terms)


def _end(request: CancelRequest, terms: Terms) -> CancelDecision:
    order = request.order
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


def _end_lines(request: CancelRequest, terms: Terms) -> CancelDecision:
    lines = [_ended_line(request, piece, terms) for piece in pieces_of(request.order, request.lines)]
    ending = [line for line in lines if line.outcome is Outcome.CANCEL]
    lost = [line.balance_lost for line in ending if line.balance_lost is not None]
    finding = c1_stops_at_once() if ending else Finding(FindingCode.NO_LINE_RUNS, ("C1",), False)
    return CancelDecision(
        outcome=Outcome.CANCEL if ending else Outcome.ALREADY_CANCELLED,
        currency=request.order.currency,
        policy_version=terms.version,
        clauses=distinct(clause for line in (ending or lines) for clause in line.clauses),
        explanation=(finding,),
        trace=(finding,),
        service_stops_at=request.decided_at if ending else None,
        agreement_ends_on=next((line.agreement_ends_on for line in ending if line.agreement_ends_on), None),
        next_charge_on=next((line.next_charge_on for line in ending if line.next_charge_on), None),
        balance_lost=sum(lost, Decimal(0)) if lost else None,
        lines=tuple(lines),
    )


def _ended_line(request: CancelRequest, piece: Piece, terms: Terms) -> EndedLine:
    decision = _end(replace(request, order=piece.order), terms)
    return EndedLine(
        line_id=piece.line_id,
        quantity=piece.quantity,
        outcome=decision.outcome,
        clauses=decision.clauses,
        explanation=decision.explanation,
        trace=decision.trace,
        agreement_ends_on=decision.agreement_ends_on,
        next_charge_on=decision.next_charge_on,
        balance_lost=decision.balance_lost,
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
