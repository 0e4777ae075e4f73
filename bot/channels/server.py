"""The Rasa server of ``refund-desk run``: the channels of credentials.yml, the demo page, and a health check.

Rasa's own HTTP API is not part of it.
"""

from __future__ import annotations

import argparse
import asyncio
from datetime import timedelta
from typing import Any

import httpx
from rasa.core.channels import channel
from rasa.core.run import close_resources, create_http_input_channels, load_agent_on_start
from rasa.core.utils import AvailableEndpoints
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import logs
from bot.bootstrap import bootstrap
from bot.channels import desk, helpdesks, pages, rasa_patches, statics, stopping
from bot.channels.action_calls import ActionServer
from bot.channels.edge import Edge
from bot.channels.live import Live
from bot.channels.messaging import routes as messaging
from bot.channels.rest import LONGEST_BODY
from bot.channels.shop_webhooks import shop_webhooks
from bot.channels.turns import Turns
from bot.settings import ACTION_SECRET_HEADER, PROJECT, load_settings, parse_networks, parse_origins
from bot.store.demo import demo_list
from bot.store.unit_of_work import SqlUnitOfWork
from bot.training import MODEL

LATE = timedelta(minutes=2)
"""How long a step of the outbox may be overdue before the health check says so."""


def build(action_url: str) -> Sanic:
    """The server, not yet running. ``action_url`` is where the action server listens, without a path."""
    rasa_patches.apply()
    settings = load_settings()
    services = bootstrap(settings)
    edge = Edge(parse_networks(settings.trusted_proxies), parse_origins(settings.allowed_origins))
    app = Sanic("refund_desk", configure_logging=False)
    app.config.REQUEST_MAX_SIZE = 4 * LONGEST_BODY
    edge.install(app)
    desk.install(app, services, edge)
    channel.register(create_http_input_channels(None, str(PROJECT / "credentials.yml")), app, route="/webhooks/")
    app.blueprint(shop_webhooks(settings, services))
    messaging.register(app, services, settings)

    endpoints = AvailableEndpoints.read_endpoints(str(PROJECT / "endpoints.yml"))
    secret = settings.action_secret.get_secret_value()
    endpoints.action = ActionServer(url=f"{action_url}/webhook", headers={ACTION_SECRET_HEADER: secret})

    async def load(app: Sanic, loop: Any) -> None:
        await load_agent_on_start(str(MODEL), endpoints, None, app, loop)

    app.ctx.live = Live(services)
    stopping.install(app, app.ctx.live)

    async def keep_going(app: Sanic, loop: Any) -> None:
        app.add_task(app.ctx.live.look())
        app.add_task(Turns(app.ctx.agent, services, settings.contact).take_up())

    app.register_listener(load, "before_server_start")
    app.register_listener(keep_going, "after_server_start")
    app.register_listener(close_resources, "after_server_stop")

    @app.get("/health")
    async def health(request: Request) -> HTTPResponse:
        problems = []
        agent = getattr(request.app.ctx, "agent", None)
        if agent is None or not agent.is_ready():
            problems.append("the model is not loaded")
        try:
            problems += await asyncio.to_thread(_ask_database)
        except Exception:
            problems.append("the database does not answer")
        try:
            async with httpx.AsyncClient(timeout=3) as client:
                (await client.get(f"{action_url}/health")).raise_for_status()
        except httpx.HTTPError:
            problems.append("the action server does not answer")
        if problems and edge.origin(request).limited:
            return response.json({"status": "unavailable"}, 503)
        if problems:
            # Only this machine itself is told what is wrong with it.
            return response.json({"status": "unavailable", "problems": problems}, 503)
        return response.json({"status": "ok"})

    def _ask_database() -> list[str]:
        with services.unit_of_work() as uow:
            late = uow.overdue_steps(services.clock() - LATE)
        return ["what was confirmed is not carried out: is the outbox worker running?"] if late else []

    @app.get("/demo-orders")
    async def demo_orders(request: Request) -> HTTPResponse:
        with services.unit_of_work() as uow:
            assert isinstance(uow, SqlUnitOfWork)
            return response.json(demo_list(uow))

    helpdesks.register(app, services, settings)
    pages.register(app, services, settings)
    statics.register(app)
    return app


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--action-url", required=True)
    args = parser.parse_args()
    logs.set_up()
    build(args.action_url).run(host=args.host, port=args.port, workers=1, access_log=False)


if __name__ == "__main__":
    main()
