"""The systems that move the money and know the orders: the billing gateway, Stripe and WooCommerce."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timezone

from bot.bootstrap import Shop, open_shop
from bot.cases.ports.billing import GatewayError, Rejected
from bot.commands.doctor import Check, Finding
from bot.gateways.rest import GatewayRejected
from bot.gateways.stripe_api import StripeRejected
from bot.gateways.woo_api import WooRejected
from bot.settings import Settings, SettingsError

_NOBODY = "CC-000000"
"""An order number that asks for nothing: whoever answers that it is unknown has understood the question."""


def _opened(settings: Settings) -> Shop:
    return open_shop(settings, lambda day: datetime(day.year, day.month, day.day, tzinfo=timezone.utc))


def _shops(settings: Settings) -> Iterator[Finding]:
    try:
        shop = _opened(settings)
    except SettingsError as error:
        yield Finding("billing", str(error), f"correct {str(error).partition(':')[0]}")
        return
    yield Finding("billing", f"money moves through: {settings.billing}")
    yield from _gateway(shop)
    yield from _stripe(settings, shop)
    yield from _woocommerce(settings, shop)


def _gateway(shop: Shop) -> Iterator[Finding]:
    if shop.services is None:
        return
    try:
        shop.services.balance(_NOBODY)
    except GatewayRejected as refused:
        if refused.status in (401, 403):
            yield Finding(
                "gateway", f"refuses us: {refused.code}", "set REFUND_DESK_GATEWAY_SECRET to what the gateway has"
            )
            return
    except GatewayError as error:
        yield Finding("gateway", str(error), "correct REFUND_DESK_GATEWAY_URL and its secret, or start the gateway")
        return
    yield Finding("gateway", "answers, and signs its answers")


def _stripe(settings: Settings, shop: Shop) -> Iterator[Finding]:
    if shop.stripe is None:
        return
    key = settings.stripe_key.get_secret_value()
    field = settings.stripe_order_field
    reads = {
        "payments": ("/v1/payment_intents", {}),
        "searches": ("/v1/payment_intents/search", {"query": f"metadata['{field}']:'{_NOBODY}'"}),
        "refunds": ("/v1/refunds", {}),
        "disputes": ("/v1/disputes", {}),
        "subscriptions": ("/v1/subscriptions", {}),
        "invoices": ("/v1/invoices", {}),
    }
    for what, (path, params) in reads.items():
        try:
            shop.stripe.call().get(path, limit=1, **params)
        except StripeRejected as refused:
            if refused.status == 401:
                yield Finding("stripe", "refuses the key", "set REFUND_DESK_STRIPE_KEY to a key that is in use")
                return
            fix = f"give the restricted key the right to read {what}; docs/connect/stripe.md lists all rights"
            yield Finding("stripe", f"does not let us read {what}: {refused.code}", fix)
        except GatewayError as error:
            yield Finding("stripe", str(error), "is api.stripe.com reachable from here? REFUND_DESK_STRIPE_URL")
            return
    kind = "test data only" if "_test_" in key[:8] else "live"
    yield Finding("stripe", f"the key is taken ({kind}); whether it may pay refunds, only a refund can show")
    if not settings.stripe_webhook_secret:
        says = "no webhook is set up: disputes and refunds made there are seen only just before a payment"
        yield Finding("stripe", f"{says}; docs/connect/stripe.md says how")
    if settings.billing == "stripe" and shop.services is None:
        yield Finding("stripe", "no system stops cards: their refunds go to a person (docs/connect/stripe.md)")


def _woocommerce(settings: Settings, shop: Shop) -> Iterator[Finding]:
    if shop.woocommerce is None:
        return
    about = "woocommerce"
    try:
        call = shop.woocommerce.call()
        rows = call.get("/orders", per_page=1)
        routes = call.get("").get("routes", {})
    except WooRejected as refused:
        if refused.status in (401, 403):
            fix = "set REFUND_DESK_WOOCOMMERCE_KEY and _SECRET to a key with the right Read/Write"
            yield Finding(about, f"refuses us: {refused.code}", fix)
        else:
            fix = "is WooCommerce active, and is Settings > Permalinks something else than Plain?"
            yield Finding(about, f"has no order API: {refused.code}", fix)
        return
    except (Rejected, GatewayError, AttributeError) as error:
        fix = "set REFUND_DESK_WOOCOMMERCE_URL to the shop's address as it is in the end, without redirects"
        yield Finding(about, str(error) if isinstance(error, GatewayError) else "answers something else", fix)
        return
    yield Finding(about, "the key is taken; whether it may write, only a change can show")
    if rows and call.number_of(rows[0]) is None:
        fix = "correct REFUND_DESK_WOOCOMMERCE_NUMBERS: order numbers are CC- and six digits"
        yield Finding(about, "its newest order has no number of our form", fix)
    if settings.woocommerce_wallet == "terawallet" and "/wc/v3/wallet" not in routes:
        fix = "activate TeraWallet, or set REFUND_DESK_WOOCOMMERCE_WALLET=none"
        yield Finding(about, "TeraWallet has no API there", fix)
    if not settings.woocommerce_webhook_secret:
        yield Finding(
            about, "no webhook is set up: changes are seen when somebody asks; docs/connect/woocommerce.md says how"
        )
    if settings.billing == "woocommerce" and shop.services is None and not settings.woocommerce_stop_status:
        yield Finding(about, "nothing stops cards: their refunds go to a person (docs/connect/woocommerce.md)")


CHECKS: tuple[tuple[str, Check], ...] = (("billing", _shops),)
