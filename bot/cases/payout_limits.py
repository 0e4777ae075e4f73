"""How much an agent of a role may pay out without a second person."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from types import MappingProxyType

from bot.cases.model import Role
from bot.policy.money import is_known, is_payable

_BARE = "USD"
"""What an amount without a currency is in."""
_AMOUNT = re.compile(r"(?:([A-Z]{3}) ?)?(\d{1,12}(?:\.\d{1,4})?)", re.ASCII)


def parse_limits(text: str) -> Mapping[str, Decimal]:
    """The amounts by currency in ``USD 100.00, EUR 90.00``; ``100.00`` alone is in USD. Raises ValueError."""
    limits: dict[str, Decimal] = {}
    for part in text.split(","):
        match = _AMOUNT.fullmatch(part.strip())
        if match is None:
            raise ValueError(f"{part.strip()!r} is no amount")
        currency, amount = match[1] or _BARE, Decimal(match[2])
        if not is_known(currency) or not is_payable(amount, currency) or currency in limits:
            raise ValueError(f"{part.strip()!r} is no amount of a currency of its own")
        limits[currency] = amount
    return MappingProxyType(limits)


@dataclass(frozen=True)
class PayoutLimits:
    """The highest refund for each role, by currency; an admin has none. Where a currency has no limit, nobody decides
    in it alone."""

    agent: Mapping[str, Decimal] = field(default_factory=lambda: parse_limits("100.00"))
    lead: Mapping[str, Decimal] = field(default_factory=lambda: parse_limits("500.00"))

    def of(self, role: Role, currency: str) -> Decimal | None:
        """The role's limit in a currency that has one; None for no limit."""
        return {Role.AGENT: self.agent, Role.LEAD: self.lead, Role.ADMIN: {}}[role].get(currency)

    def has(self, currency: str) -> bool:
        """Whether limits are set for a currency."""
        return currency in self.agent

    def covers(self, role: Role, amount: Decimal, currency: str) -> bool:
        """Whether the role may agree to a sum; in a currency without limits only an admin may."""
        if role is Role.ADMIN:
            return True
        limit = self.of(role, currency)
        return self.has(currency) and limit is not None and amount <= limit

    def needs_second(self, role: Role, amount: Decimal, currency: str) -> bool:
        """Whether an agent of the role needs a second person for a sum; always in a currency without limits."""
        return not self.has(currency) or not self.covers(role, amount, currency)
