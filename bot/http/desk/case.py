"""The page of one case: what was said, what is known, and what this agent may do now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sanic import Blueprint
from sanic.response import HTTPResponse

from bot.cases.desk.canned import canned
from bot.cases.desk.views import TAKEABLE, DeskCase, desk_case
from bot.cases.model import Agent, AgentDecision, Message, Note, Role
from bot.http.desk.pages import Desk, DeskVisit
from bot.policy.facts import OrderStatus
from bot.wording import say

REFERENCE = "<reference:RD-[A-Z0-9]+>"
DONE = frozenset("taken noted sent decided second agreed refused returned labelled cancelled back closed".split())
"""What can have been done, by its name in the address; the message ``done_<name>`` says so."""
_MINE_ONLY = frozenset({"say", "decide", "return", "label", "hand_back", "close"})
_ORDERING = frozenset({Role.LEAD, Role.ADMIN})


@dataclass(frozen=True)
class ShownLine:
    """One entry of what was said and noted: ``id`` names it on the page."""

    id: str
    at: datetime
    message: Message | None = None
    note: Note | None = None


def routes(desk: Desk) -> Blueprint:
    """``/desk/cases/<reference>``."""
    found = Blueprint("desk_case", url_prefix="/desk/cases")

    @found.get(f"/{REFERENCE}")
    @desk.signed_in
    async def case(visit: DeskVisit, reference: str) -> HTTPResponse:
        done = visit.request.args.get("done")
        return await case_page(desk, visit, reference, done=say(f"done_{done}") if done in DONE else "")

    return found


async def case_page(
    desk: Desk,
    visit: DeskVisit,
    reference: str,
    *,
    status: int = 200,
    says: str = "",
    done: str = "",
    typed: Mapping[str, str] | None = None,
) -> HTTPResponse:
    """The page; ``says`` is what went wrong, ``typed`` what stays in the forms. Raises UnknownCase."""
    seen = await desk.do(desk_case, reference)
    may = allowed(seen, visit.agent)
    replies = await desk.do(canned, reference) if "say" in may else []
    kept = dict.fromkeys(("text", "verdict", "refund", "fee", "destination", "reason", "link"), "") | {"to": "customer"}
    return desk.page(
        visit,
        "case.html",
        status=status,
        seen=seen,
        case=seen.case,
        may=may,
        lines=lines(seen),
        waiting=waiting_decision(seen),
        replies=replies,
        limit=seen.limit.of(visit.agent.role, seen.order.currency) if seen.order else None,
        says=says,
        done=done,
        typed={**kept, **(typed or {})},
    )


def allowed(seen: DeskCase, agent: Agent) -> frozenset[str]:
    """What this agent may do now, of what can be done; the services have the last word."""
    mine = seen.taken_by is not None and seen.taken_by.id == agent.id
    may = set(seen.may) - (set() if mine else _MINE_ONLY)
    if seen.taken_by is not None and not seen.taken_by.active and seen.case.state in TAKEABLE:
        may.add("take")
    waiting = waiting_decision(seen)
    if waiting is None or not may_second(seen, waiting, agent):
        may.discard("second")
    if seen.order is not None and seen.order.status is OrderStatus.ACTIVE and agent.role in _ORDERING:
        may.add("terminate")
    return frozenset(may)


def waiting_decision(seen: DeskCase) -> AgentDecision | None:
    """The decision that waits for a second person."""
    return next((decision for decision in seen.agent_decisions if decision.waits), None)


def may_second(seen: DeskCase, waiting: AgentDecision, agent: Agent) -> bool:
    """Whether this agent may be the second person."""
    if waiting.agent_id == agent.id:
        return False
    if waiting.refund is None or waiting.currency is None:
        return True
    return seen.limit.covers(agent.role, waiting.refund, waiting.currency)


def lines(seen: DeskCase) -> list[ShownLine]:
    """Messages and notes in the order in which they were written."""
    found = [ShownLine(f"m-{message.seq}", message.at, message=message) for message in seen.messages]
    found += [ShownLine(f"n-{note.id}", note.at, note=note) for note in seen.notes]
    return sorted(found, key=lambda line: line.at)
