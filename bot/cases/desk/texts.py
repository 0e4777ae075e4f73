"""What the desk says: to customers, as messages, and to agents about a case."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from bot.cases.case.review import Deal
from bot.cases.model import AgentDecision, Case, CaseState, Cause, Handoff
from bot.policy.money import Money
from bot.policy.values import Value
from bot.wording import DEFAULT, say
from bot.wording.decisions import explained
from bot.wording.formats import spoken, spoken_date

Body = dict[str, Any]
Links = list[dict[str, str]]
"""Clauses as bot.cases.case.clause_links has them."""


def joined(name: str) -> Body:
    """A person answers from now on."""
    return {"text": say("person_joined", name=name)}


def left(name: str) -> Body:
    """The bot answers again."""
    return {"text": say("person_left", name=name)}


def sent_file(name: str) -> Body:
    """A person at a help desk has sent a file, which is not brought: the customer reads it, and so does that person."""
    return {"text": say("person_sent_file", name=name)}


def rate_us(case: Case) -> Body:
    """One tap says how it went."""
    return {"text": say("rate_us"), "reference": case.reference}


def put_in_queue(handoff: Handoff) -> Body:
    """A person has what was held back before."""
    return {"text": say("put_in_queue", reference=handoff.reference, answer_by=handoff.answer_by)}


def offer(case: Case, number: str, deal: Deal, day: date | None, clauses: Links, decision: AgentDecision) -> Body:
    """What an agent has approved, in numbers, to be confirmed (R10). ``day``: by when, None while a card has to come
    back first."""
    fee = deal.fee or Decimal(0)
    values: dict[str, Value] = {
        "order": number,
        "refund": Money(deal.refund, deal.currency),
        "fee": Money(fee, deal.currency),
        "before_fee": Money(deal.refund + fee, deal.currency),
        "with_fee": bool(fee),
        "destination": deal.destination.value,
    }
    if day is not None:
        values["process_by"] = day
    terms = say("offer" if day is not None else "offer_after_return", DEFAULT, **values)
    reason = f"{decision.reason.rstrip('.')}." if decision.reason else ""
    return {
        "text": " ".join(filter(None, [terms, reason, say("shall_i_go_ahead")])),
        "card": deal_card("quote", say("card_your_refund"), case, deal, day, clauses),
        **_asks_yes(case, decision.id),
    }


def cancel_offer(case: Case, number: str, explanation: list[str], clauses: Links, decision_id: int) -> Body:
    """A cancellation that waited for a person, to be confirmed."""
    return {
        "text": f"{say('cancel_offer', order=number, explanation=' '.join(explanation))} {say('shall_i_go_ahead')}",
        "card": {
            "type": "quote",
            "title": say("card_your_cancellation"),
            "rows": [{"label": say("label_order"), "value": number}],
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
            {"title": say("button_yes_go_ahead"), "payload": f"/accept_offer {named}"},
            {"title": say("button_no"), "payload": f"/decline_offer {named}"},
        ],
        "offer": {"reference": case.reference, "decision": decision_id},
    }


def goes_on(case: Case, number: str, deal: Deal | None) -> Body:
    """What was confirmed before is carried out now, after all."""
    if deal is None:
        return {"text": say("cancellation_goes_on", order=number, reference=case.reference)}
    refund = Money(deal.refund, deal.currency)
    return {"text": say("refund_goes_on", order=number, refund=refund, reference=case.reference)}


def declined(case: Case, number: str, reason: str, clauses: Links) -> Body:
    """A person has said no, and why."""
    return {
        "text": say("declined_by_person", reference=case.reference, order=number, reason=reason),
        "card": {
            "type": "case",
            "title": say("card_declined"),
            "rows": [{"label": say("label_order"), "value": number}],
            "clauses": clauses,
            "reference": case.reference,
        },
    }


def card_is_back(case: Case, day: date) -> Body:
    """A card came back complete (R4, R5)."""
    return {"text": say("card_is_back", reference=case.reference, process_by=day)}


def card_is_incomplete(case: Case, text: str) -> Body:
    """A card came back, and something was missing."""
    said = [say("card_is_incomplete"), text, say("card_is_incomplete_next", reference=case.reference)]
    return {"text": " ".join(filter(None, said))}


def card_is_looked_at(case: Case) -> Body:
    """A card came back complete, but the order is not what it was."""
    return {"text": say("card_is_looked_at", reference=case.reference)}


def label_is_here(case: Case) -> Body:
    """A label for the parcel with the card."""
    return {"text": say("label_is_here", reference=case.reference, link=case.return_label or "")}


def terminated(case: Case, number: str, reason: str, explanation: list[str]) -> Body:
    """The company has ended a service (C1, C2)."""
    values = {"order": number, "reason": reason, "reference": case.reference}
    return {"text": say("service_terminated", explanation=" ".join(explanation), **values)}


def deal_card(kind: str, title: str, case: Case, deal: Deal, day: date | None, clauses: Links) -> Body:
    """A deal as a card of the web channel."""
    rows: list[dict[str, Any]] = []
    if deal.base is not None:
        rows.append({"label": say("label_starts_from"), "value": spoken(deal.base, deal.currency)})
    if deal.fee is not None:
        rows.append({"label": say("label_fee"), "value": spoken(deal.fee, deal.currency)})
    rows += [
        {"label": say("label_you_get"), "value": spoken(deal.refund, deal.currency), "strong": True},
        {"label": say("label_to"), "value": say("destination_card", destination=deal.destination.value)},
        {"label": say("label_processed_by"), "value": spoken_date(day) if day else say("card_after_return")},
    ]
    return {"type": kind, "title": title, "rows": rows, "clauses": clauses, "reference": case.reference}


# For agents


def closed_too_early() -> str:
    """A note: what was closed at a help desk of others is not done here."""
    return say("ticket_closed_too_early")


def open_question(case: Case, cause: Cause | None, waits_for_second: bool) -> str:
    """What a person has to decide."""
    if waits_for_second:
        return say("question_second")
    if case.state is CaseState.AWAITING_RETURN:
        return say("question_awaiting_return")
    if case.state is CaseState.APPROVED_BY_AGENT:
        return say("question_approved")
    if case.state is not CaseState.IN_REVIEW:
        return say("question_nothing")
    return say(f"question_{(cause or Cause.REVIEW).value}")


def summary(case: Case, number: str | None, cause: Cause | None, result: dict[str, Any] | None, second: bool) -> str:
    """A case in the queue, in one sentence."""
    kind = say(f"kind_{case.kind.value}")
    about = say("case_for_order", kind=kind, order=number) if number else kind
    if second or case.state is not CaseState.IN_REVIEW or not result or cause is not Cause.REVIEW:
        return f"{about}: {open_question(case, cause, second)}"
    return f"{about}: {explained(result) or say('a_person_decides')}"


def clause_title(clauses: list[str]) -> str:
    """The first of these clauses in a few words."""
    return say(f"desk_clause_{clauses[0]}" if clauses else "desk_clause_none")
