"""The refund clauses R1 to R10 and their order: a table each, expected values worked out by hand."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from bot.policy import Outcome
from bot.policy.facts import Destination, Order, OrderStatus, Reason
from bot.policy.terms import CardWorth, FeeRow, MinimumMeasured
from tests.policy.policy_builders import (
    a_plan,
    amounts,
    an_order,
    at,
    decided,
    money,
    ny,
    policy_with,
    said,
    sums,
    terms_with_calendar,
)

APPROVE, ON_RETURN, DECLINE, REVIEW = Outcome.APPROVE, Outcome.APPROVE_ON_RETURN, Outcome.DECLINE, Outcome.REVIEW
FAULT, MIND, OTHER = Reason.SERVICE_FAULT, Reason.CHANGE_OF_MIND, Reason.OTHER


# R1 and R3: the reason


@pytest.mark.parametrize(
    ("reason", "confirmed", "status", "outcome", "clauses"),
    [
        pytest.param(MIND, False, "active", APPROVE, ("R2", "R3", "R7", "R4"), id="a change of mind needs no fault"),
        pytest.param(FAULT, True, "active", APPROVE, ("R2", "R1", "R3", "R7b", "R4"), id="a fault on record is paid"),
        pytest.param(FAULT, False, "failed", APPROVE, ("R2", "R1", "R3", "R7b", "R4"), id="a failed order is a fault"),
        pytest.param(FAULT, False, "active", REVIEW, ("R1", "R3"), id="a fault only claimed goes to a human"),
        pytest.param(OTHER, False, "active", REVIEW, ("R1", "R3"), id="another reason goes to a human"),
        pytest.param(OTHER, True, "active", REVIEW, ("R1", "R3"), id="another reason goes to a human, fault or not"),
        pytest.param(MIND, True, "active", APPROVE, ("R2", "R3", "R7", "R4"), id="a change of mind stays one"),
    ],
)
def test_the_reason_decides(
    reason: Reason, confirmed: bool, status: str, outcome: Outcome, clauses: tuple[str, ...]
) -> None:
    order = an_order(status=OrderStatus(status))
    decision = decided(order, reason=reason, fault_confirmed=confirmed)
    assert (decision.outcome, decision.clauses) == (outcome, clauses)


def test_a_reason_taken_off_the_list_goes_to_a_human() -> None:
    strict = policy_with(automatic_reasons=frozenset({FAULT}))
    assert decided(policy=strict).outcome is REVIEW
    assert decided(policy=strict, reason=FAULT, fault_confirmed=True).outcome is APPROVE


# R2: the window


@pytest.mark.parametrize(
    ("placed", "last_in_time", "first_late"),
    [
        pytest.param("2026-11-20T15:04:00-05:00", "2026-11-30T23:59:59-05:00", "2026-12-01T00:00:00-05:00",
                     id="Thanksgiving does not count (the example of the policy)"),
        pytest.param("2026-11-26T12:00:00-05:00", "2026-12-03T23:59:59-05:00", "2026-12-04T00:00:00-05:00",
                     id="an order on Thanksgiving itself"),
        pytest.param("2026-05-06T12:00:00-04:00", "2026-05-13T23:59:59-04:00", "2026-05-14T00:00:00-04:00",
                     id="from a Wednesday to the next"),
        pytest.param("2026-05-08T23:59:59-04:00", "2026-05-15T23:59:59-04:00", "2026-05-16T00:00:00-04:00",
                     id="from a Friday to the next"),
        pytest.param("2026-05-09T00:00:00-04:00", "2026-05-15T23:59:59-04:00", "2026-05-16T00:00:00-04:00",
                     id="from a Saturday to Friday"),
        pytest.param("2026-05-10T12:00:00-04:00", "2026-05-15T23:59:59-04:00", "2026-05-16T00:00:00-04:00",
                     id="from a Sunday to Friday"),
        pytest.param("2026-05-11T00:00:00-04:00", "2026-05-18T23:59:59-04:00", "2026-05-19T00:00:00-04:00",
                     id="from a Monday to the next, the day of the order never counts"),
        pytest.param("2026-06-29T12:00:00-04:00", "2026-07-07T23:59:59-04:00", "2026-07-08T00:00:00-04:00",
                     id="July 4 on a Saturday is observed on Friday"),
        pytest.param("2027-07-01T12:00:00-04:00", "2027-07-09T23:59:59-04:00", "2027-07-10T00:00:00-04:00",
                     id="July 4 on a Sunday is observed on Monday"),
        pytest.param("2021-12-22T12:00:00-05:00", "2021-12-30T23:59:59-05:00", "2021-12-31T00:00:00-05:00",
                     id="Christmas on a Saturday is observed on Friday"),
        pytest.param("2021-12-23T12:00:00-05:00", "2022-01-03T23:59:59-05:00", "2022-01-04T00:00:00-05:00",
                     id="New Year's Day on a Saturday is observed on December 31"),
        pytest.param("2026-03-06T12:00:00-05:00", "2026-03-14T03:59:59+00:00", "2026-03-14T04:00:00+00:00",
                     id="ordered in winter time, closing in summer time"),
        pytest.param("2026-10-30T12:00:00-04:00", "2026-11-07T04:59:59+00:00", "2026-11-07T05:00:00+00:00",
                     id="ordered in summer time, closing in winter time"),
        pytest.param("2026-03-08T03:00:00-04:00", "2026-03-13T23:59:59-04:00", "2026-03-14T00:00:00-04:00",
                     id="ordered in the hour of the clock change"),
        pytest.param("2026-11-21T05:30:00+09:00", "2026-12-01T13:59:59+09:00", "2026-12-01T14:00:00+09:00",
                     id="a customer in Tokyo, whose Saturday is still Friday in New York"),
        pytest.param("2026-05-06T22:00:00-07:00", "2026-05-14T20:59:59-07:00", "2026-05-14T21:00:00-07:00",
                     id="a customer in Los Angeles, whose Wednesday is already Thursday in New York"),
    ],
)  # fmt: skip
def test_the_window_closes_at_the_end_of_the_fifth_working_day(placed: str, last_in_time: str, first_late: str) -> None:
    order = an_order(placed_at=at(placed))
    in_time = decided(order, requested_at=at(last_in_time))
    late = decided(order, requested_at=at(first_late))
    assert in_time.outcome is APPROVE
    assert (late.outcome, late.clauses) == (DECLINE, ("R2",))


def test_the_last_microsecond_is_in_time() -> None:
    order = an_order(placed_at=ny("2026-11-20 15:04"))
    assert decided(order, requested_at=ny("2026-11-30 23:59:59.999999")).outcome is APPROVE


def test_the_window_is_judged_by_the_request_and_not_by_the_decision() -> None:
    order = an_order(placed_at=ny("2026-11-20 15:04"))
    past_midnight = decided(order, requested_at=ny("2026-11-30 23:58"), decided_at=ny("2026-12-01 00:10"))
    assert past_midnight.outcome is APPROVE


def test_a_decline_for_the_window_names_its_dates() -> None:
    order = an_order(placed_at=ny("2026-11-20 15:04"))
    sentence = said(decided(order, requested_at=ny("2026-12-02 09:00")))
    for day in ("Friday, November 20, 2026", "Monday, November 30, 2026", "Wednesday, December 2, 2026"):
        assert day in sentence


def test_the_length_of_the_window_is_a_parameter() -> None:
    order, policy = an_order(placed_at=ny("2026-05-06 12:00")), policy_with(window_working_days=1)
    assert decided(order, policy, requested_at=ny("2026-05-07 23:59:59")).outcome is APPROVE
    assert decided(order, policy, requested_at=ny("2026-05-08 00:00")).outcome is DECLINE


def test_a_holiday_of_the_company_moves_the_window() -> None:
    order = an_order(placed_at=ny("2026-05-06 12:00"))
    closed = terms_with_calendar(extra=frozenset({date(2026, 5, 8)}))
    assert decided(order, requested_at=ny("2026-05-14 12:00")).outcome is DECLINE
    assert decided(order, closed, requested_at=ny("2026-05-14 12:00")).outcome is APPROVE


@pytest.mark.parametrize("channel", ["chat", "form", "email", "phone"])
def test_the_accepted_channels_count_as_contacting_the_store(channel: str) -> None:
    assert decided(channel=channel).outcome is APPROVE


def test_another_channel_goes_to_a_human() -> None:
    decision = decided(channel="post")
    assert (decision.outcome, decision.clauses) == (REVIEW, ("R2",))


# R4 and R5: when it is paid


@pytest.mark.parametrize(
    ("decided_at", "process_by"),
    [
        pytest.param("2026-11-20T15:04:00-05:00", "2026-12-02", id="seven working days over Thanksgiving"),
        pytest.param("2026-11-20T23:59:59-05:00", "2026-12-02", id="accepted in the last second of Friday"),
        pytest.param("2026-11-21T00:00:00-05:00", "2026-12-02", id="accepted on Saturday"),
        pytest.param("2026-11-22T23:59:59-05:00", "2026-12-02", id="accepted in the last second of Sunday"),
        pytest.param("2026-11-23T00:00:00-05:00", "2026-12-03", id="accepted in the first second of Monday"),
        pytest.param("2026-11-23T13:59:59+09:00", "2026-12-02", id="Monday in Tokyo, Sunday in New York"),
    ],
)
def test_an_accepted_refund_is_processed_within_seven_working_days_of_the_acceptance(
    decided_at: str, process_by: str
) -> None:
    order = an_order(placed_at=ny("2026-11-20 12:00"))
    decision = decided(order, requested_at=ny("2026-11-20 12:30"), decided_at=at(decided_at))
    assert decision.process_by == date.fromisoformat(process_by)


@pytest.mark.parametrize(
    ("shipped", "reason", "outcome", "clauses"),
    [
        pytest.param(False, MIND, APPROVE, ("R2", "R3", "R7", "R4"), id="nothing was shipped"),
        pytest.param(True, MIND, ON_RETURN, ("R2", "R3", "R7", "R5", "R4"), id="shipped, a change of mind"),
        pytest.param(True, FAULT, ON_RETURN, ("R2", "R1", "R3", "R7b", "R5", "R4"), id="shipped, and faulty"),
    ],
)
def test_a_shipped_card_comes_back_first(
    shipped: bool, reason: Reason, outcome: Outcome, clauses: tuple[str, ...]
) -> None:
    decision = decided(an_order(shipped=shipped), reason=reason, fault_confirmed=reason is FAULT)
    assert (decision.outcome, decision.clauses) == (outcome, clauses)
    assert (decision.process_by is None) == shipped
    assert decision.refund is not None


# R6, R7, R7b: the sums


@pytest.mark.parametrize(
    ("order", "reason", "clause", "expected"),
    [
        pytest.param(an_order(), MIND, "R7", amounts("50.00", "6.00", "44.00"), id="unused, a change of mind"),
        pytest.param(an_order(), FAULT, "R7b", amounts("50.00", "0.00", "50.00"), id="unused, our fault: no fee"),
        pytest.param(
            an_order(remaining="49.99"), MIND, "R6", amounts("49.99", "6.00", "43.99"), id="one cent used: what remains"
        ),
        pytest.param(
            an_order(remaining="31.50"), MIND, "R6", amounts("31.50", "3.78", "27.72"), id="used, a change of mind"
        ),
        pytest.param(
            an_order(remaining="31.50"), FAULT, "R6", amounts("31.50", "3.78", "27.72"), id="used, our fault: the fee"
        ),
        pytest.param(
            an_order("40.00", "50.00", "45.00"), MIND, "R6", amounts("36.00", "4.32", "31.68"), id="sold at a discount"
        ),
        pytest.param(
            an_order("60.00", "50.00", "45.00"), MIND, "R6", amounts("54.00", "6.48", "47.52"), id="sold above its face"
        ),
        pytest.param(
            an_order("10.00", "30.00", "20.00"), MIND, "R6", amounts("6.67", "0.80", "5.87"), id="6.666… goes up"
        ),
        pytest.param(
            an_order("0.02", "0.04", "0.03"), MIND, "R6", amounts("0.02", "0.00", "0.02"), id="1.5 cents go up"
        ),
        pytest.param(
            an_order("55.00", "50.00", "45.00", extras=Decimal("5.00")),
            MIND,
            "R6",
            amounts("45.00", "5.40", "39.60"),
            id="used: no share of the shipping",
        ),
        pytest.param(
            an_order("45.00", "50.00", "45.00", extras=Decimal("5.00")),
            FAULT,
            "R6",
            amounts("36.00", "4.32", "31.68"),
            id="used, our fault, with a coupon: no share of the shipping",
        ),
        pytest.param(
            an_order("55.00", extras=Decimal("5.00")),
            MIND,
            "R7",
            amounts("55.00", "6.60", "48.40"),
            id="unused: the shipping, too",
        ),
        pytest.param(
            an_order("55.00", extras=Decimal("5.00")),
            FAULT,
            "R7b",
            amounts("55.00", "0.00", "55.00"),
            id="unused, our fault: the shipping, too, and no fee",
        ),
        pytest.param(
            an_order("24.00", "50.00", "50.00"),
            MIND,
            "R7",
            amounts("24.00", "2.88", "21.12"),
            id="unused, sold below half of its face (the example of the policy)",
        ),
        pytest.param(
            an_order("24.00", "50.00", "50.00"),
            FAULT,
            "R7b",
            amounts("24.00", "0.00", "24.00"),
            id="unused, sold below half of its face, our fault",
        ),
        pytest.param(
            an_order("40.00", "50.00", "50.00"), MIND, "R7", amounts("40.00", "4.80", "35.20"), id="unused promotion"
        ),
        pytest.param(
            an_order("60.00", "50.00", "50.00"), MIND, "R7", amounts("60.00", "7.20", "52.80"), id="paid above balance"
        ),
        pytest.param(
            an_order(used=True), MIND, "R7", amounts("50.00", "6.00", "44.00"), id="a full balance beats the flag"
        ),
        pytest.param(
            an_order(original=None, remaining=None), MIND, "R7", amounts("50.00", "6.00", "44.00"), id="no balance"
        ),
        pytest.param(a_plan(), MIND, "R7", amounts("20.00", "2.40", "17.60"), id="a plan's first charge"),
        pytest.param(a_plan(), FAULT, "R7b", amounts("20.00", "0.00", "20.00"), id="a plan's first charge, our fault"),
    ],
)
def test_the_sums(order: Order, reason: Reason, clause: str, expected: tuple[Decimal, ...]) -> None:
    decision = decided(order, reason=reason, fault_confirmed=reason is FAULT)
    assert sums(decision) == expected
    assert decision.outcome is APPROVE
    assert set(decision.clauses) & {"R6", "R7", "R7b"} == {clause}
    assert ("R8" in decision.clauses) == (clause == "R6")


@pytest.mark.parametrize(
    ("paid", "rate", "fee"),
    [
        pytest.param("50.12", "0.125", "6.27", id="6.265 goes up, where bankers would go to the even 6.26"),
        pytest.param("50.04", "0.125", "6.26", id="6.255 goes up"),
        pytest.param("50.03", "0.125", "6.25", id="6.25375 goes down"),
        pytest.param("10.04", "0.12", "1.20", id="1.2048 goes down"),
        pytest.param("10.05", "0.12", "1.21", id="1.206 goes up"),
        pytest.param("0.01", "0.12", "0.00", id="a fee below half a cent is none"),
    ],
)
def test_the_fee_is_rounded_half_up_to_the_cent(paid: str, rate: str, fee: str) -> None:
    decision = decided(an_order(paid, paid, paid), policy_with(default_fee_rate=Decimal(rate)))
    assert sums(decision) == (money(paid), money(fee), Decimal(paid) - Decimal(fee))


@pytest.mark.parametrize(
    ("currency", "paid", "base", "fee", "refund"),
    [
        pytest.param("USD", "12.34", "12.34", "1.48", "10.86", id="two decimals: 1.4808"),
        pytest.param("JPY", "1234", "1234", "148", "1086", id="no decimals: 148.08"),
        pytest.param("JPY", "1238", "1238", "149", "1089", id="no decimals: 148.56 goes up"),
        pytest.param("KWD", "12.345", "12.345", "1.481", "10.864", id="three decimals: 1.4814"),
        pytest.param("KWD", "12.3", "12.300", "1.476", "10.824", id="all decimals are written"),
        pytest.param("CLF", "1.2345", "1.2345", "0.1481", "1.0864", id="four decimals: 0.14814"),
    ],
)
def test_sums_follow_the_minor_unit_of_the_currency(currency: str, paid: str, base: str, fee: str, refund: str) -> None:
    policy = policy_with(automatic_limits={currency: Decimal("99999")})
    written = decided(an_order(paid, paid, paid, currency=currency), policy).to_json()
    assert written["outcome"] == "approve"
    assert (written["base"], written["fee"], written["refund"]) == (base, fee, refund)


# R8: the minimum


@pytest.mark.parametrize(
    ("currency", "original", "accepted", "declined"),
    [
        pytest.param("USD", "50.00", "28.41", "28.40", id="the example of the policy: 25.00 and 24.99"),
        pytest.param("USD", "49.99", "28.41", "28.40", id="half of an odd sum: 25.00 and 24.99 of 24.995"),
        pytest.param("USD", "100.00", "56.82", "56.81", id="50.00 and 49.99"),
        pytest.param("JPY", "1000", "568", "567", id="no decimals: 500 and 499"),
        pytest.param("KWD", "10.000", "5.682", "5.681", id="three decimals: 5.000 and 4.999"),
    ],
)
def test_half_of_the_original_balance_must_be_left_after_the_fee(
    currency: str, original: str, accepted: str, declined: str
) -> None:
    policy = policy_with(automatic_limits={currency: Decimal("99999")})
    enough = decided(an_order(original, original, accepted, currency=currency), policy)
    short = decided(an_order(original, original, declined, currency=currency), policy)
    assert (enough.outcome, enough.clauses) == (APPROVE, ("R2", "R3", "R6", "R8", "R4"))
    assert (short.outcome, short.clauses, sums(short)) == (DECLINE, ("R8",), (None, None, None))


def test_measured_before_the_fee_the_edge_is_the_remaining_balance() -> None:
    gross = policy_with(minimum_measured=MinimumMeasured.GROSS)
    assert sums(decided(an_order(remaining="25.00"), gross)) == amounts("25.00", "3.00", "22.00")
    short = decided(an_order(remaining="24.99"), gross)
    assert (short.outcome, short.clauses) == (DECLINE, ("R8",))


def test_the_share_of_the_minimum_is_a_parameter() -> None:
    low = policy_with(minimum_ratio=Decimal("0.25"))
    assert decided(an_order(remaining="14.20"), low).refund == Decimal("12.50")
    assert decided(an_order(remaining="14.19"), low).outcome is DECLINE


def test_the_confirmed_fault_does_not_lower_the_minimum() -> None:
    decision = decided(an_order(remaining="28.40"), reason=FAULT, fault_confirmed=True)
    assert (decision.outcome, decision.clauses) == (DECLINE, ("R8",))


@pytest.mark.parametrize(
    "order",
    [
        pytest.param(an_order(remaining="0.00"), id="a card used up"),
        pytest.param(an_order("50.00", "0.00", "0.00"), id="a card that never held anything"),
        pytest.param(an_order("0.01", "50.00", "0.40"), id="a card whose rest is worth less than half a cent"),
        pytest.param(
            an_order("5.00", "50.00", "45.00", extras=Decimal("5.00")), id="a used card that only its way cost"
        ),
    ],
)
@pytest.mark.parametrize("ratio", ["0.50", "0"])
def test_with_nothing_left_there_is_no_refund(order: Order, ratio: str) -> None:
    decision = decided(order, policy_with(minimum_ratio=Decimal(ratio)))
    assert (decision.outcome, decision.clauses, decision.refund) == (DECLINE, ("R8",), None)


@pytest.mark.parametrize(
    "order", [an_order("0.00"), an_order("0.00", remaining="31.50"), an_order("0.00", None, None), a_plan("0.00")]
)
@pytest.mark.parametrize(
    ("reason", "confirmed", "outcome", "clauses"),
    [
        pytest.param(MIND, False, DECLINE, (), id="a change of mind"),
        pytest.param(OTHER, False, DECLINE, (), id="another reason"),
        pytest.param(FAULT, False, REVIEW, ("R1",), id="a fault that is claimed"),
        pytest.param(FAULT, True, REVIEW, ("R1",), id="a fault that is confirmed"),
        pytest.param(MIND, True, REVIEW, ("R1",), id="a fault on record whatever the reason"),
    ],
)
def test_an_order_of_nothing_is_declined_saying_so(
    order: Order, reason: Reason, confirmed: bool, outcome: Outcome, clauses: tuple[str, ...]
) -> None:
    decision = decided(order, reason=reason, fault_confirmed=confirmed)
    assert (decision.outcome, decision.clauses, decision.refund) == (outcome, clauses, None)
    assert "Nothing was paid for this order" in said(decision)


def test_a_late_request_for_an_order_of_nothing_is_late() -> None:
    late = decided(an_order("0.00"), requested_at=ny("2026-05-20 12:00"))
    assert (late.outcome, late.clauses) == (DECLINE, ("R2",))


@pytest.mark.parametrize(
    ("paid", "accepted", "declined"),
    [
        pytest.param("24.00", "28.41", "28.40", id="sold at a discount"),
        pytest.param("50.00", "28.41", "28.40", id="sold at its face"),
        pytest.param("90.00", "28.41", "28.40", id="sold above it"),
    ],
)
@pytest.mark.parametrize(
    ("measured", "gross_edge"), [(MinimumMeasured.NET, None), (MinimumMeasured.GROSS, ("25.00", "24.99"))]
)
def test_the_minimum_is_measured_in_what_the_card_holds(
    paid: str, accepted: str, declined: str, measured: MinimumMeasured, gross_edge: tuple[str, str] | None
) -> None:
    enough, short = gross_edge or (accepted, declined)
    policy = policy_with(minimum_measured=measured)
    assert decided(an_order(paid, "50.00", enough), policy).outcome is APPROVE
    decision = decided(an_order(paid, "50.00", short), policy)
    assert (decision.outcome, decision.clauses) == (DECLINE, ("R8",))


@pytest.mark.parametrize(
    ("order", "outcome", "expected"),
    [
        pytest.param(an_order("40.00", "50.00", "45.00"), APPROVE, amounts("40.00", "4.80", "35.20"), id="up to paid"),
        pytest.param(
            an_order("24.00", "50.00", "50.00"), DECLINE, amounts(None, None, None), id="below it by its price"
        ),
        pytest.param(
            an_order("75.00", "50.00", "45.00"), APPROVE, amounts("45.00", "5.40", "39.60"), id="what is left"
        ),
        pytest.param(an_order("0.00"), DECLINE, amounts(None, None, None), id="nothing paid"),
    ],
)
def test_by_its_face_value_a_card_counts_up_to_what_was_paid(
    order: Order, outcome: Outcome, expected: tuple[Decimal, ...]
) -> None:
    decision = decided(order, policy_with(card_worth=CardWorth.FACE))
    assert (decision.outcome, sums(decision)) == (outcome, expected)
    assert outcome is APPROVE or decision.clauses == ("R8",)


def test_the_share_of_a_discounted_card_is_told_as_what_was_paid_for_the_rest() -> None:
    sentence = said(decided(an_order("40.00", "50.00", "45.00")))
    assert "what was paid for the $45.00 left on the card less the fee: $36.00 - $4.32 (12% fee) = $31.68" in sentence
    assert "the remaining balance less the fee" in said(decided(an_order(remaining="45.00")))


def test_half_a_unit_goes_up_however_long_the_division_is() -> None:
    # Exactly a half, of a product of 30 digits: decimals of 28 digits round that down before they divide.
    order = an_order("766868685603321", "346841016809108", "173420508404554", currency="JPY")
    policy = policy_with(minimum_ratio=Decimal(0), automatic_limits={"JPY": Decimal(10**15)})
    assert decided(order, policy).base == Decimal("383434342801661")


def test_a_decline_for_the_minimum_names_its_sums() -> None:
    sentence = said(decided(an_order(remaining="28.40")))
    for figure in ("$24.99", "50%", "$50.00"):
        assert figure in sentence


# R9: where it goes


@pytest.mark.parametrize(
    ("method", "destination", "words"),
    [
        pytest.param("card", Destination.WALLET, "goes to the store wallet", id="the customer chose the wallet"),
        pytest.param(
            "card",
            Destination.ORIGINAL_PAYMENT_METHOD,
            "back to the card or account you paid with",
            id="the way it came",
        ),
        pytest.param("card", None, "wallet or back", id="not chosen yet: both"),
        pytest.param("cash", Destination.ORIGINAL_PAYMENT_METHOD, "so it goes to the store wallet", id="cash: wallet"),
        pytest.param("prepaid_voucher", None, "so it goes to the store wallet", id="a voucher: wallet"),
    ],
)
def test_the_destination_is_explained(method: str, destination: Destination | None, words: str) -> None:
    decision = decided(an_order(payment_method=method), destination=destination)
    assert decision.outcome is APPROVE
    assert words in said(decision)


def test_the_destination_does_not_change_the_sums() -> None:
    results = {sums(decided(destination=destination)) for destination in (*Destination, None)}
    assert results == {amounts("50.00", "6.00", "44.00")}


# R10: the fee table


TABLE = (
    FeeRow("global-card", "paypal", Decimal("0.05")),
    FeeRow("global-card", "*", Decimal("0.10")),
    FeeRow("*", "paypal", Decimal("0.20")),
)


@pytest.mark.parametrize(
    ("product", "method", "fee"),
    [
        pytest.param("global-card", "paypal", "2.50", id="product and method: the first row that fits"),
        pytest.param("global-card", "card", "5.00", id="the product with any method"),
        pytest.param("other-card", "paypal", "10.00", id="any product with the method"),
        pytest.param("other-card", "card", "6.00", id="no row fits: the default"),
    ],
)
def test_the_fee_table_is_read_by_product_and_payment_method(product: str, method: str, fee: str) -> None:
    decision = decided(an_order(product=product, payment_method=method), policy_with(fee_table=TABLE))
    assert decision.fee == Decimal(fee)


def test_the_fee_table_holds_for_a_used_card_too() -> None:
    order = an_order(remaining="40.00", payment_method="paypal")
    assert sums(decided(order, policy_with(fee_table=TABLE))) == amounts("40.00", "2.00", "38.00")


def test_the_fee_of_a_confirmed_fault_is_its_own_parameter() -> None:
    policy = policy_with(fee_table=TABLE, confirmed_fault_fee_rate=Decimal("0.02"))
    decision = decided(an_order(payment_method="paypal"), policy, reason=FAULT, fault_confirmed=True)
    assert sums(decision) == amounts("50.00", "1.00", "49.00")
