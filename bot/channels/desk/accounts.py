"""Who works at the desk: for admins."""

from __future__ import annotations

import secrets
from typing import Any

from sanic import Blueprint
from sanic.response import HTTPResponse

from bot.cases.agents import add_agent, agents, change_agent
from bot.cases.errors import BadAgent
from bot.cases.model import Role
from bot.channels.desk.pages import Desk, Visit, see

_ADMINS_ONLY = "Only an admin may see or change who works at the desk."


def routes(desk: Desk) -> Blueprint:
    """``/desk/agents``."""
    found = Blueprint("desk_accounts", url_prefix="/desk/agents")

    @found.get("/")
    @desk.signed_in
    async def accounts(visit: Visit) -> HTTPResponse:
        if visit.agent.role is not Role.ADMIN:
            return desk.problem(visit, 403, _ADMINS_ONLY)
        return await _page(desk, visit)

    @found.post("/add")
    @desk.signed_in
    async def add(visit: Visit) -> HTTPResponse:
        if visit.agent.role is not Role.ADMIN:
            return desk.problem(visit, 403, _ADMINS_ONLY)
        login, name = visit.field("login"), visit.field("name")
        # Made here, shown once: nobody picks a weak one for somebody else.
        password = secrets.token_urlsafe(15)
        try:
            role = _role(visit)
            agent = await desk.do(add_agent, login, name, role, password)
        except BadAgent as error:
            return await _page(desk, visit, status=409, says=str(error), typed={"login": login, "name": name})
        return await _page(desk, visit, made=agent, password=password)

    @found.post("/change")
    @desk.signed_in
    async def change(visit: Visit) -> HTTPResponse:
        if visit.agent.role is not Role.ADMIN:
            return desk.problem(visit, 403, _ADMINS_ONLY)
        login, what = visit.field("login"), visit.field("what")
        if login == visit.agent.login and what != "password":
            return await _page(desk, visit, status=409, says="You can't change your own role or disable yourself.")
        password = secrets.token_urlsafe(15) if what == "password" else None
        try:
            if what == "role":
                await desk.do(change_agent, login, role=_role(visit))
            elif what in ("disable", "enable"):
                await desk.do(change_agent, login, active=what == "enable")
            elif password:
                agent = await desk.do(change_agent, login, password=password)
                return await _page(desk, visit, made=agent, password=password)
            else:
                raise BadAgent("choose what to change")
        except BadAgent as error:
            return await _page(desk, visit, status=409, says=str(error))
        return see("/desk/agents/")

    return found


async def _page(desk: Desk, visit: Visit, *, status: int = 200, **values: Any) -> HTTPResponse:
    shown = {"says": "", "typed": {"login": "", "name": ""}, "made": None, "password": "", **values}
    people = await desk.do(agents)
    return desk.page(visit, "agents.html", status=status, people=people, roles=list(Role), **shown)


def _role(visit: Visit) -> Role:
    try:
        return Role(visit.field("role"))
    except ValueError:
        raise BadAgent("choose a role") from None
