"""Does Stripe take the key, and may it read what is needed?"""

from __future__ import annotations

from collections.abc import Iterator

from bot.cases.ports.billing import GatewayError
from bot.connectors.billing_rest.settings import BillingRestSettings
from bot.connectors.shared.checks import CheckResult
from bot.connectors.shared.shop_system import NOBODY
from bot.connectors.stripe.api import StripeRejected, stripe_api
from bot.connectors.stripe.settings import StripeSettings
from bot.setting_groups.base import GroupedSettings


def check(settings: GroupedSettings, *, pays: bool) -> Iterator[CheckResult]:
    """Read a little of all that is needed; ``pays``: refunds are paid here. Raises SettingsError."""
    ours, api = settings[StripeSettings], stripe_api(settings)
    key, field = ours.key.get_secret_value(), ours.order_field
    reads = {
        "payments": ("/v1/payment_intents", {}),
        "searches": ("/v1/payment_intents/search", {"query": f"metadata['{field}']:'{NOBODY}'"}),
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
                yield CheckResult("stripe", "refuses the key", "set REFUND_DESK_STRIPE_KEY to a key that is in use")
                return
            fix = f"give the restricted key the right to read {what}; docs/connect/stripe.md lists all rights"
            yield CheckResult("stripe", f"does not let us read {what}: {refused.code}", fix)
        except GatewayError as error:
            yield CheckResult("stripe", str(error), "is api.stripe.com reachable from here? REFUND_DESK_STRIPE_URL")
            return
    kind = "test data only" if "_test_" in key[:8] else "live"
    yield CheckResult("stripe", f"the key is taken ({kind}); whether it may pay refunds, only a refund can show")
    if not ours.webhook_secret:
        says = "no webhook is set up: disputes and refunds made there are seen only just before a payment"
        yield CheckResult("stripe", f"{says}; docs/connect/stripe.md says how")
    if pays and not settings[BillingRestSettings].is_on:
        yield CheckResult("stripe", "no system stops cards: their refunds go to a person (docs/connect/stripe.md)")
