"""Which outcome wins, and what stands before and behind the clauses: status, contradictions, limits, versions."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.policy import Outcome, decide_refund
from bot.policy.facts import Charge, Order, OrderStatus, ProductKind, Reason
from tests.policy.policy_builders import (
    POLICY,
    a_plan,
    a_refund_request,
    amounts,
    an_order,
    at,
    decided,
    default_terms,
    ny,
    policy_with,
    said,
    sums,
)

APPROVE, ON_RETURN, DECLINE, REVIEW = Outcome.APPROVE, Outcome.APPROVE_ON_RETURN, Outcome.DECLINE, Outcome.REVIEW
FAULT, MIND, OTHER = Reason.SERVICE_FAULT, Reason.CHANGE_OF_MIND, Reason.OTHER


# C2 and C5 for refunds; contradictions


@pytest.mark.parametrize(
    ("status", "outcome", "clauses"),
    [
        ("active", APPROVE, ("R2", "R3", "R7", "R4")),
        ("failed", APPROVE, ("R2", "R3", "R7", "R4")),
        ("cancelled", DECLINE, ("C2",)),
        ("terminated", DECLINE, ("C2",)),
        ("refunded", DECLINE, ()),
        ("refund_pending", DECLINE, ()),
    ],
)
def test_the_status_of_the_order(status: str, outcome: Outcome, clauses: tuple[str, ...]) -> None:
    decision = decided(an_order(status=OrderStatus(status)))
    assert (decision.outcome, decision.clauses) == (outcome, clauses)


RENEWED_ON_THE_FIRST = a_plan(placed_at=ny("2026-06-01 00:00"), charge=Charge.RENEWAL)
IN_TIME, TOO_LATE = ny("2026-06-08 23:59:59"), ny("2026-06-09 00:00")


@pytest.mark.parametrize(
    ("reason", "confirmed", "requested_at", "outcome", "clauses"),
    [
        pytest.param(MIND, False, IN_TIME, DECLINE, ("C5",), id="a change of mind"),
        pytest.param(OTHER, False, IN_TIME, DECLINE, ("C5",), id="another reason"),
        pytest.param(FAULT, False, IN_TIME, REVIEW, ("C5", "R1"), id="a fault claimed in the window"),
        pytest.param(FAULT, True, IN_TIME, REVIEW, ("C5", "R1"), id="a fault confirmed in the window"),
        pytest.param(MIND, True, IN_TIME, REVIEW, ("C5", "R1"), id="a fault on record, whatever the reason"),
        pytest.param(FAULT, True, TOO_LATE, DECLINE, ("C5",), id="a fault after the window"),
    ],
)
def test_a_renewal_is_declined_unless_a_fault_is_reported_in_time(
    reason: Reason, confirmed: bool, requested_at: Any, outcome: Outcome, clauses: tuple[str, ...]
) -> None:
    decision = decided(RENEWED_ON_THE_FIRST, reason=reason, fault_confirmed=confirmed, requested_at=requested_at)
    assert (decision.outcome, decision.clauses, sums(decision)) == (outcome, clauses, (None, None, None))


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(an_order(remaining="50.01"), id="more is left than there was"),
        pytest.param(an_order(paid="-0.01"), id="a negative payment"),
        pytest.param(an_order(original="-50.00", remaining="-50.00"), id="a negative original balance"),
        pytest.param(an_order(remaining="-0.01"), id="a negative remaining balance"),
        pytest.param(an_order(currency="ZZZ"), id="an unknown currency"),
        pytest.param(an_order(currency="usd"), id="a currency in lower case"),
        pytest.param(an_order(currency="XAU"), id="gold"),
        pytest.param(an_order(original=None), id="a card without its original balance"),
        pytest.param(an_order(remaining=None), id="a card without its remaining balance"),
        pytest.param(an_order(original=None, remaining=None, used=True), id="a used card without balances"),
        pytest.param(a_plan("-1.00"), id="a plan with a negative payment"),
    ],
)
def test_data_that_contradicts_itself_goes_to_a_human(order: Order) -> None:
    decision = decided(order)
    assert (decision.outcome, decision.clauses, sums(decision)) == (REVIEW, (), (None, None, None))
    assert decision.to_json()["currency"] == order.currency


@pytest.mark.parametrize(
    ("requested_at", "outcome"),
    [
        pytest.param("2026-05-06T16:00:00+00:00", APPROVE, id="the same instant, in another offset"),
        pytest.param("2026-05-06T15:59:59+00:00", REVIEW, id="a second before the order"),
    ],
)
def test_an_order_from_the_future_goes_to_a_human(requested_at: str, outcome: Outcome) -> None:
    assert decided(an_order(placed_at=ny("2026-05-06 12:00")), requested_at=at(requested_at)).outcome is outcome


# Plans


@pytest.mark.parametrize("reason", [MIND, FAULT])
def test_a_plan_with_usage_goes_to_a_human(reason: Reason) -> None:
    decision = decided(a_plan(used=True), reason=reason, fault_confirmed=True)
    assert (decision.outcome, decision.clauses, sums(decision)) == (REVIEW, ("R1", "R3"), (None, None, None))


@pytest.mark.parametrize("kind", sorted(set(ProductKind) - {ProductKind.CALLING_CARD}))
def test_what_no_clause_prices_once_it_is_used_goes_to_a_human(kind: ProductKind) -> None:
    assert decided(a_plan(used=True, product_kind=kind)).outcome is REVIEW


def test_a_plan_whose_balance_went_down_goes_to_a_human() -> None:
    order = replace(a_plan(), original_balance=Decimal("20.00"), remaining_balance=Decimal("0.00"))
    assert (decided(order).outcome, decided(order).clauses) == (REVIEW, ("R1", "R3"))


# Precedence 8: limits


@pytest.mark.parametrize(
    ("paid", "reason", "outcome", "expected"),
    [
        pytest.param("284.09", MIND, APPROVE, amounts("284.09", "34.09", "250.00"), id="250.00 after the fee"),
        pytest.param("284.10", MIND, REVIEW, amounts("284.10", "34.09", "250.01"), id="250.01 after the fee"),
        pytest.param("250.00", FAULT, APPROVE, amounts("250.00", "0.00", "250.00"), id="250.00 without a fee"),
        pytest.param("250.01", FAULT, REVIEW, amounts("250.01", "0.00", "250.01"), id="250.01 without a fee"),
    ],
)
def test_above_the_limit_a_human_approves(
    paid: str, reason: Reason, outcome: Outcome, expected: tuple[Decimal, ...]
) -> None:
    decision = decided(an_order(paid, paid, paid), reason=reason, fault_confirmed=reason is FAULT)
    assert (decision.outcome, sums(decision)) == (outcome, expected)
    if outcome is REVIEW:
        assert decision.clauses == ("R7",) if reason is MIND else ("R7b",)
        assert decision.process_by is None


def test_a_currency_without_a_limit_goes_to_a_human_with_the_sums() -> None:
    decision = decided(an_order(remaining="40.00", currency="EUR"))
    assert (decision.outcome, decision.clauses) == (REVIEW, ("R6",))
    assert sums(decision) == amounts("40.00", "4.80", "35.20")


@pytest.mark.parametrize(("earlier", "outcome"), [(0, APPROVE), (2, APPROVE), (3, REVIEW), (4, REVIEW)])
def test_the_fourth_refund_goes_to_a_human_with_the_sums(earlier: int, outcome: Outcome) -> None:
    decision = decided(recent_refunds=earlier)
    assert decision.outcome is outcome
    assert sums(decision) == amounts("50.00", "6.00", "44.00")
    if outcome is REVIEW:
        assert decision.clauses == ("R7",)


def test_a_shipped_card_above_a_limit_goes_to_a_human_and_not_to_the_post() -> None:
    assert decided(an_order(shipped=True), recent_refunds=3).outcome is REVIEW


# Which outcome wins

EVERYTHING_WRONG = a_refund_request(
    an_order(
        "900.00",
        "900.00",
        "0.00",
        status=OrderStatus.REFUNDED,
        dispute_open=True,
        charge=Charge.RENEWAL,
        currency="ZZZ",
    ),
    requested_at=ny("2026-06-30 12:00"),
    reason=OTHER,
    recent_refunds=9,
)


def test_the_first_check_that_fails_wins() -> None:
    """Everything is wrong; then one thing after another is put right, from the first check to the last."""
    corrections: list[tuple[str, dict[str, Any], Outcome, tuple[str, ...]]] = [
        ("order", {}, DECLINE, ()),
        ("order", {"status": OrderStatus.CANCELLED}, REVIEW, ()),
        ("order", {"dispute_open": False}, REVIEW, ()),
        ("order", {"currency": "USD"}, DECLINE, ("C2",)),
        ("order", {"status": OrderStatus.ACTIVE}, DECLINE, ("C5",)),
        ("order", {"charge": Charge.PURCHASE}, DECLINE, ("R2",)),
        ("request", {"requested_at": ny("2026-05-07 12:00")}, DECLINE, ("R8",)),
        ("order", {"remaining_balance": Decimal("400.00")}, DECLINE, ("R8",)),
        ("order", {"remaining_balance": Decimal("899.99")}, REVIEW, ("R1", "R3")),
        ("request", {"reason": FAULT}, REVIEW, ("R1", "R3")),
        ("request", {"fault_confirmed": True}, REVIEW, ("R6",)),
        ("order", dict.fromkeys(("amount_paid", "original_balance"), Decimal("50.00")), REVIEW, ()),
        ("order", {"remaining_balance": Decimal("40.00")}, REVIEW, ("R6",)),
        ("request", {"recent_refunds": 2}, APPROVE, ("R2", "R1", "R3", "R6", "R8", "R4")),
    ]
    request, looked_at = EVERYTHING_WRONG, 0
    for part, change, outcome, clauses in corrections:
        if part == "order":
            request = replace(request, order=replace(request.order, **change))
        else:
            request = replace(request, **change)
        decision = decide_refund(request, POLICY)
        assert (decision.outcome, decision.clauses) == (outcome, clauses), change
        looked_at = max(looked_at, len(decision.trace))
    assert looked_at == len(decision.trace)


def test_the_trace_ends_with_what_decided_and_holds_all_before_it() -> None:
    late = decided(requested_at=an_order().placed_at + timedelta(days=30))
    assert [finding.holds for finding in late.trace] == [True] * (len(late.trace) - 1) + [False]
    assert late.trace[-1].clauses == ("R2",)
    assert late.explanation == late.trace[-1:]


# Versions


LATER = replace(
    default_terms(),
    version="2026-06",
    starts_on=date(2026, 6, 1),
    default_fee_rate=Decimal("0.20"),
    window_working_days=1,
)
TWO_VERSIONS = replace(POLICY, versions=(default_terms(), LATER))


@pytest.mark.parametrize(
    ("placed", "version", "fee"),
    [
        pytest.param("2026-05-31T23:59:59-04:00", "2020-01", "6.00", id="the last second of the old terms"),
        pytest.param("2026-06-01T00:00:00-04:00", "2026-06", "10.00", id="the first second of the new terms"),
        pytest.param("2026-06-01T03:59:59+00:00", "2020-01", "6.00", id="June in London, May in New York"),
    ],
)
def test_an_order_is_judged_by_the_terms_in_force_when_it_was_placed(placed: str, version: str, fee: str) -> None:
    order = an_order(placed_at=at(placed))
    decision = decided(order, TWO_VERSIONS, requested_at=ny("2026-06-01 18:00"))
    assert (decision.policy_version, decision.fee) == (version, Decimal(fee))


def test_an_old_order_keeps_its_window_under_new_terms() -> None:
    order = an_order(placed_at=ny("2026-05-29 12:00"))
    assert decided(order, TWO_VERSIONS, requested_at=ny("2026-06-05 23:59:59")).outcome is APPROVE


def test_an_order_from_before_the_first_version_goes_to_a_human() -> None:
    order = an_order(placed_at=ny("1999-12-31 23:59:59"))
    decision = decided(order)
    assert (decision.outcome, decision.clauses, decision.policy_version) == (REVIEW, (), "none")
    assert "2000-01-01" in said(decision)
    assert decided(an_order(placed_at=ny("2000-01-03 00:00"))).policy_version == "2020-01"


# Currencies, judged by the date of the order


@pytest.mark.parametrize(
    ("placed", "currency", "known"),
    [
        pytest.param("2025-12-15T12:00:00+02:00", "BGN", True, id="the lev in 2025"),
        pytest.param("2026-02-02T12:00:00+02:00", "BGN", False, id="the lev after it was withdrawn"),
        pytest.param("2023-01-14T23:59:59-11:00", "HRK", True, id="its last day, where it ends last"),
        pytest.param("2023-01-16T00:00:00+01:00", "HRK", False, id="the day after"),
        pytest.param("2026-05-06T12:00:00+02:00", "EUR", True, id="the euro"),
        pytest.param("2025-05-06T12:00:00+02:00", "XAU", False, id="gold is no currency to pay in"),
    ],
)
def test_a_currency_is_judged_by_the_date_of_the_order(placed: str, currency: str, known: bool) -> None:
    policy = policy_with(automatic_limits={currency: Decimal(100)})
    decision = decided(an_order(currency=currency, placed_at=at(placed)), policy)
    assert (decision.outcome is Outcome.APPROVE) is known
    if not known:
        assert decision.outcome is Outcome.REVIEW and f"{currency} is not known" in said(decision)


def test_each_currency_has_its_own_automatic_limit_and_one_without_goes_to_a_human() -> None:
    policy = policy_with(automatic_limits={"USD": Decimal(250), "EUR": Decimal("44.00")})
    assert decided(an_order(currency="EUR"), policy).outcome is Outcome.APPROVE
    above = decided(an_order("50.01", "50.01", "50.01", currency="EUR"), policy)
    assert (above.outcome, above.refund) == (Outcome.REVIEW, Decimal("44.01"))
    without = decided(an_order(currency="GBP"), policy)
    assert (without.outcome, without.refund) == (Outcome.REVIEW, Decimal("44.00"))
