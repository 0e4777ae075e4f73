"""Signing in, by a password and a code where one is asked for, and out; and setting a password with a link."""

from __future__ import annotations

from sanic import Blueprint
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.desk.accounts import agents
from bot.cases.desk.password_links import agent_of_link, use_link
from bot.cases.desk.sign_in import agent_of_session, sign_in, sign_in_with_code, sign_out, waits_for_code
from bot.cases.desk.sign_in_limits import wrong_tries
from bot.cases.errors import BadAgent, CodeNeeded, SignInRefused
from bot.http.desk.pages import COOKIE, HOME, Desk, DeskVisit, form_field, own_path, see, typed_field
from bot.wording import say


def routes(desk: Desk) -> Blueprint:
    """``/desk/sign-in``, ``/desk/sign-out`` and ``/desk/link/…``."""
    found = Blueprint("desk_sign_in", url_prefix="/desk")

    @found.get("/sign-in")
    async def ask(request: Request) -> HTTPResponse:
        token = desk.session_token(request)
        agent = await desk.do(agent_of_session, token) if token else None
        if agent is not None:
            return see(HOME)
        wanted = own_path(request.args.get("next") or HOME)
        return await _form(desk, wanted)

    @found.post("/sign-in")
    async def enter(request: Request) -> HTTPResponse:
        login, wanted = form_field(request, "login"), own_path(form_field(request, "next"))
        address = desk.security.origin(request).address
        try:
            token = await desk.do(sign_in, login, typed_field(request, "password"), address)
        except SignInRefused as refused:
            return await _form(desk, wanted, status=401, login=login, says=refused.text())
        except CodeNeeded as half:
            return desk.page(None, "code.html", ticket=half.ticket, wanted=wanted, says="")
        return await _entered(desk, request, token, login, wanted)

    @found.get("/sign-in/code")
    async def begin_again(request: Request) -> HTTPResponse:
        return see("/desk/sign-in")

    @found.post("/sign-in/code")
    async def enter_with_code(request: Request) -> HTTPResponse:
        ticket, wanted = form_field(request, "ticket"), own_path(form_field(request, "next"))
        address = desk.security.origin(request).address
        try:
            agent, token = await desk.do(sign_in_with_code, ticket, form_field(request, "code"), address)
        except SignInRefused as refused:
            if await desk.do(waits_for_code, ticket):
                return desk.page(None, "code.html", status=401, ticket=ticket, wanted=wanted, says=refused.text())
            return await _form(desk, wanted, status=401, says=refused.text())
        return await _entered(desk, request, token, agent.login, wanted)

    @found.get("/link/<link>")
    async def show_link(request: Request, link: str) -> HTTPResponse:
        try:
            return desk.page(None, "link.html", person=await desk.do(agent_of_link, link), says="")
        except SignInRefused as refused:
            return _gone(desk, refused)

    @found.post("/link/<link>")
    async def take_link(request: Request, link: str) -> HTTPResponse:
        new, again = typed_field(request, "new"), typed_field(request, "again")
        try:
            person = await desk.do(agent_of_link, link)
            if new != again:
                raise BadAgent("link_passwords_differ")
            await desk.do(use_link, link, new)
        except SignInRefused as refused:
            return _gone(desk, refused)
        except BadAgent as error:
            return desk.page(None, "link.html", status=409, person=person, says=error.text())
        return await _form(desk, HOME, login=person.login, done=say("done_password_set"))

    @found.post("/sign-out")
    @desk.half_open
    async def leave(visit: DeskVisit) -> HTTPResponse:
        await desk.do(sign_out, desk.session_token(visit.request))
        answer = see("/desk/sign-in")
        answer.headers.add("Set-Cookie", f"{COOKIE.set(desk.security, visit.request, '')}; Max-Age=0")
        return answer

    return found


async def _form(desk: Desk, wanted: str, *, status: int = 200, **shown: str) -> HTTPResponse:
    anybody = any(agent.active and not agent.external for agent in await desk.do(agents))
    values = {"login": "", "says": "", "done": "", **shown}
    return desk.page(None, "sign_in.html", status=status, wanted=wanted, anybody=anybody, **values)


async def _entered(desk: Desk, request: Request, token: str, login: str, wanted: str) -> HTTPResponse:
    wrong = await desk.do(wrong_tries, login)
    answer = see(wanted) if wrong is None else desk.page(None, "wrong_tries.html", wrong=wrong, wanted=wanted)
    answer.headers.add("Set-Cookie", COOKIE.set(desk.security, request, token))
    return answer


def _gone(desk: Desk, refused: SignInRefused) -> HTTPResponse:
    return desk.page(None, "gone.html", status=410, says=refused.text())
