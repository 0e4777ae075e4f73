"""Does the billing gateway answer, and do both sides have the same secret?"""

from __future__ import annotations

from collections.abc import Iterator

from bot import order_numbers
from bot.cases.ports.billing import GatewayError
from bot.connectors.billing_rest.deliver import GatewayRejected, rest_gateway
from bot.connectors.shared.checks import CheckResult
from bot.setting_groups.base import GroupedSettings, blamed_on
from bot.wording import say


def check(settings: GroupedSettings, *, pays: bool) -> Iterator[CheckResult]:
    """Ask for the balance of an order that nobody has. Raises SettingsError."""
    with blamed_on("gateway_url"):
        gateway = rest_gateway(settings)
    try:
        gateway.balance(order_numbers.in_use().nobody)
    except GatewayRejected as refused:
        if refused.status in (401, 403):
            yield CheckResult("gateway", say("check_refuses_us", word=refused.code), say("check_fix_gateway_secret"))
            return
    except GatewayError as error:
        yield CheckResult("gateway", str(error), say("check_fix_gateway"))
        return
    yield CheckResult("gateway", say("check_gateway"))
