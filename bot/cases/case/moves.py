"""The one way in which a case changes its state."""

from __future__ import annotations

from bot.cases.errors import MoveNotAllowed
from bot.cases.model import MOVES, Case, CaseState, MoveCause
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services


def move(services: Services, uow: UnitOfWork, case: Case, state: CaseState, actor: str, cause: MoveCause) -> Case:
    """Move the case and log it, within the running transaction. Raises MoveNotAllowed, also for a case that has moved
    since it was read."""
    if state not in MOVES[case.state]:
        raise MoveNotAllowed("no_such_move", reference=case.reference, state=case.state.value, wanted=state.value)
    moved = uow.cases.move(case, state)
    if moved is None:
        raise MoveNotAllowed("case_has_moved", reference=case.reference, state=case.state.value)
    uow.cases.log(case.id, services.clock(), actor, case.state, state, cause)
    return moved
