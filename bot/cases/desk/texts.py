"""What the desk says in fixed words: to customers, and to agents about a case."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.cases.case.review import Deal
from bot.cases.model import AgentDecision, Case, CaseKind, CaseState, Cause
from bot.policy.facts import Destination
from bot.wording.decisions import explained
from bot.wording.formats import spoken, spoken_date

CLAUSE_TITLES = {
    "C1": "Cancelling takes effect at once",
    "C2": "A cancelled service gives no refund",
    "C3": "The agreement ends with the billing cycle",
    "C4": "Cancel before the next charge",
    "C5": "Renewal charges are not refundable",
    "R1": "Fault on our side",
    "R2": "Ask within the refund window",
    "R3": "A reason that is accepted",
    "R4": "Processing time",
    "R5": "A shipped card comes back first",
    "R6": "Fee on the remaining balance",
    "R7": "Fee when you change your mind",
    "R7b": "Fee with a confirmed fault",
    "R8": "Smallest refund",
    "R9": "Where the money goes",
    "R10": "Fees are shown first",
}
"""A clause of the policy in a few words."""

DESTINATIONS = {Destination.WALLET: "store wallet", Destination.ORIGINAL_PAYMENT_METHOD: "original payment method"}
"""Where a refund goes, after "to the"."""
Body = dict[str, Any]
Links = list[dict[str, str]]
"""Clauses as bot.cases.case.clause_links has them."""


def joined(name: str) -> Body:
    """A person answers from now on."""
    return {"text": f"{name} joined the conversation."}


def left(name: str) -> Body:
    """The bot answers again."""
    return {"text": f"{name} left the conversation. I am the assistant again."}


def rate_us(case: Case) -> Body:
    """One tap says how it went."""
    return {"text": "How did we do?", "reference": case.reference}


def offer(case: Case, number: str, deal: Deal, day: date | None, clauses: Links, decision: AgentDecision) -> Body:
    """What an agent has approved, in numbers, to be confirmed (R10). ``day``: by when, None while a card has to come
    back first."""
    where = DESTINATIONS[deal.destination]
    text = f"Your refund of {spoken(deal.refund, deal.currency)} for order {number} is approved. It goes to the {where}"
    if deal.fee:
        text += f"; a fee of {spoken(deal.fee, deal.currency)} is taken off"
    if day is None:
        text += ". Please send the card back first, complete and as purchased; you pay the shipping"
    else:
        text += f". If you say yes today, it is processed by {spoken_date(day)}"
    text += f". {decision.reason}" if decision.reason else "."
    return {
        "text": f"{text.rstrip('.')}. Shall I go ahead?",
        "card": deal_card("quote", "Your refund", case, deal, day, clauses),
        **_asks_yes(case, decision.id),
    }


def cancel_offer(case: Case, number: str, explanation: list[str], clauses: Links, decision_id: int) -> Body:
    """A cancellation that waited for a person, to be confirmed."""
    return {
        "text": f"Cancelling order {number}: {' '.join(explanation)} Shall I go ahead?",
        "card": {
            "type": "quote",
            "title": "Your cancellation",
            "rows": [{"label": "Order", "value": number}],
            "clauses": clauses,
            "reference": case.reference,
        },
        **_asks_yes(case, decision_id),
    }


def _asks_yes(case: Case, decision_id: int) -> Body:
    """The buttons of an offer, which name it, and the offer itself, for a yes in words."""
    named = f"{case.reference} {decision_id}"
    return {
        "buttons": [
            {"title": "Yes, go ahead", "payload": f"/accept_offer {named}"},
            {"title": "No", "payload": f"/decline_offer {named}"},
        ],
        "offer": {"reference": case.reference, "decision": decision_id},
    }


def goes_on(case: Case, number: str, deal: Deal | None) -> Body:
    """What was confirmed before is carried out now, after all."""
    what = f"your refund of {spoken(deal.refund, deal.currency)}" if deal else "the cancellation"
    return {
        "text": f"Order {number}: {what}, as you confirmed it, is being carried out now. Reference {case.reference}."
    }


def declined(case: Case, number: str, reason: str, clauses: Links) -> Body:
    """A person has said no, and why."""
    text = f"Your request {case.reference} for order {number} is declined. {reason}"
    return {
        "text": text,
        "card": {
            "type": "case",
            "title": "Request declined",
            "rows": [{"label": "Order", "value": number}],
            "clauses": clauses,
            "reference": case.reference,
        },
    }


def card_is_back(case: Case, day: date) -> Body:
    """A card came back complete (R4, R5)."""
    text = f"Your card is back, complete. Thank you. Your refund {case.reference} is processed by {spoken_date(day)}."
    return {"text": text}


def card_is_incomplete(case: Case, text: str) -> Body:
    """A card came back, and something was missing."""
    said = f" {text}" if text else ""
    return {"text": f"Your card is back, but not complete as purchased.{said} A person looks at {case.reference} now."}


def card_is_looked_at(case: Case) -> Body:
    """A card came back complete, but the order is not what it was."""
    return {"text": f"Your card is back. Thank you. A person looks at your refund {case.reference} now."}


def terminated(case: Case, number: str, reason: str, explanation: list[str]) -> Body:
    """The company has ended a service (C1, C2)."""
    return {
        "text": f"The service of order {number} was ended after a violation of the terms. {reason} "
        f"{' '.join(explanation)} Reference {case.reference}.",
    }


def deal_card(kind: str, title: str, case: Case, deal: Deal, day: date | None, clauses: Links) -> Body:
    """A deal as a card of the web channel."""
    rows: list[dict[str, Any]] = []
    if deal.base is not None:
        rows.append({"label": "Refund starts from", "value": spoken(deal.base, deal.currency)})
    if deal.fee is not None:
        rows.append({"label": "Fee", "value": spoken(deal.fee, deal.currency)})
    rows += [
        {"label": "You get", "value": spoken(deal.refund, deal.currency), "strong": True},
        {"label": "To", "value": DESTINATIONS[deal.destination].capitalize()},
        {"label": "Processed by", "value": spoken_date(day) if day else "After the card is back"},
    ]
    return {"type": kind, "title": title, "rows": rows, "clauses": clauses, "reference": case.reference}


# For agents

_QUESTIONS = {
    Cause.ASKED: "The customer asked for a person. What do they need?",
    Cause.REVIEW: "The policy leaves this to a person. Do you approve it?",
    Cause.VERIFICATION: "The customer could not be verified. Who are they?",
    Cause.FAILURE: "The customer confirmed it, but carrying it out failed. Shall it be tried again?",
    Cause.QUOTE_LEFT: "The service is stopped, but the new quote was not taken. What does the customer get?",
    Cause.RETURN: "The card came back, but it can't simply be paid. What does the customer get?",
    Cause.OFFER_DECLINED: "The customer said no to what was offered. What now?",
    Cause.CHANGED: "Something changed since it was approved. Do you still approve it?",
}


def open_question(case: Case, cause: Cause | None, waits_for_second: bool) -> str:
    """What a person has to decide."""
    if waits_for_second:
        return "A decision waits for a second person. Do you agree with it?"
    if case.state is CaseState.AWAITING_RETURN:
        return "A card is on its way back. Did it arrive, and is it complete?"
    if case.state is CaseState.APPROVED_BY_AGENT:
        return "Nothing now: the customer has to say yes."
    if case.state is not CaseState.IN_REVIEW:
        return "Nothing."
    return _QUESTIONS[cause or Cause.REVIEW]


def summary(case: Case, number: str | None, cause: Cause | None, result: dict[str, Any] | None, second: bool) -> str:
    """A case in the queue, in one sentence."""
    what = {CaseKind.REFUND: "Refund", CaseKind.CANCEL: "Cancellation", CaseKind.QUESTION: "Question"}[case.kind]
    about = f"{what} for {number}" if number else what
    if second or case.state is not CaseState.IN_REVIEW or not result or cause is not Cause.REVIEW:
        return f"{about}: {open_question(case, cause, second)}"
    return f"{about}: {explained(result) or 'A person decides.'}"
