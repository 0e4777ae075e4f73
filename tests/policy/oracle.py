"""A second reading of POLICY.md: naive on purpose, for the default terms only, and sharing no code with bot.policy.

It takes and gives the JSON of `policy decide`. Money is whole minor units, local time is worked out from the rule
for clock changes of the United States since 2007, and the holidays from the rules of the federal calendar, so that
neither a library nor the module under test decides what is right.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta, timezone
from fractions import Fraction
from functools import cache
from typing import Any

DECIMALS = {"USD": 2, "EUR": 2, "GBP": 2, "JPY": 0, "KWD": 3}
AUTOMATIC_LIMIT = {"USD": 25_000}


def answer(case: dict[str, Any]) -> dict[str, Any]:
    """What POLICY.md says about a decision case; the keys are those of the interface that carry a verdict."""
    if case["kind"] == "cancel":
        return cancellation(case)
    return refund(case)


def cancellation(case: dict[str, Any]) -> dict[str, Any]:
    order = case["order"]
    stopped = {"service_stops_at": None, "agreement_ends_on": None, "next_charge_on": None, "balance_lost": None}
    if order["status"] in ("cancelled", "terminated"):
        return {**stopped, "outcome": "already_cancelled", "clauses": {"C1"}}
    stops = {"outcome": "cancel", "service_stops_at": datetime.fromisoformat(moment_of(case))}
    if order["product_kind"] == "calling_card":
        return {**stopped, **stops, "balance_lost": lost(order), "clauses": {"C1", "C2"}}
    asked_on = business_date(case["requested_at"])
    next_cycle = date(asked_on.year + asked_on.month // 12, asked_on.month % 12 + 1, 1)
    return {
        **stopped,
        **stops,
        "agreement_ends_on": (next_cycle - timedelta(days=1)).isoformat(),
        "next_charge_on": next_cycle.isoformat(),
        "clauses": {"C1", "C2", "C3", "C4"},
    }


def lost(order: dict[str, Any]) -> Fraction | None:
    balance = order["remaining_balance"]
    return None if balance is None else max(Fraction(0), Fraction(balance))


def refund(case: dict[str, Any]) -> dict[str, Any]:
    order, reason = case["order"], case["reason"]
    currency = order["currency"]
    confirmed = case.get("fault_confirmed", False) or order["status"] == "failed"
    in_window = business_date(case["requested_at"]) <= working_day_after(business_date(order["placed_at"]), 5)

    # 1 to 3: precedence, which no clause states
    if order["status"] in ("refunded", "refund_pending"):
        return verdict("decline")
    if order["dispute_open"]:
        return verdict("review")
    if contradicts_itself(case):
        return verdict("review")

    # 4
    if order["status"] in ("terminated", "cancelled"):
        return verdict("decline", "C2")
    if order["charge"] == "renewal":
        if in_window and (reason == "service_fault" or confirmed):
            return verdict("review", "C5", "R1")
        return verdict("decline", "C5")

    # 5
    if not in_window:
        return verdict("decline", "R2")

    # 6
    card = order["product_kind"] == "calling_card"
    paid = minor(order["amount_paid"], currency)
    original = minor(order["original_balance"], currency)
    remaining = minor(order["remaining_balance"], currency)
    if paid == 0:
        return verdict("review", "R1") if reason == "service_fault" or confirmed else verdict("decline")
    balance_used = original is not None and remaining is not None and remaining < original
    fault = reason == "service_fault" and confirmed
    if card and balance_used:
        of_goods = paid - minor(order.get("extras", "0"), currency)
        sums_by, base, percent = "R6", (2 * of_goods * remaining + original) // (2 * original), 12  # half up
    elif fault:
        sums_by, base, percent = "R7b", paid, 0
    else:
        sums_by, base, percent = "R7", paid, 12
    fee = (2 * percent * base + 100) // 200  # half up
    back = base - fee
    below_half = False
    if card and original is not None:
        left = remaining - (2 * percent * remaining + 100) // 200
        below_half = Fraction(left) < Fraction(original, 2)
    if base == 0 or (card and remaining == 0) or below_half:
        return verdict("decline", "R8")

    # 7
    if not (fault or reason == "change_of_mind"):
        return verdict("review", "R1", "R3")
    if not card and (order["used"] or balance_used):
        return verdict("review", "R1", "R3")

    # 8
    sums = {"base": text(base, currency), "fee": text(fee, currency), "refund": text(back, currency)}
    above_limit = currency not in AUTOMATIC_LIMIT or back > AUTOMATIC_LIMIT[currency]
    if above_limit or case.get("customer_recent_refunds", 0) >= 3:
        return verdict("review", sums_by, **sums)

    # 9
    cited = {"R2", "R3", "R4", sums_by} | ({"R1"} if fault else set()) | ({"R8"} if sums_by == "R6" else set())
    if order["shipped"]:
        return verdict("approve_on_return", "R5", *cited, **sums)
    process_by = working_day_after(business_date(moment_of(case)), 7).isoformat()
    return verdict("approve", *cited, **sums, process_by=process_by)


def verdict(outcome: str, *clauses: str, **values: str) -> dict[str, Any]:
    nothing = {"base": None, "fee": None, "refund": None, "process_by": None}
    return {**nothing, **values, "outcome": outcome, "clauses": set(clauses)}


def moment_of(case: dict[str, Any]) -> str:
    return str(case.get("decided_at") or case["requested_at"])


def contradicts_itself(case: dict[str, Any]) -> bool:
    order = case["order"]
    if order["currency"] not in DECIMALS:
        return True
    if datetime.fromisoformat(order["placed_at"]) > datetime.fromisoformat(case["requested_at"]):
        return True
    amounts = [order["amount_paid"], order["original_balance"], order["remaining_balance"], order.get("extras")]
    if Fraction(order.get("extras", "0")) > Fraction(order["amount_paid"]):
        return True
    if any(amount is not None and Fraction(amount) < 0 for amount in amounts):
        return True
    original, remaining = order["original_balance"], order["remaining_balance"]
    if original is not None and remaining is not None:
        return Fraction(remaining) > Fraction(original)
    # A subscription has no balance. A card without one is taken as unused, unless the shop's flag says otherwise.
    return order["product_kind"] == "calling_card" and (original is not remaining or order["used"])


def minor(amount: str | None, currency: str) -> Any:
    """Whole minor units; Any spares the arithmetic above a check for the balances that a subscription lacks."""
    return None if amount is None else int(Fraction(amount) * 10 ** DECIMALS[currency])


def text(units: int, currency: str) -> str:
    places = DECIMALS[currency]
    if places == 0:
        return str(units)
    return f"{units // 10**places}.{units % 10**places:0{places}d}"


def business_date(moment: str) -> date:
    """The date in New York."""
    instant = datetime.fromisoformat(moment).astimezone(timezone.utc)
    march, november = date(instant.year, 3, 1), date(instant.year, 11, 1)
    spring = datetime.combine(weekday_of_month(march, 6, 2), datetime.min.time(), timezone.utc) + timedelta(hours=7)
    autumn = datetime.combine(weekday_of_month(november, 6, 1), datetime.min.time(), timezone.utc) + timedelta(hours=6)
    offset = 4 if spring <= instant < autumn else 5
    return (instant - timedelta(hours=offset)).date()


def working_day_after(day: date, n: int) -> date:
    while n:
        day += timedelta(days=1)
        if day.isoweekday() <= 5 and day not in days_off(day.year):
            n -= 1
    return day


@cache
def days_off(year: int) -> set[date]:
    """Federal holidays as they are observed within ``year`` (2007 or later)."""
    monday, thursday = 0, 3
    fixed = [
        date(year, 1, 1),
        *([date(year, 6, 19)] if year >= 2021 else []),
        date(year, 7, 4),
        date(year, 11, 11),
        date(year, 12, 25),
        date(year + 1, 1, 1),
    ]
    shift = {6: timedelta(days=-1), 7: timedelta(days=1)}
    observed = {day + shift.get(day.isoweekday(), timedelta()) for day in fixed}
    floating = {
        weekday_of_month(date(year, 1, 1), monday, 3),
        weekday_of_month(date(year, 2, 1), monday, 3),
        weekday_of_month(date(year, 6, 1), monday, 1) - timedelta(days=7),
        weekday_of_month(date(year, 9, 1), monday, 1),
        weekday_of_month(date(year, 10, 1), monday, 2),
        weekday_of_month(date(year, 11, 1), thursday, 4),
    }
    return {day for day in observed | floating if day.year == year}


def weekday_of_month(first: date, weekday: int, n: int) -> date:
    """The ``n``-th ``weekday`` (Monday is 0) on or after ``first``."""
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))
