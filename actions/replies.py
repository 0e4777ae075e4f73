"""From decisions and cases to responses of the domain and the values in them."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.base import services
from bot.cases.execution import agreement_end
from bot.cases.handoff import answer_by
from bot.cases.model import Case, CaseKind, CaseState, Handoff
from bot.cases.overview import Request
from bot.cases.quotes import Quote
from bot.policy import CancelDecision, RefundDecision, RefundRequest
from bot.policy.advice import smallest_change, what_remains
from bot.policy.facts import Destination, Order, ProductKind, Reason
from bot.policy.money import spoken
from bot.policy.parsing import parse_request
from bot.policy.words import spoken_date

MOST = 5
"""How many orders or requests are shown at once."""

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
DESTINATIONS = {
    Destination.WALLET: "your store wallet",
    Destination.ORIGINAL_PAYMENT_METHOD: "the original payment method",
    None: "your store wallet",
}
"""Where the money goes, as a customer reads it."""


def figures(result: dict[str, Any]) -> dict[str, str]:
    """The values of a stored decision as a customer reads them."""
    currency = result["currency"]
    sums = {key: spoken(Decimal(result[key]), currency) for key in ("base", "fee", "refund") if result.get(key)}
    return {
        **sums,
        "process_by": day(result.get("process_by")),
        "explanation": " ".join(result["explanation"]),
        "clauses": ", ".join(result["clauses"]),
    }


def what_stops(inputs: dict[str, Any]) -> str:
    """What a refund ends, said beside its figures: the service stops before any money is sent."""
    request = parse_request(inputs)
    assert isinstance(request, RefundRequest)
    if request.order.product_kind is not ProductKind.SUBSCRIPTION:
        return "The card is stopped before the money is sent."
    ends_on = spoken_date(agreement_end(services(), request))
    return f"The plan is stopped before the money is sent, and its billing ends on {ends_on}."


def tell_outcome(dispatcher: CollectingDispatcher, order_number: str, quote: Quote) -> None:
    """Say what came of a request that ends here: declined, with a person, or under way already."""
    reference = quote.case.reference
    if quote.existing:
        state = STATES[quote.case.state]
        dispatcher.utter_message(
            response="utter_under_way", order_number=order_number, reference=reference, state=state
        )
        return
    assert quote.decision is not None
    told = figures(quote.decision.result)
    if quote.handoff is not None:
        tell_handoff(dispatcher, "utter_in_review", quote.handoff, explanation=told["explanation"])
        return
    clause = f" (Clause {told.pop('clauses')}.)" if told["clauses"] else ""
    dispatcher.utter_message(
        response="utter_declined",
        order_number=order_number,
        reference=reference,
        clause=clause,
        help=_what_would_help(quote.case, quote.decision.inputs),
        **told,
    )


def _what_would_help(case: Case, inputs: dict[str, Any]) -> str:
    """The smallest change that would have given a yes, or that there is none; and what can still be done. A reason
    that was never asked for stands in nobody's way."""
    request = parse_request(inputs)
    assert isinstance(request, RefundRequest)
    if case.reason is None:
        request = replace(request, reason=Reason.CHANGE_OF_MIND)
    change = smallest_change(request, services().policy)
    said = change.sentence if change else "No change of the details would make it possible."
    return " ".join(filter(None, [said, what_remains(request.order)]))


def tell_left(dispatcher: CollectingDispatcher, closed: list[Case], otherwise: str | None, **values: str) -> None:
    """Say what became of quotes that the customer leaves: ``otherwise`` (if anything), unless a person has to sort one
    out because its service is stopped already."""
    left = [case for case in closed if case.state is CaseState.IN_REVIEW]
    for case in left:
        day_of_answer = spoken_date(answer_by(services()))
        dispatcher.utter_message(response="utter_left_with_person", reference=case.reference, answer_by=day_of_answer)
    if not left and otherwise:
        dispatcher.utter_message(response=otherwise, **values)


def sentences(decision: RefundDecision | CancelDecision) -> str:
    """What a decision that is not stored says, with its clauses."""
    told = figures(decision.to_json())
    return told["explanation"] + (f" (Clauses {told['clauses']}.)" if told["clauses"] else "")


def order_buttons(orders: list[Order]) -> list[dict[str, str]]:
    """A button for each of the newest orders."""
    return [{"title": f"{order.number} ({order.product})", "payload": order.number} for order in orders[:MOST]]


def request_name(request: Request) -> str:
    """A request in a few words: ``refund of $44.00 for order CC-104233``."""
    if request.case.kind is CaseKind.QUESTION:
        return "question to a person"
    result = request.result or {}
    sum_ = f" of {spoken(Decimal(result['refund']), result['currency'])}" if _pays(request) else ""
    kind = "refund" if request.case.kind is CaseKind.REFUND else "cancellation"
    return f"{kind}{sum_} for order {request.order_number}"


def tell_requests(dispatcher: CollectingDispatcher, response: str, requests: list[Request]) -> None:
    """A line for each of the newest requests: what, since when, how far, and what comes next."""
    lines = []
    for request in requests[:MOST]:
        asked = business_day(request.case.requested_at)
        coming = request.case.state in (CaseState.CONFIRMED, CaseState.EXECUTING)
        process_by = day((request.result or {}).get("process_by")) if coming else ""
        next_ = f" It is processed by {process_by}." if process_by else ""
        name = request_name(request)
        lines.append(f"{request.case.reference}: {name}, asked for on {asked}: {STATES[request.case.state]}.{next_}")
    dispatcher.utter_message(response=response, cases="\n".join(lines) or "No request is on record.")


def _pays(request: Request) -> bool:
    return request.case.kind is CaseKind.REFUND and bool((request.result or {}).get("refund"))


def tell_handoff(dispatcher: CollectingDispatcher, response: str, handoff: Handoff, **values: str) -> None:
    """Say that a person has it, under which reference, and when they answer."""
    by = spoken_date(handoff.answer_by)
    card = {"card": {"type": "case", "title": "With a person", "rows": [{"label": "Answer by", "value": by}]}}
    card["card"]["reference"] = handoff.reference
    dispatcher.utter_message(response=response, json_message=card, reference=handoff.reference, answer_by=by, **values)


def confirmed_values(case: Case, result: dict[str, Any]) -> dict[str, str]:
    """The values of the sentence that tells a confirmed case."""
    terms = services().policy.terms_for(case.requested_at)
    return {
        **figures(result),
        "reference": case.reference,
        "return_number": case.return_number or "",
        "destination": DESTINATIONS[case.destination],
        "processing_days": str(terms.processing_working_days),
    }


def day(text: str | None) -> str:
    """An ISO date as a customer reads it; empty where there is none."""
    return spoken_date(date.fromisoformat(text)) if text else ""


def business_day(moment: datetime) -> str:
    """The business date of a moment as a customer reads it."""
    return spoken_date(services().policy.terms_for(moment).calendar.business_date(moment))
