"""What waits at the desk, and whether anything has happened that somebody there should see."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy import func, or_, select

from bot.cases.model import CaseState, Cause, QueueRow
from bot.store import tables as t
from bot.store.agents import AgentRepository
from bot.store.cases import CaseRepository
from bot.store.rows import Repository


class DeskRepository(Repository):
    """See bot.cases.ports.desk.Desk."""

    def queue(self, states: Collection[CaseState]) -> list[QueueRow]:
        """The cases in these states, and those that somebody has, in no particular order."""
        since = select(t.case_log.c.case_id, func.max(t.case_log.c.at).label("since")).group_by(t.case_log.c.case_id)
        moved = since.subquery()
        newest = select(func.max(t.decisions.c.id)).group_by(t.decisions.c.case_id)
        decided = select(t.decisions.c.case_id, t.decisions.c.result).where(t.decisions.c.id.in_(newest)).subquery()
        proven = select(t.verifications.c.id).where(t.verifications.c.conversation_id == t.cases.c.conversation_id)
        query = (
            select(
                t.cases,
                t.orders.c.number,
                t.handoffs.c.cause,
                t.handoffs.c.answer_by,
                moved.c.since,
                decided.c.result,
                proven.exists().label("verified"),
            )
            .select_from(t.cases)
            .outerjoin(t.orders, t.orders.c.id == t.cases.c.order_id)
            .outerjoin(t.handoffs, t.handoffs.c.case_id == t.cases.c.id)
            .outerjoin(decided, decided.c.case_id == t.cases.c.id)
            .join(moved, moved.c.case_id == t.cases.c.id)
            .where(or_(t.cases.c.state.in_([state.value for state in states]), t.cases.c.agent_id.isnot(None)))
        )
        cases = CaseRepository(self.connection, self.keys)
        people = {agent.id: agent for agent in AgentRepository(self.connection, self.keys).all()}
        waiting = self._cases_with_a_second_to_ask()
        return [
            QueueRow(
                case=cases.opened_row(row),
                order_number=row.number,
                cause=Cause(row.cause) if row.cause else None,
                answer_by=row.answer_by,
                since=row.since,
                taken_by=people.get(row.agent_id),
                needs_second=row.id in waiting,
                verified=bool(row.verified),
                result=row.result,
            )
            for row in self.connection.execute(query.order_by(t.cases.c.id)).all()
        ]

    def _cases_with_a_second_to_ask(self) -> set[int]:
        query = (
            select(t.agent_decisions.c.case_id)
            .select_from(t.agent_decisions.outerjoin(t.second_opinions))
            .where(t.agent_decisions.c.needs_second.is_(True), t.second_opinions.c.id.is_(None))
        )
        return set(self.connection.execute(query).scalars())

    def pulse(self) -> tuple[int, ...]:
        """A value that changes with whatever happens at the desk or in a conversation; cheap to ask for."""
        tables = (t.messages, t.case_log, t.handoffs, t.notes, t.agent_decisions, t.second_opinions, t.decisions)
        newest = [select(func.coalesce(func.max(table.c.id), 0)).scalar_subquery() for table in tables]
        return tuple(self.connection.execute(select(*newest)).one())

    def case_pulse(self, reference: str) -> tuple[int, ...]:
        """A value that changes with whatever happens to a case and in its conversation."""
        case = select(t.cases.c.id).where(t.cases.c.reference == reference).scalar_subquery()
        talk = select(t.cases.c.conversation_id).where(t.cases.c.reference == reference).scalar_subquery()
        decided = select(t.agent_decisions.c.id).where(t.agent_decisions.c.case_id == case)
        found = [
            select(func.coalesce(func.max(table.c.id), 0)).where(which).scalar_subquery()
            for table, which in (
                (t.messages, t.messages.c.conversation_id == talk),
                (t.case_log, t.case_log.c.case_id == case),
                (t.notes, t.notes.c.case_id == case),
                (t.agent_decisions, t.agent_decisions.c.case_id == case),
                (t.second_opinions, t.second_opinions.c.agent_decision_id.in_(decided)),
                (t.decisions, t.decisions.c.case_id == case),
            )
        ]
        return tuple(self.connection.execute(select(*found)).one())
