"""Refunds: in which order the clauses are looked at (POLICY.md, *Which outcome wins*), for an order and its lines."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from bot.policy.clauses import (
    Sums,
    c2_not_cancelled,
    c5_no_renewal,
    claims_fault,
    data_agrees,
    no_dispute_open,
    no_usage_of_subscription,
    not_refunded_yet,
    r1_fault_confirmed,
    r2_channel_accepted,
    r2_in_window,
    r3_reason_accepted,
    r4_processed_by,
    r5_return_first,
    r8_above_minimum,
    r8_something_left,
    r9_destination,
    something_paid,
    sums_of,
    within_automatic_limit,
    within_velocity,
)
from bot.policy.decision import DecidedLine, Finding, FindingCode, Outcome, RefundDecision, distinct
from bot.policy.facts import Order, Reason, RefundRequest
from bot.policy.lines import Piece, pieces_of, with_extras
from bot.policy.money import Money
from bot.policy.terms import CardWorth, NoTermsInForce, Policy, Terms
from bot.policy.values import Value

NO_VERSION = "none"
_OF_SUM = (FindingCode.ABOVE_LIMIT, FindingCode.NO_LIMIT_FOR_CURRENCY, FindingCode.RECENT_REFUNDS)


def decide_refund(request: RefundRequest, policy: Policy) -> RefundDecision:
    """Decide a refund by the terms in force when the order was placed. The first check that fails wins.

    The same request and policy give the same decision, whenever it is asked for. An order of lines is decided line by
    line (*Orders of several lines*); the decision's sums are those over the lines that are approved.
    """
    order = request.order
    try:
        terms = policy.terms_for(order.placed_at)
    except NoTermsInForce as error:
        finding = Finding(FindingCode.NO_TERMS, (), False, {"begins_on": error.begins_on})
        return _stopped(request, NO_VERSION, (finding,), Outcome.REVIEW, None)
    if order.lines:
        return _decide_lines(request, terms)
    trace: list[Finding] = []
    for finding, outcome, sums in _checks(request, terms):
        trace.append(finding)
        if not finding.holds:
            return _stopped(request, terms.version, tuple(trace), outcome, sums)
    return _approved(request, terms, sums_of(request, terms), tuple(trace))


def _checks(request: RefundRequest, terms: Terms) -> Iterator[tuple[Finding, Outcome, Sums | None]]:
    """The checks of an order in their order, each with the outcome if it fails and the sums that are shown then."""
    yield from _checks_of_one(request, terms)
    sums = sums_of(request, terms)
    refund = Money(sums.refund, request.order.currency)
    for finding in _checks_of_sum(request, refund, sums.finding.clauses, terms):
        yield finding, Outcome.REVIEW, sums


def _checks_of_one(request: RefundRequest, terms: Terms) -> Iterator[tuple[Finding, Outcome, None]]:
    """The checks that an order, or a line of one, goes through by itself (precedence 1 to 7)."""
    order = request.order
    yield not_refunded_yet(order), Outcome.DECLINE, None
    yield no_dispute_open(order), Outcome.REVIEW, None
    yield data_agrees(request), Outcome.REVIEW, None
    yield c2_not_cancelled(order), Outcome.DECLINE, None
    fault_in_window = claims_fault(request) and r2_in_window(request, terms).holds
    yield c5_no_renewal(order, fault_in_window), Outcome.REVIEW if fault_in_window else Outcome.DECLINE, None
    yield r2_in_window(request, terms), Outcome.DECLINE, None
    yield r2_channel_accepted(request, terms), Outcome.REVIEW, None
    if terms.card_worth is CardWorth.SHARE:
        fault = claims_fault(request)
        yield something_paid(order, fault), Outcome.REVIEW if fault else Outcome.DECLINE, None
    sums = sums_of(request, terms)
    yield r8_something_left(order, sums), Outcome.DECLINE, None
    yield r8_above_minimum(order, sums, terms), Outcome.DECLINE, None
    yield r1_fault_confirmed(request), Outcome.REVIEW, None
    yield r3_reason_accepted(request, terms), Outcome.REVIEW, None
    yield no_usage_of_subscription(order), Outcome.REVIEW, None


def _checks_of_sum(request: RefundRequest, refund: Money, clauses: tuple[str, ...], terms: Terms) -> Iterator[Finding]:
    """The checks that a request goes through as a whole (precedence 8)."""
    yield within_automatic_limit(refund, clauses, terms)
    yield within_velocity(request, clauses, terms)


def sums_if_approved(request: RefundRequest, policy: Policy) -> Sums | None:
    """What the terms pay once a person has answered with yes what the policy leaves open, such as a fault that is only
    claimed (R1: it is confirmed then). None where the policy declines, or where nothing can be computed; an order of
    lines has no sums of its own."""
    if request.order.lines:
        return None
    try:
        terms = policy.terms_for(request.order.placed_at)
    except NoTermsInForce:
        return None
    if not data_agrees(request).holds:
        return None
    answered = replace(request, fault_confirmed=request.fault_confirmed or request.reason is Reason.SERVICE_FAULT)
    if any(not finding.holds and outcome is Outcome.DECLINE for finding, outcome, _ in _checks(answered, terms)):
        return None
    return sums_of(answered, terms)


# The ends


def _stopped(
    request: RefundRequest, version: str, trace: tuple[Finding, ...], outcome: Outcome, sums: Sums | None
) -> RefundDecision:
    """The last finding decided. ``sums`` are given where a person may still approve them (precedence 8)."""
    decisive = trace[-1]
    return RefundDecision(
        outcome=outcome,
        currency=request.order.currency,
        policy_version=version,
        clauses=decisive.clauses,
        explanation=(decisive,),
        trace=trace,
        base=sums.base if sums else None,
        fee=sums.fee if sums else None,
        refund=sums.refund if sums else None,
    )


def _approved(request: RefundRequest, terms: Terms, sums: Sums, trace: tuple[Finding, ...]) -> RefundDecision:
    process_by, end = _processing(request, request.order.shipped, terms)
    ends = (sums.finding, r9_destination(request, terms), end)
    return RefundDecision(
        outcome=Outcome.APPROVE_ON_RETURN if request.order.shipped else Outcome.APPROVE,
        currency=request.order.currency,
        policy_version=terms.version,
        clauses=_clauses_of_yes(request, sums, end),
        explanation=ends,
        trace=(*trace, *ends),
        base=sums.base,
        fee=sums.fee,
        refund=sums.refund,
        process_by=process_by,
    )


def _processing(request: RefundRequest, shipped: bool, terms: Terms) -> tuple[date | None, Finding]:
    """By when it is processed; no day as long as something that was shipped is not back (R4, R5)."""
    if shipped:
        return None, r5_return_first(terms)
    accepted_on = terms.calendar.business_date(request.decided_at)
    process_by = terms.calendar.nth_working_day_after(accepted_on, terms.processing_working_days)
    return process_by, r4_processed_by(process_by, terms)


def _clauses_of_yes(request: RefundRequest, sums: Sums, end: Finding) -> tuple[str, ...]:
    reason = ("R1", "R3") if request.reason is Reason.SERVICE_FAULT else ("R3",)
    minimum = ("R8",) if sums.finding.clauses == ("R6",) else ()
    return ("R2", *reason, *sums.finding.clauses, *minimum, *end.clauses)


# Orders of several lines


def _decide_lines(request: RefundRequest, terms: Terms) -> RefundDecision:
    """Each chosen line by itself, then the request by the sum of those that are approved."""
    order = request.order
    pieces = pieces_of(order, request.lines)
    lines = [_decide_piece(request, piece, terms) for piece in pieces]
    takes_all = [(one.line_id, one.quantity) for one in pieces] == [(line.id, line.quantity) for line in order.lines]
    gives_extras = order.extras > 0 and takes_all and all(_goes_back_unused(line) for line in lines)
    if gives_extras:
        lines = [_decide_piece(request, piece, terms) for piece in with_extras(pieces, order)]
    findings: list[Finding] = []
    for finding, outcome in _checks_of_lines(request, lines, terms):
        findings.append(finding)
        if not finding.holds:
            return _stopped_lines(request, terms, lines, findings, outcome)
    if order.extras and not gives_extras:
        findings.append(extras_stay(order))
    return _approved_lines(request, terms, lines, findings)


def _decide_piece(request: RefundRequest, piece: Piece, terms: Terms) -> DecidedLine:
    asked = replace(request, order=piece.order)
    trace: list[Finding] = []
    for finding, outcome, _ in _checks_of_one(asked, terms):
        trace.append(finding)
        if not finding.holds:
            return DecidedLine(piece.line_id, piece.quantity, outcome, finding.clauses, (finding,), tuple(trace))
    sums = sums_of(asked, terms)
    _, end = _processing(asked, piece.order.shipped, terms)
    return DecidedLine(
        line_id=piece.line_id,
        quantity=piece.quantity,
        outcome=Outcome.APPROVE_ON_RETURN if piece.order.shipped else Outcome.APPROVE,
        clauses=_clauses_of_yes(asked, sums, end),
        explanation=(sums.finding,),
        trace=(*trace, sums.finding),
        base=sums.base,
        fee=sums.fee,
        refund=sums.refund,
    )


def _goes_back_unused(line: DecidedLine) -> bool:
    return line.outcome.pays and "R6" not in line.clauses


def _checks_of_lines(
    request: RefundRequest, lines: Sequence[DecidedLine], terms: Terms
) -> Iterator[tuple[Finding, Outcome]]:
    """The checks of a request for lines as a whole, each with the outcome if it fails."""
    order = request.order
    approved = [line for line in lines if line.outcome.pays]
    in_review = [line for line in lines if line.outcome is Outcome.REVIEW]
    yield some_line_refunded(lines), Outcome.DECLINE
    yield refunds_have_lines(order), Outcome.REVIEW
    yield no_line_for_person(in_review), Outcome.REVIEW
    clauses = distinct(clause for line in approved for clause in line.explanation[0].clauses)
    refund = Money(_total(line.refund for line in approved), order.currency)
    for finding in _checks_of_sum(request, refund, clauses, terms):
        yield finding, Outcome.REVIEW


def some_line_refunded(lines: Sequence[DecidedLine]) -> Finding:
    """A request of which every line is declined is declined."""
    if any(line.outcome is not Outcome.DECLINE for line in lines):
        return Finding(FindingCode.SOME_LINE_REFUNDED, (), True)
    return Finding(FindingCode.NO_LINE_REFUNDED, distinct(c for line in lines for c in line.clauses), False)


def refunds_have_lines(order: Order) -> Finding:
    """What was refunded elsewhere counts against its line; where none of several is named, a person looks."""
    if not order.refunded or len(order.lines) == 1:
        return Finding(FindingCode.REFUNDS_HAVE_LINES, (), True)
    refunded = Money(order.refunded, order.currency)
    return Finding(FindingCode.REFUNDED_OF_NO_LINE, (), False, {"refunded": refunded})


def no_line_for_person(in_review: Sequence[DecidedLine]) -> Finding:
    """What is for review goes to a person as one case, with the other lines of the request."""
    if not in_review:
        return Finding(FindingCode.NO_LINE_FOR_PERSON, (), True)
    values: dict[str, Value] = {"line": in_review[0].line_id}
    return Finding(FindingCode.LINE_FOR_PERSON, distinct(c for line in in_review for c in line.clauses), False, values)


def extras_stay(order: Order) -> Finding:
    """R7: shipping and order fees go back only with the whole order, unused, in one request."""
    return Finding(FindingCode.EXTRAS_STAY, ("R7",), True, {"extras": Money(order.extras, order.currency)})


def _stopped_lines(
    request: RefundRequest, terms: Terms, lines: Sequence[DecidedLine], findings: Sequence[Finding], outcome: Outcome
) -> RefundDecision:
    """The last finding decided. What the lines would pay is shown with it; where the sum is for a person, they are."""
    decisive = findings[-1]
    by_sum = decisive.code in _OF_SUM
    shown = [replace(line, outcome=outcome) if by_sum and line.outcome.pays else line for line in lines]
    payable = [line for line in lines if line.outcome.pays]
    return RefundDecision(
        outcome=outcome,
        currency=request.order.currency,
        policy_version=terms.version,
        clauses=decisive.clauses,
        explanation=(decisive,),
        trace=tuple(findings),
        base=_total(line.base for line in payable) if payable else None,
        fee=_total(line.fee for line in payable) if payable else None,
        refund=_total(line.refund for line in payable) if payable else None,
        lines=tuple(shown),
    )


def _approved_lines(
    request: RefundRequest, terms: Terms, lines: Sequence[DecidedLine], findings: Sequence[Finding]
) -> RefundDecision:
    """All that is approved is processed together, and so once everything that was shipped is back (R5)."""
    approved = [line for line in lines if line.outcome.pays]
    returns = any(line.outcome is Outcome.APPROVE_ON_RETURN for line in approved)
    process_by, end = _processing(request, returns, terms)
    ends = (r9_destination(request, terms), end)
    stays = tuple(finding for finding in findings if finding.code is FindingCode.EXTRAS_STAY)
    return RefundDecision(
        outcome=Outcome.APPROVE_ON_RETURN if returns else Outcome.APPROVE,
        currency=request.order.currency,
        policy_version=terms.version,
        clauses=distinct(clause for line in approved for clause in line.clauses),
        explanation=(*stays, *ends),
        trace=(*findings, *ends),
        base=_total(line.base for line in approved),
        fee=_total(line.fee for line in approved),
        refund=_total(line.refund for line in approved),
        process_by=process_by,
        lines=tuple(lines),
    )


def _total(amounts: Iterable[Decimal | None]) -> Decimal:
    return sum((amount for amount in amounts if amount is not None), Decimal(0))
