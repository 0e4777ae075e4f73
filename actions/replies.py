"""From decisions and cases to responses of the domain and the values in them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from rasa_sdk.executor import CollectingDispatcher

from actions.base import services, tell
from bot.cases.case.answer_date import answer_by
from bot.cases.case.overview import Request
from bot.cases.case.sending import read_sending
from bot.cases.conversation.hours import hours_notice
from bot.cases.customer.quotes import Quote
from bot.cases.customer.receipts import terms_of_version
from bot.cases.customer.wording import request_name, state_words, what_would_help
from bot.cases.identity.refusals import no_person_now, why_not
from bot.cases.identity.verification import Verification, VerificationStatus
from bot.cases.model import Case, CaseState, CustomerReason, Handoff, HeldBack
from bot.dialogue.machine import GUESSABLE
from bot.policy import CancelDecision, RefundDecision
from bot.policy.decision import FindingCode
from bot.policy.facts import Destination, Order
from bot.policy.money import Money
from bot.policy.values import Value
from bot.wording import say
from bot.wording.decisions import explained
from bot.wording.formats import spoken_date

MOST = 5
"""How many orders or requests are shown at once."""


def refund_of(result: dict[str, Any]) -> Money:
    """What a stored decision refunds."""
    return Money(Decimal(result["refund"]), result["currency"])


def tell_outcome(dispatcher: CollectingDispatcher, order_number: str, quote: Quote) -> None:
    """Say what came of a request that ends here: declined, with a person, or under way already."""
    reference = quote.case.reference
    if quote.existing:
        state = state_words(quote.case.state)
        tell(dispatcher, "utter_under_way", order=order_number, reference=reference, state=state)
        return
    assert quote.decision is not None
    explanation = explained(quote.decision.result)
    if quote.handoff is not None:
        tell_handoff(dispatcher, "utter_in_review", quote.handoff, explanation=explanation)
        return
    clauses = tuple(quote.decision.result["clauses"])
    tell(
        dispatcher,
        "utter_declined",
        order=order_number,
        explanation=explanation,
        with_clauses=bool(clauses),
        clauses=clauses,
        help=what_would_help(services().policy, quote.case, quote.decision.inputs),
        reference=reference,
    )


def tell_elsewhere(dispatcher: CollectingDispatcher, order_number: str, living: Case) -> None:
    """Say that the yes came to a quote whose place a request of another conversation has taken."""
    waits = "/waits" if living.state is CaseState.QUOTED else ""
    state = state_words(living.state)
    tell(dispatcher, f"utter_elsewhere{waits}", order=order_number, reference=living.reference, state=state)


def tell_left(dispatcher: CollectingDispatcher, closed: list[Case]) -> bool:
    """Say of quotes that the customer leaves which of them a person has to sort out, because its service is stopped
    already; whether there is one."""
    left = [case for case in closed if case.state is CaseState.IN_REVIEW]
    for case in left:
        tell(dispatcher, "utter_left_with_person", reference=case.reference, answer_by=answer_by(services()))
    return bool(left)


def sentences(decision: RefundDecision | CancelDecision, codes: Collection[FindingCode] = tuple(FindingCode)) -> str:
    """What a decision that is not stored says, with its clauses: all that explains it, or the findings of those codes
    alone; empty where it has none of them."""
    found = [finding for finding in decision.explanation if finding.code in codes]
    if not found:
        return ""
    of = replace(decision, explanation=tuple(found))
    clauses = tuple(dict.fromkeys(clause for finding in found for clause in finding.clauses))
    explanation = explained(of.to_json())
    return say("told_with_clauses", explanation=explanation, with_clauses=bool(clauses), clauses=clauses)


def order_buttons(orders: list[Order]) -> list[dict[str, str]]:
    """A button for each of the newest orders."""
    return [{"title": f"{order.number} ({order.product})", "payload": order.number} for order in orders[:MOST]]


def reason_buttons() -> list[dict[str, str]]:
    """A button for each reason."""
    return [{"title": title, "payload": _PAYLOADS.get(reason, title)} for title, reason in reason_titles().items()]


def reason_titles() -> dict[str, CustomerReason]:
    """What the button for each reason reads."""
    return {say(f"reason_mine_{reason.value}"): reason for reason in CustomerReason}


_PAYLOADS = {
    CustomerReason.CHANGE_OF_MIND: "/change_of_mind",
    CustomerReason.SERVICE_FAULT: "/report_problem",
    CustomerReason.BILLING: "/dispute_charge",
}
"""What a button sends, where it is not what it reads."""


def guess_buttons(guesses: Sequence[str]) -> list[dict[str, str]]:
    """A button for each of the two likeliest wishes, and for a person."""
    buttons = [{"title": say(f"guess_{guess}"), "payload": f"/{guess}"} for guess in guesses if guess in GUESSABLE][:2]
    return [*buttons, {"title": say("guess_talk_to_human"), "payload": "/talk_to_human"}]


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
    tell(dispatcher, response, cases="\n".join(lines) or say("no_requests"))


def tell_handoff(dispatcher: CollectingDispatcher, response: str, handoff: Handoff | HeldBack, **values: Any) -> None:
    """Say that a person has it, under which reference, and when they answer; or why nobody does."""
    if isinstance(handoff, HeldBack):
        dispatcher.utter_message(response="utter_held_back", words=no_person_now(services(), handoff))
        return
    card = {
        "card": {
            "type": "case",
            "title": say("card_with_person"),
            "rows": [{"label": say("label_answer_by"), "value": spoken_date(handoff.answer_by)}],
        }
    }
    card["card"]["reference"] = handoff.reference
    tell(dispatcher, response, card=card, reference=handoff.reference, answer_by=handoff.answer_by, **values)
    if away := hours_notice(services()):
        by_mail = "/with_mail" if services().mailer else ""
        tell(dispatcher, f"utter_away{by_mail}", away=away)


def tell_refused(dispatcher: CollectingDispatcher, order_number: str, refused: Verification) -> None:
    """Say why no answer is taken; a person comes by itself where the customer is locked."""
    why = why_not(order_number, refused)
    if refused.status is VerificationStatus.LOCKED:
        dispatcher.utter_message(response="utter_too_many_tries", words=why)
    else:
        tell(dispatcher, "utter_later", why=why)


def confirmed_values(case: Case, result: dict[str, Any]) -> dict[str, Value]:
    """The values of the sentences that tell a confirmed case; none of them names all."""
    terms = terms_of_version(services().policy, result["policy_version"])
    process_by = result.get("process_by")
    sending = read_sending(services(), case)
    return {
        "reference": case.reference,
        "refund": refund_of(result),
        "explanation": explained(result),
        "process_by": date.fromisoformat(process_by) if process_by else "",
        **(sending.values if sending is not None else {}),
        "destination": (case.destination or Destination.WALLET).value,
        "processing_days": terms.processing_working_days,
    }


def business_day(moment: datetime) -> date:
    """The business date of a moment."""
    return services().policy.terms_for(moment).calendar.business_date(moment)
