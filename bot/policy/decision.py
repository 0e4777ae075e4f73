"""What a decision says: an outcome, the sums and dates, the clauses that decided, and every finding on the way."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from bot.policy.money import plain
from bot.policy.values import Values, values_to_json


class Outcome(str, Enum):
    """The answer to a request for a refund, or to a cancellation."""

    APPROVE = "approve"
    APPROVE_ON_RETURN = "approve_on_return"
    DECLINE = "decline"
    REVIEW = "review"
    CANCEL = "cancel"
    ALREADY_CANCELLED = "already_cancelled"

    @property
    def pays(self) -> bool:
        """Whether the customer gets money, at once or after a return."""
        return self in (Outcome.APPROVE, Outcome.APPROVE_ON_RETURN)


class FindingCode(str, Enum):
    """What a rule found; in parentheses the names of the values that the finding has. Codes are stored: one that was
    used keeps its meaning. bot.wording has a sentence for each."""

    NO_TERMS = "no_terms"
    """No version of the policy had begun when the order was placed (begins_on)."""
    NOT_REFUNDED = "not_refunded"
    REFUNDED = "refunded"
    REFUND_PENDING = "refund_pending"
    NO_DISPUTE = "no_dispute"
    DISPUTE_OPEN = "dispute_open"
    DATA_AGREES = "data_agrees"
    DATA_CONTRADICTS = "data_contradicts"
    """The order's data can't be right (problem: a Contradiction; currency)."""
    NOT_CANCELLED = "not_cancelled"
    SERVICE_ENDED = "service_ended"
    """It ended before the refund was asked for (status)."""
    PURCHASE = "purchase"
    RENEWAL = "renewal"
    RENEWAL_WITH_FAULT = "renewal_with_fault"
    IN_WINDOW = "in_window"
    """Asked for in time (placed_on, days, closes_on, asked_on)."""
    AFTER_WINDOW = "after_window"
    """Asked for too late (placed_on, days, closes_on, asked_on)."""
    CHANNEL_ACCEPTED = "channel_accepted"
    CHANNEL_NOT_ACCEPTED = "channel_not_accepted"
    """Asked for in a way that does not count (channel)."""
    SOMETHING_PAID = "something_paid"
    NOTHING_PAID = "nothing_paid"
    NOTHING_PAID_WITH_FAULT = "nothing_paid_with_fault"
    SOMETHING_LEFT = "something_left"
    NOTHING_LEFT = "nothing_left"
    NO_MINIMUM = "no_minimum"
    ABOVE_MINIMUM = "above_minimum"
    """Enough would be left (left, measured, ratio, original)."""
    BELOW_MINIMUM = "below_minimum"
    """Too little would be left (left, measured, ratio, original)."""
    NO_FAULT_GIVEN = "no_fault_given"
    FAULT_CONFIRMED = "fault_confirmed"
    FAULT_UNCONFIRMED = "fault_unconfirmed"
    REASON_ACCEPTED = "reason_accepted"
    REASON_FOR_PERSON = "reason_for_person"
    PLAN_UNUSED = "plan_unused"
    PLAN_USED = "plan_used"
    NO_LIMIT_FOR_CURRENCY = "no_limit_for_currency"
    """No refund in it is approved by itself (currency)."""
    WITHIN_LIMIT = "within_limit"
    """Small enough to be approved by itself (refund, limit)."""
    ABOVE_LIMIT = "above_limit"
    """Too large to be approved by itself (refund, limit)."""
    RECENT_REFUNDS = "recent_refunds"
    """How many approved refunds the customer had (refunds, days, limit)."""
    REFUND_LESS_FEE = "refund_less_fee"
    """How the refund is computed (base_is, base, rate, fee, refund; of a card that did not cost what it
    holds: remaining, the balance that the base was paid for; where something was paid back before: refunded)."""
    REFUND_WITHOUT_FEE = "refund_without_fee"
    """The whole base is paid (base_is, base; remaining, as above)."""
    PROCESSED_BY = "processed_by"
    """By when it is processed (days, process_by)."""
    RETURN_FIRST = "return_first"
    """A shipped card comes back first (days)."""
    WALLET_ONLY = "wallet_only"
    TO_WALLET = "to_wallet"
    TO_PAYMENT_METHOD = "to_payment_method"
    DESTINATION_OPEN = "destination_open"
    SERVICE_RUNS = "service_runs"
    ENDED_ALREADY = "ended_already"
    """There is nothing to cancel (status)."""
    STOPS_AT_ONCE = "stops_at_once"
    NO_REFUND = "no_refund"
    BALANCE_LOST = "balance_lost"
    """What was left is lost (balance)."""
    AGREEMENT_ENDS = "agreement_ends"
    """The last day of the cycle (ends_on)."""
    EXTRAS_STAY = "extras_stay"
    """Shipping and fees are not paid back, since not all of the order goes back unused (extras)."""
    REFUNDED_OF_NO_LINE = "refunded_of_no_line"
    """Something was paid back, and no line is named for it (refunded)."""
    LINE_FOR_PERSON = "line_for_person"
    """A person has to see a line, and so the request (line)."""
    NO_LINE_REFUNDED = "no_line_refunded"
    SOME_LINE_REFUNDED = "some_line_refunded"
    REFUNDS_HAVE_LINES = "refunds_have_lines"
    NO_LINE_FOR_PERSON = "no_line_for_person"
    NO_LINE_RUNS = "no_line_runs"
    NEXT_CHARGE_AVOIDED = "next_charge_avoided"
    """The first charge that is not taken (next_charge_on)."""


class Contradiction(str, Enum):
    """How an order's data contradicts itself."""

    CURRENCY_UNKNOWN = "currency_unknown"
    EXTRAS_ABOVE_PAID = "extras_above_paid"
    NEGATIVE_AMOUNT = "negative_amount"
    MORE_LEFT_THAN_SOLD = "more_left_than_sold"
    BALANCE_MISSING = "balance_missing"
    USED_WITHOUT_BALANCES = "used_without_balances"
    ORDERED_AFTER_REQUEST = "ordered_after_request"


@dataclass(frozen=True)
class Finding:
    """One rule held against the facts: what was found, whether the request meets the rule, and the figures.

    ``clauses`` are ids of POLICY.md; empty for a rule of precedence that no clause states.
    """

    code: FindingCode
    clauses: tuple[str, ...]
    holds: bool
    values: Values = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """The finding as plain JSON values."""
        return {
            "code": self.code.value,
            "clauses": list(self.clauses),
            "holds": self.holds,
            "values": values_to_json(self.values),
        }


def distinct(clauses: Iterable[str]) -> tuple[str, ...]:
    """The clauses without repeats, in the order in which they come first."""
    return tuple(dict.fromkeys(clauses))


@dataclass(frozen=True)
class DecidedLine:
    """What was decided for a line of an order, or for ``quantity`` pieces of it; the sums as in a RefundDecision."""

    line_id: str
    quantity: int
    outcome: Outcome
    clauses: tuple[str, ...]
    explanation: tuple[Finding, ...]
    trace: tuple[Finding, ...]
    base: Decimal | None = None
    fee: Decimal | None = None
    refund: Decimal | None = None

    def to_json(self, currency: str) -> dict[str, Any]:
        """The line as it is stored within its decision."""
        return {
            "id": self.line_id,
            "quantity": self.quantity,
            "outcome": self.outcome.value,
            "base": plain(self.base, currency),
            "fee": plain(self.fee, currency),
            "refund": plain(self.refund, currency),
            "clauses": list(self.clauses),
            "explanation": [finding.code.value for finding in self.explanation],
            "trace": [finding.to_json() for finding in self.trace],
        }


@dataclass(frozen=True)
class EndedLine:
    """What ending a line of an order means; ``balance_lost`` in the order's currency, ``next_charge_on`` and
    ``agreement_ends_on`` as in a CancelDecision."""

    line_id: str
    quantity: int
    outcome: Outcome
    clauses: tuple[str, ...]
    explanation: tuple[Finding, ...]
    trace: tuple[Finding, ...]
    agreement_ends_on: date | None = None
    next_charge_on: date | None = None
    balance_lost: Decimal | None = None

    def to_json(self, currency: str) -> dict[str, Any]:
        """The line as it is stored within its decision."""
        return {
            "id": self.line_id,
            "quantity": self.quantity,
            "outcome": self.outcome.value,
            "agreement_ends_on": _iso(self.agreement_ends_on),
            "next_charge_on": _iso(self.next_charge_on),
            "balance_lost": plain(self.balance_lost, currency),
            "refund": plain(Decimal(0), currency),
            "clauses": list(self.clauses),
            "explanation": [finding.code.value for finding in self.explanation],
            "trace": [finding.to_json() for finding in self.trace],
        }


@dataclass(frozen=True)
class RefundDecision:
    """A decided refund. Sums are in ``currency``, None where no refund is (or would be) paid.

    ``clauses`` are the ids that decided, ``trace`` every finding looked at, and ``explanation`` those of them that say
    why. ``process_by`` is a business date (R4), None while a card still has to come back. Of an order of lines,
    ``lines`` has what each of them gives, with findings of its own, and the sums are those over what is approved.
    """

    outcome: Outcome
    currency: str
    policy_version: str
    clauses: tuple[str, ...]
    explanation: tuple[Finding, ...]
    trace: tuple[Finding, ...]
    base: Decimal | None = None
    fee: Decimal | None = None
    refund: Decimal | None = None
    process_by: date | None = None
    lines: tuple[DecidedLine, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The decision as it is stored. ``explanation`` are codes of findings of ``trace``; bot.wording has the
        sentences, and the format of ``policy decide``."""
        return {
            "outcome": self.outcome.value,
            "base": plain(self.base, self.currency),
            "fee": plain(self.fee, self.currency),
            "refund": plain(self.refund, self.currency),
            "currency": self.currency,
            "process_by": _iso(self.process_by),
            "clauses": list(self.clauses),
            "policy_version": self.policy_version,
            "explanation": [finding.code.value for finding in self.explanation],
            "trace": [finding.to_json() for finding in self.trace],
            **_lines_to_json(self.lines, self.currency),
        }


@dataclass(frozen=True)
class CancelDecision:
    """A decided cancellation. ``agreement_ends_on`` and ``next_charge_on`` are business dates (C3, C4);
    ``next_charge_on`` is the first charge that will not be taken. ``balance_lost`` is in ``currency`` (C2), of an order
    of lines the sum over ``lines``."""

    outcome: Outcome
    currency: str
    policy_version: str
    clauses: tuple[str, ...]
    explanation: tuple[Finding, ...]
    trace: tuple[Finding, ...]
    service_stops_at: datetime | None = None
    agreement_ends_on: date | None = None
    next_charge_on: date | None = None
    balance_lost: Decimal | None = None
    lines: tuple[EndedLine, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The decision as it is stored. ``explanation`` are codes of findings of ``trace``; bot.wording has the
        sentences, and the format of ``policy decide``."""
        return {
            "outcome": self.outcome.value,
            "service_stops_at": _iso(self.service_stops_at),
            "agreement_ends_on": _iso(self.agreement_ends_on),
            "next_charge_on": _iso(self.next_charge_on),
            "balance_lost": plain(self.balance_lost, self.currency),
            "refund": plain(Decimal(0), self.currency),
            "currency": self.currency,
            "clauses": list(self.clauses),
            "policy_version": self.policy_version,
            "explanation": [finding.code.value for finding in self.explanation],
            "trace": [finding.to_json() for finding in self.trace],
            **_lines_to_json(self.lines, self.currency),
        }


def _lines_to_json(lines: Iterable[DecidedLine | EndedLine], currency: str) -> dict[str, Any]:
    """Nothing for an order without lines: its decisions are stored as they always were."""
    decided = [line.to_json(currency) for line in lines]
    return {"lines": decided} if decided else {}


def _iso(moment: date | None) -> str | None:
    return moment.isoformat() if moment is not None else None
