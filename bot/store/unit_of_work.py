"""One transaction over the tables: the rows in, the values of bot.cases out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.engine import Connection, Engine, Row

from bot.cases.conversation.transcript import of_messages, transcript
from bot.cases.model import (
    APPROVED_STATES,
    Case,
    CaseFile,
    CaseKind,
    CaseState,
    Cause,
    CustomerReason,
    Handoff,
    LogEntry,
    Proven,
    StoredDecision,
    StoredOrder,
)
from bot.policy.facts import Channel, Charge, Destination, Order, OrderStatus, ProductKind
from bot.store import account_record, audit
from bot.store import tables as t
from bot.store.conversations import ConversationRows
from bot.store.desk import DeskRows
from bot.store.insight import InsightRows
from bot.store.keys import Keys, conversation
from bot.store.messages import MessageRows
from bot.store.notices import NoticeRows
from bot.store.outbox import OutboxRows
from bot.store.personal_data import ERASED, ERASED_FACTS, PersonalData
from bot.store.pulse import PulseRows
from bot.store.rows import plain
from bot.store.shop import ShopRows
from bot.store.strangers import StrangerRows
from bot.store.tickets import TicketRows


class SqlUnitOfWork(
    OutboxRows,
    ConversationRows,
    MessageRows,
    NoticeRows,
    DeskRows,
    InsightRows,
    PulseRows,
    ShopRows,
    StrangerRows,
    TicketRows,
):
    """A transaction on one connection; see bot.cases.ports.store.UnitOfWork."""

    def __init__(self, engine: Engine, keys: Keys) -> None:
        self._engine = engine
        self._open: Connection | None = None
        self.keys = keys

    @property
    def connection(self) -> Connection:
        """The connection of the running transaction."""
        assert self._open is not None, "use `with`"
        return self._open

    def __enter__(self) -> SqlUnitOfWork:
        self._open = self._engine.connect()
        self._transaction = self._open.begin()
        return self

    def __exit__(self, *exc: object) -> None:
        if self._transaction.is_active:
            self._transaction.rollback()
        self.connection.close()
        self._open = None

    def commit(self) -> None:
        """Make everything since ``with`` permanent."""
        self._transaction.commit()

    # Orders

    def order(self, number: str) -> StoredOrder | None:
        """The order, None if there is none."""
        return self._order(select(t.orders).where(t.orders.c.number == number))

    def lock_order(self, number: str) -> StoredOrder | None:
        """The order, kept from other writers, and with it the customer, whose refunds are counted: two of their orders
        are not decided at once. On SQLite the transaction already excludes all others."""
        return self._order(select(t.orders).join(t.customers).where(t.orders.c.number == number).with_for_update())

    def _order(self, query: Any) -> StoredOrder | None:
        row = self.connection.execute(query).one_or_none()
        return None if row is None else _stored_order(row)

    def order_number(self, order_id: int) -> str:
        """The number of an order that exists."""
        number: str = self.connection.execute(select(t.orders.c.number).where(t.orders.c.id == order_id)).scalar_one()
        return number

    def change_order(self, order_id: int, **values: Any) -> None:
        """Set columns of an order."""
        self.connection.execute(t.orders.update().where(t.orders.c.id == order_id).values(**plain(values)))

    def orders_of(self, proven: Proven) -> list[Order]:
        """The orders that were proven, newest first."""
        query = select(t.orders).where(_seen(proven)).order_by(t.orders.c.placed_at.desc())
        return [_stored_order(row).order for row in self.connection.execute(query)]

    # Persons

    @property
    def personal(self) -> PersonalData:
        """What the store knows of persons."""
        return PersonalData(self.connection, self.keys)

    def email_of(self, customer_id: int) -> str | None:
        """The customer's e-mail address, in lower case; None once erased."""
        customer = self.personal.customer(customer_id)
        return customer.email if customer else None

    def customer_by_email(self, email: str) -> int | None:
        """The customer with that e-mail address."""
        return self.personal.customer_by_email(email)

    def email_matches(self, customer_id: int | None, email: str) -> bool:
        """Whether it is the customer's address; takes as long for no customer as for one."""
        return self.personal.email_matches(customer_id, email)

    def phone_matches(self, order_id: int | None, phone: str) -> bool:
        """Whether it is the phone number of the order; takes as long for no order as for one."""
        return self.personal.phone_matches(order_id, phone)

    def incident_covers(self, product: str, start: datetime, end: datetime) -> bool:
        """Whether an incident of the product overlaps the time from ``start`` to ``end`` (R1)."""
        incident = t.incidents.c
        query = select(func.count()).where(
            incident.product == product,
            incident.started_at <= end,
            or_(incident.ended_at.is_(None), incident.ended_at >= start),
        )
        return bool(self.connection.execute(query).scalar_one())

    def approved_refunds(self, customer_id: int, since: datetime, until: datetime) -> int:
        """How many of the customer's refunds, requested in that time, were approved."""
        query = (
            select(func.count())
            .select_from(t.cases.join(t.orders))
            .where(
                t.orders.c.customer_id == customer_id,
                t.cases.c.kind == CaseKind.REFUND.value,
                t.cases.c.state.in_([state.value for state in APPROVED_STATES]),
                t.cases.c.requested_at >= since,
                t.cases.c.requested_at <= until,
            )
        )
        count: int = self.connection.execute(query).scalar_one()
        return count

    # Cases

    def add_case(self, **values: Any) -> Case:
        """A new case. Raises sqlalchemy.exc.IntegrityError where an open one of the order and kind exists."""
        values = self._sealed(values["conversation_id"], values)
        key = self.connection.execute(t.cases.insert().values(**plain(values))).inserted_primary_key[0]
        return self.case_by_id(key)

    def case(self, reference: str) -> Case | None:
        """The case of that reference."""
        return self._case(select(t.cases).where(t.cases.c.reference == reference))

    def case_by_id(self, case_id: int) -> Case:
        """A case that exists."""
        return self._opened(self.connection.execute(select(t.cases).where(t.cases.c.id == case_id)).one())

    def open_case(self, order_id: int, kind: CaseKind) -> Case | None:
        """The order's open case of that kind; the database allows one."""
        query = select(t.cases).where(
            t.cases.c.order_id == order_id, t.cases.c.kind == kind.value, t.cases.c.state.in_(t.OPEN_STATE_NAMES)
        )
        return self._case(query)

    def open_question(self, conversation_id: str) -> Case | None:
        """The conversation's open wish for a person."""
        query = (
            select(t.cases)
            .where(
                t.cases.c.conversation_id == conversation_id,
                t.cases.c.kind == CaseKind.QUESTION.value,
                t.cases.c.state.in_(t.OPEN_STATE_NAMES),
            )
            .order_by(t.cases.c.id)
            .limit(1)
        )
        return self._case(query)

    def quoted_cases(self, conversation_id: str) -> list[Case]:
        """The cases of the conversation whose quote waits for an answer."""
        query = select(t.cases).where(
            t.cases.c.conversation_id == conversation_id, t.cases.c.state == CaseState.QUOTED.value
        )
        return [self._opened(row) for row in self.connection.execute(query)]

    def cases_of(self, conversation_id: str, proven: Proven) -> list[Case]:
        """The cases of the orders that were proven, and those of the conversation that are about no order; newest
        first."""
        own_questions = and_(t.cases.c.conversation_id == conversation_id, t.cases.c.order_id.is_(None))
        query = select(t.cases).select_from(t.cases.outerjoin(t.orders)).where(or_(own_questions, _seen(proven)))
        return [self._opened(row) for row in self.connection.execute(query.order_by(t.cases.c.id.desc()))]

    def cases_of_order(self, order_id: int) -> list[Case]:
        """The cases of an order, newest first."""
        query = select(t.cases).where(t.cases.c.order_id == order_id).order_by(t.cases.c.id.desc())
        return [self._opened(row) for row in self.connection.execute(query)]

    def change_case(self, case_id: int, **values: Any) -> Case:
        """Set columns of a case other than its state, which only moves."""
        if "reason_words" in values:
            query = select(t.cases.c.conversation_id).where(t.cases.c.id == case_id)
            conversation_id = values.get("conversation_id") or self.connection.execute(query).scalar_one()
            values = self._sealed(conversation_id, values)
        self.connection.execute(t.cases.update().where(t.cases.c.id == case_id).values(**plain(values)))
        return self.case_by_id(case_id)

    def move_case(self, case: Case, state: CaseState) -> Case | None:
        """Set the state, if it is still the one that the case was read with; else None."""
        unmoved = (t.cases.c.id == case.id, t.cases.c.state == case.state.value)
        moved = self.connection.execute(t.cases.update().where(*unmoved).values(state=state.value))
        return self.case_by_id(case.id) if moved.rowcount else None

    def log(
        self, case_id: int, at: datetime, actor: str, before: CaseState | None, after: CaseState, cause: str
    ) -> None:
        """Append a move to the case's log."""
        values = {"from_state": before.value if before else None, "to_state": after.value, "cause": cause}
        insert = t.case_log.insert().values(case_id=case_id, at=at, actor=actor, **values)
        key = self.connection.execute(insert).inserted_primary_key[0]
        audit.append(self.connection, self.keys.audit_key, "move", key, at)

    def moves_of(self, case_id: int) -> list[LogEntry]:
        """The log of a case, oldest first."""
        moved = select(t.case_log).where(t.case_log.c.case_id == case_id).order_by(t.case_log.c.id)
        return [
            LogEntry(
                at=row.at,
                actor=row.actor,
                from_state=CaseState(row.from_state) if row.from_state else None,
                to_state=CaseState(row.to_state),
                cause=row.cause,
            )
            for row in self.connection.execute(moved)
        ]

    def add_decision(self, **values: Any) -> StoredDecision:
        """Append a decision."""
        key = self.connection.execute(t.decisions.insert().values(**values)).inserted_primary_key[0]
        audit.append(self.connection, self.keys.audit_key, "decision", key, values["decided_at"])
        return self.decision(key)

    def decision(self, decision_id: int) -> StoredDecision:
        """A decision that exists."""
        row = self.connection.execute(select(t.decisions).where(t.decisions.c.id == decision_id)).one()
        return StoredDecision(**row._mapping)

    def latest_decision(self, case_id: int) -> StoredDecision | None:
        """The newest decision of a case."""
        query = select(t.decisions).where(t.decisions.c.case_id == case_id).order_by(t.decisions.c.id.desc()).limit(1)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else StoredDecision(**row._mapping)

    def decisions(self) -> Iterator[StoredDecision]:
        """Every decision, oldest first."""
        for row in self.connection.execute(select(t.decisions).order_by(t.decisions.c.id)):
            yield StoredDecision(**row._mapping)

    def save_handoff(
        self,
        case: Case,
        cause: Cause,
        transcript: list[dict[str, str]],
        facts: dict[str, Any],
        created_at: datetime,
        answer_by: date,
    ) -> Handoff:
        """Keep what the person gets. A second handoff of one case refreshes cause, transcript and facts. The
        promise stays, unless the case has just come back to the person."""
        known = self.handoff(case.id)
        subject = conversation(case.conversation_id)
        values: dict[str, Any] = {
            "transcript": self.keys.seal(subject, transcript),
            "facts": self.keys.seal(subject, facts),
            "cause": cause.value,
        }
        if known is None or self.moves_of(case.id)[-1].at == created_at:
            values |= {"created_at": created_at, "answer_by": answer_by}
        if known is None:
            self.connection.execute(t.handoffs.insert().values(case_id=case.id, **values))
        else:
            self.connection.execute(t.handoffs.update().where(t.handoffs.c.case_id == case.id).values(**values))
        saved = self.handoff(case.id)
        assert saved is not None
        return saved

    def handoff(self, case_id: int) -> Handoff | None:
        """The case's handoff, if it has one."""
        query = select(t.handoffs, t.cases.c.reference, t.cases.c.conversation_id).join(t.cases)
        query = query.where(t.handoffs.c.case_id == case_id)
        row = self.connection.execute(query).one_or_none()
        if row is None:
            return None
        erased = [{"at": row.created_at.isoformat(), "who": "customer", "text": ERASED}]
        return Handoff(
            case_id=row.case_id,
            reference=row.reference,
            cause=Cause(row.cause),
            transcript=self.personal.opened(row.conversation_id, row.transcript, erased),
            facts=self.personal.opened(row.conversation_id, row.facts, ERASED_FACTS),
            created_at=row.created_at,
            answer_by=row.answer_by,
        )

    def left_quotes(self, until: datetime) -> list[Case]:
        """The cases whose service is stopped and whose renewed quote has waited since before ``until``."""
        renewed = (
            select(t.case_log.c.case_id)
            .where(t.case_log.c.to_state == CaseState.QUOTED.value, t.case_log.c.from_state.isnot(None))
            .group_by(t.case_log.c.case_id)
            .having(func.max(t.case_log.c.at) <= until)
        )
        query = select(t.cases).where(t.cases.c.state == CaseState.QUOTED.value, t.cases.c.id.in_(renewed))
        return [self._opened(row) for row in self.connection.execute(query.order_by(t.cases.c.id))]

    def transcript(self, conversation_id: str) -> list[dict[str, str]]:
        """What was said in a conversation: by the message log; where it has nothing, as far as Rasa has stored it."""
        said = self.messages(conversation_id, limit=10_000)
        return of_messages(said) if said else transcript(self.personal.events(conversation_id))

    def verify_audit(self) -> tuple[int, list[str]]:
        """How many rows the audit chain has, and what is wrong with it or the accounts, a line each."""
        rows: int = self.connection.execute(select(func.count()).select_from(t.audit)).scalar_one()
        problems = list(audit.verify(self.connection, self.keys.audit_key))
        return rows, problems + list(account_record.verify(self.connection))

    def case_file(self, reference: str) -> CaseFile | None:
        """Everything about one case."""
        case = self.case(reference)
        return None if case is None else self._file(case)

    def case_files(self) -> list[CaseFile]:
        """Everything about every case, newest first."""
        rows = self.connection.execute(select(t.cases).order_by(t.cases.c.id.desc())).all()
        return [self._file(self._opened(row)) for row in rows]

    def _file(self, case: Case) -> CaseFile:
        decided = select(t.decisions).where(t.decisions.c.case_id == case.id).order_by(t.decisions.c.id)
        return CaseFile(
            case=case,
            order_number=None if case.order_id is None else self.order_number(case.order_id),
            demo=self._is_demo(case.order_id),
            decisions=[StoredDecision(**row._mapping) for row in self.connection.execute(decided)],
            log=self.moves_of(case.id),
            handoff=self.handoff(case.id),
            steps=self.steps_of(case.id),
            agent_decisions=self.agent_decisions(case.id),
            notes=self.notes_of(case.id),
        )

    def _is_demo(self, order_id: int | None) -> bool:
        query = select(t.orders.c.demo).where(t.orders.c.id == order_id)
        return bool(self.connection.execute(query).scalar_one_or_none())

    def _case(self, query: Any) -> Case | None:
        row = self.connection.execute(query).one_or_none()
        return None if row is None else self._opened(row)

    def _opened(self, row: Any) -> Case:
        words = row.reason_words and self.personal.opened(row.conversation_id, row.reason_words, ERASED)
        return _case(row, words)

    def _sealed(self, conversation_id: str, values: dict[str, Any]) -> dict[str, Any]:
        words = values.get("reason_words")
        return (
            values
            if words is None
            else {**values, "reason_words": self.keys.seal(conversation(conversation_id), words)}
        )


def _seen(proven: Proven) -> Any:
    return or_(t.orders.c.id.in_(proven.orders), t.orders.c.customer_id.in_(proven.customers))


def _stored_order(row: Row[Any] | Any) -> StoredOrder:
    order = Order(
        number=row.number,
        product=row.product,
        product_kind=ProductKind(row.product_kind),
        shipped=row.shipped,
        currency=row.currency,
        amount_paid=row.amount_paid,
        original_balance=row.original_balance,
        remaining_balance=row.remaining_balance,
        used=row.used,
        placed_at=row.placed_at,
        payment_method=row.payment_method,
        charge=Charge(row.charge),
        status=OrderStatus(row.status),
        dispute_open=row.dispute_open,
    )
    return StoredOrder(row.id, row.customer_id, order, row.cancelled_at, row.agreement_ends_on, row.demo)


def _case(row: Any, reason_words: str | None) -> Case:
    return Case(
        id=row.id,
        reference=row.reference,
        kind=CaseKind(row.kind),
        state=CaseState(row.state),
        order_id=row.order_id,
        conversation_id=row.conversation_id,
        requested_at=row.requested_at,
        created_at=row.created_at,
        reason=CustomerReason(row.reason) if row.reason else None,
        reason_words=reason_words,
        destination=Destination(row.destination) if row.destination else None,
        return_number=row.return_number,
        agent_id=row.agent_id,
        taken_at=row.taken_at,
        channel=Channel(row.channel),
    )
