"""Handing over to a person, with the transcript, the facts and the reasoning."""

from __future__ import annotations

from typing import Any

from bot.cases.case.answer_date import answer_by
from bot.cases.case.moves import move
from bot.cases.case.references import new_reference
from bot.cases.case.requests import channel_of, preview_refund
from bot.cases.identity.strangers import held_back, let_in, stranger
from bot.cases.identity.verification import is_verified
from bot.cases.model import Case, CaseKind, CaseState, Cause, CauseCode, Handoff, HeldBack, MoveCause, StoredOrder
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services
from bot.policy.facts import Reason

Transcript = list[dict[str, str]]
"""Turns as ``{"at": ISO time, "who": "customer" or "bot", "text": …}``."""


def hand_to_human(
    services: Services,
    *,
    conversation_id: str,
    cause: Cause,
    transcript: Transcript,
    facts: dict[str, Any],
    order_number: str | None = None,
    message_id: str = "",
) -> Handoff | HeldBack:
    """Ask a person to take over. A quote that waits for an answer goes to review; else a question case is opened,
    one per conversation: asking again refreshes it. Only a verified order is attached. ``message_id`` is the message
    that asks, where one does: handled again, it asks for nothing more. Where too many come from people who have proven
    no order, it is held back; see bot.cases.identity.strangers."""
    now = services.clock()
    verified = order_number is not None and is_verified(
        services, conversation_id=conversation_id, order_number=order_number
    )
    facts = {**facts, "order_number": order_number, "verified": verified, "message_id": message_id}
    if verified and order_number is not None:
        facts["preview"] = preview_refund(
            services,
            conversation_id=conversation_id,
            order_number=order_number,
            reason=Reason.CHANGE_OF_MIND,
            destination=None,
            requested_at=now,
        ).to_json()
    with services.unit_of_work() as uow:
        stored = uow.orders.lock(order_number) if verified and order_number is not None else None
        known = handed_over_by(services, uow, conversation_id, message_id)
        if known is not None:
            return known
        case = next(iter(uow.cases.quoted(conversation_id)), None)
        if case is not None:
            case = move(services, uow, case, CaseState.IN_REVIEW, "customer", _asked(cause))
        else:
            open_case = uow.cases.open_question(conversation_id) or _in_review(services, uow, conversation_id, stored)
            asking = None if open_case else stranger(services, uow, conversation_id, cause)
            held = held_back(services, uow, asking) if asking is not None else None
            if held is not None:
                uow.commit()
                return held
            case = open_case or new_question(services, uow, conversation_id, cause)
            if open_case is None:
                let_in(services, uow, case, asking)
        if stored is not None and case.kind is CaseKind.QUESTION and case.order_id is None:
            taken = uow.cases.open_of_order(stored.id, CaseKind.QUESTION)
            case = case if taken else uow.cases.change(case.id, order_id=stored.id)
        handoff = save_handoff(services, uow, case, cause, transcript, facts)
        uow.commit()
    return handoff


def _in_review(services: Services, uow: UnitOfWork, conversation_id: str, order: StoredOrder | None) -> Case | None:
    """The one request of this conversation that a person has to decide, of that order if one is proven: a person asked
    for about it is the same matter."""
    proven = uow.proofs.of_conversation(conversation_id, services.clock())
    found = [
        case
        for case in uow.cases.covered_by(conversation_id, proven)
        if case.conversation_id == conversation_id
        and case.state is CaseState.IN_REVIEW
        and case.order_id is not None
        and (order is None or case.order_id == order.id)
    ]
    return found[0] if len(found) == 1 else None


def handed_over_by(services: Services, uow: UnitOfWork, conversation_id: str, message_id: str) -> Handoff | None:
    """What a person was given of a case because of that very message, and still has."""
    if not message_id:
        return None
    proven = uow.proofs.of_conversation(conversation_id, services.clock())
    for case in uow.cases.covered_by(conversation_id, proven):
        if case.conversation_id == conversation_id and case.state is CaseState.IN_REVIEW:
            handoff = uow.handoffs.of_case(case.id)
            if handoff is not None and handoff.facts.get("message_id") == message_id:
                return handoff
    return None


def save_handoff(
    services: Services, uow: UnitOfWork, case: Case, cause: Cause, transcript: Transcript | None, facts: dict[str, Any]
) -> Handoff:
    """Store the handoff of a case within a running transaction, with its newest decision among the facts. Without a
    transcript at hand, it is read from the conversation as far as it is stored. A help desk of others gets a ticket."""
    if transcript is None:
        transcript = uow.messages.transcript(case.conversation_id)
    decision = uow.decisions.latest(case.id)
    if decision is not None:
        facts = {**facts, "decision": decision.result, "decided_from": decision.inputs}
    handoff = uow.handoffs.save(case, cause, transcript, facts, services.clock(), answer_by(services))
    if services.helpdesk is not None:
        uow.tickets.file(case, services.helpdesk.name, services.clock())
    return handoff


def new_question(services: Services, uow: UnitOfWork, conversation_id: str, cause: Cause) -> Case:
    """A case for a wish for a person, within a running transaction."""
    now = services.clock()
    case = uow.cases.add(
        reference=new_reference("RD-"),
        kind=CaseKind.QUESTION,
        state=CaseState.IN_REVIEW,
        conversation_id=conversation_id,
        requested_at=now,
        created_at=now,
        channel=channel_of(uow, conversation_id),
    )
    uow.cases.log(case.id, now, "customer", None, CaseState.IN_REVIEW, _asked(cause))
    return case


def _asked(cause: Cause) -> MoveCause:
    return MoveCause(CauseCode.HANDED_OVER, {"cause": cause.value})
