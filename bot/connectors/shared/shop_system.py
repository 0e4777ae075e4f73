"""What a system of the shop's is to this desk."""

from __future__ import annotations

from dataclasses import dataclass

from bot.cases.ports.billing import BillingGateway
from bot.cases.ports.shop import OrderSource, PaymentReader


@dataclass(frozen=True)
class ShopSystem:
    """Who moves the money there; where they are given, whose orders are read live, and who reads its events."""

    gateway: BillingGateway
    orders: OrderSource | None = None
    payments: PaymentReader | None = None
