"""The cases and their log."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, func, or_, select
from typing_extensions import Unpack

from bot.cases.model import (
    APPROVED_STATES,
    Case,
    CaseKind,
    CaseState,
    CauseCode,
    CustomerReason,
    LogEntry,
    MoveCause,
    Proven,
)
from bot.cases.ports.cases import CaseChange
from bot.policy.facts import Channel, Destination
from bot.policy.values import values_from_json, values_to_json
from bot.store import audit
from bot.store import tables as t
from bot.store.keys import conversation
from bot.store.old_causes import old_cause
from bot.store.orders import covered
from bot.store.rows import ERASED, Repository, plain

_SEALED = t.WORDLESS_CASE.keys()
"""Columns under the conversation's key."""


class CaseRepository(Repository):
    """See bot.cases.ports.cases.Cases."""

    def add(
        self,
        *,
        reference: str,
        kind: CaseKind,
        state: CaseState,
        conversation_id: str,
        requested_at: datetime,
        created_at: datetime,
        order_id: int | None = None,
        reason: CustomerReason | None = None,
        reason_words: str | None = None,
        destination: Destination | None = None,
        channel: Channel = Channel.CHAT,
    ) -> Case:
        """A new case. Raises sqlalchemy.exc.IntegrityError where an open one of the order and kind exists."""
        insert = t.cases.insert().values(
            reference=reference,
            kind=kind.value,
            state=state.value,
            order_id=order_id,
            conversation_id=conversation_id,
            requested_at=requested_at,
            created_at=created_at,
            reason=reason and reason.value,
            reason_words=self._sealed(conversation_id, reason_words),
            destination=destination and destination.value,
            channel=channel.value,
        )
        return self.get(self.connection.execute(insert).inserted_primary_key[0])

    def find(self, reference: str) -> Case | None:
        """The case of that reference."""
        return self._case(select(t.cases).where(t.cases.c.reference == reference))

    def get(self, case_id: int) -> Case:
        """A case that exists."""
        return self.opened_row(self.connection.execute(select(t.cases).where(t.cases.c.id == case_id)).one())

    def open_of_order(self, order_id: int, kind: CaseKind) -> Case | None:
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

    def quoted(self, conversation_id: str) -> list[Case]:
        """The cases of the conversation whose quote waits for an answer."""
        query = select(t.cases).where(
            t.cases.c.conversation_id == conversation_id, t.cases.c.state == CaseState.QUOTED.value
        )
        return [self.opened_row(row) for row in self.connection.execute(query)]

    def covered_by(self, conversation_id: str, proven: Proven) -> list[Case]:
        """The cases of the orders that were proven, and those of the conversation that are about no order; newest
        first."""
        own_questions = and_(t.cases.c.conversation_id == conversation_id, t.cases.c.order_id.is_(None))
        query = select(t.cases).select_from(t.cases.outerjoin(t.orders)).where(or_(own_questions, covered(proven)))
        return [self.opened_row(row) for row in self.connection.execute(query.order_by(t.cases.c.id.desc()))]

    def of_order(self, order_id: int) -> list[Case]:
        """The cases of an order, newest first."""
        query = select(t.cases).where(t.cases.c.order_id == order_id).order_by(t.cases.c.id.desc())
        return [self.opened_row(row) for row in self.connection.execute(query)]

    def left_quotes(self, until: datetime) -> list[Case]:
        """The cases whose service is stopped and whose renewed quote has waited since before ``until``."""
        case_id = t.case_log.c.case_id
        renewed = select(case_id).where(t.RENEWED_QUOTE).group_by(case_id).having(func.max(t.case_log.c.at) <= until)
        # Not in one query: PostgreSQL takes the few for many, and would read all cases.
        case_ids = self.connection.execute(renewed).scalars().all()
        if not case_ids:
            return []
        query = select(t.cases).where(t.cases.c.state == CaseState.QUOTED.value, t.cases.c.id.in_(case_ids))
        return [self.opened_row(row) for row in self.connection.execute(query.order_by(t.cases.c.id))]

    def waiting_returns(self, since_before: datetime) -> list[Case]:
        """The cases whose card has been on its way back since before that moment, the longest first."""
        return self._waiting_returns(self._waits_since() <= since_before)

    def unreminded_returns(self, since_before: datetime) -> list[Case]:
        """Those of ``waiting_returns`` whose customer has not been reminded since they wait."""
        since, reminded = self._waits_since(), t.cases.c.reminded_at
        return self._waiting_returns(and_(since <= since_before, or_(reminded.is_(None), reminded < since)))

    def _waiting_returns(self, which: Any) -> list[Case]:
        query = select(t.cases).where(t.AWAITS_RETURN, which).order_by(t.cases.c.id)
        return [self.opened_row(row) for row in self.connection.execute(query)]

    def _waits_since(self) -> Any:
        log = t.case_log.c
        came = (log.case_id == t.cases.c.id, log.to_state == CaseState.AWAITING_RETURN.value)
        return select(func.max(log.at)).where(*came).scalar_subquery()

    def returns_of(self, conversation_id: str) -> list[Case]:
        """The conversation's cases that have a return number, newest first."""
        query = select(t.cases).where(t.cases.c.conversation_id == conversation_id, t.cases.c.return_number.isnot(None))
        return [self.opened_row(row) for row in self.connection.execute(query.order_by(t.cases.c.id.desc()))]

    def remind(self, case: Case, at: datetime) -> bool:
        """Note that the customer is reminded of the card, unless it has come back or somebody else has noted it since
        the case was read. Of two at once one gets it."""
        row = t.cases.c
        unreminded = row.reminded_at.is_(None) if case.reminded_at is None else row.reminded_at == case.reminded_at
        waits = (row.id == case.id, row.state == case.state.value, unreminded)
        return bool(self.connection.execute(t.cases.update().where(*waits).values(reminded_at=at)).rowcount == 1)

    def newest_reference(self, conversation_id: str) -> str | None:
        """The reference of the newest case of a conversation."""
        query = select(t.cases.c.reference).where(t.cases.c.conversation_id == conversation_id)
        reference: str | None = self.connection.execute(query.order_by(t.cases.c.id.desc()).limit(1)).scalar()
        return reference

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

    def change(self, case_id: int, **values: Unpack[CaseChange]) -> Case:
        """Set columns of a case other than its state, which only moves."""
        columns = plain(values)
        known = self.get(case_id)
        conversation_id = values.get("conversation_id", known.conversation_id)
        if conversation_id != known.conversation_id:  # another key
            columns = {"tracking_number": known.tracking_number, "return_label": known.return_label, **columns}
        columns.update({name: self._sealed(conversation_id, columns[name]) for name in _SEALED & columns.keys()})
        self.connection.execute(t.cases.update().where(t.cases.c.id == case_id).values(**columns))
        return self.get(case_id)

    def move(self, case: Case, state: CaseState) -> Case | None:
        """Set the state, if it is still the one that the case was read with; else None."""
        unmoved = (t.cases.c.id == case.id, t.cases.c.state == case.state.value)
        moved = self.connection.execute(t.cases.update().where(*unmoved).values(state=state.value))
        return self.get(case.id) if moved.rowcount else None

    def take(self, case: Case, agent_id: int, at: datetime, instead_of: int | None) -> bool:
        """Give the case to an agent, if ``instead_of`` (None: nobody) has it and its state is still the one that it was
        read with. Of two at once one gets it."""
        taken = t.cases.c
        free = taken.agent_id.is_(None) if instead_of is None else taken.agent_id == instead_of
        unmoved = and_(taken.id == case.id, taken.state == case.state.value, free)
        done = self.connection.execute(t.cases.update().where(unmoved).values(agent_id=agent_id, taken_at=at))
        return bool(done.rowcount == 1)

    def log(
        self, case_id: int, at: datetime, actor: str, before: CaseState | None, after: CaseState, cause: MoveCause
    ) -> None:
        """Append a move to the case's log."""
        states = {"from_state": before.value if before else None, "to_state": after.value}
        values = {**states, "cause": cause.code.value, "cause_values": values_to_json(cause.values)}
        insert = t.case_log.insert().values(case_id=case_id, at=at, actor=actor, **values)
        key = self.connection.execute(insert).inserted_primary_key[0]
        audit.append(self.connection, self.keys.audit_key, "move", key, at)

    def moves(self, case_id: int) -> list[LogEntry]:
        """The log of a case, oldest first."""
        moved = select(t.case_log).where(t.case_log.c.case_id == case_id).order_by(t.case_log.c.id)
        return [
            LogEntry(
                at=row.at,
                actor=row.actor,
                from_state=CaseState(row.from_state) if row.from_state else None,
                to_state=CaseState(row.to_state),
                cause=_cause(row),
            )
            for row in self.connection.execute(moved)
        ]

    def _case(self, query: Any) -> Case | None:
        row = self.connection.execute(query).one_or_none()
        return None if row is None else self.opened_row(row)

    def opened_row(self, row: Any) -> Case:
        """The case of a row of its table."""
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
            reason_words=row.reason_words and self.opened(row.conversation_id, row.reason_words, ERASED),
            destination=Destination(row.destination) if row.destination else None,
            return_number=row.return_number,
            agent_id=row.agent_id,
            taken_at=row.taken_at,
            channel=Channel(row.channel),
            tracking_number=row.tracking_number and self.opened(row.conversation_id, row.tracking_number, None),
            return_label=row.return_label and self.opened(row.conversation_id, row.return_label, None),
            reminded_at=row.reminded_at,
        )

    def _sealed(self, conversation_id: str, words: str | None) -> str | None:
        return None if words is None else self.keys.seal(conversation(conversation_id), words)


def _cause(row: Any) -> MoveCause:
    if row.cause_values is None:
        return old_cause(row.cause)
    return MoveCause(CauseCode(row.cause), values_from_json(row.cause_values))
