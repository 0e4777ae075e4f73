"""What WooCommerce posts: orders that have changed, signed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from functools import partial

from bot.cases.payout.shop_events import take_order_event
from bot.cases.services import Services
from bot.connectors.shared.shop_events import ShopEventPost, json_object
from bot.connectors.woocommerce.settings import WooSettings
from bot.setting_groups.base import GroupedSettings

_PING = re.compile(rb"webhook_id=[0-9]{1,12}")
_TOPICS = frozenset({"order.updated", "order.created", "order.restored"})


def events(settings: GroupedSettings, services: Services) -> ShopEventPost | None:
    """Who takes what is posted there; None where no secret is set."""
    secret = settings[WooSettings].webhook_secret.get_secret_value()
    return WooWebhook(secret.encode(), services) if secret else None


class WooWebhook:
    """Events about orders."""

    name = "woocommerce"

    def __init__(self, secret: bytes, services: Services) -> None:
        self._secret = secret
        self._services = services

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> bool:
        """See ShopEventPost. A ping is sent unsigned when the webhook is saved; it says nothing."""
        if _PING.fullmatch(body):
            return True
        return signed_by_woocommerce(self._secret, headers.get("x-wc-webhook-signature"), body)

    def read(self, headers: Mapping[str, str], body: bytes) -> Callable[[], bool] | None:
        """See ShopEventPost."""
        if _PING.fullmatch(body) or headers.get("x-wc-webhook-topic") not in _TOPICS:
            return None
        shop_id = json_object(body).get("id")
        if not isinstance(shop_id, int) or isinstance(shop_id, bool) or not 0 < shop_id < 10**12:
            raise ValueError("no order")
        # The signature covers the body alone, so only the body can say that an event is the same.
        event_id = hashlib.sha256(body).hexdigest()
        return partial(take_order_event, self._services, self.name, event_id, str(shop_id))


def signed_by_woocommerce(secret: bytes, header: str | None, body: bytes) -> bool:
    """Whether an ``X-WC-Webhook-Signature`` proves that the shop sent the body."""
    expected = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest())
    return hmac.compare_digest(expected, (header or "").encode("utf-8", "replace"))
