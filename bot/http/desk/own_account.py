"""One's own account: another password, and the second factor."""

from __future__ import annotations

import segno
from sanic import Blueprint
from sanic.response import HTTPResponse

from bot.cases.desk.own_account import (
    change_password,
    offer_second_factor,
    recovery_codes_left,
    renew_recovery_codes,
    set_up_second_factor,
    turn_off_second_factor,
)
from bot.cases.desk.second_factor import app_address, is_missing
from bot.cases.errors import BadAgent, SignInRefused
from bot.http.desk.pages import SET_UP, Desk, DeskVisit, see
from bot.wording import say

HERE = "/desk/account/"
_DONE = {"password": "done_password", "off": "done_second_factor_off"}


def routes(desk: Desk) -> Blueprint:
    """``/desk/account``."""
    found = Blueprint("desk_own_account", url_prefix="/desk/account")

    @found.get("/")
    @desk.signed_in
    async def account(visit: DeskVisit) -> HTTPResponse:
        done = _DONE.get(visit.request.args.get("done") or "")
        return await _page(desk, visit, done=say(done) if done else "")

    @found.post("/password")
    @desk.signed_in
    async def password(visit: DeskVisit) -> HTTPResponse:
        present, new = visit.typed("password"), visit.typed("new")
        try:
            if new != visit.typed("again"):
                raise BadAgent("passwords_differ")
            await desk.do(change_password, visit.agent, visit.token, present, new, _from(desk, visit))
        except (BadAgent, SignInRefused) as error:
            return await _page(desk, visit, status=409, says=error.text())
        return see(f"{HERE}?done=password")

    @found.get("/second-factor")
    @desk.half_open
    async def offer(visit: DeskVisit) -> HTTPResponse:
        return await _offer(desk, visit)

    @found.post("/second-factor")
    @desk.half_open
    async def set_up(visit: DeskVisit) -> HTTPResponse:
        given = visit.typed("password"), visit.field("code"), _from(desk, visit)
        try:
            codes = await desk.do(set_up_second_factor, visit.agent, visit.token, *given)
        except (BadAgent, SignInRefused) as error:
            return await _offer(desk, visit, status=409, says=error.text())
        return desk.page(visit, "recovery_codes.html", codes=codes)

    @found.post("/second-factor/off")
    @desk.signed_in
    async def turn_off(visit: DeskVisit) -> HTTPResponse:
        given = visit.typed("password"), visit.field("code"), _from(desk, visit)
        try:
            await desk.do(turn_off_second_factor, visit.agent, visit.token, *given)
        except SignInRefused as error:
            return await _page(desk, visit, status=409, says=error.text())
        return see(f"{HERE}?done=off")

    @found.post("/recovery-codes")
    @desk.signed_in
    async def renew(visit: DeskVisit) -> HTTPResponse:
        given = visit.typed("password"), visit.field("code"), _from(desk, visit)
        try:
            codes = await desk.do(renew_recovery_codes, visit.agent, visit.token, *given)
        except SignInRefused as error:
            return await _page(desk, visit, status=409, says=error.text())
        return desk.page(visit, "recovery_codes.html", codes=codes)

    return found


async def _page(desk: Desk, visit: DeskVisit, *, status: int = 200, says: str = "", done: str = "") -> HTTPResponse:
    left = await desk.do(recovery_codes_left, visit.agent)
    return desk.page(visit, "account.html", status=status, says=says, done=done, left=left, set_up=SET_UP)


async def _offer(desk: Desk, visit: DeskVisit, *, status: int = 200, says: str = "") -> HTTPResponse:
    if visit.agent.second_factor:
        return see(HERE)
    secret = await desk.do(offer_second_factor, visit.agent, visit.token)
    picture = segno.make(app_address(secret, visit.agent.login), error="m").svg_inline(scale=4, light="#fff")
    must = is_missing(desk.services, visit.agent)
    values = {"secret": secret, "picture": picture, "must": must, "set_up": SET_UP, "says": says}
    return desk.page(visit, "second_factor.html", status=status, **values)


def _from(desk: Desk, visit: DeskVisit) -> str:
    return desk.security.origin(visit.request).address
