"""Signing in and out."""

from __future__ import annotations

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.agents import agent_of_session, agents, sign_in, sign_out
from bot.cases.errors import SignInRefused
from bot.cases.sign_in_limits import wrong_tries
from bot.channels.desk.pages import COOKIE, HOME, Desk, Visit, form_field, own_path, see, session_token


def routes(desk: Desk) -> Blueprint:
    """``/desk/sign-in`` and ``/desk/sign-out``."""
    found = Blueprint("desk_sign_in", url_prefix="/desk")

    @found.get("/sign-in")
    async def ask(request: Request) -> HTTPResponse:
        token = session_token(request)
        agent = await desk.do(agent_of_session, token) if token else None
        if agent is not None:
            return see(HOME)
        wanted = own_path(request.args.get("next") or HOME)
        return await _form(desk, wanted)

    @found.post("/sign-in")
    async def enter(request: Request) -> HTTPResponse:
        login, wanted = form_field(request, "login"), own_path(form_field(request, "next"))
        password = str((request.form or {}).get("password") or "")  # as it was typed
        try:
            token = await desk.do(sign_in, login, password, desk.edge.origin(request).address)
        except SignInRefused as refused:
            return await _form(desk, wanted, status=401, login=login, says=str(refused))
        wrong = await desk.do(wrong_tries, login)
        answer = see(wanted) if wrong is None else desk.page(None, "wrong_tries.html", wrong=wrong, wanted=wanted)
        answer.headers.add("Set-Cookie", _cookie(desk, request, token))
        return answer

    @found.post("/sign-out")
    @desk.signed_in
    async def leave(visit: Visit) -> HTTPResponse:
        await desk.do(sign_out, session_token(visit.request))
        answer = see("/desk/sign-in")
        answer.headers.add("Set-Cookie", f"{_cookie(desk, visit.request, '')}; Max-Age=0")
        return answer

    return found


async def _form(desk: Desk, wanted: str, *, status: int = 200, login: str = "", says: str = "") -> HTTPResponse:
    anybody = any(agent.active and not agent.external for agent in await desk.do(agents))
    return desk.page(None, "sign_in.html", status=status, wanted=wanted, login=login, says=says, anybody=anybody)


def _cookie(desk: Desk, request: Request, token: str) -> str:
    secure = "; Secure" if desk.edge.is_https(request) else ""
    return f"{COOKIE}={token}; Path=/desk; HttpOnly; SameSite=Strict{secure}"
