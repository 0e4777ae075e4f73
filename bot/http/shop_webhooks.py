"""Where Stripe and WooCommerce say that something has happened to an order: ``POST /webhooks/stripe`` and ``POST
/webhooks/woocommerce``.

An event is a hint, no more: the order is read from the sender's API, so that repeated, late and reordered events, too,
leave what is true now. It is answered with 200 only once it was taken; what fails is sent again by the sender. Nothing
of a body gets into a log or an answer.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import re
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.payout.shop_events import take_order_event, take_payment_event
from bot.cases.ports.billing import GatewayError
from bot.cases.services import Services
from bot.settings import Settings

TOLERANCE = 300
"""Seconds by which the time of a signature of Stripe may differ from ours."""

_SIGNED_AT = re.compile(r"[0-9]{1,12}", re.ASCII)
_HEX = re.compile(r"[0-9a-f]{64}", re.ASCII)
_PING = re.compile(rb"webhook_id=[0-9]{1,12}")
_EVENT_ID = re.compile(r"[A-Za-z0-9_]{1,100}", re.ASCII)

logger = structlog.get_logger()


def shop_webhooks(settings: Settings, services: Services, clock: Callable[[], float] = time.time) -> Blueprint:
    """The routes of the shop systems whose webhook secrets are set; the others are not there. ``clock`` gives the
    seconds since 1970."""
    routes = Blueprint("shop_webhooks", url_prefix="/webhooks")
    in_order = threading.Lock()

    async def take(source: str, work: Callable[[], bool]) -> HTTPResponse:
        def one_by_one() -> bool:
            # What was read last is also kept last.
            with in_order:
                return work()

        try:
            news = await asyncio.to_thread(one_by_one)
        except GatewayError as error:
            logger.error("shop_event.unread", source=source, error=type(error).__name__)
            return response.json({"error": "the event can't be taken now; send it again"}, 503)
        return response.json({"taken": news})

    if settings.stripe_webhook_secret:
        stripe_secret = settings.stripe_webhook_secret.get_secret_value().encode()

        @routes.post("/stripe")
        async def stripe(request: Request) -> HTTPResponse:
            if not signed_by_stripe(stripe_secret, request.headers.get("stripe-signature"), request.body, clock()):
                return _wrong_signature()
            event = _object(request.body)
            if event is None or not _is_event(event):
                return _unreadable()
            return await take("stripe", lambda: take_payment_event(services, "stripe", event))

    if settings.woocommerce_webhook_secret:
        woo_secret = settings.woocommerce_webhook_secret.get_secret_value().encode()

        @routes.post("/woocommerce")
        async def woocommerce(request: Request) -> HTTPResponse:
            if _PING.fullmatch(request.body):
                return response.json({"taken": False})  # sent unsigned when the webhook is saved; says nothing
            if not signed_by_woocommerce(woo_secret, request.headers.get("x-wc-webhook-signature"), request.body):
                return _wrong_signature()
            if request.headers.get("x-wc-webhook-topic") not in ("order.updated", "order.created", "order.restored"):
                return response.json({"taken": False})
            order = _object(request.body)
            shop_id = None if order is None else order.get("id")
            if not isinstance(shop_id, int) or isinstance(shop_id, bool) or not 0 < shop_id < 10**12:
                return _unreadable()
            # The signature covers the body alone, so only the body can say that an event is the same.
            event_id = hashlib.sha256(request.body).hexdigest()
            return await take("woocommerce", lambda: take_order_event(services, "woocommerce", event_id, str(shop_id)))

    return routes


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


def signed_by_woocommerce(secret: bytes, header: str | None, body: bytes) -> bool:
    """Whether an ``X-WC-Webhook-Signature`` proves that the shop sent the body."""
    expected = base64.b64encode(hmac.new(secret, body, hashlib.sha256).digest())
    return hmac.compare_digest(expected, (header or "").encode("utf-8", "replace"))


def _is_event(event: dict[str, Any]) -> bool:
    event_id, kind = event.get("id"), event.get("type")
    return isinstance(event_id, str) and bool(_EVENT_ID.fullmatch(event_id)) and isinstance(kind, str)


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def _wrong_signature() -> HTTPResponse:
    return response.json({"error": "the signature is missing or wrong"}, 401)


def _unreadable() -> HTTPResponse:
    return response.json({"error": "the body is no event"}, 400)
