"""The action server of ``refund-desk run``: rasa_sdk's, on this machine only, and silent about customers.

On an error rasa_sdk answers with the whole request, and with it everything that the customer said; Rasa logs it.
"""

from __future__ import annotations

import argparse

import structlog
from rasa_sdk.endpoint import create_app
from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot import logs

logger = structlog.get_logger()


def build() -> Sanic:
    """The server, not yet running."""
    app = create_app("actions", cors_origins="")

    @app.exception(Exception)
    async def failed(request: Request, error: Exception) -> HTTPResponse:
        logger.error("request.failed", path=request.path, exc_info=error)
        return response.json({"error": type(error).__name__}, 500)

    return app


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m actions")
    parser.add_argument("--port", type=int, required=True)
    args = parser.parse_args()
    logs.set_up()
    build().run(host="127.0.0.1", port=args.port, workers=1, access_log=False)


if __name__ == "__main__":
    main()
