"""The clauses of a refund, a function each; in which order they are looked at says refunds.py."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.policy.decision import Contradiction, Finding, FindingCode
from bot.policy.facts import Charge, Destination, Order, OrderStatus, ProductKind, Reason, RefundRequest
from bot.policy.money import Money, in_use, rounded, share_of
from bot.policy.terms import CardWorth, MinimumMeasured, Terms
from bot.policy.values import Value


@dataclass(frozen=True)
class Sums:
    """What the terms would pay, in the order's currency: ``refund = base - fee`` (R6, R7, R7b)."""

    base: Decimal
    rate: Decimal
    fee: Decimal
    finding: Finding

    @property
    def refund(self) -> Decimal:
        """What the customer would get."""
        return self.base - self.fee


# The facts as the clauses use them


def is_used(order: Order) -> bool:
    """A card whose remaining balance is lower than its original one; a plan whose usage is recorded."""
    below = (
        order.original_balance is not None
        and order.remaining_balance is not None
        and order.remaining_balance < order.original_balance
    )
    if order.product_kind is ProductKind.CALLING_CARD and order.remaining_balance is not None:
        return below
    return order.used or below


def has_confirmed_fault(request: RefundRequest) -> bool:
    """R1: an incident on record covers the product, or the order itself failed."""
    return request.fault_confirmed or request.order.status is OrderStatus.FAILED


def claims_fault(request: RefundRequest) -> bool:
    """A fault is given as the reason, or on record whatever the reason (C5)."""
    return request.reason is Reason.SERVICE_FAULT or has_confirmed_fault(request)


def window_closes_on(order: Order, terms: Terms) -> date:
    """R2: the last business day on which a refund can be asked for."""
    placed_on = terms.calendar.business_date(order.placed_at)
    return terms.calendar.nth_working_day_after(placed_on, terms.window_working_days)


def sums_of(request: RefundRequest, terms: Terms) -> Sums:
    """The base, fee and refund, by the clause that fits: R6 (used card), R7 (unused), R7b (unused, our fault)."""
    order = request.order
    usual = terms.fee_rate(order.product, order.payment_method)
    if order.product_kind is ProductKind.CALLING_CARD and is_used(order):
        return _sums("R6", r6_base(order, terms), usual, order)
    if request.reason is Reason.SERVICE_FAULT and has_confirmed_fault(request):
        return _sums("R7b", order.kept, terms.confirmed_fault_fee_rate, order)
    return _sums("R7", order.kept, usual, order)


def r6_base(order: Order, terms: Terms) -> Decimal:
    """R6: what was paid for the remaining balance of a used card. Shipping and order fees bought none of it."""
    remaining = order.remaining_balance or Decimal(0)
    paid = max(Decimal(0), order.kept - order.extras)
    if terms.card_worth is CardWorth.FACE or not order.original_balance:
        return min(remaining, paid)
    return share_of(paid, remaining, order.original_balance, order.currency)


def _sums(clause: str, base: Decimal, rate: Decimal, order: Order) -> Sums:
    fee = rounded(base * rate, order.currency)
    code = FindingCode.REFUND_LESS_FEE if fee else FindingCode.REFUND_WITHOUT_FEE
    values: dict[str, Value] = {"base_is": "amount_paid", "base": Money(base, order.currency)}
    if order.refunded:
        values |= {"base_is": "rest_of_paid", "refunded": Money(order.refunded, order.currency)}
    elif clause == "R6":
        values["base_is"] = "remaining_balance"
        if base != order.remaining_balance:
            remaining = Money(order.remaining_balance or Decimal(0), order.currency)
            values |= {"base_is": "paid_for_remaining", "remaining": remaining}
    if fee:
        refund = Money(base - fee, order.currency)
        values |= {"rate": rate, "fee": Money(fee, order.currency), "refund": refund}
    return Sums(base, rate, fee, Finding(code, (clause,), True, values))


# The checks, in the order of POLICY.md


def not_refunded_yet(order: Order) -> Finding:
    """Precedence 1: an order is refunded once."""
    if order.status is OrderStatus.REFUNDED:
        return Finding(FindingCode.REFUNDED, (), False)
    if order.refunded > 0 and order.kept <= 0:
        return Finding(FindingCode.REFUNDED, (), False)
    if order.status is OrderStatus.REFUND_PENDING:
        return Finding(FindingCode.REFUND_PENDING, (), False)
    return Finding(FindingCode.NOT_REFUNDED, (), True)


def no_dispute_open(order: Order) -> Finding:
    """Precedence 2: while the bank looks at the payment, a person does too."""
    if order.dispute_open:
        return Finding(FindingCode.DISPUTE_OPEN, (), False)
    return Finding(FindingCode.NO_DISPUTE, (), True)


def data_agrees(request: RefundRequest) -> Finding:
    """Precedence 3: the order's data must not contradict itself."""
    problem = _contradiction(request)
    if problem:
        values = {"problem": problem.value, "currency": request.order.currency}
        return Finding(FindingCode.DATA_CONTRADICTS, (), False, values)
    return Finding(FindingCode.DATA_AGREES, (), True)


def _contradiction(request: RefundRequest) -> Contradiction | None:
    order = request.order
    amounts = (order.amount_paid, order.original_balance, order.remaining_balance, order.extras, order.refunded)
    original, remaining = order.original_balance, order.remaining_balance
    if not in_use(order.currency, order.placed_at):
        return Contradiction.CURRENCY_UNKNOWN
    if any(amount is not None and amount < 0 for amount in amounts):
        return Contradiction.NEGATIVE_AMOUNT
    if order.extras > order.amount_paid:
        return Contradiction.EXTRAS_ABOVE_PAID
    if original is not None and remaining is not None and remaining > original:
        return Contradiction.MORE_LEFT_THAN_SOLD
    if order.product_kind is ProductKind.CALLING_CARD:
        if (original is None) != (remaining is None):
            return Contradiction.BALANCE_MISSING
        if original is None and order.used:
            return Contradiction.USED_WITHOUT_BALANCES
    if order.placed_at > request.requested_at:
        return Contradiction.ORDERED_AFTER_REQUEST
    return None


def c2_not_cancelled(order: Order) -> Finding:
    """C2: a cancelled or terminated service gives no refund."""
    if order.status in (OrderStatus.CANCELLED, OrderStatus.TERMINATED):
        return Finding(FindingCode.SERVICE_ENDED, ("C2",), False, {"status": order.status.value})
    return Finding(FindingCode.NOT_CANCELLED, ("C2",), True)


def c5_no_renewal(order: Order, fault_in_window: bool) -> Finding:
    """C5: a renewal charge is not refundable; with a fault claimed inside the window a person looks (R1)."""
    if order.charge is not Charge.RENEWAL:
        return Finding(FindingCode.PURCHASE, ("C5",), True)
    if fault_in_window:
        return Finding(FindingCode.RENEWAL_WITH_FAULT, ("C5", "R1"), False)
    return Finding(FindingCode.RENEWAL, ("C5",), False)


def r2_in_window(request: RefundRequest, terms: Terms) -> Finding:
    """R2: the customer asks within so many working days of the order date."""
    placed_on = terms.calendar.business_date(request.order.placed_at)
    asked_on = terms.calendar.business_date(request.requested_at)
    closes_on = window_closes_on(request.order, terms)
    in_time = terms.calendar.is_in_time(request.requested_at, closes_on)
    return Finding(
        FindingCode.IN_WINDOW if in_time else FindingCode.AFTER_WINDOW,
        ("R2",),
        in_time,
        {"placed_on": placed_on, "days": terms.window_working_days, "closes_on": closes_on, "asked_on": asked_on},
    )


def r2_channel_accepted(request: RefundRequest, terms: Terms) -> Finding:
    """R2: the request came in a way that counts as contacting the store."""
    if request.channel in terms.accepted_channels:
        return Finding(FindingCode.CHANNEL_ACCEPTED, ("R2",), True, {"channel": request.channel})
    return Finding(FindingCode.CHANNEL_NOT_ACCEPTED, ("R2",), False, {"channel": request.channel})


def something_paid(order: Order, fault: bool) -> Finding:
    """Precedence 6: an order of 0.00 gives nothing back; with a fault claimed or confirmed a person looks (R1)."""
    if order.amount_paid > 0:
        return Finding(FindingCode.SOMETHING_PAID, (), True)
    if fault:
        return Finding(FindingCode.NOTHING_PAID_WITH_FAULT, ("R1",), False)
    return Finding(FindingCode.NOTHING_PAID, (), False)


def r8_something_left(order: Order, sums: Sums) -> Finding:
    """R8: with nothing left there is nothing to refund, also on a card that never held anything."""
    card_is_empty = order.product_kind is ProductKind.CALLING_CARD and order.remaining_balance == 0
    if sums.base > 0 and not card_is_empty:
        return Finding(FindingCode.SOMETHING_LEFT, ("R8",), True)
    return Finding(FindingCode.NOTHING_LEFT, ("R8",), False)


def r8_above_minimum(order: Order, sums: Sums, terms: Terms) -> Finding:
    """R8: no refund below a share of the original balance, measured after the fee or before it, in what the card holds:
    what was paid for it says nothing of how much of it was used."""
    original, remaining = order.original_balance, order.remaining_balance
    if order.product_kind is ProductKind.SUBSCRIPTION or original is None or remaining is None:
        return Finding(FindingCode.NO_MINIMUM, ("R8",), True)
    minimum = terms.minimum_ratio * original
    left = remaining
    if terms.minimum_measured is MinimumMeasured.NET:
        in_balance = remaining - rounded(sums.rate * remaining, order.currency)
        left = in_balance if terms.card_worth is CardWorth.SHARE else sums.refund
    holds = left >= minimum
    values: dict[str, Value] = {
        "left": Money(left, order.currency),
        "measured": terms.minimum_measured.value,
        "ratio": terms.minimum_ratio,
        "original": Money(original, order.currency),
    }
    return Finding(FindingCode.ABOVE_MINIMUM if holds else FindingCode.BELOW_MINIMUM, ("R8",), holds, values)


def r1_fault_confirmed(request: RefundRequest) -> Finding:
    """R1: a fault on our side must be on record; one that is only claimed is for a person."""
    if request.reason is not Reason.SERVICE_FAULT:
        return Finding(FindingCode.NO_FAULT_GIVEN, ("R1",), True)
    if has_confirmed_fault(request):
        return Finding(FindingCode.FAULT_CONFIRMED, ("R1",), True)
    return Finding(FindingCode.FAULT_UNCONFIRMED, ("R1", "R3"), False)


def r3_reason_accepted(request: RefundRequest, terms: Terms) -> Finding:
    """R3: only some reasons are accepted without a person."""
    if request.reason in terms.automatic_reasons:
        return Finding(FindingCode.REASON_ACCEPTED, ("R3",), True)
    return Finding(FindingCode.REASON_FOR_PERSON, ("R1", "R3"), False)


def no_usage_of_subscription(order: Order) -> Finding:
    """R3: a plan's charge after usage, or any other's that is no card, is for a person: no clause prices the usage."""
    if order.product_kind is not ProductKind.CALLING_CARD and is_used(order):
        return Finding(FindingCode.PLAN_USED, ("R1", "R3"), False)
    return Finding(FindingCode.PLAN_UNUSED, ("R3",), True)


def within_automatic_limit(refund: Money, clauses: tuple[str, ...], terms: Terms) -> Finding:
    """Precedence 8: above a limit, or in a currency without one, a person approves. ``refund`` is the sum of a request,
    ``clauses`` those that it was computed by."""
    limit = terms.automatic_limits.get(refund.currency)
    if limit is None:
        return Finding(FindingCode.NO_LIMIT_FOR_CURRENCY, clauses, False, {"currency": refund.currency})
    holds = refund.amount <= limit
    code = FindingCode.WITHIN_LIMIT if holds else FindingCode.ABOVE_LIMIT
    return Finding(code, clauses, holds, {"refund": refund, "limit": Money(limit, refund.currency)})


def within_velocity(request: RefundRequest, clauses: tuple[str, ...], terms: Terms) -> Finding:
    """Precedence 8: after so many approved refunds within so many days a person approves."""
    return Finding(
        FindingCode.RECENT_REFUNDS,
        clauses,
        request.recent_refunds < terms.velocity_refunds,
        {"refunds": request.recent_refunds, "days": terms.velocity_days, "limit": terms.velocity_refunds},
    )


# What follows from a yes


def r4_processed_by(process_by: date, terms: Terms) -> Finding:
    """R4: the refund is processed within so many working days of the acceptance."""
    values: dict[str, Value] = {"days": terms.processing_working_days, "process_by": process_by}
    return Finding(FindingCode.PROCESSED_BY, ("R4",), True, values)


def r5_return_first(terms: Terms) -> Finding:
    """R5: a shipped card comes back first, complete, at the customer's expense."""
    return Finding(FindingCode.RETURN_FIRST, ("R5", "R4"), True, {"days": terms.processing_working_days})


def r9_destination(request: RefundRequest, terms: Terms) -> Finding:
    """R9: to the wallet, or back to the payment method where that can take a refund."""
    if not terms.takes_refunds(request.order.payment_method):
        return Finding(FindingCode.WALLET_ONLY, ("R9",), True)
    if request.destination is Destination.WALLET:
        return Finding(FindingCode.TO_WALLET, ("R9",), True)
    if request.destination is Destination.ORIGINAL_PAYMENT_METHOD:
        return Finding(FindingCode.TO_PAYMENT_METHOD, ("R9",), True)
    return Finding(FindingCode.DESTINATION_OPEN, ("R9",), True)
