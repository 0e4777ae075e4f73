"""What the pages of the desk share: who is signed in, forms that only our own pages can send, templates."""

from __future__ import annotations

import asyncio
import functools
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass, field
from typing import Any, TypeVar

from jinja2 import Environment, PackageLoader, StrictUndefined
from sanic import response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.customer.wording import demo_words
from bot.cases.desk.second_factor import is_missing
from bot.cases.desk.sign_in import agent_of_session
from bot.cases.errors import UnknownCase
from bot.cases.hashes import keyed_hash, same
from bot.cases.model import Agent
from bot.cases.services import Services
from bot.http.clean_text import clean
from bot.http.cookies import Cookie
from bot.http.desk import words
from bot.http.headers import SecurityHeaders
from bot.wording import say

HOME = "/desk"
SET_UP = "/desk/account/second-factor"
COOKIE = Cookie("refund_desk_agent", HOME, "Strict")

_OWN_PATH = re.compile(r"/desk(?:/[A-Za-z0-9-]+)*/?")
_LONGEST_FIELD = 20_000
_T = TypeVar("_T")


@dataclass(frozen=True)
class DeskVisit:
    """A request of somebody who is signed in."""

    request: Request
    agent: Agent
    token: str = field(repr=False)
    csrf: str = field(repr=False)

    def field(self, name: str) -> str:
        """A field of the sent form, as it is seen; empty if it was not sent."""
        return form_field(self.request, name)

    def typed(self, name: str) -> str:
        """A field of the sent form, as it was typed: a password."""
        return typed_field(self.request, name)


Handler = Callable[..., Coroutine[Any, Any, "HTTPResponse | None"]]


class Desk:
    """The services, and what pages are made with."""

    def __init__(self, services: Services, security: SecurityHeaders) -> None:
        self.services = services
        self.security = security
        self._templates = Environment(
            loader=PackageLoader("bot.web"),
            autoescape=True,
            undefined=StrictUndefined,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._templates.filters.update(words.FILTERS)
        self._templates.globals.update(clock=words.Clock(services), demo=demo_words(services))

    async def do(self, function: Callable[..., _T], *args: Any, **values: Any) -> _T:
        """What a function of bot.cases gives, without holding up other requests."""
        return await asyncio.to_thread(function, self.services, *args, **values)

    def signed_in(self, handler: Handler) -> Handler:
        """A handler that gets a DeskVisit for the request. Whoever is not signed in is sent to do so, whoever has to
        set up a second factor first to do that, and a form that was not made for this session is refused."""

        @functools.wraps(handler)
        async def guarded(visit: DeskVisit, **parts: str) -> HTTPResponse | None:
            if is_missing(self.services, visit.agent):
                return _sent_to(SET_UP, visit.request)
            return await handler(visit, **parts)

        return self.half_open(guarded)

    def half_open(self, handler: Handler) -> Handler:
        """The same, also for whoever has to set up a second factor first: to do that, and to leave."""

        @functools.wraps(handler)
        async def guarded(request: Request, **parts: str) -> HTTPResponse | None:
            token = self.session_token(request)
            agent = await self.do(agent_of_session, token) if token else None
            if token is None or agent is None:
                return _sent_to_sign_in(request)
            visit = DeskVisit(request, agent, token, self.csrf_of(token))
            if request.method == "POST" and not same(visit.csrf, visit.field("csrf")):
                return self.problem(visit, 403, say("desk_form_foreign"))
            try:
                return await handler(visit, **parts)
            except UnknownCase:
                return self.problem(visit, 404, say("desk_no_case"))

        return guarded

    def session_token(self, request: Request) -> str | None:
        """The token in the request's cookie."""
        return COOKIE.of(self.security, request)

    def csrf_of(self, token: str) -> str:
        """What the forms of a session carry."""
        return keyed_hash(self.services.hash_key, "desk form", token)

    def page(self, visit: DeskVisit | None, template: str, *, status: int = 200, **values: Any) -> HTTPResponse:
        """A page from a template; ``visit`` is None where nobody is signed in."""
        path = visit.request.path if visit else ""
        text = self._templates.get_template(f"desk/{template}").render(
            agent=visit.agent if visit else None, csrf=visit.csrf if visit else "", path=path, **values
        )
        return response.html(text, status)

    def problem(self, visit: DeskVisit, status: int, says: str) -> HTTPResponse:
        """A page with one sentence and a way back."""
        return self.page(visit, "problem.html", status=status, says=says)


def form_field(request: Request, name: str) -> str:
    """A field of the sent form, as it is seen."""
    return clean(str((request.form or {}).get(name) or "")[:_LONGEST_FIELD]).strip()


def typed_field(request: Request, name: str) -> str:
    """A field of the sent form, as it was typed."""
    return str((request.form or {}).get(name) or "")


def own_path(path: str) -> str:
    """A path of the desk to go to; the queue for anything else."""
    return path if _OWN_PATH.fullmatch(path) else HOME


def see(path: str) -> HTTPResponse:
    """Go on to another page, by GET."""
    return response.redirect(path, status=303)


def _sent_to_sign_in(request: Request) -> HTTPResponse:
    path = request.path if request.method == "GET" else ""
    wanted = own_path(path)
    return _sent_to("/desk/sign-in" if wanted == HOME else f"/desk/sign-in?next={wanted}", request)


def _sent_to(path: str, request: Request) -> HTTPResponse:
    if request.headers.get("sec-fetch-mode") in ("cors", "same-origin", "no-cors") or "text/event-stream" in (
        request.headers.get("accept") or ""
    ):
        return response.json({"error": "sign in"}, 401)  # asked by a script, which has the page loaded anew
    return see(path)
