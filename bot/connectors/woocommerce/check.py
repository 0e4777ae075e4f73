"""Does the shop take the key, and is it set up as the settings say?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.cases.ports.billing import GatewayError, Rejected
from bot.connectors.billing_rest.settings import BillingRestSettings
from bot.connectors.shared.checks import CheckResult
from bot.connectors.woocommerce.api import WooRejected, woo_api
from bot.connectors.woocommerce.settings import WooSettings
from bot.setting_groups.base import GroupedSettings


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
            fix = "set REFUND_DESK_WOOCOMMERCE_KEY and _SECRET to a key with the right Read/Write"
            yield CheckResult(about, f"refuses us: {refused.code}", fix)
        else:
            fix = "is WooCommerce active, and is Settings > Permalinks something else than Plain?"
            yield CheckResult(about, f"has no order API: {refused.code}", fix)
        return
    except (Rejected, GatewayError, AttributeError) as error:
        fix = "set REFUND_DESK_WOOCOMMERCE_URL to the shop's address as it is in the end, without redirects"
        yield CheckResult(about, str(error) if isinstance(error, GatewayError) else "answers something else", fix)
        return
    yield CheckResult(about, "the key is taken; whether it may write, only a change can show")
    if rows and call.number_of(rows[0]) is None:
        fix = "correct REFUND_DESK_WOOCOMMERCE_NUMBERS: order numbers are CC- and six digits"
        yield CheckResult(about, "its newest order has no number of our form", fix)
    if ours.wallet == "terawallet" and "/wc/v3/wallet" not in routes:
        fix = "activate TeraWallet, or set REFUND_DESK_WOOCOMMERCE_WALLET=none"
        yield CheckResult(about, "TeraWallet has no API there", fix)
    if not ours.webhook_secret:
        yield CheckResult(
            about, "no webhook is set up: changes are seen when somebody asks; docs/connect/woocommerce.md says how"
        )
    if pays and not settings[BillingRestSettings].is_on and not ours.stop_status:
        yield CheckResult(about, "nothing stops cards: their refunds go to a person (docs/connect/woocommerce.md)")
