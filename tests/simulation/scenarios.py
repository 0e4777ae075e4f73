"""Who the simulated customers are: what they want, what is true of their orders, and how they write."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone
from typing import Any

from bot.cases.services import Services
from bot.policy import Outcome, RefundDecision, decide_cancellation, decide_refund
from bot.policy.facts import CancelRequest, Destination, Order, Reason, RefundRequest
from tests.simulation.choices import Choices

_PLAN = {
    "product": "monthly-plan",
    "product_kind": "subscription",
    "amount_paid": "25.00",
    "original_balance": None,
    "remaining_balance": None,
}
FACTS: tuple[dict[str, Any], ...] = (
    {},
    {"days_ago": 1, "remaining_balance": "45.00"},
    {"days_ago": 2, "shipped": True},
    {"days_ago": 1, **_PLAN},
    {"days_ago": 3, "remaining_balance": "20.00"},
    {"days_ago": 30},
    {"days_ago": 40, **_PLAN},
    {"days_ago": 1, **_PLAN, "used": True},
    {"days_ago": 1, "status": "failed"},
    {"days_ago": 1, "amount_paid": "300.00", "original_balance": "300.00", "remaining_balance": "300.00"},
    {"days_ago": 2, "payment_method": "cash"},
    {"days_ago": 2, "dispute_open": True},
    {"days_ago": 1, "status": "cancelled"},
    {"days_ago": 1, "currency": "EUR", "remaining_balance": "45.00"},
)
"""Changes to an unused card of today. Nothing lies near the edge of a day: the tests of the policy look at those."""

GOALS = (
    "refund",
    "cancel",
    "refund, but no",
    "cancel, but no",
    "refund, then rather cancel",
    "cancel, then rather refund",
    "refund, then take it back",
    "refund, then its status",
    "two refunds",
    "both, refund first",
    "both, only cancel",
    "never mind",
    "a person",
)
REASONS = ("change_of_mind", "service_fault", "wrong_product")
HABITS = ("plain", "chatty", "correcting", "interrupting", "typing badly", "pressing buttons", "shouting")


@dataclass(frozen=True)
class Scenario:
    """A goal with its facts. ``orders`` are changes to the usual order; all orders of a customer share an address."""

    goal: str
    orders: tuple[dict[str, Any], ...]
    reason: str
    destination: str
    habits: tuple[str, ...]

    @classmethod
    def choose(cls, choices: Choices) -> Scenario:
        """Any scenario; the plainest is a refund of an unused card."""
        goal = choices.pick(GOALS)
        orders = tuple(choices.pick(FACTS) for _ in range(2 if goal == "two refunds" else 1))
        reason = choices.pick(REASONS)
        destination = choices.pick([place.value for place in Destination])
        habits = {choices.pick(HABITS), choices.pick(HABITS)} - {"plain"}
        return cls(goal, orders, reason, destination, tuple(sorted(habits)))


@dataclass(frozen=True)
class Expected:
    """What must have come of it: one end of each of ``required``. What of ``allowed`` may have, too."""

    required: tuple[frozenset[str], ...] = ()
    allowed: frozenset[str] = frozenset()


def expected(scenario: Scenario, numbers: list[str], services: Services) -> Expected:
    """What the policy gives for the true facts of the stored orders."""
    number, goal = numbers[0], scenario.goal
    refund = _refund(scenario, number, services)
    asked, cancelled = {_refunded(scenario, number, refund, services)}, {_cancelled(number, services)}
    # What ends without a yes of the customer may have come before a change of mind.
    unasked = frozenset() if refund.outcome.pays else frozenset(asked)
    needless = frozenset(cancelled) & {f"{number} cancel declined"}
    if goal in ("refund", "refund, then its status"):
        return _must(asked)
    if goal == "two refunds":
        return _must(*({_refunded(scenario, each, _refund(scenario, each, services), services)} for each in numbers))
    if goal in ("refund, but no", "never mind"):
        return _must(allowed=unasked)
    if goal == "refund, then take it back":
        return _must(asked) if refund.outcome is Outcome.DECLINE else _must()
    if goal == "cancel":
        return _must(cancelled)
    if goal == "cancel, but no":
        return _must(allowed=needless)
    if goal == "refund, then rather cancel":
        return _must(cancelled, allowed=unasked)
    if goal == "cancel, then rather refund":
        return _must(asked, allowed=needless)
    if goal.startswith("both") and needless:
        # What has ended already needs no cancelling, and gives no refund.
        return _must(allowed=unasked | needless)
    if goal == "both, refund first":
        # Cancelling would spoil a refund that a person still looks at (C2).
        spoilt = refund.outcome is Outcome.REVIEW
        # A card that is refunded needs no cancelling; a plan does.
        enough = refund.outcome.pays and scenario.orders[0].get("product_kind") != "subscription"
        return _must(asked) if spoilt or enough else _must(asked, cancelled)
    if goal == "both, only cancel":
        return _must(cancelled, allowed=unasked)
    handed_over = {"- question in_review", f"{number} question in_review", f"{number} refund in_review"}
    return _must(handed_over, allowed=unasked)


def _must(*required: set[str], allowed: frozenset[str] = frozenset()) -> Expected:
    return Expected(tuple(frozenset(ends) for ends in required), allowed)


def _refund(scenario: Scenario, number: str, services: Services) -> RefundDecision:
    now = datetime.now(timezone.utc)
    reason = Reason(scenario.reason) if scenario.reason in {known.value for known in Reason} else Reason.OTHER
    request = RefundRequest(_order(number, services), now, now, reason, destination=Destination(scenario.destination))
    return decide_refund(request, services.policy)


def _refunded(scenario: Scenario, number: str, given: RefundDecision, services: Services) -> str:
    state = _STATES[given.outcome]
    if not given.outcome.pays:
        return f"{number} refund {state}"
    to = "wallet" if _order(number, services).payment_method == "cash" else scenario.destination
    return f"{number} refund {state} {given.refund} {given.currency} {to}"


def _cancelled(number: str, services: Services) -> str:
    now = datetime.now(timezone.utc)
    given = decide_cancellation(CancelRequest(_order(number, services), now, now), services.policy)
    return f"{number} cancel {_STATES[given.outcome]}"


def _order(number: str, services: Services) -> Order:
    with services.unit_of_work() as uow:
        stored = uow.orders.find(number)
    assert stored is not None
    return stored.order


_STATES = {
    Outcome.APPROVE: "confirmed",
    Outcome.APPROVE_ON_RETURN: "awaiting_return",
    Outcome.DECLINE: "declined",
    Outcome.REVIEW: "in_review",
    Outcome.CANCEL: "done",
    Outcome.ALREADY_CANCELLED: "declined",
}
