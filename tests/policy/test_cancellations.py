"""The cancellation clauses C1 to C4: a table each, expected values worked out by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from bot.policy import CancelDecision, NoTermsInForce, Outcome, Policy, decide_cancellation
from bot.policy.facts import Order, OrderStatus
from tests.policy.policy_builders import (
    POLICY,
    a_cancel_request,
    a_plan,
    an_order,
    at,
    default_terms,
    ny,
    policy_with,
    said,
    terms_with_calendar,
)


def cancelled(order: Order | None = None, policy: Policy = POLICY, **changes: Any) -> CancelDecision:
    return decide_cancellation(a_cancel_request(order, **changes), policy)


# C1 and C2


@pytest.mark.parametrize("order", [an_order(), a_plan()], ids=["a card", "a plan"])
def test_the_service_stops_at_the_moment_of_the_decision(order: Order) -> None:
    decision = cancelled(order, requested_at=ny("2026-05-31 23:59"), decided_at=ny("2026-06-01 00:03"))
    assert decision.outcome is Outcome.CANCEL
    assert decision.service_stops_at == ny("2026-06-01 00:03")


@pytest.mark.parametrize("status", ["cancelled", "terminated"])
@pytest.mark.parametrize("order", [an_order(), a_plan()], ids=["a card", "a plan"])
def test_a_service_that_has_ended_is_not_cancelled_again(order: Order, status: str) -> None:
    decision = cancelled(replace(order, status=OrderStatus(status)))
    assert (decision.outcome, decision.clauses) == (Outcome.ALREADY_CANCELLED, ("C1",))
    written = decision.to_json()
    for field in ("service_stops_at", "agreement_ends_on", "next_charge_on", "balance_lost"):
        assert written[field] is None
    assert status in said(decision)


@pytest.mark.parametrize("status", ["active", "failed", "refunded", "refund_pending"])
def test_a_service_with_any_other_status_can_be_cancelled(status: str) -> None:
    assert cancelled(a_plan(status=OrderStatus(status))).outcome is Outcome.CANCEL


@pytest.mark.parametrize(
    ("order", "lost"),
    [
        pytest.param(an_order(remaining="31.50"), "31.50", id="what remains"),
        pytest.param(an_order(remaining="0.00"), "0.00", id="nothing remains"),
        pytest.param(an_order(remaining=None), None, id="no balance on record"),
        pytest.param(an_order(remaining="-3.00"), "0.00", id="a negative balance is no loss"),
        pytest.param(an_order("500", "500", "500", currency="JPY"), "500", id="yen"),
    ],
)
def test_a_cancelled_card_loses_its_balance(order: Order, lost: str | None) -> None:
    decision = cancelled(order)
    written = decision.to_json()
    assert written["balance_lost"] == lost
    assert Decimal(written["refund"]) == 0
    assert decision.clauses == ("C1", "C2")
    assert (decision.agreement_ends_on, decision.next_charge_on) == (None, None)


def test_the_customer_is_told_the_amount_that_is_lost() -> None:
    assert "$31.50" in said(cancelled(an_order(remaining="31.50")))


# C3 and C4


@pytest.mark.parametrize(
    ("requested", "ends_on", "next_charge_on"),
    [
        pytest.param("2026-05-31T23:59:59-04:00", "2026-05-31", "2026-06-01", id="the last second of the month"),
        pytest.param("2026-06-01T00:00:00-04:00", "2026-06-30", "2026-07-01", id="00:00:00 on the 1st is late"),
        pytest.param("2026-06-01T03:59:59+00:00", "2026-05-31", "2026-06-01", id="June in London, May in New York"),
        pytest.param("2026-06-01T12:59:59+09:00", "2026-05-31", "2026-06-01", id="June in Tokyo, May in New York"),
        pytest.param("2026-06-01T13:00:00+09:00", "2026-06-30", "2026-07-01", id="June in Tokyo and in New York"),
        pytest.param("2026-05-31T21:00:00-07:00", "2026-06-30", "2026-07-01", id="May in California, June here"),
        pytest.param("2026-05-06T12:00:00-04:00", "2026-05-31", "2026-06-01", id="in the middle of the month"),
        pytest.param("2027-02-28T23:59:59-05:00", "2027-02-28", "2027-03-01", id="the end of February"),
        pytest.param("2028-02-28T23:59:59-05:00", "2028-02-29", "2028-03-01", id="February 28 in a leap year"),
        pytest.param("2028-02-29T23:59:59-05:00", "2028-02-29", "2028-03-01", id="February 29"),
        pytest.param("2026-12-31T23:59:59-05:00", "2026-12-31", "2027-01-01", id="the last second of the year"),
        pytest.param("2027-01-01T00:00:00-05:00", "2027-01-31", "2027-02-01", id="New Year, a holiday like any day"),
        pytest.param("2026-11-01T03:59:59+00:00", "2026-10-31", "2026-11-01", id="on the eve of winter time"),
        pytest.param("2026-12-01T04:59:59+00:00", "2026-11-30", "2026-12-01", id="in winter time the day ends later"),
        pytest.param("2026-12-01T05:00:00+00:00", "2026-12-31", "2027-01-01", id="in winter time, late"),
    ],
)
def test_a_plan_ends_with_the_cycle_that_holds_the_request(requested: str, ends_on: str, next_charge_on: str) -> None:
    decision = cancelled(a_plan(placed_at=ny("2026-01-15 12:00")), requested_at=at(requested))
    assert decision.agreement_ends_on == date.fromisoformat(ends_on)
    assert decision.next_charge_on == date.fromisoformat(next_charge_on)
    assert decision.clauses == ("C1", "C2", "C3", "C4")
    assert decision.balance_lost is None


def test_the_request_counts_and_not_the_confirmation() -> None:
    decision = cancelled(requested_at=ny("2026-05-31 23:58"), decided_at=ny("2026-06-01 00:10"))
    assert decision.agreement_ends_on == date(2026, 5, 31)
    assert decision.next_charge_on == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("day", "requested", "ends_on", "next_charge_on"),
    [
        pytest.param(15, "2026-05-14 23:59:59", "2026-05-14", "2026-05-15", id="before the 15th"),
        pytest.param(15, "2026-05-15 00:00:00", "2026-06-14", "2026-06-15", id="on the 15th"),
        pytest.param(28, "2026-02-27 23:59:59", "2026-02-27", "2026-02-28", id="before the 28th of February"),
        pytest.param(28, "2026-02-28 00:00:00", "2026-03-27", "2026-03-28", id="on the 28th of February"),
        pytest.param(2, "2026-12-31 12:00:00", "2027-01-01", "2027-01-02", id="over the end of the year"),
    ],
)
def test_the_day_on_which_cycles_start_is_a_parameter(
    day: int, requested: str, ends_on: str, next_charge_on: str
) -> None:
    decision = cancelled(a_plan(), terms_with_calendar(cycle_day=day), requested_at=ny(requested))
    assert decision.agreement_ends_on == date.fromisoformat(ends_on)
    assert decision.next_charge_on == date.fromisoformat(next_charge_on)


def test_the_dates_are_in_the_explanation() -> None:
    told = said(cancelled(requested_at=ny("2026-05-06 12:00")))
    assert "Sunday, May 31, 2026" in told
    assert "Monday, June 1, 2026" in told


# Versions

LATER = replace(
    default_terms(),
    version="2026-06",
    starts_on=date(2026, 6, 1),
    calendar=replace(default_terms().calendar, cycle_day=15),
)
TWO_VERSIONS = replace(POLICY, versions=(default_terms(), LATER))


@pytest.mark.parametrize(
    ("requested", "version", "next_charge_on"),
    [
        pytest.param("2026-05-31 23:59:59", "2020-01", "2026-06-01", id="before the new terms"),
        pytest.param("2026-06-01 00:00:00", "2026-06", "2026-06-15", id="under the new terms"),
    ],
)
def test_a_cancellation_follows_the_terms_in_force_when_it_is_requested(
    requested: str, version: str, next_charge_on: str
) -> None:
    order = a_plan(placed_at=ny("2026-01-15 12:00"))
    decision = cancelled(order, TWO_VERSIONS, requested_at=ny(requested))
    assert decision.policy_version == version
    assert decision.next_charge_on == date.fromisoformat(next_charge_on)


def test_a_version_starts_with_its_day_in_its_own_time_zone() -> None:
    berlin = policy_with(
        starts_on=date(2026, 6, 1), calendar=replace(LATER.calendar, time_zone=ZoneInfo("Europe/Berlin"))
    )
    with pytest.raises(NoTermsInForce, match="2026-06-01"):
        cancelled(a_plan(), berlin, requested_at=at("2026-05-31T23:59:59+02:00"))
    assert cancelled(a_plan(), berlin, requested_at=at("2026-06-01T00:00:00+02:00")).outcome is Outcome.CANCEL
