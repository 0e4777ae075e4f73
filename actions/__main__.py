"""The action server of ``refund-desk run``: rasa_sdk's, on this machine only, for our Rasa server only.

Whoever calls an action says whose conversation it is: only the Rasa server may, which shows the secret of this start.
On an error rasa_sdk would answer with the whole request, and with it everything that the customer said, which Rasa
logs; this one tells the kind of the error.
"""

from __future__ import annotations

import argparse
import asyncio
import hmac
import time

import structlog
from rasa_sdk.endpoint import create_app
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import logs
from bot.bootstrap import PROCESS
from bot.setting_groups.server import ACTION_SECRET_HEADER, ServerSettings
from bot.settings import load_settings
from bot.stop_signals import end_gently

QUIET_SECONDS = 1.0
"""So long after the last call the turns of the Rasa server are over, which may be stopped at the same moment."""
LINGER_SECONDS = 4.0
"""How long this server waits for that, at most."""
CLOSE_SECONDS = 2.0
"""How long a call in hand may then take. One that is broken off is made again."""

logger = structlog.get_logger()


def build(secret: str) -> Sanic:
    """The server, not yet running. ``secret`` is what each call has to show, but for the health check."""
    app = create_app("actions", cors_origins="")
    called_at = time.monotonic()

    async def wait_for_the_last_call() -> None:
        until = time.monotonic() + LINGER_SECONDS
        while time.monotonic() < min(until, called_at + QUIET_SECONDS):
            await asyncio.sleep(0.05)

    end_gently(app, wait_for_the_last_call, CLOSE_SECONDS)

    @app.on_request
    async def for_the_rasa_server_only(request: Request) -> HTTPResponse | None:
        if request.path == "/health":
            return None
        shown = request.headers.get(ACTION_SECRET_HEADER, "").encode("utf-8", "replace")
        if not hmac.compare_digest(shown, secret.encode()):
            return response.json({"error": f"{ACTION_SECRET_HEADER} is not that of this start"}, 403)
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            return response.json({"error": "Content-Type must be application/json"}, 415)
        return None

    @app.on_response
    async def note(request: Request, answer: HTTPResponse) -> None:
        nonlocal called_at
        if answer.status == 200 and request.path == "/webhook":
            called_at = time.monotonic()

    @app.exception(Exception)
    async def failed(request: Request, error: Exception) -> HTTPResponse:
        logger.error("request.failed", path=request.path, exc_info=error)
        return response.json({"error": type(error).__name__}, 500)

    return app


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m actions")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--demo", action="store_true", help="carry out demo orders, beside no real system")
    args = parser.parse_args()
    PROCESS.demo = args.demo
    logs.set_up()
    secret = load_settings()[ServerSettings].action_secret.get_secret_value()
    if not secret:
        raise SystemExit("REFUND_DESK_ACTION_SECRET is not set: nobody could be told from the Rasa server")
    build(secret).run(host="127.0.0.1", port=args.port, workers=1, access_log=False)


if __name__ == "__main__":
    main()
