"""The queue: what waits for a person, and what was held back."""

from __future__ import annotations

from collections.abc import Callable

from sanic import Blueprint
from sanic.response import HTTPResponse

from bot.cases.desk.held_back import count_held, drop_held, held_requests, put_in_queue
from bot.cases.desk.views import QueueItem, queue
from bot.cases.model import Agent, CaseState
from bot.http.desk.pages import Desk, DeskVisit, see
from bot.wording import say

Filter = Callable[[QueueItem, Agent], bool]
FILTERS: dict[str, Filter] = {
    "all": lambda item, agent: True,
    "mine": lambda item, agent: item.taken_by is not None and item.taken_by.id == agent.id,
    "free": lambda item, agent: item.taken_by is None,
    "returns": lambda item, agent: item.state is CaseState.AWAITING_RETURN,
    "second": lambda item, agent: item.needs_second,
}
"""What can be shown, by its name in the address; the message ``filter_<name>`` is its title."""


def routes(desk: Desk) -> Blueprint:
    """``/desk``, and what was held back from it."""
    found = Blueprint("desk_queue", url_prefix="/desk")

    @found.get("/")
    @desk.signed_in
    async def waiting(visit: DeskVisit) -> HTTPResponse:
        chosen = visit.request.args.get("show") or "all"
        chosen = chosen if chosen in FILTERS else "all"
        items = await desk.do(queue)
        filters = [
            (name, say(f"filter_{name}"), sum(fits(item, visit.agent) for item in items))
            for name, fits in FILTERS.items()
        ]
        shown = [item for item in items if FILTERS[chosen](item, visit.agent)]
        held = await desk.do(count_held)
        return desk.page(visit, "queue.html", items=shown, filters=filters, chosen=chosen, held=held)

    @found.get("/held-back")
    @desk.signed_in
    async def held_back(visit: DeskVisit) -> HTTPResponse:
        return desk.page(visit, "held_back.html", held=await desk.do(held_requests))

    @found.post("/held-back/put-in")
    @desk.signed_in
    async def put_in(visit: DeskVisit) -> HTTPResponse:
        handoff = await desk.do(put_in_queue, visit.agent, visit.field("conversation"))
        return see(f"/desk/cases/{handoff.reference}")

    @found.post("/held-back/drop")
    @desk.signed_in
    async def drop(visit: DeskVisit) -> HTTPResponse:
        await desk.do(drop_held, visit.agent, visit.field("origin"))
        return see("/desk/held-back")

    return found
