"""Does Stripe take the key, and may it read what is needed?"""

from __future__ import annotations

from collections.abc import Iterator

from bot import order_numbers
from bot.cases.ports.billing import GatewayError
from bot.connectors.billing_rest.settings import BillingRestSettings
from bot.connectors.shared.checks import CheckResult
from bot.connectors.stripe.api import StripeRejected, stripe_api
from bot.connectors.stripe.settings import StripeSettings
from bot.setting_groups.base import GroupedSettings
from bot.wording import say


def check(settings: GroupedSettings, *, pays: bool) -> Iterator[CheckResult]:
    """Read a little of all that is needed; ``pays``: refunds are paid here. Raises SettingsError."""
    ours, api = settings[StripeSettings], stripe_api(settings)
    key, field = ours.key.get_secret_value(), ours.order_field
    reads = {
        "payments": ("/v1/payment_intents", {}),
        "searches": ("/v1/payment_intents/search", {"query": f"metadata['{field}']:'{order_numbers.in_use().nobody}'"}),
        "refunds": ("/v1/refunds", {}),
        "disputes": ("/v1/disputes", {}),
        "subscriptions": ("/v1/subscriptions", {}),
        "invoices": ("/v1/invoices", {}),
    }
    for what, (path, params) in reads.items():
        try:
            api.call().get(path, limit=1, **params)
        except StripeRejected as refused:
            if refused.status == 401:
                yield CheckResult("stripe", say("check_stripe_key_refused"), say("check_fix_stripe_key"))
                return
            found = say("check_stripe_right_missing", what=what, word=refused.code)
            yield CheckResult("stripe", found, say("check_fix_stripe_right", what=what))
        except GatewayError as error:
            yield CheckResult("stripe", str(error), say("check_fix_stripe_url"))
            return
    yield CheckResult("stripe", say("check_stripe", test="_test_" in key[:8]))
    if not ours.webhook_secret:
        yield CheckResult("stripe", say("check_stripe_no_webhook"))
    if pays and not settings[BillingRestSettings].is_on:
        yield CheckResult("stripe", say("check_stripe_no_stop"))
