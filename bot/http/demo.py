"""The made-up shop of ``refund-desk run --demo``, with the orders to try. Without ``--demo`` there is no such route."""

from __future__ import annotations

import asyncio

from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.services import Services
from bot.http.statics import serve
from bot.store.demo import demo_list
from bot.store.unit_of_work import SqlSnapshot


def register(app: Sanic, services: Services) -> None:
    """Add the page and its orders."""
    serve(app, {"/": "demo.html", "/demo.js": "demo.js", "/demo.css": "demo.css"})

    @app.get("/demo-orders")
    async def demo_orders(request: Request) -> HTTPResponse:
        return response.json(await asyncio.to_thread(_listed))

    def _listed() -> list[dict[str, str]]:
        with services.reading() as uow:
            assert isinstance(uow, SqlSnapshot)
            return demo_list(uow)
