"""Taking the demo out of a store that was seeded with it: its orders, what is open of them, and their persons.

What the audit chain holds stays: decisions, moves, and with them the cases. Their orders stay, too, but under numbers
that nobody can write, of nobody, and so free the numbers for real orders. All other orders go.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, or_, select

from bot.cases.case.moves import move
from bot.cases.case.review import UNKNOWN, may_have_been_paid, payment
from bot.cases.model import OPEN_STATES, Case, CaseState, CauseCode, MoveCause, StepState, StoredOrder
from bot.cases.services import Services
from bot.store import tables as t
from bot.store.demo import LEFT, present_numbers
from bot.store.unit_of_work import SqlUnitOfWork
from bot.wording import say

_S = CaseState
TO_THE_END: dict[CaseState, tuple[CaseState, ...]] = {
    _S.QUOTED: (_S.WITHDRAWN,),
    _S.CONFIRMED: (_S.WITHDRAWN,),
    _S.AWAITING_RETURN: (_S.WITHDRAWN,),
    _S.IN_REVIEW: (_S.WITHDRAWN,),
    _S.APPROVED_BY_AGENT: (_S.WITHDRAWN,),
    _S.FAILED: (_S.IN_REVIEW, _S.WITHDRAWN),
    _S.EXECUTING: (_S.FAILED, _S.IN_REVIEW, _S.WITHDRAWN),
    _S.RECEIVED: (_S.EXECUTING, _S.FAILED, _S.IN_REVIEW, _S.WITHDRAWN),
}
"""The moves by which each open case ends."""


@dataclass(frozen=True)
class Cleaned:
    """What was taken out: ``orders`` of which ``kept`` are still there for their cases; ``closed`` cases; how many
    customers, conversations and incidents. ``paid`` are the cases whose refund was paid, or may have been."""

    orders: int
    kept: int
    closed: int
    customers: int
    conversations: int
    incidents: int
    paid: tuple[str, ...]


def clean_demo(services: Services, *, dry_run: bool = False) -> Cleaned:
    """Take the demo out in one transaction; a second time there is nothing to do. With ``dry_run`` nothing is changed,
    and the answer is what would be."""
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        now = services.clock()
        orders = [order for number in present_numbers(uow) if (order := uow.orders.lock(number)) is not None]
        cases = [case for order in orders for case in uow.cases.of_order(order.id)]
        closed = [case for case in cases if case.state in OPEN_STATES]
        for case in closed:
            _end(services, uow, case)
        paid = tuple(case.reference for case in cases if may_have_been_paid(payment(uow, case)))
        customers, conversations = _only_of(uow, orders)
        _forget_cases(uow, cases)
        kept = sum(_take_out(uow, order, customers, now) for order in orders)
        incidents = uow.connection.execute(t.incidents.delete().where(t.incidents.c.demo)).rowcount
        if not dry_run:
            # Last of all: no rollback brings a forgotten key back.
            uow.personal.erase_conversations(conversations)
            for customer_id in customers:
                uow.personal.erase_customer(customer_id, now)
            uow.commit()
    return Cleaned(len(orders), kept, len(closed), len(customers), len(conversations), incidents, paid)


def _end(services: Services, uow: SqlUnitOfWork, case: Case) -> None:
    """Close a case: nothing of it is carried out any more. A call that somebody has made stays on record as one of
    which nobody knows."""
    for step in uow.outbox.of_case(case.id):
        if step.state is not StepState.WAITING:
            continue
        if step.attempts or (step.result or {}).get(UNKNOWN):
            error = say("cause_demo_taken_out")
            uow.outbox.change(step.id, state=StepState.DEAD, lease_until=None, error=error, result={UNKNOWN: True})
        else:
            uow.outbox.change(step.id, state=StepState.DROPPED, lease_until=None)
    for state in TO_THE_END[case.state]:
        case = move(services, uow, case, state, "system", MoveCause(CauseCode.DEMO_TAKEN_OUT))


def _only_of(uow: SqlUnitOfWork, orders: Collection[StoredOrder]) -> tuple[list[int], list[str]]:
    """The customers who have no other orders, and the conversations that are about nothing else. One in which somebody
    still waits for a person without an order is about something else."""
    ids, buyers = {order.id for order in orders}, {order.customer_id for order in orders}
    find = uow.connection.execute
    real = t.orders.c.demo.is_(False)
    also_real = select(t.orders.c.customer_id).where(t.orders.c.customer_id.in_(buyers), real)
    customers = buyers - set(find(also_real).scalars())
    case, proof = t.cases.c, t.verifications.c
    ours = set(find(select(case.conversation_id).where(case.order_id.in_(ids))).scalars())
    ours |= set(find(select(proof.conversation_id).where(proof.order_id.in_(ids))).scalars())
    ours |= set(find(select(proof.conversation_id).where(proof.customer_id.in_(customers))).scalars())
    real_orders = select(t.orders.c.id).where(real)
    waiting = and_(case.order_id.is_(None), case.state.in_(t.OPEN_STATE_NAMES))
    other_case = select(case.conversation_id).where(or_(case.order_id.in_(real_orders), waiting))
    of_others = and_(proof.order_id.is_(None), proof.customer_id.not_in(customers))
    other_proof = select(proof.conversation_id).where(or_(proof.order_id.in_(real_orders), of_others))
    return sorted(customers), sorted(ours - set(find(other_case).scalars()) - set(find(other_proof).scalars()))


def _forget_cases(uow: SqlUnitOfWork, cases: Collection[Case]) -> None:
    """Delete the words of the cases, and what is still to be sent of them, also in conversations that stay."""
    ids = [case.id for case in cases]
    for statement in (
        t.handoffs.update().where(t.handoffs.c.case_id.in_(ids)).values(transcript=None, facts=None),
        t.cases.update().where(t.cases.c.id.in_(ids)).values(**t.WORDLESS_CASE),
        t.notes.update().where(t.notes.c.case_id.in_(ids)).values(body=None),
        t.notices.delete().where(t.notices.c.case_id.in_(ids)),
        t.tickets.delete().where(t.tickets.c.case_id.in_(ids)),
    ):
        uow.connection.execute(statement)


def _take_out(uow: SqlUnitOfWork, order: StoredOrder, erased: Collection[int], now: datetime) -> bool:
    """Delete an order and all that opens it, or, where it has cases, leave it without number and person; whether it
    stays."""
    number = order.order.number
    codes = select(t.email_codes.c.id).where(t.email_codes.c.order_number == number)
    for statement in (
        t.verifications.delete().where(t.verifications.c.order_id == order.id),
        t.verification_attempts.delete().where(t.verification_attempts.c.order_number == number),
        t.mails.delete().where(t.mails.c.code_id.in_(codes)),
        t.email_codes.delete().where(t.email_codes.c.order_number == number),
    ):
        uow.connection.execute(statement)
    if not uow.cases.of_order(order.id):
        uow.connection.execute(t.orders.delete().where(t.orders.c.id == order.id))
        return False
    left = f"{LEFT}{order.id % 1_000_000:06}"
    nobody = {"contact": None, "phone_index": None, "national_index": None}
    if order.customer_id not in erased:  # who has real orders must not find this one beside them
        insert = t.customers.insert().values(sealed=None, email_index=None, erased_at=now)
        nobody["customer_id"] = uow.connection.execute(insert).inserted_primary_key[0]
    uow.connection.execute(t.orders.update().where(t.orders.c.id == order.id).values(number=left, **nobody))
    uow.connection.execute(t.ledger.update().where(t.ledger.c.order_number == number).values(order_number=left))
    return True
