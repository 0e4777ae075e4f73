"""After a restore: what happened since the backup was made is not in the store, but the money may have moved.

So before a refund of an order from before the restore is quoted, and before its service is stopped or anything is paid,
the gateway is asked what it has paid for the order. Where it has paid something that the store does not know, or can't
tell, a person has the case: "I can't ask" is not "nothing was paid".
"""

from __future__ import annotations

from datetime import timezone

from bot.cases.case.review import AGENT_DECISION
from bot.cases.model import CaseKind, OutboxStep, Restored, Step
from bot.cases.ports.billing import KnownPayment, Rejected, Unclear
from bot.cases.ports.store import Snapshot
from bot.cases.services import Services


def look_up(services: Services, number: str) -> None:
    """Before a refund of an order is quoted. Raises Unavailable; and Unclear where it may have been paid already."""
    with services.reading() as uow:
        restored = uow.restores.last()
        stored = None if restored is None else uow.orders.find(number)
        if restored is None or stored is None or stored.order.placed_at > restored.at:
            return
        known = _known_keys(uow, stored.id)
    _refuse_unknown(restored, _payments(services, number, restored), known)


def look_up_before(services: Services, number: str, step: OutboxStep) -> None:
    """The same before a step of a refund is carried out, unless a person has decided since the restore. A refund that
    the backup has as confirmed, and of which the gateway has paid nothing, may have been taken back since."""
    if step.step not in (Step.STOP_SERVICE, Step.REFUND):
        return
    with services.reading() as uow:
        restored = uow.restores.last()
        if restored is None:
            return
        case = uow.cases.get(step.case_id)
        stored = uow.orders.find(number)
        assert stored is not None
        agreed = step.payload.get(AGENT_DECISION)
        by_person = agreed is not None and uow.agent_decisions.get(agreed).at > restored.at
        if case.kind is not CaseKind.REFUND or by_person or stored.order.placed_at > restored.at:
            return
        known = _known_keys(uow, stored.id)
    paid = _payments(services, number, restored)
    _refuse_unknown(restored, paid, known)
    if step.step is Step.STOP_SERVICE and step.created_at <= restored.at and not paid:
        raise Unclear("restored_taken_back", backup=_backup(restored))


def _known_keys(uow: Snapshot, order_id: int) -> set[str]:
    keys = set()
    for case in uow.cases.of_order(order_id):
        keys |= {f"{case.reference}-{Step.REFUND.value}"}
        keys |= {step.key for step in uow.outbox.of_case(case.id) if step.step is Step.REFUND}
    return keys


def _payments(services: Services, number: str, restored: Restored) -> list[KnownPayment]:
    try:
        return services.gateway.payments(number)
    except Rejected as error:
        raise Unclear("restored_unasked", backup=_backup(restored), error=str(error)) from error


def _refuse_unknown(restored: Restored, paid: list[KnownPayment], known: set[str]) -> None:
    unknown = ", ".join(payment.said for payment in paid if payment.key not in known)
    if unknown:
        raise Unclear("restored_unknown", backup=_backup(restored), payments=unknown)


def _backup(restored: Restored) -> str:
    return f"{restored.backup_at.astimezone(timezone.utc):%Y-%m-%d %H:%M} UTC"
