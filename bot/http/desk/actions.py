"""What agents do with a case. What can't be undone is shown in full first, and done at a second yes."""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any

from sanic import Blueprint
from sanic.response import HTTPResponse

from bot.cases.desk.agent_decisions import check_second_person, decide_by_agent, second_opinion
from bot.cases.desk.canned import canned
from bot.cases.desk.returns import attach_label, record_return
from bot.cases.desk.views import DeskCase, desk_case
from bot.cases.desk.violations import cancel_for_violation
from bot.cases.desk.work import close, hand_back, note, say_to_customer, take
from bot.cases.errors import CaseError, UnknownCase
from bot.http.desk import confirmations
from bot.http.desk.case import REFERENCE, case_page, waiting_decision
from bot.http.desk.confirmations import ConfirmationPage, read_decision
from bot.http.desk.pages import Desk, DeskVisit, see

Action = Callable[[DeskVisit, str], Coroutine[Any, Any, str | ConfirmationPage | HTTPResponse]]
"""Does something; the name of what was done (see case.DONE), what has to be confirmed first, or a page of its own."""
_KEPT = ("text", "to", "verdict", "refund", "fee", "destination", "reason", "link")


def routes(desk: Desk) -> Blueprint:
    """Every form of a case."""
    found = Blueprint("desk_actions", url_prefix=f"/desk/cases/{REFERENCE}")

    def does(path: str) -> Callable[[Action], Any]:
        return lambda action: found.post(path)(desk.signed_in(_shown(desk, action)))

    @does("/take")
    async def taken(visit: DeskVisit, reference: str) -> str:
        await desk.do(take, visit.agent, reference)
        return "taken"

    @does("/say")
    async def said(visit: DeskVisit, reference: str) -> str | HTTPResponse:
        text = visit.field("text")
        if visit.field("canned"):  # without script, a canned reply comes with the page
            return await _with_reply(desk, visit, reference, text)
        if visit.field("to") == "note":
            await desk.do(note, visit.agent, reference, text)
            return "noted"
        await desk.do(say_to_customer, visit.agent, reference, text)
        return "sent"

    @does("/decide")
    async def decided(visit: DeskVisit, reference: str) -> str | ConfirmationPage:
        seen: DeskCase = await desk.do(desk_case, reference)
        wanted = read_decision(visit, seen)
        if not _is_sure(visit):
            return confirmations.of_decision(visit, seen, wanted)
        made = await desk.do(
            decide_by_agent,
            visit.agent,
            reference,
            verdict=wanted.verdict,
            refund=wanted.refund,
            fee=wanted.fee,
            destination=wanted.destination,
            reason=wanted.reason,
        )
        return "second" if made.waits else "decided"

    @does("/second")
    async def seconded(visit: DeskVisit, reference: str) -> str | ConfirmationPage:
        agrees = visit.field("agrees") == "yes"
        waiting = waiting_decision(await desk.do(desk_case, reference))
        if waiting is None or str(waiting.id) != visit.field("decision"):
            raise CaseError("waits_no_more")
        if agrees and not _is_sure(visit):
            await desk.do(check_second_person, visit.agent, waiting)
            return confirmations.of_opinion(visit, waiting)
        await desk.do(second_opinion, visit.agent, waiting.id, agrees)
        return "agreed" if agrees else "refused"

    @does("/return")
    async def returned(visit: DeskVisit, reference: str) -> str | ConfirmationPage:
        complete = {"yes": True, "no": False}.get(visit.field("complete"))
        if complete is None:
            raise CaseError("card_unsaid")
        if not _is_sure(visit):
            return confirmations.of_return(visit, await desk.do(desk_case, reference), complete)
        await desk.do(record_return, visit.agent, reference, complete, visit.field("text"))
        return "returned"

    @does("/label")
    async def labelled(visit: DeskVisit, reference: str) -> str:
        await desk.do(attach_label, visit.agent, reference, visit.field("link"))
        return "labelled"

    @does("/terminate")
    async def terminated(visit: DeskVisit, reference: str) -> str | ConfirmationPage:
        seen: DeskCase = await desk.do(desk_case, reference)
        if seen.order is None:
            raise CaseError("no_order_to_end")
        if not _is_sure(visit):
            return confirmations.of_termination(visit, seen)
        await desk.do(cancel_for_violation, visit.agent, seen.order.number, visit.field("reason"))
        return "cancelled"

    @does("/hand-back")
    async def handed_back(visit: DeskVisit, reference: str) -> str:
        await desk.do(hand_back, visit.agent, reference)
        return "back"

    @does("/close")
    async def closed(visit: DeskVisit, reference: str) -> str:
        await desk.do(close, visit.agent, reference)
        return "closed"

    return found


def _is_sure(visit: DeskVisit) -> bool:
    return visit.field("sure") == "yes"


def _shown(desk: Desk, action: Action) -> Callable[[DeskVisit, str], Coroutine[Any, Any, HTTPResponse]]:
    """What comes of an action as a page: the case again, what is to be confirmed, or what went wrong."""

    @functools.wraps(action)
    async def shown(visit: DeskVisit, reference: str) -> HTTPResponse:
        try:
            came = await action(visit, reference)
        except UnknownCase:
            raise
        except CaseError as error:
            typed = {name: visit.field(name) for name in _KEPT if visit.field(name)}
            return await case_page(desk, visit, reference, status=409, says=error.text(), typed=typed)
        if isinstance(came, HTTPResponse):
            return came
        if isinstance(came, ConfirmationPage):
            return desk.page(visit, "confirm.html", asked=came, reference=reference)
        return see(f"/desk/cases/{reference}?done={came}")

    return shown


async def _with_reply(desk: Desk, visit: DeskVisit, reference: str, text: str) -> HTTPResponse:
    replies = await desk.do(canned, reference)
    chosen = next((reply.text for number, reply in enumerate(replies) if str(number) == visit.field("canned")), "")
    return await case_page(desk, visit, reference, typed={"text": f"{text}\n\n{chosen}".strip()})
