"""Does the shop take the key, and is it set up as the settings say?"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from bot import order_numbers
from bot.cases.ports.billing import GatewayError, Rejected
from bot.connectors.billing_rest.settings import BillingRestSettings
from bot.connectors.shared.checks import CheckResult
from bot.connectors.woocommerce.api import WooApi, WooRejected, woo_api
from bot.connectors.woocommerce.settings import WooSettings
from bot.setting_groups.base import GroupedSettings
from bot.wording import say

_PLUGIN = "woocommerce-subscriptions"


def check(settings: GroupedSettings, *, pays: bool) -> Iterator[CheckResult]:
    """Read an order and the routes; ``pays``: refunds are paid here. Raises SettingsError."""
    ours, about = settings[WooSettings], "woocommerce"
    api = woo_api(settings)
    try:
        call = api.call()
        rows = call.get("/orders", per_page=1)
        routes = call.get("").get("routes", {})
    except WooRejected as refused:
        if refused.status in (401, 403):
            yield CheckResult(about, say("check_refuses_us", word=refused.code), say("check_fix_shop_key"))
        else:
            yield CheckResult(about, say("check_shop_without_api", word=refused.code), say("check_fix_shop_api"))
        return
    except (Rejected, GatewayError, AttributeError) as error:
        found = str(error) if isinstance(error, GatewayError) else say("check_shop_answers_otherwise")
        yield CheckResult(about, found, say("check_fix_shop_url"))
        return
    yield CheckResult(about, say("check_shop"))
    if rows and call.number_of(rows[0]) is None:
        yield CheckResult(
            about, say("check_shop_numbers"), say("check_fix_shop_numbers", example=order_numbers.in_use().example)
        )
    yield from _subscriptions(api, routes)
    if ours.wallet == "terawallet" and "/wc/v3/wallet" not in routes:
        yield CheckResult(about, say("check_shop_wallet"), say("check_fix_shop_wallet"))
    if not ours.webhook_secret:
        yield CheckResult(about, say("check_shop_no_webhook"))
    if pays and not settings[BillingRestSettings].is_on and not ours.stop_status:
        yield CheckResult(about, say("check_shop_no_stop"))


def _subscriptions(api: WooApi, routes: Mapping[str, object]) -> Iterator[CheckResult]:
    """Which version of the plugin the shop has, where the key may ask, and how subscriptions are found by it; nothing
    for a shop without."""
    if not any(route.startswith("/wc/v3/subscriptions") for route in routes):
        return
    by_order = any(route.startswith("/wc/v3/orders/") and route.endswith("/subscriptions") for route in routes)
    try:
        plugins = api.call().get("/system_status", _fields="active_plugins").get("active_plugins", [])
        found = [str(plugin["version"])[:20] for plugin in plugins if plugin["plugin"].startswith(_PLUGIN)]
    except (GatewayError, AttributeError, KeyError, TypeError):
        found = []
    yield CheckResult(
        "woocommerce",
        say("check_shop_subscriptions", known=bool(found), version=found[0] if found else "", by_order=by_order),
    )
