"""What was decided, by the policy and by people."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import Enum
from typing import Any

from bot.policy.facts import Destination


@dataclass(frozen=True)
class StoredDecision:
    """A decision as stored: its inputs, and the result to which they can be replayed."""

    id: int
    case_id: int
    decided_at: datetime
    inputs: dict[str, Any]
    policy_version: str
    policy_digest: str
    result: dict[str, Any]


class Verdict(str, Enum):
    """What somebody at the desk decides: as the policy computes it, otherwise, no, or the company's order to end a
    service after a violation (C1)."""

    APPROVE = "approve"
    CHANGE = "change"
    DECLINE = "decline"
    TERMINATE = "terminate"

    @property
    def agrees(self) -> bool:
        """Whether the customer gets what it says."""
        return self in (Verdict.APPROVE, Verdict.CHANGE)


@dataclass(frozen=True)
class AgentDecision:
    """What a person decided, beside the policy's decision ``decision_id``, which was made on the same facts at the same
    moment. Sums are in ``currency``; None where nothing is paid.

    One that ``needs_second`` counts once ``second_agrees`` is True; None: nobody has said yet. ``reason`` is sealed.
    """

    id: int
    case_id: int
    decision_id: int
    agent_id: int
    agent_name: str
    at: datetime
    verdict: Verdict
    base: Decimal | None
    fee: Decimal | None
    refund: Decimal | None
    currency: str | None
    destination: Destination | None
    reason: str
    needs_second: bool
    second_id: int | None = None
    second_name: str | None = None
    second_at: datetime | None = None
    second_agrees: bool | None = None

    @property
    def waits(self) -> bool:
        """Whether a second person has to say something yet."""
        return self.needs_second and self.second_agrees is None

    @property
    def final(self) -> bool:
        """Whether it counts."""
        return not self.needs_second or self.second_agrees is True
