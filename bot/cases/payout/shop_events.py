"""What a shop or a payment system says of itself: that something has happened to an order. What is true now is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.cases.case.handoff import hand_to_human
from bot.cases.model import Cause, StepState
from bot.cases.ports.billing import Rejected
from bot.cases.services import Services
from bot.wording import say


def take_order_event(services: Services, source: str, event_id: str, shop_id: str) -> bool:
    """The shop says that an order has changed: read it. False for an event that was taken before."""
    assert services.orders is not None
    with services.reading() as uow:
        if uow.shop_events.knows(source, event_id):
            return False
    try:
        live = services.orders.read_id(shop_id)
    except Rejected:
        live = None  # whoever asks about the order next hears of it
    with services.unit_of_work() as uow:
        if not uow.shop_events.add(source, event_id, services.clock()):
            return False
        # Nobody has asked about the order yet: then there is nothing to keep.
        if live is not None and uow.orders.find(live.order.number) is not None:
            uow.orders.refresh(live)
        uow.commit()
    return True


def take_payment_event(services: Services, source: str, event: Mapping[str, Any]) -> bool:
    """The payment system says that something has happened: read what. False for an event that was taken before."""
    assert services.payments is not None
    event_id = str(event.get("id"))
    with services.reading() as uow:
        if uow.shop_events.knows(source, event_id):
            return False
    state = services.payments.read(event)
    if state is not None and state.failed is not None:
        _hand_over_failed(services, state.number, state.failed)
    with services.unit_of_work() as uow:
        if not uow.shop_events.add(source, event_id, services.clock()):
            return False
        if state is not None:
            uow.orders.note_payment(state)
        uow.commit()
    return True


def _hand_over_failed(services: Services, number: str, key: str) -> None:
    """A refund of ours was done, and then came back, such as from a card that is closed: a person has to pay it in
    another way. Before the event counts as taken, so that whoever dies in between does it again."""
    with services.reading() as uow:
        step = uow.outbox.by_key(key)
        if step is None or step.state is not StepState.DONE:
            return  # while it is being carried out, that tells
        case = uow.cases.get(step.case_id)
        said = uow.messages.transcript(case.conversation_id)
    facts = {
        "step": step.step.value,
        "reference": case.reference,
        "claimed_order": number,
        "error": say("fault_refund_came_back"),
        "idempotency_key": key,
    }
    talk = case.conversation_id
    hand_to_human(
        services, conversation_id=talk, cause=Cause.FAILURE, transcript=said, facts=facts, order_number=number
    )
