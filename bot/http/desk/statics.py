"""The style sheet and the script of the desk."""

from __future__ import annotations

import importlib.resources
from typing import Any

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

_FILES = {"desk.css": "text/css", "desk.js": "text/javascript"}


def routes() -> Blueprint:
    """Both of them."""
    found = Blueprint("desk_statics", url_prefix="/desk/static")
    for name, kind in _FILES.items():
        found.add_route(_file(name, kind), f"/{name}", name=name.replace(".", "_"))
    return found


def _file(name: str, kind: str) -> Any:
    content = importlib.resources.files("bot.web").joinpath(name).read_bytes()

    async def file(request: Request) -> HTTPResponse:
        return response.raw(content, content_type=f"{kind}; charset=utf-8")

    return file
