"""From decisions and cases to responses of the domain and the values in them."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.base import services
from bot.cases.case.answer_date import answer_by
from bot.cases.case.overview import Request
from bot.cases.conversation.hours import hours_notice
from bot.cases.customer import wording
from bot.cases.customer.quotes import Quote
from bot.cases.customer.receipts import terms_of_version
from bot.cases.customer.wording import destination_words, request_name, state_words
from bot.cases.identity.refusals import no_person_now, why_not
from bot.cases.identity.verification import Verification, VerificationStatus
from bot.cases.model import Case, CaseState, Handoff, HeldBack
from bot.policy import CancelDecision, RefundDecision
from bot.policy.facts import Order
from bot.wording import say
from bot.wording.decisions import explained
from bot.wording.formats import spoken, spoken_date

MOST = 5
"""How many orders or requests are shown at once."""


def figures(result: dict[str, Any]) -> dict[str, str]:
    """The values of a stored decision as a customer reads them."""
    currency = result["currency"]
    sums = {key: spoken(Decimal(result[key]), currency) for key in ("base", "fee", "refund") if result.get(key)}
    return {
        **sums,
        "process_by": day(result.get("process_by")),
        "explanation": explained(result),
        "clauses": ", ".join(result["clauses"]),
    }


def tell_outcome(dispatcher: CollectingDispatcher, order_number: str, quote: Quote) -> None:
    """Say what came of a request that ends here: declined, with a person, or under way already."""
    reference = quote.case.reference
    if quote.existing:
        state = state_words(quote.case.state)
        dispatcher.utter_message(
            response="utter_under_way", order_number=order_number, reference=reference, state=state
        )
        return
    assert quote.decision is not None
    told = figures(quote.decision.result)
    if quote.handoff is not None:
        tell_handoff(dispatcher, "utter_in_review", quote.handoff, explanation=told["explanation"])
        return
    clause = " " + say("clause_behind", clauses=told.pop("clauses")) if told["clauses"] else ""
    dispatcher.utter_message(
        response="utter_declined",
        order_number=order_number,
        reference=reference,
        clause=clause,
        help=wording.what_would_help(services().policy, quote.case, quote.decision.inputs),
        **told,
    )


def tell_elsewhere(dispatcher: CollectingDispatcher, order_number: str, living: Case) -> None:
    """Say that the yes came to a quote whose place a request of another conversation has taken."""
    waits = "/waits" if living.state is CaseState.QUOTED else ""
    state = state_words(living.state)
    response = f"utter_elsewhere{waits}"
    dispatcher.utter_message(response=response, order_number=order_number, reference=living.reference, state=state)


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
    return told["explanation"] + (" " + say("clauses_behind", clauses=told["clauses"]) if told["clauses"] else "")


def order_buttons(orders: list[Order]) -> list[dict[str, str]]:
    """A button for each of the newest orders."""
    return [{"title": f"{order.number} ({order.product})", "payload": order.number} for order in orders[:MOST]]


def tell_requests(dispatcher: CollectingDispatcher, response: str, requests: list[Request]) -> None:
    """A line for each of the newest requests: what, since when, how far, and what comes next."""
    lines = []
    for request in requests[:MOST]:
        line = say(
            "request_line",
            reference=request.case.reference,
            request=request_name(request),
            asked=business_day(request.case.requested_at),
            state=state_words(request.case.state),
        )
        coming = request.case.state in (CaseState.CONFIRMED, CaseState.EXECUTING)
        process_by = (request.result or {}).get("process_by") if coming else None
        lines.append(f"{line} {say('request_due', process_by=date.fromisoformat(process_by))}" if process_by else line)
    dispatcher.utter_message(response=response, cases="\n".join(lines) or say("no_requests"))


def tell_handoff(dispatcher: CollectingDispatcher, response: str, handoff: Handoff | HeldBack, **values: str) -> None:
    """Say that a person has it, under which reference, and when they answer; or why nobody does."""
    if isinstance(handoff, HeldBack):
        dispatcher.utter_message(response="utter_held_back", why=no_person_now(services(), handoff))
        return
    by = spoken_date(handoff.answer_by)
    card = {
        "card": {
            "type": "case",
            "title": say("card_with_person"),
            "rows": [{"label": say("label_answer_by"), "value": by}],
        }
    }
    card["card"]["reference"] = handoff.reference
    dispatcher.utter_message(response=response, json_message=card, reference=handoff.reference, answer_by=by, **values)
    if away := hours_notice(services()):
        by_mail = "/with_mail" if services().mailer else ""
        dispatcher.utter_message(response=f"utter_away{by_mail}", away=away)


def tell_refused(dispatcher: CollectingDispatcher, order_number: str, refused: Verification) -> None:
    """Say why no answer is taken; a person comes by itself where the customer is locked."""
    locked = refused.status is VerificationStatus.LOCKED
    response = "utter_too_many_tries" if locked else "utter_later"
    dispatcher.utter_message(response=response, why=why_not(order_number, refused))


def confirmed_values(case: Case, result: dict[str, Any]) -> dict[str, str]:
    """The values of the sentence that tells a confirmed case."""
    terms = terms_of_version(services().policy, result["policy_version"])
    return {
        **figures(result),
        "reference": case.reference,
        "return_number": case.return_number or "",
        "destination": destination_words(case.destination),
        "processing_days": str(terms.processing_working_days),
    }


def day(text: str | None) -> str:
    """An ISO date as a customer reads it; empty where there is none."""
    return spoken_date(date.fromisoformat(text)) if text else ""


def business_day(moment: datetime) -> str:
    """The business date of a moment as a customer reads it."""
    return wording.business_day(services().policy, moment)
