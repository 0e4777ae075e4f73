"""What customers see beside an agent's name: their picture, or their initials."""

from __future__ import annotations

from sanic import Blueprint, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.desk.accounts import agents, picture_of
from bot.http.desk.pages import Desk
from bot.http.desk.words import initials
from bot.wording import say

CACHED = "public, max-age=300"

_COLOURS = ("#1b57c4", "#17663a", "#7a4b00", "#8a2a6b", "#5b3fb0", "#0b6672")
_SVG = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 96 96" width="96" height="96">'
    '<rect width="96" height="96" fill="{colour}"/>'
    '<text x="48" y="49" fill="#fff" font-family="system-ui, sans-serif" font-size="38" font-weight="600" '
    'text-anchor="middle" dominant-baseline="central">{initials}</text></svg>'
)


def routes(desk: Desk) -> Blueprint:
    """``/agents/<id>/picture``, which needs no sign-in."""
    found = Blueprint("desk_pictures")

    @found.get("/agents/<agent_id:int>/picture")
    async def picture(request: Request, agent_id: int) -> HTTPResponse:
        headers = {"Cache-Control": CACHED}
        own = await desk.do(picture_of, agent_id)
        if own is not None:
            return response.raw(own[0], content_type=own[1], headers=headers)
        name = next((agent.name for agent in await desk.do(agents) if agent.id == agent_id), None)
        if name is None:
            return response.json({"error": say("desk_no_picture")}, 404)
        text = drawn(agent_id, name)
        return response.raw(text.encode(), content_type="image/svg+xml; charset=utf-8", headers=headers)

    return found


def drawn(agent_id: int, name: str) -> str:
    """The initials of a name, which are letters and digits only, as an SVG picture."""
    return _SVG.format(colour=_COLOURS[agent_id % len(_COLOURS)], initials=initials(name))
