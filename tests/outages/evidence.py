"""What is left in the end, as the judge reads it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import product
from typing import Any

import sqlalchemy as sa

from actions.policy import policy_values
from bot.cases.model import Author, CaseFile, CaseKind, CaseState, Message, StepState
from bot.cases.services import Services
from bot.policy import decide, decide_cancellation, decide_refund
from bot.policy.advice import smallest_change, what_remains
from bot.policy.facts import CancelRequest, Destination, Order, Reason, RefundRequest
from bot.policy.parsing import parse_request
from bot.store import tables as t
from bot.store.unit_of_work import SqlUnitOfWork
from bot.wording import DEFAULT, say
from bot.wording.decisions import advice
from tests.gateways.contract_server import Book
from tests.outages.clients import Client
from tests.outages.judge import Books, CaseEnd, Line, cents, sums_in
from tests.simulation.runs import end_of


def log_of(services: Services, client: Client) -> dict[str, list[Line]]:
    """Each conversation that has a message of this client, whole."""
    ids = [sent.id for sent in client.sent]
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        found = sa.select(t.messages.c.conversation_id).where(t.messages.c.client_id.in_(ids)).distinct()
        names = uow.connection.execute(found).scalars().all()
        return {name: [_line(message) for message in uow.messages.of_conversation(name)] for name in names}


def cases_of(services: Services, conversation_ids: list[str]) -> list[CaseEnd]:
    """The cases of conversations, oldest first."""
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        of_these = t.cases.c.conversation_id.in_(conversation_ids)
        found = uow.connection.execute(sa.select(t.cases.c.reference).where(of_these).order_by(t.cases.c.id))
        files = [uow.case_files.find(reference) for reference in found.scalars().all()]
    return [_case(file) for file in files if file is not None]


def books_of(book: Book) -> Books:
    """What the gateway has done."""
    return Books(
        payments=tuple((payment.order, cents(payment.amount), payment.destination) for payment in book.payments),
        stops=tuple(stop.order for stop in book.stops),
        ends=tuple(end.order for end in book.ends),
        asked=frozenset(call.order for call in book.calls),
        violations=tuple(book.violations),
    )


def is_settled(services: Services) -> bool:
    """Whether nothing is left to be answered or carried out."""
    asked = t.messages.c.author == Author.CUSTOMER.value
    moving = t.cases.c.state.in_([CaseState.CONFIRMED.value, CaseState.EXECUTING.value])
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        waiting = sa.select(t.outbox.c.id).where(t.outbox.c.state == StepState.WAITING.value).limit(1)
        unanswered = sa.select(t.messages.c.id).where(asked, t.messages.c.answered_at.is_(None)).limit(1)
        left = [waiting, unanswered, sa.select(t.cases.c.id).where(moving).limit(1)]
        return all(uow.connection.execute(query).first() is None for query in left)


def what_is_broken(services: Services) -> Iterator[str]:
    """What the audit chain finds, and decisions that can't be made again."""
    with services.unit_of_work() as uow:
        yield from map(str, uow.audit.verify()[1])
        for stored in uow.decisions.all():
            if decide(parse_request(stored.inputs), services.policy).to_json() != stored.result:
                yield f"decision {stored.id} can't be replayed"


def sums_of(services: Services, order: Order) -> frozenset[str]:
    """All sums that an order and whatever the policy may say of it name."""
    now = services.clock()
    own = [order.amount_paid, order.original_balance, order.remaining_balance]
    found = {cents(amount) for amount in own if amount is not None}
    for reason, destination in product(Reason, [None, *Destination]):
        request = RefundRequest(order, now, now, reason, destination=destination)
        found |= sums_in(json.dumps(decide_refund(request, services.policy).to_json()))
        found |= sums_in(advice(smallest_change(request, services.policy), what_remains(order)))
    found |= sums_in(json.dumps(decide_cancellation(CancelRequest(order, now, now), services.policy).to_json()))
    return frozenset(found)


def public_sums(services: Services) -> frozenset[str]:
    """The sums of the policy's own examples, which anybody may be told."""
    values = policy_values(services.policy.terms_for(services.clock()))
    return sums_in(say("chat_ask_policy_fee_computed", DEFAULT, **values))


def told(heard: list[str]) -> str:
    """What a client heard, with nothing hidden by the way JSON is written."""
    return "\n".join(json.dumps(_read(text), ensure_ascii=False) for text in heard)


def _read(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _line(message: Message) -> Line:
    answered = message.author is not Author.CUSTOMER or message.answered_at is not None
    return Line(message.seq, message.text, message.client_id, message.reply_to, answered)


def _case(file: CaseFile) -> CaseEnd:
    case, handoff = file.case, file.handoff
    result = file.decisions[-1].result if file.decisions else {}
    is_refund = case.kind is CaseKind.REFUND
    return CaseEnd(
        reference=case.reference,
        kind=case.kind,
        state=case.state,
        conversation_id=case.conversation_id,
        number=file.order_number,
        end=end_of(file),
        confirmed=any(entry.to_state in (CaseState.CONFIRMED, CaseState.AWAITING_RETURN) for entry in file.log),
        agreed=cents(result["refund"]) if is_refund and result.get("refund") is not None else None,
        destination=case.destination.value if case.destination else None,
        cause=handoff.cause.value if handoff else None,
        facts=bool(handoff and handoff.facts and handoff.transcript),
        waiting_steps=sum(step.state is StepState.WAITING for step in file.steps),
        sums=frozenset().union(*(sums_in(json.dumps([d.inputs, d.result])) for d in file.decisions)),
    )
