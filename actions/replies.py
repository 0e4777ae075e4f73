"""From decisions and cases to responses of the domain and the values in them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.base import services
from bot.cases.model import Case, CaseState, Handoff
from bot.cases.quotes import Quote
from bot.policy.facts import Destination
from bot.policy.money import spoken
from bot.policy.words import spoken_date

STATES = {
    CaseState.QUOTED: "waiting for your answer",
    CaseState.CONFIRMED: "accepted and on its way",
    CaseState.EXECUTING: "being carried out",
    CaseState.DONE: "done",
    CaseState.DECLINED: "declined",
    CaseState.IN_REVIEW: "with a person",
    CaseState.APPROVED_BY_AGENT: "approved by a person",
    CaseState.REFUSED_BY_AGENT: "declined by a person",
    CaseState.AWAITING_RETURN: "waiting for the card to come back",
    CaseState.RECEIVED: "accepted, the card has come back",
    CaseState.WITHDRAWN: "withdrawn",
    CaseState.FAILED: "with a person, after a problem on our side",
}
_DESTINATIONS = {
    Destination.WALLET: "your store wallet",
    Destination.ORIGINAL_PAYMENT_METHOD: "the original payment method",
    None: "your store wallet",
}


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
    response = "utter_declined" if told["clauses"] else "utter_declined_without_clause"
    dispatcher.utter_message(response=response, order_number=order_number, reference=reference, **told)


def tell_handoff(dispatcher: CollectingDispatcher, response: str, handoff: Handoff, **values: str) -> None:
    """Say that a person has it, under which reference, and when they answer."""
    answer_by = spoken_date(handoff.answer_by)
    dispatcher.utter_message(response=response, reference=handoff.reference, answer_by=answer_by, **values)


def confirmed_values(case: Case, result: dict[str, Any]) -> dict[str, str]:
    """The values of the sentence that tells a confirmed case."""
    terms = services().policy.terms_for(case.requested_at)
    return {
        **figures(result),
        "reference": case.reference,
        "return_number": case.return_number or "",
        "destination": _DESTINATIONS[case.destination],
        "processing_days": str(terms.processing_working_days),
    }


def day(text: str | None) -> str:
    """An ISO date as a customer reads it; empty where there is none."""
    return spoken_date(date.fromisoformat(text)) if text else ""


def business_day(moment: datetime) -> str:
    """The business date of a moment as a customer reads it."""
    return spoken_date(services().policy.terms_for(moment).calendar.business_date(moment))
