"""Who works at the desk: for admins."""

from __future__ import annotations

from typing import Any

from sanic import Blueprint
from sanic.response import HTTPResponse

from bot.cases.desk.accounts import add_agent, agents, change_agent, make_link, reset_second_factor
from bot.cases.errors import BadAgent, NotAllowed
from bot.cases.model import Role
from bot.http.desk.pages import Desk, DeskVisit, see
from bot.wording import say


def routes(desk: Desk) -> Blueprint:
    """``/desk/agents``."""
    found = Blueprint("desk_accounts", url_prefix="/desk/agents")

    @found.get("/")
    @desk.signed_in
    async def accounts(visit: DeskVisit) -> HTTPResponse:
        if visit.agent.role is not Role.ADMIN:
            return desk.problem(visit, 403, say("error_only_admin_accounts"))
        return await _page(desk, visit)

    @found.post("/add")
    @desk.signed_in
    async def add(visit: DeskVisit) -> HTTPResponse:
        if visit.agent.role is not Role.ADMIN:
            return desk.problem(visit, 403, say("error_only_admin_accounts"))
        login, name = visit.field("login"), visit.field("name")
        try:
            agent, token = await desk.do(add_agent, login, name, _role(visit), by=visit.agent)
        except (BadAgent, NotAllowed) as error:
            return await _page(desk, visit, status=409, says=error.text(), typed={"login": login, "name": name})
        return await _page(desk, visit, made=agent, link=_address(desk, visit, token))

    @found.post("/change")
    @desk.signed_in
    async def change(visit: DeskVisit) -> HTTPResponse:
        if visit.agent.role is not Role.ADMIN:
            return desk.problem(visit, 403, say("error_only_admin_accounts"))
        login, what = visit.field("login"), visit.field("what")
        try:
            if what == "role":
                await desk.do(change_agent, login, role=_role(visit), by=visit.agent)
            elif what in ("disable", "enable"):
                await desk.do(change_agent, login, active=what == "enable", by=visit.agent)
            elif what == "second-factor":
                await desk.do(reset_second_factor, login, by=visit.agent)
            elif what == "link":
                agent, token = await desk.do(make_link, login, by=visit.agent)
                return await _page(desk, visit, made=agent, link=_address(desk, visit, token))
            else:
                raise BadAgent("change_missing")
        except (BadAgent, NotAllowed) as error:
            return await _page(desk, visit, status=409, says=error.text())
        return see("/desk/agents/")

    return found


async def _page(desk: Desk, visit: DeskVisit, *, status: int = 200, **values: Any) -> HTTPResponse:
    shown = {"says": "", "typed": {"login": "", "name": ""}, "made": None, "link": "", **values}
    people = await desk.do(agents)
    return desk.page(visit, "agents.html", status=status, people=people, roles=list(Role), **shown)


def _address(desk: Desk, visit: DeskVisit, token: str) -> str:
    """Where a link leads: to the address that is set, or the one at which the admin is."""
    request = visit.request
    here = f"{'https' if desk.security.is_https(request) else 'http'}://{request.headers.get('host', '')}"
    return f"{desk.services.public_url or here}/desk/link/{token}"


def _role(visit: DeskVisit) -> Role:
    try:
        return Role(visit.field("role"))
    except ValueError:
        raise BadAgent("role_missing") from None
