"""The routes of the messaging channels that are switched on."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import Any

import structlog
from sanic import Blueprint, Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.outbound.delivery import report_failure
from bot.cases.services import Services
from bot.connectors.choices import switched_on
from bot.connectors.registry import MESSAGES
from bot.connectors.shared.incoming import UNREADABLE, Challenged, Failed, Reading, Receiver
from bot.http.shared import Shared
from bot.http.webhooks.intake import Intake
from bot.http.webhooks.unread import count_unread
from bot.wording import say

logger = structlog.get_logger()


def register(app: Sanic, shared: Shared, clock: Callable[[], float] = time.time) -> None:
    """Add the routes. ``clock`` gives the seconds since 1970."""
    services, settings = shared.services, shared.settings
    rows = [row for row in switched_on(settings) if MESSAGES in row.receives]
    receivers: list[Receiver] = [
        receiver for row in rows for receiver in row.part("receive").receivers(settings, services)
    ]
    if not receivers:
        return
    routes = Blueprint("messaging", url_prefix="/webhooks")
    intake = Intake(shared)
    for receiver in receivers:
        app.config.REQUEST_MAX_SIZE = max(app.config.REQUEST_MAX_SIZE, receiver.longest)
        path = f"/{receiver.name}"
        routes.add_route(_receive(receiver, services, intake, clock), path, methods=["POST"], name=receiver.name)
        if isinstance(receiver, Challenged):
            routes.add_route(_challenge(receiver), path, methods=["GET"], name=f"{receiver.name}_challenge")
    app.blueprint(routes)


def _receive(receiver: Receiver, services: Services, intake: Intake, clock: Callable[[], float]) -> Callable[..., Any]:
    async def receive(request: Request) -> HTTPResponse:
        if len(request.body) > receiver.longest:
            return response.json({"error": f"the request is larger than {receiver.longest} bytes"}, 413)
        if not receiver.verify(request, clock()):
            logger.warning("messaging.wrong_signature", channel=receiver.name)
            return response.json({"error": "wrong signature"}, 401)
        try:
            reading = await asyncio.to_thread(receiver.read, request)
        except UNREADABLE as error:
            reading = Reading(unread=[type(error).__name__])
        unread, failures = list(reading.unread), list[str]()
        for todo in (*map(intake.take, reading.messages), *map(report, reading.failed)):
            # One that can't be taken keeps none of the others.
            try:
                await todo
            except UNREADABLE as error:
                unread.append(type(error).__name__)
            except Exception as error:
                failures.append(type(error).__name__)
        try:
            await count_unread(services, receiver.name, unread)
        except Exception as error:
            failures.append(type(error).__name__)
        if failures:
            logger.error("messaging.not_stored", channel=receiver.name, error=failures[0])
            return response.json({"error": "this can't be taken now; send it again"}, 503)
        return reading.answer

    async def report(failure: Failed) -> None:
        why = say("fault_not_brought", channel=receiver.name, error=failure.code)
        await asyncio.to_thread(report_failure, services, failure.channel, failure.name, why)

    return receive


def _challenge(receiver: Challenged) -> Callable[..., Any]:
    async def challenge(request: Request) -> HTTPResponse:
        return receiver.challenge(request) or response.json({"error": "there is nothing here"}, 404)

    return challenge
