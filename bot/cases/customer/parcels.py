"""The parcel with a card that goes back: its tracking number, as the customer tells it (R5)."""

from __future__ import annotations

from dataclasses import dataclass

from bot.cases.model import Case
from bot.cases.services import Services

LONGEST_TRACKING_NUMBER = 40


@dataclass(frozen=True)
class Noted:
    """The case on which a number was noted, and its order."""

    case: Case
    order_number: str


def note_tracking(
    services: Services, *, conversation_id: str, tracking_number: str, order_number: str | None = None
) -> Noted | None:
    """Note the number on the newest case that waits for a card, of that order if one is named: a case of the
    conversation itself, be its proof long over, since nothing of it is shown, or of an order proven in it. None where
    there is none. What was told last counts."""
    number = tracking_number[:LONGEST_TRACKING_NUMBER]
    with services.unit_of_work() as uow:
        proven = uow.proofs.of_conversation(conversation_id, services.clock())
        cases = [*uow.cases.covered_by(conversation_id, proven), *uow.cases.returns_of(conversation_id)]
        waiting = {case.id: uow.orders.number_of(case.order_id) for case in cases if case.on_return and case.order_id}
        found = [case_id for case_id, order in waiting.items() if order_number in (None, order)]
        if not found:
            return None
        case = uow.cases.change(max(found), tracking_number=number)
        uow.commit()
    return Noted(case, waiting[case.id])
