"""The customer takes a request back, or leaves a quote unanswered."""

from __future__ import annotations

from datetime import timedelta

from bot.cases.case.handoff import handed_over_by, save_handoff
from bot.cases.case.moves import move
from bot.cases.case.overview import WITHDRAWABLE
from bot.cases.case.review import may_have_been_paid, payment, status_before
from bot.cases.errors import MoveNotAllowed, UnknownCase
from bot.cases.identity.verification import verified_order
from bot.cases.model import Case, CaseKind, CaseState, Cause, CauseCode, MoveCause, Step, StepState
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services
from bot.policy.facts import OrderStatus

_SHOWN = frozenset({CaseState.QUOTED, CaseState.APPROVED_BY_AGENT, CaseState.CONFIRMED})
"""States in which the customer was shown what they get, and can still leave it."""


def take_back(services: Services, *, conversation_id: str, reference: str, message_id: str = "") -> Case:
    """Withdraw an open request; its order is again as it was before. Where its service was stopped already it goes to a
    person instead. A request of another conversation needs its customer verified in this one. ``message_id`` is the
    message that says so: handled again, it takes back nothing more.

    Raises UnknownCase, NotVerified, and MoveNotAllowed where it is too late (paid, stopped or decided).
    """
    with services.unit_of_work() as uow:
        case = _visible_case(services, uow, conversation_id, reference)
        if case.state not in WITHDRAWABLE:
            raise MoveNotAllowed("case_is", reference=reference, state=case.state.value)
        known = handed_over_by(services, uow, conversation_id, message_id)
        if known is not None and known.case_id == case.id:
            return case
        cause = MoveCause(CauseCode.TAKEN_BACK, {"state": case.state.value})
        case = leave(services, uow, case, "customer", cause, message_id)
        if case.kind is CaseKind.REFUND and case.state is CaseState.WITHDRAWN:
            release_order(uow, case)
        uow.commit()
    return case


def close_quotes(services: Services, *, conversation_id: str, cause: CauseCode, message_id: str = "") -> list[Case]:
    """Withdraw the quotes of a conversation that were never answered; the cases as they are then: in review where a
    person has to sort it out, also if the same message has given it to them before."""
    with services.unit_of_work() as uow:
        known = handed_over_by(services, uow, conversation_id, message_id)
        closed = [uow.cases.get(known.case_id)] if known is not None else []
        for case in uow.cases.quoted(conversation_id):
            closed.append(leave(services, uow, case, "system", MoveCause(cause), message_id))
        uow.commit()
    return closed


def hand_over_left_quotes(services: Services) -> int:
    """Give a person the renewed quotes that nobody has answered for as long as a verification lasts: their service is
    stopped, so they can't wait for ever. How many there were."""
    until = services.clock() - timedelta(minutes=services.verification_minutes)
    with services.unit_of_work() as uow:
        left = uow.cases.left_quotes(until)
        for case in left:
            leave(services, uow, case, "system", MoveCause(CauseCode.QUOTE_UNANSWERED))
        uow.commit()
    return len(left)


def leave(services: Services, uow: UnitOfWork, case: Case, actor: str, cause: MoveCause, message_id: str = "") -> Case:
    """Withdraw a case within the running transaction; the outbox drops what waits for it. A quote or an offer whose
    service is stopped already goes to a person instead: the customer has neither the service nor the money."""
    if case.state in _SHOWN and is_stopped(uow, case):
        case = move(services, uow, case, CaseState.IN_REVIEW, actor, cause.leading_to(CauseCode.LEFT_TO_PERSON))
        facts = {"verified": True, "service_stopped": True, "message_id": message_id}
        save_handoff(services, uow, case, Cause.QUOTE_LEFT, None, facts)
        return case
    return move(services, uow, case, CaseState.WITHDRAWN, actor, cause)


def is_stopped(uow: UnitOfWork, case: Case) -> bool:
    """Whether the service was stopped for this case already."""
    steps = uow.outbox.of_case(case.id)
    return any(step.step is Step.STOP_SERVICE and step.state is StepState.DONE for step in steps)


def _visible_case(services: Services, uow: UnitOfWork, conversation_id: str, reference: str) -> Case:
    case = uow.cases.find(reference)
    if case is None or (case.order_id is None and case.conversation_id != conversation_id):
        raise UnknownCase("no_request_here", reference=reference)
    if case.order_id is None:
        return case
    verified_order(services, uow, conversation_id, uow.orders.number_of(case.order_id), lock=True)
    fresh = uow.cases.find(reference)  # again: another tab may have moved it before the lock
    assert fresh is not None
    return fresh


def release_order(uow: UnitOfWork, case: Case) -> None:
    """Undo what the confirmation of a refund wrote, if there was one: the order waits for no refund any more. Not where
    the money may have been sent: nobody is to get it twice."""
    assert case.order_id is not None
    stored = uow.orders.find(uow.orders.number_of(case.order_id))
    assert stored is not None
    if may_have_been_paid(payment(uow, case)) or not uow.outbox.of_case(case.id):
        return
    if stored.order.status is OrderStatus.REFUND_PENDING:
        uow.orders.change(stored.id, status=status_before(uow, case, stored))
