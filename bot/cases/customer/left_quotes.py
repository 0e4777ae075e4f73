"""Quotes and offers that the customer leaves: those of a service that is stopped already go to a person."""

from __future__ import annotations

from datetime import timedelta

from bot.cases.case.handoff import handed_over_by, save_handoff
from bot.cases.case.moves import move
from bot.cases.model import Case, CaseState, Cause, CauseCode, MoveCause, Step, StepState
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services

_SHOWN = frozenset({CaseState.QUOTED, CaseState.APPROVED_BY_AGENT, CaseState.CONFIRMED})
"""States in which the customer was shown what they get, and can still leave it."""


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
