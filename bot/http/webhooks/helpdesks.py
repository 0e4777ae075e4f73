"""What help desks of others tell us: a webhook under ``/webhooks/helpdesk/`` for the one that is switched on.

Nothing is believed without proof of who sends it, and nothing of what it says gets into a log.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any

import structlog
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.conversation.conversations import open_account
from bot.cases.outbound.helpdesk_conversations import follow
from bot.cases.outbound.ticket_events import look_later, may_become_known, take_event
from bot.cases.ports.helpdesk import DeskEvent
from bot.cases.services import Services
from bot.connectors.choices import help_desk_of
from bot.connectors.shared.helpdesk_hooks import DeskReading, Hook, OwnConversation
from bot.connectors.shared.incoming import UNREADABLE
from bot.http.shared import Shared
from bot.http.webhooks.intake import Intake
from bot.http.webhooks.unread import count_unread

OPENING_LOOKS, OPENING_PAUSE = 10, 0.25
"""How often, and after how many seconds, to look again for a ticket that is just being opened. Help desks wait for our
answer five seconds, Slack three."""

Receiver = Callable[[Request], Coroutine[Any, Any, HTTPResponse]]
logger = structlog.get_logger()


def register(app: Sanic, shared: Shared) -> None:
    """Add the webhook of the help desk that is switched on; none for our own."""
    row = help_desk_of(shared.settings)
    if shared.services.helpdesk is not None and row is not None:
        app.config.REQUEST_MAX_SIZE = max(app.config.REQUEST_MAX_SIZE, row.longest_hook)
        path = f"/webhooks/helpdesk/{shared.services.helpdesk.name}"
        app.add_route(receiver(shared), path, methods=["POST"], name="helpdesk_webhook")


def receiver(shared: Shared) -> Receiver:
    """What answers the webhook of the help desk that is switched on."""
    services, settings = shared.services, shared.settings
    desk, row = services.helpdesk, help_desk_of(settings)
    assert desk is not None and row is not None
    hook: Hook = row.part("receive").hook(settings, services)
    intake = Intake(shared)

    async def hear(request: Request) -> HTTPResponse:
        if len(request.body) > row.longest_hook:
            return response.json({"error": "the request is too large"}, 413)
        if not hook.is_genuine(request.headers, request.body):
            logger.warning("helpdesk.unsigned", desk=desk.name)
            return response.json({"error": "the signature is missing, wrong or old"}, 401)
        try:
            reading = await asyncio.to_thread(hook.read, request.headers, request.body)
        except UNREADABLE as error:
            reading = DeskReading(unread=[type(error).__name__])
        if reading.answer is not None:
            return response.json(reading.answer)
        unread = list(reading.unread)
        try:
            for todo in steps(reading):
                # One that can't be taken keeps none of the others.
                try:
                    await todo
                except UNREADABLE as error:
                    unread.append(type(error).__name__)
            await count_unread(services, desk.name, unread)
        except Exception as error:
            logger.error("helpdesk.not_stored", desk=desk.name, error=type(error).__name__)
            return response.json({"error": "this can't be taken now; send it again"}, 503)
        return response.json({"status": "ok"})

    def steps(reading: DeskReading) -> Iterator[Coroutine[Any, Any, None]]:
        yield from map(happened, reading.events)
        if reading.conversation is not None and desk.channel is not None:
            yield asyncio.to_thread(_follow, services, desk.channel, reading.conversation)
        yield from map(intake.take, reading.messages)
        if reading.tell is not None:
            yield asyncio.to_thread(reading.tell)
        if reading.look_at is not None:
            yield look(reading.look_at)

    async def happened(event: DeskEvent) -> None:
        await _known(services, desk.name, event.ticket)
        await asyncio.to_thread(take_event, services, desk.name, event)

    async def look(ticket: str) -> None:
        await _known(services, desk.name, ticket)
        await asyncio.to_thread(look_later, services, desk.name, ticket)

    return hear


def _follow(services: Services, channel: str, own: OwnConversation) -> None:
    opened = open_account(services, channel, own.account)
    follow(services, channel, opened.id, with_people=own.with_people, who=own.who)


async def _known(services: Services, desk: str, ticket: str) -> None:
    """Wait a little for a ticket that is just being opened."""
    for _ in range(OPENING_LOOKS):
        if not await asyncio.to_thread(may_become_known, services, desk, ticket):
            return
        await asyncio.sleep(OPENING_PAUSE)
