"""The customer takes a request back."""

from __future__ import annotations

from bot.cases.case.handoff import handed_over_by
from bot.cases.case.overview import WITHDRAWABLE
from bot.cases.case.review import may_have_been_paid, payment, status_before
from bot.cases.customer.left_quotes import leave
from bot.cases.errors import MoveNotAllowed, UnknownCase
from bot.cases.identity.verification import verified_order
from bot.cases.model import Case, CaseKind, CaseState, CauseCode, MoveCause
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services
from bot.policy.facts import OrderStatus


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
