"""What holds for every order and every request, whatever their figures."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta, timezone
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy import CancelRequest, Outcome, Policy, RefundRequest, decide, decide_refund
from bot.policy.facts import Charge, Order, OrderStatus, Reason
from bot.policy.money import is_payable
from bot.policy.parsing import parse_request, request_to_json
from bot.policy.terms import MinimumMeasured
from bot.policy.values import values_from_json, values_to_json
from bot.wording.decisions import with_sentences
from tests.policy.policy_builders import POLICY, a_cancel_request, a_plan, a_refund_request, an_order, policy_with, said
from tests.thorough import examples

POLICIES = (
    POLICY,
    policy_with(minimum_measured=MinimumMeasured.GROSS),
    policy_with(minimum_ratio=Decimal("0"), default_fee_rate=Decimal("1")),
    policy_with(default_fee_rate=Decimal("0.0333"), automatic_limits={"USD": Decimal(10), "JPY": Decimal(10**9)}),
)
BETTER = {Outcome.DECLINE: 0, Outcome.REVIEW: 1, Outcome.APPROVE_ON_RETURN: 2, Outcome.APPROVE: 2}

DECIMALS = {"USD": 2, "JPY": 0, "KWD": 3}
START = datetime(2015, 1, 1, tzinfo=timezone.utc)

moments = st.integers(0, 20 * 365 * 86_400).map(lambda seconds: START + timedelta(seconds=seconds))


@st.composite
def orders(draw: st.DrawFn) -> Order:
    """Cards and plans, in currencies of no, two and three decimals."""
    currency = draw(st.sampled_from(sorted(DECIMALS)))
    unit = Decimal(1).scaleb(-DECIMALS[currency])
    amounts = st.integers(0, 60_000).map(lambda units: units * unit)
    paid = draw(amounts)
    facts = {
        "currency": currency,
        "placed_at": draw(moments),
        "payment_method": draw(st.sampled_from(["card", "cash"])),
        "charge": draw(st.sampled_from(Charge)),
        "status": draw(st.sampled_from([OrderStatus.ACTIVE] * 4 + list(OrderStatus))),
        "dispute_open": draw(st.sampled_from([False] * 9 + [True])),
        "used": draw(st.booleans()),
    }
    if draw(st.booleans()):
        return a_plan(str(paid), **facts)
    original = draw(st.one_of(st.just(paid), amounts))
    remaining = draw(
        st.one_of(st.just(original), st.integers(0, 100).map(lambda share: original * share // 100), amounts)
    )
    facts["extras"] = draw(st.sampled_from([Decimal(0), paid // 11, paid])).quantize(unit)
    return an_order(str(paid), str(original), str(remaining), shipped=draw(st.booleans()), **facts)


@st.composite
def refund_requests(draw: st.DrawFn) -> RefundRequest:
    """Requests from an hour before to three weeks after the order."""
    order = draw(orders())
    asked = order.placed_at + timedelta(seconds=draw(st.integers(-3_600, 21 * 86_400)))
    return a_refund_request(
        order,
        requested_at=asked,
        decided_at=asked + timedelta(hours=draw(st.integers(0, 200))),
        reason=draw(st.sampled_from(Reason)),
        fault_confirmed=draw(st.booleans()),
        recent_refunds=draw(st.integers(0, 4)),
    )


policies = st.sampled_from(POLICIES)


@given(refund_requests(), policies)
@settings(max_examples=examples(500))
def test_a_refund_is_never_negative_and_never_more_than_was_paid_or_remains(
    request: RefundRequest, policy: Policy
) -> None:
    decision = decide(request, policy)
    if decision.refund is None:
        assert not decision.outcome.pays and decision.base is None and decision.fee is None
        return
    assert decision.base is not None and decision.fee is not None
    assert decision.base == decision.fee + decision.refund
    assert 0 <= decision.refund <= decision.base <= request.order.amount_paid
    assert decision.fee >= 0
    order = request.order
    if order.remaining_balance is not None and order.remaining_balance < (order.original_balance or 0):
        assert decision.base <= order.amount_paid - order.extras
        if order.amount_paid - order.extras == order.original_balance:
            assert decision.base == order.remaining_balance
    for amount in (decision.base, decision.fee, decision.refund):
        assert is_payable(amount, request.order.currency)


@given(refund_requests(), st.integers(0, 60_000), policies)
@settings(max_examples=examples(300))
def test_more_left_on_a_card_never_gives_less(request: RefundRequest, more: int, policy: Policy) -> None:
    order = request.order
    if order.original_balance is None or order.remaining_balance is None:
        return
    unit = Decimal(1).scaleb(-DECIMALS[order.currency])
    fuller = replace(order, remaining_balance=min(order.original_balance, order.remaining_balance + more * unit))
    if fuller.remaining_balance < order.remaining_balance:
        return  # more left than sold: a contradiction
    first, second = decide_refund(request, policy), decide_refund(replace(request, order=fuller), policy)
    if first.outcome.pays and second.outcome.pays:
        assert (second.refund or 0) >= (first.refund or 0)
    if second.outcome is Outcome.DECLINE:
        assert first.outcome is Outcome.DECLINE


@given(refund_requests())
@settings(max_examples=examples(300))
def test_what_was_paid_for_a_card_decides_how_much_and_not_whether(request: RefundRequest) -> None:
    """R8: only an order of nothing, or a rest that is worth nothing, is declined for what was paid."""
    order = replace(request.order, extras=Decimal(0))
    sold = order.original_balance
    if order.amount_paid == 0 or not sold or not order.remaining_balance or order.remaining_balance > sold:
        return
    at_face = decide(replace(request, order=replace(order, amount_paid=sold)), POLICY)
    decision = decide(replace(request, order=order), POLICY)
    if order.amount_paid * order.remaining_balance / sold >= Decimal(1).scaleb(-DECIMALS[order.currency]):
        assert (decision.outcome is Outcome.DECLINE) == (at_face.outcome is Outcome.DECLINE)


@given(refund_requests(), st.integers(0, 15 * 86_400), policies)
@settings(max_examples=examples(500))
def test_a_later_request_is_never_better(request: RefundRequest, seconds: int, policy: Policy) -> None:
    asked = max(request.requested_at, request.order.placed_at)
    earlier = replace(request, requested_at=asked, decided_at=asked)
    moved = asked + timedelta(seconds=seconds)
    later = replace(request, requested_at=moved, decided_at=moved)
    first, second = decide(earlier, policy), decide(later, policy)
    assert BETTER[second.outcome] <= BETTER[first.outcome]
    assert (second.refund or 0) <= (first.refund or 0)
    if first.process_by and second.process_by:
        assert first.process_by <= second.process_by


@given(refund_requests(), policies)
@settings(max_examples=examples(300))
def test_the_same_input_gives_the_same_answer_also_after_a_round_trip(request: RefundRequest, policy: Policy) -> None:
    again = parse_request(request_to_json(request))
    assert again == request
    assert decide(again, policy).to_json() == decide(request, policy).to_json()


@given(refund_requests(), policies)
@settings(max_examples=examples(300))
def test_every_decision_explains_itself(request: RefundRequest, policy: Policy) -> None:
    decision = decide(request, policy)
    assert decision.explanation and said(decision)
    assert set(map(id, decision.explanation)) <= set(map(id, decision.trace))
    assert len({finding.code for finding in decision.trace}) == len(decision.trace), "a code names one finding"
    assert all(values_from_json(values_to_json(finding.values)) == finding.values for finding in decision.trace)
    assert len(with_sentences(decision.to_json())["trace"]) == len(decision.trace), "each has its sentence"
    traced = {clause for finding in decision.trace for clause in finding.clauses}
    assert set(decision.clauses) <= traced
    if decision.outcome is Outcome.DECLINE and decision.clauses:
        assert not decision.trace[-1].holds


@given(refund_requests())
@settings(max_examples=examples(300))
def test_a_confirmed_fault_is_never_worse_than_a_change_of_mind(request: RefundRequest) -> None:
    mind = decide(replace(request, reason=Reason.CHANGE_OF_MIND, fault_confirmed=False), POLICY)
    fault = decide(replace(request, reason=Reason.SERVICE_FAULT, fault_confirmed=True), POLICY)
    if mind.outcome.pays and fault.outcome.pays:
        assert mind.refund is not None and fault.refund is not None and fault.refund >= mind.refund


@given(orders(), moments, st.integers(0, 100))
@settings(max_examples=examples(300))
def test_a_cancellation_stops_at_once_and_ends_the_agreement_at_an_end_of_a_month(
    order: Order, asked: datetime, hours: int
) -> None:
    request = CancelRequest(order, asked, asked + timedelta(hours=hours))
    decision = decide(request, POLICY)
    if order.status in (OrderStatus.CANCELLED, OrderStatus.TERMINATED):
        assert decision.outcome is Outcome.ALREADY_CANCELLED
        return
    assert decision.outcome is Outcome.CANCEL and decision.service_stops_at == request.decided_at
    assert decision.to_json()["refund"].strip("0.") == ""
    if decision.agreement_ends_on is not None:
        assert decision.next_charge_on == decision.agreement_ends_on + timedelta(days=1)
        assert decision.next_charge_on.day == 1
        zone = POLICY.versions[0].time_zone
        assert asked.astimezone(zone).date() <= decision.agreement_ends_on
        assert decision.agreement_ends_on - asked.astimezone(zone).date() < timedelta(days=31)


@pytest.mark.parametrize("request_", [a_refund_request(), a_cancel_request()])
def test_the_stored_form_of_a_request_reads_back(request_: RefundRequest | CancelRequest) -> None:
    assert parse_request(request_to_json(request_)) == request_
