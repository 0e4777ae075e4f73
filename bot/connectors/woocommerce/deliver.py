"""WooCommerce as a system of the shop's: it has the orders, and moves the money."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime

from bot.cases.ports.billing import BillingGateway
from bot.connectors.shared.shop_system import ShopSystem
from bot.connectors.woocommerce.api import woo_api
from bot.connectors.woocommerce.gateway import WooGateway
from bot.connectors.woocommerce.orders import WooOrders
from bot.connectors.woocommerce.settings import WooSettings
from bot.setting_groups.base import GroupedSettings


def shop_system(
    settings: GroupedSettings, start_of: Callable[[date], datetime], services: BillingGateway | None
) -> ShopSystem:
    """The shop; nothing is connected yet. Raises SettingsError."""
    api, ours = woo_api(settings), settings[WooSettings]
    gateway = WooGateway(
        api,
        stop_status=ours.stop_status,
        balance_field=ours.balance_field,
        wallet=ours.wallet != "none",
        wallet_only_methods=ours.wallet_only_methods.split(","),
        services=services,
    )
    orders = WooOrders(api, balance_field=ours.balance_field, stop_status=ours.stop_status, services=services)
    return ShopSystem(gateway, orders=orders)
