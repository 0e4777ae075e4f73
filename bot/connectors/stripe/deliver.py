"""Stripe as a system of the shop's: it moves the money, and sends events."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from bot.cases.ports.billing import BillingGateway
from bot.connectors.shared.shop_system import ShopSystem
from bot.connectors.stripe.api import stripe_api
from bot.connectors.stripe.events import StripeEvents
from bot.connectors.stripe.gateway import StripeGateway
from bot.setting_groups.base import GroupedSettings


def shop_system(
    settings: GroupedSettings, start_of: Callable[[date], datetime], services: BillingGateway | None
) -> ShopSystem:
    """Stripe; nothing is connected yet. Raises SettingsError."""
    api = stripe_api(settings)
    return ShopSystem(StripeGateway(api, start_of, services), payments=StripeEvents(api))
