"""One transaction over the tables: the rows in, the values of bot.cases out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection, Engine, Row

from bot.cases.email_codes import DueMail, EmailCode
from bot.cases.model import (
    APPROVED_STATES,
    Case,
    CaseFile,
    CaseKind,
    CaseState,
    Cause,
    Conversation,
    CustomerReason,
    Handoff,
    LogEntry,
    OutboxStep,
    Step,
    StepState,
    StoredDecision,
    StoredOrder,
)
from bot.cases.transcript import transcript
from bot.policy.facts import Charge, Destination, Order, OrderStatus, ProductKind
from bot.store import audit
from bot.store import tables as t
from bot.store.keys import Keys, conversation
from bot.store.personal_data import ERASED, ERASED_FACTS, PersonalData


class SqlUnitOfWork:
    """A transaction on one connection; see bot.cases.ports.UnitOfWork."""

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
        self.connection.execute(t.orders.update().where(t.orders.c.id == order_id).values(**_plain(values)))

    def orders_of(self, customer_ids: frozenset[int]) -> list[Order]:
        """The orders of the customers, newest first."""
        query = select(t.orders).where(t.orders.c.customer_id.in_(customer_ids)).order_by(t.orders.c.placed_at.desc())
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

    def phone_matches(self, customer_id: int | None, phone: str) -> bool:
        """Whether it is the customer's phone number; takes as long for no customer as for one."""
        return self.personal.phone_matches(customer_id, phone)

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
        key = self.connection.execute(t.cases.insert().values(**_plain(values))).inserted_primary_key[0]
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

    def cases_of(self, conversation_id: str, customer_ids: frozenset[int]) -> list[Case]:
        """The cases of the customers' orders, and those of the conversation that are about no order; newest first."""
        own_questions = and_(t.cases.c.conversation_id == conversation_id, t.cases.c.order_id.is_(None))
        query = (
            select(t.cases)
            .select_from(t.cases.outerjoin(t.orders))
            .where(or_(own_questions, t.orders.c.customer_id.in_(customer_ids)))
            .order_by(t.cases.c.id.desc())
        )
        return [self._opened(row) for row in self.connection.execute(query)]

    def change_case(self, case_id: int, **values: Any) -> Case:
        """Set columns of a case other than its state, which only moves."""
        if "reason_words" in values:
            query = select(t.cases.c.conversation_id).where(t.cases.c.id == case_id)
            conversation_id = values.get("conversation_id") or self.connection.execute(query).scalar_one()
            values = self._sealed(conversation_id, values)
        self.connection.execute(t.cases.update().where(t.cases.c.id == case_id).values(**_plain(values)))
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
        """Keep what the person gets. A second handoff of one case refreshes transcript and facts, not the promise."""
        known = self.handoff(case.id)
        subject = conversation(case.conversation_id)
        values: dict[str, Any] = {
            "transcript": self.keys.seal(subject, transcript),
            "facts": self.keys.seal(subject, facts),
        }
        if known is None:
            values |= {"case_id": case.id, "cause": cause.value, "created_at": created_at, "answer_by": answer_by}
            self.connection.execute(t.handoffs.insert().values(**values))
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

    # Outbox

    def add_step(
        self, case: Case, decision_id: int, step: Step, payload: dict[str, Any], next_at: datetime, created_at: datetime
    ) -> None:
        """Put a step of a case into the outbox. Its idempotency key is made of the case and the step alone, so that no
        decision can have it carried out twice."""
        values = {
            "case_id": case.id,
            "decision_id": decision_id,
            "step": step.value,
            "state": StepState.WAITING.value,
            "key": f"{case.reference}-{step.value}",
            "payload": payload,
            "attempts": 0,
            "created_at": created_at,
            "next_at": next_at,
        }
        self.connection.execute(t.outbox.insert().values(**values))

    def due_steps(self, now: datetime, longest_wait: timedelta, lease: timedelta, limit: int) -> list[OutboxStep]:
        """Steps that may be due, the longest waiting first; see bot.cases.execution.is_due for what the times mean."""
        step = t.outbox.c
        due = or_(step.next_at <= now, step.next_at > now + longest_wait)
        free = or_(step.lease_until.is_(None), step.lease_until <= now, step.lease_until > now + lease)
        query = select(t.outbox).where(step.state == StepState.WAITING.value, due, free).order_by(step.next_at, step.id)
        return [_step(row) for row in self.connection.execute(query.limit(limit))]

    def overdue_steps(self, since: datetime) -> int:
        """How many steps have been due since then, and are in nobody's hand."""
        step = t.outbox.c
        free = or_(step.lease_until.is_(None), step.lease_until <= since)
        overdue = and_(step.state == StepState.WAITING.value, step.next_at <= since, free)
        count: int = self.connection.execute(select(func.count()).where(overdue)).scalar_one()
        return count

    def step(self, step_id: int) -> OutboxStep:
        """A step as it is now. Whoever changes it has locked the order of its case."""
        return _step(self.connection.execute(select(t.outbox).where(t.outbox.c.id == step_id)).one())

    def change_step(self, step_id: int, **values: Any) -> OutboxStep:
        """Set columns of a step."""
        self.connection.execute(t.outbox.update().where(t.outbox.c.id == step_id).values(**_plain(values)))
        return self.step(step_id)

    def steps_of(self, case_id: int) -> list[OutboxStep]:
        """The steps of a case, in the order in which they were put into the outbox."""
        query = select(t.outbox).where(t.outbox.c.case_id == case_id).order_by(t.outbox.c.id)
        return [_step(row) for row in self.connection.execute(query)]

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
        """What was said in a conversation, as far as Rasa has stored it: a turn is stored once it has ended."""
        return transcript(self.personal.events(conversation_id))

    def verify_audit(self) -> tuple[int, list[str]]:
        """How many rows the audit chain has, and what is wrong with it, a line each."""
        rows: int = self.connection.execute(select(func.count()).select_from(t.audit)).scalar_one()
        return rows, list(audit.verify(self.connection, self.keys.audit_key))

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
        moved = select(t.case_log).where(t.case_log.c.case_id == case.id).order_by(t.case_log.c.id)
        return CaseFile(
            case=case,
            order_number=None if case.order_id is None else self.order_number(case.order_id),
            decisions=[StoredDecision(**row._mapping) for row in self.connection.execute(decided)],
            log=[
                LogEntry(
                    at=row.at,
                    actor=row.actor,
                    from_state=CaseState(row.from_state) if row.from_state else None,
                    to_state=CaseState(row.to_state),
                    cause=row.cause,
                )
                for row in self.connection.execute(moved)
            ],
            handoff=self.handoff(case.id),
            steps=self.steps_of(case.id),
        )

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

    # Verification

    def verified_customers(self, conversation_id: str, now: datetime) -> frozenset[int]:
        """The customers whose orders this conversation may see."""
        known = t.verifications.c
        query = select(known.customer_id).where(known.conversation_id == conversation_id, known.expires_at > now)
        return frozenset(self.connection.execute(query).scalars())

    def add_verification(self, conversation_id: str, customer_id: int, expires_at: datetime) -> None:
        """Let the conversation see the customer's orders until ``expires_at``."""
        values = {"conversation_id": conversation_id, "customer_id": customer_id, "expires_at": expires_at}
        self.connection.execute(t.verifications.insert().values(**values))

    def attempt(self, conversation_id: str, message_id: str) -> bool | None:
        """Whether the attempt of that message passed; None if it made none."""
        made = t.verification_attempts.c
        query = select(made.passed).where(made.conversation_id == conversation_id, made.message_id == message_id)
        passed: bool | None = self.connection.execute(query).scalar_one_or_none()
        return passed

    def add_attempt(
        self,
        conversation_id: str,
        message_id: str,
        order_number: str,
        at: datetime,
        passed: bool,
        address_index: str | None = None,
    ) -> None:
        """Remember one attempt; a message makes one at most. ``address_index``: where its tries are counted, too."""
        values = {"conversation_id": conversation_id, "message_id": message_id, "order_number": order_number}
        attempt = t.verification_attempts.insert().values(at=at, passed=passed, address_index=address_index, **values)
        self.connection.execute(attempt)

    def failed_attempts(
        self,
        since: datetime,
        *,
        conversation_id: str = "",
        order_number: str = "",
        address_index: str | None = None,
    ) -> int:
        """How many attempts failed since then: of a conversation, for an order number, or from an address. What a
        clock that was set back left in the future counts as well."""
        made = t.verification_attempts.c
        if conversation_id:
            whose = made.conversation_id == conversation_id
        elif order_number:
            whose = made.order_number == order_number
        else:
            whose = made.address_index == (address_index or "")
        query = select(func.count()).where(and_(whose, made.passed.is_(False), made.at > since))
        count: int = self.connection.execute(query).scalar_one()
        return count

    # Codes by mail

    def has_code(self, conversation_id: str, message_id: str) -> bool:
        """Whether this message has asked for a code."""
        asked = t.email_codes.c
        query = select(func.count()).where(asked.conversation_id == conversation_id, asked.message_id == message_id)
        return bool(self.connection.execute(query).scalar_one())

    def codes_since(self, since: datetime, *, conversation_id: str = "", order_number: str = "") -> int:
        """How many codes were asked for since then: in a conversation, or, of those that are mailed, for an order."""
        asked = t.email_codes.c
        if conversation_id:
            whose = asked.conversation_id == conversation_id
        else:
            whose = and_(asked.order_number == order_number, asked.customer_id.is_not(None))
        count: int = self.connection.execute(select(func.count()).where(whose, asked.created_at > since)).scalar_one()
        return count

    def add_code(self, **values: Any) -> int:
        """A new code; its id."""
        insert = t.email_codes.insert().values(tries=0, used=False, **values)
        key: int = self.connection.execute(insert).inserted_primary_key[0]
        return key

    def newest_code(self, conversation_id: str, order_number: str) -> EmailCode | None:
        """The last code that was asked for there; those before it are void."""
        asked = t.email_codes.c
        query = select(*_code_columns()).where(
            asked.conversation_id == conversation_id, asked.order_number == order_number
        )
        row = self.connection.execute(query.order_by(asked.id.desc()).limit(1)).one_or_none()
        return None if row is None else EmailCode(**row._mapping)

    def change_code(self, code_id: int, **values: Any) -> None:
        """Set columns of a code."""
        self.connection.execute(t.email_codes.update().where(t.email_codes.c.id == code_id).values(**values))

    def add_mail(self, code_id: int, due_at: datetime) -> None:
        """Have the mail with this code sent."""
        self.connection.execute(t.mails.insert().values(code_id=code_id, due_at=due_at, tries=0))

    def take_due_mails(self, now: datetime, until: datetime) -> list[DueMail]:
        """The mails that are due, some at a time; nobody else gets them before ``until``."""
        due = select(t.mails.c.id, t.mails.c.tries, t.mails.c.code_id).where(t.mails.c.due_at <= now)
        rows = self.connection.execute(due.order_by(t.mails.c.id).limit(20).with_for_update(skip_locked=True)).all()
        mails = []
        for row in rows:
            taken = t.mails.update().where(t.mails.c.id == row.id).values(due_at=until, tries=row.tries + 1)
            self.connection.execute(taken)
            code = self.connection.execute(select(*_code_columns()).where(t.email_codes.c.id == row.code_id)).one()
            mails.append(DueMail(row.id, row.tries, EmailCode(**code._mapping)))
        return mails

    def put_off_mail(self, mail_id: int, due_at: datetime) -> None:
        """Try a mail again then."""
        self.connection.execute(t.mails.update().where(t.mails.c.id == mail_id).values(due_at=due_at))

    def remove_mail(self, mail_id: int) -> None:
        """A mail that was sent, or never will be."""
        self.connection.execute(t.mails.delete().where(t.mails.c.id == mail_id))

    # Conversations

    def exclude_others(self, name: str) -> None:
        """Wait until no other transaction holds this name, and hold it to the end. SQLite excludes them anyway."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(name))))

    def conversation(self, conversation_id: str) -> Conversation | None:
        """The conversation of that id."""
        query = select(t.conversations).where(t.conversations.c.id == conversation_id)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else _conversation(row)

    def conversations_named(self, channel: str, sender: str) -> list[Conversation]:
        """What clients of a channel call by that name, the newest first."""
        known = t.conversations.c
        query = select(t.conversations).where(known.channel == channel, known.sender == sender)
        return [_conversation(row) for row in self.connection.execute(query.order_by(known.last_at.desc()))]

    def add_conversation(self, conversation: Conversation) -> bool:
        """A new one; False where its id is taken."""
        insert = postgresql.insert if self.connection.dialect.name == "postgresql" else sqlite.insert
        values = _conversation_row(vars(conversation))
        done = self.connection.execute(insert(t.conversations).values(**values).on_conflict_do_nothing())
        return bool(done.rowcount == 1)

    def change_conversation(self, conversation_id: str, **values: Any) -> None:
        """Set what is known of a conversation."""
        update = t.conversations.update().where(t.conversations.c.id == conversation_id)
        self.connection.execute(update.values(**_conversation_row(values)))

    def active_since(self, address_index: str, since: datetime) -> list[datetime]:
        """When the conversations of a limited address were last written in, oldest first; those since then."""
        known = t.conversations.c
        of_address = and_(known.address_index == address_index, known.address_limited.is_(True))
        query = select(known.last_at).where(of_address, known.last_at > since)
        return list(self.connection.execute(query.order_by(known.last_at)).scalars())


def _code_columns() -> list[Any]:
    return [t.email_codes.c[name] for name in EmailCode.__dataclass_fields__]


def _conversation_row(values: dict[str, Any]) -> dict[str, Any]:
    row = dict(values)
    if "secret_hashes" in row:
        row["secret_hash"] = " ".join(row.pop("secret_hashes"))
    return row


def _conversation(row: Any) -> Conversation:
    values = dict(row._mapping)
    secrets = tuple(values.pop("secret_hash").split())
    return Conversation(**values, secret_hashes=secrets)


def _step(row: Any) -> OutboxStep:
    return OutboxStep(
        id=row.id,
        case_id=row.case_id,
        decision_id=row.decision_id,
        step=Step(row.step),
        state=StepState(row.state),
        key=row.key,
        payload=row.payload,
        attempts=row.attempts,
        next_at=row.next_at,
        lease_until=row.lease_until,
        error=row.error,
        result=row.result,
    )


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """Enum members as the texts that the columns hold."""
    return {key: getattr(value, "value", value) for key, value in values.items()}


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
    return StoredOrder(row.id, row.customer_id, order, row.cancelled_at, row.agreement_ends_on)


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
    )
