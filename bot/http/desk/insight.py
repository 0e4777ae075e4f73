"""The page with the numbers that matter, and the export of what was not understood."""

from __future__ import annotations

from collections import Counter
from datetime import timezone
from typing import Any

from sanic import Blueprint, response
from sanic.response import HTTPResponse

from bot.cases.conversation.misunderstood import export_misunderstood
from bot.cases.desk.insight import SPANS, Insight, insight
from bot.cases.model import Cause, Role
from bot.http.desk.pages import Desk, DeskVisit
from bot.http.desk.plots import columns, share
from bot.http.desk.words import says
from bot.wording import say

_DEFAULT_SPAN = 30
_EXPORTERS = (Role.LEAD, Role.ADMIN)


def routes(desk: Desk) -> Blueprint:
    """``/desk/insight``."""
    found = Blueprint("desk_insight", url_prefix="/desk/insight")

    @found.get("/")
    @desk.signed_in
    async def numbers(visit: DeskVisit) -> HTTPResponse:
        asked = visit.request.args.get("days") or ""
        days = next((span for span in SPANS if str(span) == asked), _DEFAULT_SPAN)
        seen = await desk.do(insight, days)
        return desk.page(
            visit, "insight.html", seen=seen, spans=SPANS, may_export=visit.agent.role in _EXPORTERS, **_plots(seen)
        )

    @found.post("/export")
    @desk.signed_in
    async def export(visit: DeskVisit) -> HTTPResponse:
        if visit.agent.role not in _EXPORTERS:
            return desk.problem(visit, 403, say("error_only_leads_export"))
        lines, _ = await desk.do(export_misunderstood, again=visit.field("again") == "yes")
        day = desk.services.clock().astimezone(timezone.utc).date().isoformat()
        name = f'attachment; filename="not-understood-{day}.jsonl"'
        return response.text(
            lines, content_type="application/jsonl; charset=utf-8", headers={"Content-Disposition": name}
        )

    return found


def _plots(seen: Insight) -> dict[str, Any]:
    most = _most(seen.ratings)
    stacks = [
        (("bot", period.by_bot), ("person", period.by_person), ("other", period.other)) for period in seen.periods
    ]
    return {
        "by_period": columns(stacks),
        "causes": _ranked(Counter({says(Cause(name)): number for name, number in seen.handed_over.items()})),
        "clauses": _ranked(seen.declined),
        "scores": [(score, seen.ratings[score], share(seen.ratings[score], most)) for score in range(5, 0, -1)],
        "paid": [(of, columns([[("paid", amount)] for amount in of.by_period])) for of in seen.money],
        "portion": lambda part: share(part, seen.conversations),
    }


def _ranked(counts: Counter[str]) -> list[tuple[str, int, float]]:
    """Name, number and length of the bar; the most first."""
    rows = sorted(counts.items(), key=lambda row: (-row[1], row[0]))
    return [(name, number, share(number, _most(counts))) for name, number in rows]


def _most(counts: Counter[Any]) -> int:
    return max(counts.values(), default=0)
