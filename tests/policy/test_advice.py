"""Which question still matters, and what would have changed a decline."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policy import Outcome, Policy, RefundRequest, decide_refund
from bot.policy.advice import Change, next_question, smallest_change, what_it_gives, what_remains
from bot.policy.facts import Charge, Destination, Order, OrderStatus, Reason
from bot.policy.money import Money
from bot.wording.decisions import advice
from tests.policy.policy_builders import POLICY, a_plan, a_refund_request, an_order, ny
from tests.policy.test_properties import POLICIES, refund_requests
from tests.thorough import examples

CENT = Decimal("0.01")
LATE = ny("2026-06-06 12:00")


def gives(request: RefundRequest, policy: Policy, reasons: list[Reason], places: list[Destination]) -> int:
    """How many different ends the answers lead to."""
    return len(
        {
            what_it_gives(decide_refund(replace(request, reason=reason, destination=place), policy))
            for reason, place in product(reasons, places)
        }
    )


@settings(max_examples=examples(300))
@given(refund_requests(), st.sampled_from(POLICIES))
def test_no_question_is_asked_whose_every_answer_gives_the_same(request: RefundRequest, policy: Policy) -> None:
    known: set[str] = set()
    while asked := next_question(request, known, policy):
        reasons = [request.reason] if "reason" in known else list(Reason)
        places = [request.destination] if "destination" in known else list(Destination)
        if asked == "reason":
            assert any(gives(request, policy, reasons, [place]) > 1 for place in places if place)
        else:
            assert any(gives(request, policy, [reason], list(Destination)) > 1 for reason in reasons)
        known.add(asked)
        request = replace(request, destination=request.destination or Destination.WALLET)
    left_reasons = [request.reason] if "reason" in known else list(Reason)
    left_places = [request.destination or Destination.WALLET] if "destination" in known else list(Destination)
    assert gives(request, policy, left_reasons, left_places) == 1, "what was not asked would have mattered"


@pytest.mark.parametrize(
    ("request_", "known", "asked"),
    [
        (a_refund_request(), (), "reason"),
        (a_refund_request(), ("reason",), "destination"),
        (a_refund_request(), ("destination",), "reason"),
        (a_refund_request(), ("reason", "destination"), None),
        (a_refund_request(reason=Reason.OTHER), ("reason",), None),
        (a_refund_request(requested_at=LATE), (), None),
        (a_refund_request(an_order(dispute_open=True)), (), None),
        (a_refund_request(an_order(status=OrderStatus.REFUNDED)), (), None),
        (a_refund_request(an_order(payment_method="cash")), ("reason",), None),
        (a_refund_request(a_plan(charge=Charge.RENEWAL)), (), "reason"),
    ],
)
def test_the_next_question(request_: RefundRequest, known: tuple[str, ...], asked: str | None) -> None:
    assert next_question(request_, known, POLICY) == asked


def test_a_cent_more_would_have_done() -> None:
    change = smallest_change(a_refund_request(an_order(remaining="28.40")), POLICY)

    assert change is not None and change.remaining == Money(Decimal("28.41"), "USD") and change.asked_by is None
    assert advice(change, None) == "It would take at least $28.41 left on the card."


def test_a_request_in_time_would_have_done() -> None:
    change = smallest_change(a_refund_request(requested_at=LATE), POLICY)

    assert change is not None and change.asked_by == date(2026, 5, 13) and change.remaining is None
    assert advice(change, None) == "Asked for in time, it would have been accepted."


@pytest.mark.parametrize(
    "request_",
    [
        a_refund_request(),
        a_refund_request(an_order(remaining="28.40"), requested_at=LATE),
        a_refund_request(an_order(status=OrderStatus.CANCELLED)),
        a_refund_request(an_order(status=OrderStatus.REFUND_PENDING)),
        a_refund_request(a_plan(charge=Charge.RENEWAL)),
        a_refund_request(an_order(paid="0.00", remaining="5.00")),
    ],
)
def test_where_no_single_change_would_have_done_none_is_named(request_: RefundRequest) -> None:
    assert smallest_change(request_, POLICY) is None


@settings(max_examples=examples(300))
@given(refund_requests(), st.sampled_from(POLICIES))
def test_the_change_named_gives_a_yes_and_nothing_smaller_does(request: RefundRequest, policy: Policy) -> None:
    change = smallest_change(request, policy)
    if change is None:
        return
    assert decide_refund(request, policy).outcome is Outcome.DECLINE

    def with_left(amount: Decimal) -> RefundRequest:
        return replace(request, order=replace(request.order, remaining_balance=amount))

    def asked_at(moment: datetime) -> RefundRequest:
        return replace(request, requested_at=moment, decided_at=moment)

    if change.remaining is not None:
        unit = {"USD": CENT, "JPY": Decimal(1), "KWD": Decimal("0.001")}[request.order.currency]
        yes, no = with_left(change.remaining.amount), with_left(change.remaining.amount - unit)
    else:
        assert change.asked_by is not None
        end = policy.terms_for(request.order.placed_at).calendar.start_of(change.asked_by + timedelta(days=1))
        yes, no = asked_at(end - timedelta(microseconds=1)), asked_at(end)
    assert decide_refund(yes, policy).outcome.pays
    assert decide_refund(no, policy).outcome is Outcome.DECLINE


@pytest.mark.parametrize(
    ("order", "says"),
    [
        (an_order(remaining="28.40"), "The $28.40 on the card stays yours to use."),
        (a_plan(), "You can still cancel the plan, so that no further charge is taken."),
        (an_order(remaining="0.00"), None),
        (an_order(status=OrderStatus.CANCELLED), None),
        (a_plan(status=OrderStatus.TERMINATED), None),
    ],
)
def test_what_remains_after_a_decline(order: Order, says: str | None) -> None:
    remainder = what_remains(order)
    assert (advice(Change(asked_by=date(2026, 5, 13)), remainder).partition(".")[2].strip() or None) == says
