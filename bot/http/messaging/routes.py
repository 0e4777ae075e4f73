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
from bot.gateways.messaging.email import talk_of
from bot.http.limits import MessageLimits
from bot.http.messaging.email import Email
from bot.http.messaging.incoming import Connector, NotReadable, Reading
from bot.http.messaging.intake import Intake
from bot.http.messaging.meta import Messenger, Meta, WhatsApp
from bot.http.messaging.slack import Slack
from bot.http.messaging.telegram import Telegram
from bot.http.messaging.twilio import Twilio
from bot.http.turns import Turns
from bot.settings import Settings

logger = structlog.get_logger()


def register(app: Sanic, services: Services, settings: Settings, clock: Callable[[], float] = time.time) -> None:
    """Add the routes. ``clock`` gives the seconds since 1970."""
    connectors = switched_on(settings, services)
    if not connectors:
        return
    routes = Blueprint("messaging", url_prefix="/webhooks")
    limits = MessageLimits(
        settings.messages_per_minute, settings.address_messages_per_minute, settings.redis_url.get_secret_value()
    )
    opened: list[Intake] = []

    def intake(request: Request) -> Intake:
        if not opened:
            turns = Turns(request.app.ctx.agent, services, settings.contact)
            opened.append(Intake(turns, services, limits, settings.contact))
        return opened[0]

    for connector in connectors:
        app.config.REQUEST_MAX_SIZE = max(app.config.REQUEST_MAX_SIZE, connector.longest)
        routes.add_route(
            _receive(connector, services, intake, clock), f"/{connector.name}", methods=["POST"], name=connector.name
        )
        if isinstance(connector, Meta):
            name = f"{connector.name}_challenge"
            routes.add_route(_challenge(connector), f"/{connector.name}", methods=["GET"], name=name)
    app.blueprint(routes)


def switched_on(settings: Settings, services: Services) -> list[Connector]:
    """The connectors whose settings are set."""
    found: list[Connector] = []
    if settings.slack_signing_secret:
        found.append(Slack(settings.slack_signing_secret.get_secret_value()))
    if settings.telegram_secret:
        found.append(Telegram(settings.telegram_secret.get_secret_value()))
    if settings.twilio_account_sid:
        numbers = {"sms": settings.twilio_sms_from, "twilio-whatsapp": settings.twilio_whatsapp_from}
        channels = frozenset(channel for channel, number in numbers.items() if number)
        token = settings.twilio_auth_token.get_secret_value()
        found.append(Twilio(settings.twilio_account_sid, token, settings.public_url, channels))
    if settings.whatsapp_phone_id:
        app_secret, verify_token = settings.whatsapp_app_secret, settings.whatsapp_verify_token
        secrets = app_secret.get_secret_value(), verify_token.get_secret_value()
        found.append(WhatsApp(*secrets, settings.whatsapp_phone_id))
    if settings.messenger_verify_token:
        app_secret, verify_token = settings.messenger_app_secret, settings.messenger_verify_token
        found.append(Messenger(app_secret.get_secret_value(), verify_token.get_secret_value()))
    if settings.email_secret:
        secret = settings.email_secret.get_secret_value()

        def known(references: list[str]) -> tuple[str, str] | None:
            talk = talk_of(secret.encode(), references)
            with services.reading() as uow:
                address = uow.conversations.reply_address(talk) if talk else None
            return (address["account"], address["to"]) if address and "account" in address else None

        found.append(Email(secret, settings.email_address, known))
    return found


def _receive(
    connector: Connector, services: Services, intake: Callable[[Request], Intake], clock: Callable[[], float]
) -> Callable[..., Any]:
    async def receive(request: Request) -> HTTPResponse:
        if len(request.body) > connector.longest:
            return response.json({"error": f"the request is larger than {connector.longest} bytes"}, 413)
        if not connector.verify(request, clock()):
            logger.warning("messaging.wrong_signature", channel=connector.name)
            return response.json({"error": "wrong signature"}, 401)
        try:
            reading = await asyncio.to_thread(connector.read, request)
        except (NotReadable, KeyError, IndexError, TypeError, AttributeError, ValueError, RecursionError) as error:
            # It is signed, so it is an event of a form that we don't know: to refuse it has it sent again for days.
            logger.warning("messaging.not_readable", channel=connector.name, error=type(error).__name__)
            reading = Reading()
        try:
            for message in reading.messages:
                await intake(request).take(message)
            for failure in reading.failed:
                why = f"{connector.name} could not bring it: {failure.code}"
                await asyncio.to_thread(report_failure, services, failure.channel, failure.name, why)
        except Exception as error:
            logger.error("messaging.not_stored", channel=connector.name, error=type(error).__name__)
            return response.json({"error": "this can't be taken now; send it again"}, 503)
        return reading.answer

    return receive


def _challenge(connector: Meta) -> Callable[..., Any]:
    async def challenge(request: Request) -> HTTPResponse:
        return connector.challenge(request) or response.json({"error": "there is nothing here"}, 404)

    return challenge
