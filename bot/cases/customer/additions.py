"""What a customer says of a request that a person has already: it is added there, and begins nothing anew."""

from __future__ import annotations

from datetime import datetime

from bot.cases.case.handoff import Transcript, save_handoff
from bot.cases.identity.verification import verified_order
from bot.cases.model import Case, CaseKind, CaseState, Handoff
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services
from bot.policy.facts import Destination


def add_to_review(
    services: Services,
    *,
    conversation_id: str,
    order_number: str | None,
    said_at: datetime,
    words: str,
    destination: Destination | None,
    transcript: Transcript,
) -> Handoff | None:
    """Add the words to the one request of this conversation that a person has to decide, for ``order_number`` if one is
    named; where a refund is to go becomes what the customer chose last. None where there is no such request, or more
    than one. A message that is handled again adds nothing."""
    with services.unit_of_work() as uow:
        case = _decided_by_a_person(services, uow, conversation_id, order_number)
        handoff = uow.handoffs.of_case(case.id) if case is not None else None
        if case is None or handoff is None:
            return None
        if destination is not None and case.kind is CaseKind.REFUND:
            case = uow.cases.change(case.id, destination=destination)
        added = {"at": said_at.isoformat(), "text": words}
        before = handoff.facts.get("added", [])
        if added not in before:
            facts = {**handoff.facts, "added": [*before, added]}
            handoff = save_handoff(services, uow, case, handoff.cause, transcript, facts)
        uow.commit()
    return handoff


def _decided_by_a_person(
    services: Services, uow: UnitOfWork, conversation_id: str, order_number: str | None
) -> Case | None:
    proven = uow.proofs.of_conversation(conversation_id, services.clock())
    found = [
        (case, uow.orders.number_of(case.order_id))
        for case in uow.cases.covered_by(conversation_id, proven)
        if case.order_id is not None and _waits_for_a_person(case, conversation_id)
    ]
    meant = [(case, number) for case, number in found if order_number in (None, number)]
    if len(meant) != 1:
        return None
    case, number = meant[0]
    verified_order(services, uow, conversation_id, number, lock=True)
    fresh = uow.cases.get(case.id)  # again: a person may have decided before the lock
    return fresh if _waits_for_a_person(fresh, conversation_id) else None


def _waits_for_a_person(case: Case, conversation_id: str) -> bool:
    mine = case.conversation_id == conversation_id
    return mine and case.kind is not CaseKind.QUESTION and case.state is CaseState.IN_REVIEW
