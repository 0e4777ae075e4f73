"""How much an agent of a role may pay out without a second person."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

from bot.cases.model import Role


@dataclass(frozen=True)
class PayoutLimits:
    """The highest refund for each role, in ``currency``; an admin has none. They say nothing about other currencies."""

    agent: Decimal = Decimal("100.00")
    lead: Decimal = Decimal("500.00")
    currency: str = "USD"

    def of(self, role: Role) -> Decimal | None:
        """The role's limit in ``currency``; None for no limit."""
        return {Role.AGENT: self.agent, Role.LEAD: self.lead, Role.ADMIN: None}[role]

    def covers(self, role: Role, amount: Decimal, currency: str) -> bool:
        """Whether the role may agree to a sum; in a currency without limits only an admin may."""
        limit = self.of(role)
        return limit is None or (currency == self.currency and amount <= limit)

    def needs_second(self, role: Role, amount: Decimal, currency: str) -> bool:
        """Whether a sum that an agent of the role decides needs a second person; always in other currencies."""
        return currency != self.currency or not self.covers(role, amount, currency)
