"""Does the billing gateway answer, and do both sides have the same secret?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.cases.ports.billing import GatewayError
from bot.connectors.billing_rest.deliver import GatewayRejected, rest_gateway
from bot.connectors.shared.checks import CheckResult
from bot.connectors.shared.shop_system import NOBODY
from bot.setting_groups.base import GroupedSettings, blamed_on


def check(settings: GroupedSettings, *, pays: bool) -> Iterator[CheckResult]:
    """Ask for the balance of an order that nobody has. Raises SettingsError."""
    with blamed_on("gateway_url"):
        gateway = rest_gateway(settings)
    try:
        gateway.balance(NOBODY)
    except GatewayRejected as refused:
        if refused.status in (401, 403):
            yield CheckResult(
                "gateway", f"refuses us: {refused.code}", "set REFUND_DESK_GATEWAY_SECRET to what the gateway has"
            )
            return
    except GatewayError as error:
        yield CheckResult("gateway", str(error), "correct REFUND_DESK_GATEWAY_URL and its secret, or start the gateway")
        return
    yield CheckResult("gateway", "answers, and signs its answers")
