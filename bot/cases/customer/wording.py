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
from bot.policy.facts import Destination, Order, ProductKind, Reason, RefundRequest
from bot.policy.money import Money
from bot.policy.parsing import parse_request
from bot.wording import say
from bot.wording.decisions import advice
from bot.wording.formats import spoken, spoken_date


def demo_words(services: Services) -> str:
    """What every page of a demo says; empty where it is none."""
    return say("demo") if services.demo else ""


def state_words(state: CaseState) -> str:
    """How far a case is: ``accepted and on its way``."""
    return say(f"state_{state.value}")


def destination_words(destination: Destination | None) -> str:
    """Where a refund goes: ``your store wallet``, also where nobody has chosen."""
    return say("destination_yours", destination=(destination or Destination.WALLET).value)


def request_name(request: Request) -> str:
    """A request in a few words: ``refund of $44.00 for order CC-104233``."""
    if request.case.kind is CaseKind.QUESTION:
        return say("request_question")
    number, result = request.order_number or "", request.result or {}
    if request.case.kind is CaseKind.REFUND and result.get("refund"):
        refund = Money(Decimal(result["refund"]), result["currency"])
        return say("request_refund_of", refund=refund, order=number)
    return say(f"request_{request.case.kind.value}", order=number)


def base_rows(clauses: Collection[str], base: Decimal, order: Order) -> list[tuple[str, str]]:
    """What a refund starts from, in the order's currency, as labels and values: what is left of a used card, or was
    paid for it (R6), else what was paid (R7, R7b); and what of the price was shipping and fees, where it was any."""
    name = "label_paid"
    if "R6" in clauses:
        name = "label_remaining_balance" if base == order.remaining_balance else "label_paid_for_remaining"
    rows = [(say(name), spoken(base, order.currency))]
    if order.extras:
        of = "extras_kept" if "R6" in clauses else "extras_included"
        rows.append((say("label_extras"), say(of, extras=Money(order.extras, order.currency))))
    return rows


def business_day(policy: Policy, moment: datetime) -> str:
    """The business date of a moment: ``Monday, November 30, 2026``."""
    return spoken_date(policy.terms_for(moment).calendar.business_date(moment))


def what_stops(services: Services, inputs: dict[str, Any]) -> str:
    """What a refund ends, said beside its figures: the service stops before any money is sent."""
    request = parse_request(inputs)
    assert isinstance(request, RefundRequest)
    if request.order.product_kind is ProductKind.SUBSCRIPTION:
        return say("stops_subscription", ends_on=agreement_end(services, request))
    return say(f"stops_{request.order.product_kind.value}")


def what_would_help(policy: Policy, case: Case, inputs: dict[str, Any]) -> str:
    """The smallest change that would have given a yes, or that there is none; and what can still be done. A reason
    that was never asked for stands in nobody's way."""
    request = parse_request(inputs)
    assert isinstance(request, RefundRequest)
    if case.reason is None:
        request = replace(request, reason=Reason.CHANGE_OF_MIND)
    return advice(smallest_change(request, policy), what_remains(request.order))
