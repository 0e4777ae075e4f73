"""A person's data: handing it out, erasing it, and erasing what has not been used for long.

Orders, decisions, sums and the log of the cases stay: the books need them, and without the person they name nobody.
So do agents' decisions, without their reasons: these are sealed under the conversation's key, which goes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cases.case.moves import move
from bot.cases.customer.left_quotes import is_stopped
from bot.cases.errors import CaseError
from bot.cases.model import (
    OPEN_STATES,
    Case,
    CaseFile,
    CaseKind,
    CaseState,
    CauseCode,
    Contact,
    Customer,
    MoveCause,
    Proven,
)
from bot.cases.ports.store import Snapshot, UnitOfWork
from bot.cases.services import Services
from bot.policy.facts import Order


class UnknownPerson(CaseError):
    """There is no customer with that e-mail address."""


class CaseInFlight(CaseError):
    """Money may still have to move: the case of this reference has to end first."""


@dataclass(frozen=True, repr=False)
class PersonRecord:
    """All that is known of a person. ``contacts`` are what each order says of its buyer, by its number;
    ``conversations`` are transcripts by conversation; ``verifications`` are conversations and until when something of
    the person's counted as proven in them."""

    customer: Customer | None
    orders: list[Order]
    contacts: dict[str, Contact]
    cases: list[CaseFile]
    conversations: dict[str, list[dict[str, str]]]
    verifications: list[tuple[str, datetime]]


@dataclass(frozen=True)
class Erased:
    """How much was erased, and how many orders and cases stay without the person."""

    customers: int
    conversations: int
    orders: int = 0
    cases: int = 0


def export(services: Services, email: str) -> PersonRecord:
    """All that is known of the person with that e-mail address. Raises UnknownPerson."""
    with services.reading() as uow:
        customer_id = _person(uow, email)
        files = [uow.case_files.find(reference) for reference in uow.personal.cases_of(customer_id)]
        return PersonRecord(
            customer=uow.customers.find(customer_id),
            orders=uow.orders.covered_by(Proven(customers=frozenset({customer_id}))),
            contacts=uow.customers.contacts(customer_id),
            cases=[file for file in files if file is not None],
            conversations={
                conversation_id: uow.messages.transcript(conversation_id)
                for conversation_id in uow.personal.conversations_of(customer_id)
            },
            verifications=uow.personal.verifications_of(customer_id),
        )


def erase(services: Services, email: str) -> Erased:
    """Erase the person with that e-mail address, in backups, too: the keys go. Questions and quotes that wait are
    closed. Raises UnknownPerson, and CaseInFlight."""
    with services.unit_of_work() as uow:
        erased = _erase(services, uow, _person(uow, email))
        uow.commit()
    return erased


def purge(services: Services, *, days: int, dry_run: bool = False) -> Erased:
    """Erase every person and every nameless conversation whose last use is more than so many days ago.

    A person with a case in flight is kept. With ``dry_run`` nothing is erased, and the answer is what would be.
    """
    before = services.clock() - timedelta(days=days)
    persons = conversations = 0
    with services.reading() as uow:
        idle = uow.personal.idle_customers(before)
    for customer_id in idle:
        with services.unit_of_work() as uow:
            if _in_flight(uow, customer_id):
                continue
            persons += 1
            if dry_run:
                conversations += len(uow.personal.conversations_of(customer_id))
                continue
            conversations += _erase(services, uow, customer_id).conversations
            uow.commit()
    with services.unit_of_work() as uow:
        nameless = uow.personal.idle_conversations(before)
        if not dry_run:
            for conversation_id in nameless:
                _close(services, uow, [*uow.cases.quoted(conversation_id), uow.cases.open_question(conversation_id)])
            uow.personal.erase_conversations(nameless)
            uow.commit()
    return Erased(persons, conversations + len(nameless))


def _person(uow: Snapshot, email: str) -> int:
    customer_id = uow.customers.by_email(email)
    if customer_id is None:
        raise UnknownPerson("no_customer")
    return customer_id


def _erase(services: Services, uow: UnitOfWork, customer_id: int) -> Erased:
    personal = uow.personal
    uow.customers.lock(customer_id)
    in_flight = _in_flight(uow, customer_id)
    if in_flight:
        raise CaseInFlight("case_in_flight", reference=in_flight[0].reference)
    cases = _cases(uow, customer_id)
    conversations = personal.conversations_of(customer_id)
    _close(services, uow, [case for case in cases if case.state in OPEN_STATES])
    personal.erase_conversations(conversations)
    personal.erase_customer(customer_id, services.clock())
    return Erased(
        1, len(conversations), len(uow.orders.covered_by(Proven(customers=frozenset({customer_id})))), len(cases)
    )


def _in_flight(uow: UnitOfWork, customer_id: int) -> list[Case]:
    """Open cases that are more than a quote or a question."""
    return [case for case in _cases(uow, customer_id) if case.state in OPEN_STATES and not _may_close(uow, case)]


def _may_close(uow: UnitOfWork, case: Case) -> bool:
    if case.state is CaseState.QUOTED:
        return not is_stopped(uow, case)
    if case.state is CaseState.APPROVED_BY_AGENT:
        return not uow.outbox.of_case(case.id)
    return case.kind is CaseKind.QUESTION and case.state is CaseState.IN_REVIEW


def _cases(uow: UnitOfWork, customer_id: int) -> list[Case]:
    found = [uow.cases.find(reference) for reference in uow.personal.cases_of(customer_id)]
    return [case for case in found if case is not None]


def _close(services: Services, uow: UnitOfWork, cases: list[Case | None]) -> None:
    for case in cases:
        if case is not None:
            move(services, uow, case, CaseState.WITHDRAWN, "system", MoveCause(CauseCode.ERASED))
