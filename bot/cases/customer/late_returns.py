"""Cards that do not come back: the customer is reminded once, and then a person has the case (R5)."""

from __future__ import annotations

from bot.cases.case.handoff import save_handoff
from bot.cases.case.moves import move
from bot.cases.case.sending import sending_of
from bot.cases.conversation.messages import Body, say
from bot.cases.conversation.notices import queue_notice
from bot.cases.errors import MoveNotAllowed
from bot.cases.model import Author, Case, CaseState, Cause, CauseCode, MoveCause, NoticeKind
from bot.cases.ports.store import Snapshot
from bot.cases.services import Services
from bot.wording import DEFAULT
from bot.wording import say as words


def look_after_returns(services: Services) -> int:
    """Remind who is due, and hand over what is overdue; how many cases that were. Several processes may call it at
    once: each case is reminded of, and handed over, by one of them."""
    returns, now = services.returns, services.clock()
    with services.reading() as uow:
        overdue = uow.cases.waiting_returns(now - returns.overdue_after)
        waiting = uow.cases.unreminded_returns(now - returns.remind_after) if returns.remind_after is not None else []
    handed_over = {case.id for case in overdue}
    reminded = sum(_remind_of(services, case) for case in waiting if case.id not in handed_over)
    return reminded + sum(_hand_over(services, case) for case in overdue)


def _remind_of(services: Services, case: Case) -> bool:
    with services.unit_of_work() as uow:
        if not uow.cases.remind(case, services.clock()):
            return False
        talk = case.conversation_id
        say(uow, services, talk, Author.BOT, {"text": reminder_text(services, uow, case)})
        queue_notice(services, uow, NoticeKind.REMINDER, conversation_id=talk, case_id=case.id)
        uow.commit()
    return True


def reminder_text(services: Services, uow: Snapshot, case: Case) -> str:
    """What a customer is told whose card has not come back."""
    sending = sending_of(services, uow, case)
    assert sending is not None
    number = sending.tracking_number
    values = {**sending.values, "sent": bool(number), "tracking_number": number, "reference": case.reference}
    return words("return_reminder", DEFAULT, **values)


def _hand_over(services: Services, case: Case) -> bool:
    cause = MoveCause(CauseCode.CARD_OVERDUE, {"days": services.returns.overdue_after.days})
    with services.unit_of_work() as uow:
        try:
            case = move(services, uow, case, CaseState.IN_REVIEW, "system", cause)
        except MoveNotAllowed:
            return False  # it has come back meanwhile, was taken back, or another process was faster
        facts = {"verified": True, "return": cause.to_json(), "text": case.tracking_number or ""}
        save_handoff(services, uow, case, Cause.RETURN_OVERDUE, None, facts)
        say(uow, services, case.conversation_id, Author.BOT, _overdue(case))
        uow.commit()
    return True


def _overdue(case: Case) -> Body:
    return {"text": words("return_is_overdue", reference=case.reference)}
