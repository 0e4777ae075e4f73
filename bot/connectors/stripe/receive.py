"""What Stripe posts: signed events."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from functools import partial

import structlog

from bot.cases.payout.shop_events import take_payment_event
from bot.cases.services import Services
from bot.connectors.shared.shop_events import ShopEventPost, json_object
from bot.connectors.stripe.events import is_thin, subject_of
from bot.connectors.stripe.settings import StripeSettings
from bot.setting_groups.base import GroupedSettings

logger = structlog.get_logger()

TOLERANCE = 300
"""Seconds by which the time of a signature may differ from ours."""

_SIGNED_AT = re.compile(r"[0-9]{1,12}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_KIND = re.compile(r"[a-z0-9_.\[\]]{1,100}", re.ASCII)
_EVENT_ID = re.compile(r"[A-Za-z0-9_]{1,100}", re.ASCII)


def events(settings: GroupedSettings, services: Services) -> ShopEventPost | None:
    """Who takes what is posted there; None where no secret is set."""
    secret = settings[StripeSettings].webhook_secret.get_secret_value()
    return StripeWebhook(secret.encode(), services) if secret else None


class StripeWebhook:
    """Events about payments, disputes and subscriptions."""

    name = "stripe"

    def __init__(self, secret: bytes, services: Services) -> None:
        self._secret = secret
        self._services = services

    def verify(self, headers: Mapping[str, str], body: bytes, now: float) -> bool:
        """See ShopEventPost."""
        return signed_by_stripe(self._secret, headers.get("stripe-signature"), body, now)

    def read(self, headers: Mapping[str, str], body: bytes) -> Callable[[], bool] | None:
        """See ShopEventPost."""
        event = json_object(body)
        event_id, kind = event.get("id"), event.get("type")
        if not isinstance(event_id, str) or not _EVENT_ID.fullmatch(event_id) or not isinstance(kind, str):
            raise ValueError("no event")
        if is_thin(event) and subject_of(event) is None:
            # Whoever set the destination up expects something of it: only the log can tell that nothing comes of it.
            logger.warning("shop_event.not_read", source=self.name, type=kind if _KIND.fullmatch(kind) else "")
            return None
        return partial(take_payment_event, self._services, self.name, event)


def signed_by_stripe(secret: bytes, header: str | None, body: bytes, now: float) -> bool:
    """Whether a ``Stripe-Signature`` proves that Stripe sent the body, and not long ago. It may hold several signatures
    while a secret is replaced."""
    pairs = [part.strip().partition("=")[::2] for part in (header or "").split(",")]
    times = [value for name, value in pairs if name == "t"]
    if len(times) != 1 or not _SIGNED_AT.fullmatch(times[0]) or abs(now - int(times[0])) > TOLERANCE:
        return False
    expected = hmac.new(secret, times[0].encode() + b"." + body, hashlib.sha256).hexdigest()
    given = [value for name, value in pairs if name == "v1" and _HEX.fullmatch(value)]
    return any(hmac.compare_digest(expected, value) for value in given)
