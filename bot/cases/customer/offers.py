"""What an agent has approved, shown to the customer in numbers: nothing is carried out before their yes (R10)."""

from __future__ import annotations

import time
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.cases.case.decisions import decide_and_store
from bot.cases.case.handoff import save_handoff
from bot.cases.case.moves import move
from bot.cases.case.references import new_reference
from bot.cases.case.requests import cancel_request
from bot.cases.case.review import (
    AGENT_DECISION,
    changed_since,
    deal_of_agent,
    drop_steps,
    may_have_been_paid,
    needs_return,
    payment,
    process_by,
    refundable,
    request_of,
)
from bot.cases.conversation.notices import queue_notice
from bot.cases.customer.left_quotes import is_stopped
from bot.cases.customer.quotes import record_yes
from bot.cases.errors import MoveNotAllowed, UnknownCase
from bot.cases.identity.live_orders import sync_order
from bot.cases.identity.verification import verified_order
from bot.cases.model import (
    AgentDecision,
    Case,
    CaseKind,
    CaseState,
    Cause,
    CauseCode,
    MoveCause,
    NoticeKind,
    StoredOrder,
)
from bot.cases.payout.execution import PROCESS_BY, carry_out, schedule
from bot.cases.ports.store import Snapshot, UnitOfWork
from bot.cases.services import Services
from bot.policy import Outcome, decide_cancellation
from bot.policy.facts import Destination, OrderStatus
from bot.policy.parsing import order_to_json, parse_request


@dataclass(frozen=True)
class Offer:
    """What waits for the customer's yes. Sums are in ``currency``; for a cancellation there is no money: base, fee and
    destination are None, and refund is 0. ``process_by`` is None while a card has to come back first."""

    case: Case
    order_number: str
    base: Decimal | None
    fee: Decimal | None
    refund: Decimal
    currency: str
    destination: Destination | None
    agent_decision_id: int
    process_by: date | None
    needs_return: bool


def offers(services: Services, *, conversation_id: str) -> list[Offer]:
    """What waits for a yes, of the orders that were proven in this conversation; newest first."""
    found = []
    with services.reading() as uow:
        proven = uow.proofs.of_conversation(conversation_id, services.clock())
        for case in uow.cases.covered_by(conversation_id, proven):
            if case.state is not CaseState.APPROVED_BY_AGENT or case.order_id is None:
                continue
            stored = uow.orders.find(uow.orders.number_of(case.order_id))
            assert stored is not None
            found.append(_offer(services, uow, case, stored, uow.agent_decisions.of_case(case.id)[-1]))
    return found


def _offer(services: Services, uow: Snapshot, case: Case, stored: StoredOrder, decision: AgentDecision) -> Offer:
    returns = case.kind is CaseKind.REFUND and needs_return(uow, case, stored)
    pays_now = case.kind is CaseKind.REFUND and not returns
    return Offer(
        case=case,
        order_number=stored.order.number,
        base=decision.base,
        fee=decision.fee,
        refund=decision.refund or Decimal(0),
        currency=stored.order.currency,
        destination=decision.destination,
        agent_decision_id=decision.id,
        process_by=process_by(services, stored) if pays_now else None,
        needs_return=returns,
    )


def accept_offer(services: Services, *, conversation_id: str, reference: str, agent_decision_id: int) -> Case:
    """The customer's yes to what an agent has approved: it is carried out after the time in which it can be taken back,
    or once a shipped card is back (R5). Saying yes again changes nothing.

    Raises NotVerified, UnknownCase, and MoveNotAllowed: it was decided anew, or the order has changed since, which goes
    back to a person. Raises Unavailable or Rejected where the shop does not say how the order stands: nothing has
    changed then.
    """
    since = time.monotonic()
    with services.reading() as uow:
        _, stored = _shown_case(services, uow, conversation_id, reference)
    sync_order(services, stored.order.number, fresh=True)
    with services.unit_of_work() as uow:
        case, stored = _shown_case(services, uow, conversation_id, reference, lock=True)
        newest = next(iter(reversed(uow.agent_decisions.of_case(case.id))), None)
        if newest is None or newest.id != agent_decision_id or not (newest.final and newest.verdict.agrees):
            raise MoveNotAllowed("decided_anew", reference=reference)
        if case.state is not CaseState.APPROVED_BY_AGENT:
            if _is_taken(uow, case, newest):
                return case
            raise MoveNotAllowed("case_is", reference=reference, state=case.state.value)
        problem = _problem(services, uow, case, stored, newest)
        if problem is None:
            case = _take(services, uow, case, stored, newest)
        else:
            cause = problem.leading_to(CauseCode.LEFT_TO_PERSON)
            case = move(services, uow, case, CaseState.IN_REVIEW, "system", cause)
            facts = {"verified": True, "error": problem.to_json(), "now": order_to_json(stored.order)}
            save_handoff(services, uow, case, Cause.CHANGED, None, facts)
        uow.commit()
    if problem is not None:
        raise MoveNotAllowed(
            "changed_since_approved", reference=reference, because=problem.code.value, **problem.values
        )
    return carry_out(services, case, since)


def decline_offer(services: Services, *, conversation_id: str, reference: str) -> Case:
    """The customer's no: a person has the case again. Raises NotVerified, UnknownCase and MoveNotAllowed."""
    with services.unit_of_work() as uow:
        case, _ = _shown_case(services, uow, conversation_id, reference, lock=True)
        if case.state is not CaseState.APPROVED_BY_AGENT:
            raise MoveNotAllowed("case_is", reference=reference, state=case.state.value)
        case = move(services, uow, case, CaseState.IN_REVIEW, "customer", MoveCause(CauseCode.OFFER_REFUSED))
        save_handoff(services, uow, case, Cause.OFFER_DECLINED, None, {"verified": True})
        uow.commit()
    return case


def _shown_case(
    services: Services, uow: Snapshot, conversation_id: str, reference: str, *, lock: bool = False
) -> tuple[Case, StoredOrder]:
    case = uow.cases.find(reference)
    if case is None or case.order_id is None:
        raise UnknownCase("no_request_here", reference=reference)
    stored = verified_order(services, uow, conversation_id, uow.orders.number_of(case.order_id), lock=lock)
    return uow.cases.get(case.id), stored  # again: it may have moved before the lock


def _is_taken(uow: UnitOfWork, case: Case, decision: AgentDecision) -> bool:
    """Whether the customer has said yes to this decision before."""
    return any(entry.cause == _yes_to(decision) for entry in uow.cases.moves(case.id))


def _yes_to(decision: AgentDecision) -> MoveCause:
    return MoveCause(CauseCode.OFFER_CONFIRMED, {"decision": decision.id})


def _problem(
    services: Services, uow: UnitOfWork, case: Case, stored: StoredOrder, decision: AgentDecision
) -> MoveCause | None:
    """What keeps from carrying out what was approved."""
    if case.kind is CaseKind.CANCEL:
        fresh = decide_cancellation(cancel_request(services, stored, case.requested_at), services.policy)
        return None if fresh.outcome is Outcome.CANCEL else MoveCause(CauseCode.ENDED_SINCE)
    if may_have_been_paid(payment(uow, case)):
        return MoveCause(CauseCode.MAY_BE_SENT)
    deal = deal_of_agent(decision)
    if deal.refund > refundable(uow, case, stored):
        return MoveCause(CauseCode.OTHERWISE_REFUNDED)
    seen = parse_request(uow.decisions.get(decision.decision_id).inputs)
    return changed_since(seen.order, request_of(services, uow, case, stored).order)


def _take(services: Services, uow: UnitOfWork, case: Case, stored: StoredOrder, decision: AgentDecision) -> Case:
    if case.kind is CaseKind.CANCEL:
        _, fresh = decide_and_store(services, uow, case, cancel_request(services, stored, case.requested_at))
        return record_yes(services, uow, case, stored, fresh, _yes_to(decision))
    queue_notice(services, uow, NoticeKind.RECEIPT, conversation_id=case.conversation_id, case_id=case.id)
    drop_steps(uow, case)  # of whatever was confirmed before
    if needs_return(uow, case, stored):
        uow.cases.change(case.id, return_number=case.return_number or new_reference("RT-"))
        return move(services, uow, case, CaseState.AWAITING_RETURN, "customer", _yes_to(decision))
    schedule_deal(services, uow, case, stored, decision, at_once=is_stopped(uow, case))
    return move(services, uow, case, CaseState.CONFIRMED, "customer", _yes_to(decision))


def schedule_deal(
    services: Services, uow: UnitOfWork, case: Case, stored: StoredOrder, decision: AgentDecision, *, at_once: bool
) -> None:
    """Have carried out what an agent decided and the customer confirmed, within the running transaction."""
    uow.orders.change(stored.id, status=OrderStatus.REFUND_PENDING)
    carries = {AGENT_DECISION: decision.id, PROCESS_BY: process_by(services, stored).isoformat()}
    schedule(services, uow, case, decision.decision_id, at_once=at_once, carries=carries)
