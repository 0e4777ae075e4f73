"""The Rasa server of ``refund-desk run``: the channels of credentials.yml, the pages, and a health check.

Rasa's own HTTP API is not part of it.
"""

from __future__ import annotations

import argparse
import logging
import os
from typing import Any

from rasa.core.channels import channel
from rasa.core.run import close_resources, create_http_input_channels, load_agent_on_start
from rasa.core.utils import AvailableEndpoints
from sanic import Sanic

from bot import logs
from bot.bootstrap import PROCESS
from bot.http import demo, desk, pages, rasa_patches, statics, stopping
from bot.http.action_calls import ActionServer
from bot.http.capacity import Capacity
from bot.http.connections import Connection, Connections, Room, raise_file_limit
from bot.http.headers import SecurityHeaders
from bot.http.health import Health
from bot.http.rest import LONGEST_BODY
from bot.http.shared import shared_of
from bot.http.webhooks import helpdesks, messages, shops
from bot.setting_groups.limits import LimitSettings
from bot.setting_groups.server import ACTION_SECRET_HEADER, ServerSettings, parse_networks, parse_origins
from bot.settings import PROJECT
from bot.training import MODEL

BACKLOG = 1_024
"""Connections that the system may hold until we take them."""


def build(action_url: str) -> Sanic:
    """The server, not yet running. ``action_url`` is where the action server listens, without a path."""
    rasa_patches.apply()
    app = Sanic("refund_desk", configure_logging=False)
    shared = shared_of(app)
    services, settings = shared.services, shared.settings
    ours, limits = settings[ServerSettings], settings[LimitSettings]
    trusted = parse_networks(ours.trusted_proxies)
    security = SecurityHeaders(trusted, parse_origins(ours.allowed_origins))
    room = Room.of(limits.connections, limits.address_connections, raise_file_limit())
    app.config.REQUEST_MAX_SIZE = 4 * LONGEST_BODY
    app.config.REQUEST_BUFFER_SIZE = LONGEST_BODY
    app.ctx.connections = Connections(room, trusted)
    security.install(app)
    Capacity(room, security, limits.address_requests_per_minute, shared.contact).install(app)
    desk.install(app, services, security)
    channel.register(create_http_input_channels(None, str(PROJECT / "credentials.yml")), app, route="/webhooks/")
    shops.register(app, services, settings)
    messages.register(app, shared)

    endpoints = AvailableEndpoints.read_endpoints(str(PROJECT / "endpoints.yml"))
    secret = ours.action_secret.get_secret_value()
    endpoints.action = ActionServer(url=f"{action_url}/webhook", headers={ACTION_SECRET_HEADER: secret})

    async def load(app: Sanic, loop: Any) -> None:
        await load_agent_on_start(str(MODEL), endpoints, None, app, loop)

    stopping.install(app, shared.live)

    async def keep_going(app: Sanic, loop: Any) -> None:
        app.add_task(app.ctx.connections.watch())
        app.add_task(shared.live.look())
        app.add_task(shared.turns.take_up())

    app.register_listener(load, "before_server_start")
    app.register_listener(keep_going, "after_server_start")
    app.register_listener(close_resources, "after_server_stop")

    Health(services, action_url).install(app, security)

    helpdesks.register(app, shared)
    pages.register(app, shared)
    statics.register(app)
    if services.demo:
        demo.register(app, services)
    return app


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--host", required=True)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--action-url", required=True)
    parser.add_argument("--demo", action="store_true", help="with the made-up shop, beside no real system")
    args = parser.parse_args()
    PROCESS.demo = args.demo
    logs.set_up()
    build(args.action_url).run(
        host=args.host, port=args.port, workers=1, access_log=False, protocol=Connection, backlog=BACKLOG
    )
    # All is done, and Python would take apart all that TensorFlow has: seconds for which whoever stops the bot waits.
    logging.shutdown()
    os._exit(0)


if __name__ == "__main__":
    main()
