"""What a decision says: an outcome, the sums and dates, the clauses that decided, and every finding on the way."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from bot.policy.money import plain


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


@dataclass(frozen=True)
class Finding:
    """One rule held against the facts: whether the request meets it, and a sentence with its figures.

    ``clauses`` are ids of POLICY.md; empty for a rule of precedence that no clause states.
    """

    clauses: tuple[str, ...]
    holds: bool
    sentence: str

    def to_json(self) -> dict[str, Any]:
        """The finding as plain JSON values."""
        return {"clauses": list(self.clauses), "holds": self.holds, "sentence": self.sentence}


@dataclass(frozen=True)
class RefundDecision:
    """A decided refund. Sums are in ``currency``, None where no refund is (or would be) paid.

    ``clauses`` are the ids that decided, ``explanation`` their sentences, ``trace`` every finding looked at.
    ``process_by`` is a business date (R4), None while a card still has to come back.
    """

    outcome: Outcome
    currency: str
    policy_version: str
    clauses: tuple[str, ...]
    explanation: tuple[str, ...]
    trace: tuple[Finding, ...]
    base: Decimal | None = None
    fee: Decimal | None = None
    refund: Decimal | None = None
    process_by: date | None = None

    def to_json(self) -> dict[str, Any]:
        """The decision in the format of ``policy decide``."""
        return {
            "outcome": self.outcome.value,
            "base": plain(self.base, self.currency),
            "fee": plain(self.fee, self.currency),
            "refund": plain(self.refund, self.currency),
            "currency": self.currency,
            "process_by": _iso(self.process_by),
            "clauses": list(self.clauses),
            "policy_version": self.policy_version,
            "explanation": list(self.explanation),
            "trace": [finding.to_json() for finding in self.trace],
        }


@dataclass(frozen=True)
class CancelDecision:
    """A decided cancellation. ``agreement_ends_on`` and ``next_charge_on`` are business dates (C3, C4);
    ``next_charge_on`` is the first charge that will not be taken. ``balance_lost`` is in ``currency`` (C2)."""

    outcome: Outcome
    currency: str
    policy_version: str
    clauses: tuple[str, ...]
    explanation: tuple[str, ...]
    trace: tuple[Finding, ...]
    service_stops_at: datetime | None = None
    agreement_ends_on: date | None = None
    next_charge_on: date | None = None
    balance_lost: Decimal | None = None

    def to_json(self) -> dict[str, Any]:
        """The decision in the format of ``policy decide``."""
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
            "explanation": list(self.explanation),
            "trace": [finding.to_json() for finding in self.trace],
        }


def _iso(moment: date | None) -> str | None:
    return moment.isoformat() if moment is not None else None
