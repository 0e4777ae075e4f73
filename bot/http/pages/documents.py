"""Pages to read: the first one with the chat, the policy, and receipts."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from sanic import Sanic, response
from sanic.request import Request
from sanic.response import HTTPResponse

from bot.cases.case.clause_links import policy_path
from bot.cases.customer.receipts import Receipt, is_receipt_mac, receipt_of, receipt_path
from bot.cases.customer.wording import business_day
from bot.http.pages.visits import Visit, Visits
from bot.wording import say
from bot.wording.clauses import clauses
from bot.wording.formats import percent, spoken_date

_FORMATS = {"": "html", "pdf": "pdf", "json": "json"}


def register(app: Sanic, visits: Visits, guarded: Callable[..., Any]) -> None:
    """Add the pages; in the demo its shop is the first one."""
    documents = Documents(visits)
    if not visits.services.demo:
        app.add_route(guarded(visits, documents.home, "/"), "/", name="page_home")
    app.add_route(guarded(visits, documents.policy, "/policy"), "/policy", name="page_policy")
    path = "/receipts/<reference:str>/<proof:str>"
    app.add_route(guarded(visits, documents.receipt, "/receipts"), path, name="page_receipt")


class Documents:
    """What can be read."""

    def __init__(self, visits: Visits) -> None:
        self._visits, self._services = visits, visits.services

    async def home(self, visit: Visit, request: Request) -> HTTPResponse:
        """The chat, and the ways to the other pages."""
        return visit.show("home.html", title=say("page_home_title"))

    async def policy(self, visit: Visit, request: Request) -> HTTPResponse:
        """The clauses of today's terms, or of the ``version`` that is asked for, each with an anchor."""
        services = self._services
        now = services.clock()
        today = services.policy.terms_for(now)
        asked = request.args.get("version")
        terms = today if asked is None else services.policy.named(asked)
        if terms is None:
            return visit.tell(404, say("page_nothing_title"), say("page_no_such_terms"), back="/policy")
        ends_on = services.policy.ends_on(terms)
        fees = [(row.product, row.payment_method, percent(row.rate)) for row in terms.fee_table]
        return visit.show(
            "policy.html",
            title=say("page_policy_title"),
            clauses=clauses(terms),
            terms=terms,
            since=spoken_date(terms.starts_on),
            until=spoken_date(ends_on) if ends_on else "",
            is_today=terms is today,
            today=business_day(services.policy, now),
            fees=[*fees, ("*", "*", percent(terms.default_fee_rate))],
            fault_fee=percent(terms.confirmed_fault_fee_rate),
            minimum=percent(terms.minimum_ratio),
        )

    async def receipt(self, visit: Visit, request: Request, reference: str, proof: str) -> HTTPResponse:
        """A receipt, as a page, on paper, or as JSON, for whoever has its link."""
        await self._visits.admission.count_address(request, reference)
        mac, _, suffix = proof.partition(".")
        # The proof first: nothing is looked up for a link that was made up.
        receipt: Receipt | None = None
        if is_receipt_mac(self._services, reference, mac) and suffix in _FORMATS:
            receipt = await asyncio.to_thread(receipt_of, self._services, reference)
        if receipt is None:
            answer = visit.tell(404, say("page_nothing_title"), say("page_no_receipt"))
        elif suffix == "json":
            answer = response.json(receipt.to_json())
        elif suffix == "pdf":
            answer = await self._paper(receipt)
        else:
            path, policy = receipt_path(self._services, reference), policy_path(receipt.agreed.policy_version)
            answer = visit.show(
                "receipt.html",
                title=say("page_receipt_title", reference=reference),
                receipt=receipt,
                path=path,
                policy=policy,
            )
        answer.headers["X-Robots-Tag"] = "noindex"
        return answer

    async def _paper(self, receipt: Receipt) -> HTTPResponse:
        assert self._services.print_receipt is not None
        content = await asyncio.to_thread(self._services.print_receipt, receipt)
        name = f"receipt-{receipt.reference}.pdf"
        headers = {"Content-Disposition": f'inline; filename="{name}"'}
        return response.raw(content, content_type="application/pdf", headers=headers)
