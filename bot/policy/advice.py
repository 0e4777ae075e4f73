"""What still matters to a refund, and what would have changed a decline: found by deciding, not by rules of its own."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

from bot.policy.clauses import window_closes_on
from bot.policy.decision import Outcome, RefundDecision
from bot.policy.facts import Destination, Order, OrderStatus, ProductKind, Reason, RefundRequest
from bot.policy.money import Money, is_known, unit_of
from bot.policy.refunds import decide_refund
from bot.policy.terms import NoTermsInForce, Policy

_VALUES: dict[str, tuple[Any, ...]] = {"reason": tuple(Reason), "destination": tuple(Destination)}
"""The facts that only the customer knows, in the order in which they are asked."""
_DECLINE = Outcome.DECLINE


@dataclass(frozen=True)
class Change:
    """The smallest change that turns a decline into a yes: an earlier request (``asked_by``, a business date) or more
    left on the card (``remaining``)."""

    asked_by: date | None = None
    remaining: Money | None = None


@dataclass(frozen=True)
class Remainder:
    """What a customer still has after a decline: a plan that can be cancelled (C1), or money that can be used."""

    plan: bool = False
    balance: Money | None = None


def next_question(request: RefundRequest, known: Collection[str], policy: Policy) -> str | None:
    """The missing fact (``reason`` or ``destination``) that can still change what the customer gets; None if none can.

    The values that ``request`` holds for facts that are not ``known`` are not looked at.
    """
    unknown = [fact for fact in _VALUES if fact not in known]
    for fact in unknown:
        others = [other for other in unknown if other != fact]
        for settled in _settled(request, others):
            ends = {what_it_gives(decide_refund(replace(settled, **{fact: v}), policy)) for v in _VALUES[fact]}
            if len(ends) > 1:
                return fact
    return None


def what_it_gives(decision: RefundDecision) -> tuple[Any, ...]:
    """What a customer gets by a decision; two decisions that are alike here are alike to the customer.

    The destination is part of the explanation where money is paid (R9).
    """
    explained = decision.explanation if decision.outcome.pays else ()
    paid = tuple((finding.code, *finding.values.items()) for finding in explained)
    return decision.outcome, decision.base, decision.fee, decision.refund, decision.process_by, paid


def _settled(request: RefundRequest, facts: list[str]) -> Iterator[RefundRequest]:
    if not facts:
        yield request
        return
    first, *rest = facts
    for value in _VALUES[first]:
        yield from _settled(replace(request, **{first: value}), rest)


def smallest_change(request: RefundRequest, policy: Policy) -> Change | None:
    """The one change that would have given a yes to a declined request; None where no single change would."""
    if decide_refund(request, policy).outcome is not _DECLINE:
        return None
    return _asked_earlier(request, policy) or _more_left(request, policy)


def what_remains(order: Order) -> Remainder | None:
    """What the customer still has after a decline; None for nothing."""
    if order.status is not OrderStatus.ACTIVE:
        return None
    if order.product_kind is ProductKind.SUBSCRIPTION:
        return Remainder(plan=True)
    if order.remaining_balance and order.remaining_balance > 0:
        return Remainder(balance=Money(order.remaining_balance, order.currency))
    return None


def _asked_earlier(request: RefundRequest, policy: Policy) -> Change | None:
    """R2: the last business day on which the same request would have been accepted."""
    order = request.order
    try:
        terms = policy.terms_for(order.placed_at)
    except NoTermsInForce:
        return None
    closes_on = window_closes_on(order, terms)
    last = terms.calendar.start_of(closes_on + timedelta(days=1)) - timedelta(microseconds=1)
    if last >= request.requested_at or not _pays(replace(request, requested_at=last, decided_at=last), policy):
        return None
    return Change(asked_by=closes_on)


def _more_left(request: RefundRequest, policy: Policy) -> Change | None:
    """R8: the lowest remaining balance with which the same request would be accepted."""
    order = request.order
    original, remaining = order.original_balance, order.remaining_balance
    if original is None or remaining is None or not is_known(order.currency):
        return None
    unit = unit_of(order.currency)

    def with_left(units: int) -> RefundRequest:
        return replace(request, order=replace(order, remaining_balance=units * unit))

    # What is paid out grows with what is left, so the first balance that is not declined can be searched by halves.
    first, end = int(remaining / unit) + 1, int(original / unit) + 1
    enough = range(first, end)
    found = bisect_left(enough, True, key=lambda units: decide_refund(with_left(units), policy).outcome is not _DECLINE)
    if found == len(enough) or not _pays(with_left(enough[found]), policy):
        return None
    return Change(remaining=Money(enough[found] * unit, order.currency))


def _pays(request: RefundRequest, policy: Policy) -> bool:
    return decide_refund(request, policy).outcome.pays
