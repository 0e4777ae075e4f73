"""Where shop systems say that something has happened to an order, such as ``POST /webhooks/stripe``.

An event is answered with 200 only once it was taken; what fails is sent again by the sender. Nothing of a body gets
into a log or an answer.
"""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from typing import Any

import structlog
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.ports.billing import GatewayError
from bot.cases.services import Services
from bot.connectors.choices import switched_on
from bot.connectors.registry import EVENTS
from bot.connectors.shared.incoming import UNREADABLE
from bot.connectors.shared.shop_events import ShopEventPost
from bot.http.webhooks.unread import count_unread
from bot.settings import Settings

logger = structlog.get_logger()

LONGEST_EVENT = 2 * 1024 * 1024
"""Bytes of an event: an order with all of its lines and meta data. A shop that is refused a few times stops sending."""


def register(app: Sanic, services: Services, settings: Settings, clock: Callable[[], float] = time.time) -> None:
    """Add the routes of the shop systems whose webhook secrets are set; the others are not there. ``clock`` gives the
    seconds since 1970."""
    routes = Blueprint("shop_webhooks", url_prefix="/webhooks")
    in_order = threading.Lock()
    for row in switched_on(settings):
        webhook: ShopEventPost | None = (
            row.part("receive").events(settings, services) if EVENTS in row.receives else None
        )
        if webhook is not None:
            app.config.REQUEST_MAX_SIZE = max(app.config.REQUEST_MAX_SIZE, LONGEST_EVENT)
            receive = _receive(webhook, services, in_order, clock)
            routes.add_route(receive, f"/{webhook.name}", methods=["POST"], name=webhook.name)
    app.blueprint(routes)


def _receive(
    webhook: ShopEventPost, services: Services, in_order: threading.Lock, clock: Callable[[], float]
) -> Callable[..., Any]:
    async def receive(request: Request) -> HTTPResponse:
        if len(request.body) > LONGEST_EVENT:
            return response.json({"error": f"the request is larger than {LONGEST_EVENT} bytes"}, 413)
        if not webhook.verify(request.headers, request.body, clock()):
            return response.json({"error": "the signature is missing or wrong"}, 401)

        def one_by_one() -> bool:
            take = webhook.read(request.headers, request.body)
            # What was read last is also kept last.
            with in_order:
                return take is not None and take()

        try:
            news = await asyncio.to_thread(one_by_one)
        except UNREADABLE as error:
            await count_unread(services, webhook.name, [type(error).__name__])
            return response.json({"taken": False})
        except GatewayError as error:
            logger.error("shop_event.unread", source=webhook.name, error=type(error).__name__)
            return response.json({"error": "the event can't be taken now; send it again"}, 503)
        return response.json({"taken": news})

    return receive
