"""What customers read of a case wherever they read it: in the chat, on the pages and on receipts."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from bot.cases.case.overview import Request
from bot.cases.model import Case, CaseKind, CaseState
from bot.cases.payout.execution import agreement_end
from bot.cases.services import Services
from bot.policy import Policy
from bot.policy.advice import smallest_change, what_remains
from bot.policy.facts import Destination, ProductKind, Reason, RefundRequest
from bot.policy.parsing import parse_request
from bot.wording.decisions import advice
from bot.wording.formats import spoken, spoken_date

STATES = {
    CaseState.QUOTED: "waiting for your answer",
    CaseState.CONFIRMED: "accepted and on its way",
    CaseState.EXECUTING: "being carried out",
    CaseState.DONE: "done",
    CaseState.DECLINED: "declined",
    CaseState.IN_REVIEW: "with a person, who answers here",
    CaseState.APPROVED_BY_AGENT: "approved by a person",
    CaseState.REFUSED_BY_AGENT: "declined by a person",
    CaseState.AWAITING_RETURN: "waiting for the card to come back",
    CaseState.RECEIVED: "accepted, the card has come back",
    CaseState.WITHDRAWN: "withdrawn",
    CaseState.FAILED: "with a person, after a problem on our side",
}
DEMO = "This is a demo: orders and shop are made up, and no money moves."
DESTINATIONS = {
    Destination.WALLET: "your store wallet",
    Destination.ORIGINAL_PAYMENT_METHOD: "the original payment method",
    None: "your store wallet",
}


def demo_words(services: Services) -> str:
    """What every page of a demo says; empty where it is none."""
    return DEMO if services.demo else ""


def request_name(request: Request) -> str:
    """A request in a few words: ``refund of $44.00 for order CC-104233``."""
    if request.case.kind is CaseKind.QUESTION:
        return "question to a person"
    result = request.result or {}
    pays = request.case.kind is CaseKind.REFUND and bool(result.get("refund"))
    sum_ = f" of {spoken(Decimal(result['refund']), result['currency'])}" if pays else ""
    kind = "refund" if request.case.kind is CaseKind.REFUND else "cancellation"
    return f"{kind}{sum_} for order {request.order_number}"


def base_name(clauses: Collection[str]) -> str:
    """What a refund starts from: what is left of a used card (R6), else what was paid (R7, R7b)."""
    return "Remaining balance" if "R6" in clauses else "Paid"


def business_day(policy: Policy, moment: datetime) -> str:
    """The business date of a moment: ``Monday, November 30, 2026``."""
    return spoken_date(policy.terms_for(moment).calendar.business_date(moment))


def what_stops(services: Services, inputs: dict[str, Any]) -> str:
    """What a refund ends, said beside its figures: the service stops before any money is sent."""
    request = parse_request(inputs)
    assert isinstance(request, RefundRequest)
    if request.order.product_kind is not ProductKind.SUBSCRIPTION:
        return "The card is stopped before the money is sent."
    ends_on = spoken_date(agreement_end(services, request))
    return f"The plan is stopped before the money is sent, and its billing ends on {ends_on}."


def what_would_help(policy: Policy, case: Case, inputs: dict[str, Any]) -> str:
    """The smallest change that would have given a yes, or that there is none; and what can still be done. A reason
    that was never asked for stands in nobody's way."""
    request = parse_request(inputs)
    assert isinstance(request, RefundRequest)
    if case.reason is None:
        request = replace(request, reason=Reason.CHANGE_OF_MIND)
    return advice(smallest_change(request, policy), what_remains(request.order))
