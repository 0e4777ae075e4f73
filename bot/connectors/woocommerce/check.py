"""Does the shop take the key, and is it set up as the settings say?"""

from __future__ import annotations

from collections.abc import Iterator

from bot import order_numbers
from bot.cases.ports.billing import GatewayError, Rejected
from bot.connectors.billing_rest.settings import BillingRestSettings
from bot.connectors.shared.checks import CheckResult
from bot.connectors.woocommerce.api import WooRejected, woo_api
from bot.connectors.woocommerce.settings import WooSettings
from bot.setting_groups.base import GroupedSettings
from bot.wording import say


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
    if ours.wallet == "terawallet" and "/wc/v3/wallet" not in routes:
        yield CheckResult(about, say("check_shop_wallet"), say("check_fix_shop_wallet"))
    if not ours.webhook_secret:
        yield CheckResult(about, say("check_shop_no_webhook"))
    if pays and not settings[BillingRestSettings].is_on and not ours.stop_status:
        yield CheckResult(about, say("check_shop_no_stop"))
