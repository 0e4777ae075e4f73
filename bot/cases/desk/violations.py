"""The company ends a service after a violation of the terms: at once, and without a refund (C1, C2)."""

from __future__ import annotations

from datetime import date

from bot.cases.case.decisions import decide_and_store
from bot.cases.case.handoff import save_handoff
from bot.cases.case.moves import move
from bot.cases.case.references import new_reference
from bot.cases.case.requests import cancel_request
from bot.cases.conversation.messages import say
from bot.cases.customer.left_quotes import leave
from bot.cases.desk import texts
from bot.cases.desk.accounts import actor, at_work
from bot.cases.desk.assignment import checked_text
from bot.cases.errors import BadText, MoveNotAllowed, UnknownCase
from bot.cases.model import (
    Agent,
    Author,
    Case,
    CaseKind,
    CaseState,
    Cause,
    CauseCode,
    MoveCause,
    Role,
    StoredOrder,
    Verdict,
)
from bot.cases.payout.execution import carry_out, schedule
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services
from bot.policy import Outcome
from bot.policy.facts import OrderStatus
from bot.wording.decisions import explanation

_LONGEST_REASON = 1000


def cancel_for_violation(services: Services, agent: Agent, order_number: str, reason: str) -> Case:
    """End the service of an order after a violation (C1): it stops at once, a plan's agreement ends with the cycle
    (C3), and nothing is refunded (C2). For leads and admins; the ``reason`` is kept with their name, and the customer
    is told.

    Open quotes of the order are closed; a refund that was confirmed or offered goes to a person. Raises NotAllowed,
    UnknownCase, BadText, and MoveNotAllowed for a service that has ended, or a refund that is being carried out.
    """
    now = services.clock()
    with services.unit_of_work() as uow:
        agent = at_work(uow, agent, Role.LEAD, Role.ADMIN)
        stored = uow.orders.lock(order_number)
        if stored is None:
            raise UnknownCase("no_order", order=order_number)
        if not reason.strip():
            raise BadText("reason_missing")
        words = checked_text(reason, _LONGEST_REASON)
        if stored.cancelled_at is not None or stored.order.status in (OrderStatus.TERMINATED, OrderStatus.REFUNDED):
            raise MoveNotAllowed("service_has_ended", order=order_number)
        _clear_way(services, uow, stored, agent)
        case = uow.cases.add(
            reference=(reference := new_reference("RD-")),
            kind=CaseKind.CANCEL,
            state=CaseState.CONFIRMED,
            order_id=stored.id,
            conversation_id=_conversation(uow, stored, reference),
            requested_at=now,
            created_at=now,
        )
        request = cancel_request(services, stored, now)
        result, decision = decide_and_store(services, uow, case, request)
        if result.outcome is not Outcome.CANCEL:
            raise MoveNotAllowed("service_has_ended", order=order_number)
        ordered = uow.agent_decisions.add(
            case,
            decision_id=decision.id,
            agent_id=agent.id,
            at=now,
            verdict=Verdict.TERMINATE,
            currency=stored.order.currency,
            reason=words,
            needs_second=False,
        )
        uow.cases.log(
            case.id,
            now,
            actor(agent),
            None,
            CaseState.CONFIRMED,
            MoveCause(CauseCode.AGENT_DECIDED, {"verdict": ordered.verdict.value, "decision": ordered.id}),
        )
        ends_on = decision.result["agreement_ends_on"]
        uow.orders.change(
            stored.id,
            status=OrderStatus.TERMINATED,
            cancelled_at=request.decided_at,
            agreement_ends_on=date.fromisoformat(ends_on) if ends_on else None,
        )
        schedule(services, uow, case, decision.id)
        body = texts.terminated(case, order_number, words, explanation(decision.result))
        say(uow, services, case.conversation_id, Author.AGENT, body, agent_id=agent.id)
        uow.commit()
    return carry_out(services, case)


def _clear_way(services: Services, uow: UnitOfWork, stored: StoredOrder, agent: Agent) -> None:
    """What else is open for the order: quotes are closed, what was confirmed or offered goes to a person."""
    cause = MoveCause(CauseCode.VIOLATION)
    for kind in (CaseKind.REFUND, CaseKind.CANCEL):
        case = uow.cases.open_of_order(stored.id, kind)
        if case is None:
            continue
        if case.state in (CaseState.EXECUTING, CaseState.RECEIVED, CaseState.FAILED) or (
            kind is CaseKind.CANCEL and case.state is CaseState.CONFIRMED
        ):
            raise MoveNotAllowed("being_carried_out", reference=case.reference)
        if kind is CaseKind.CANCEL:
            move(services, uow, case, CaseState.WITHDRAWN, actor(agent), cause)
        elif case.state is CaseState.QUOTED:
            leave(services, uow, case, actor(agent), cause)
        elif case.state in (CaseState.CONFIRMED, CaseState.APPROVED_BY_AGENT):
            case = move(services, uow, case, CaseState.IN_REVIEW, actor(agent), cause)
            save_handoff(services, uow, case, Cause.CHANGED, None, {"verified": True, "error": cause.to_json()})


def _conversation(uow: UnitOfWork, stored: StoredOrder, reference: str) -> str:
    """Where the customer of an order was last, so that they can be told; else a name of its own."""
    talks = [case.conversation_id for case in uow.cases.of_order(stored.id)]
    return next(iter([*talks, *uow.personal.conversations_of(stored.customer_id)]), f"desk-{reference}")
