"""Whether anything has happened that somebody at the desk should see."""

from __future__ import annotations

from sqlalchemy import func, select

from bot.store import tables as t
from bot.store.rows import Rows

Pulse = tuple[int, ...]


class PulseRows(Rows):
    """See bot.cases.ports.store.UnitOfWork."""

    def pulse(self) -> Pulse:
        """A value that changes with whatever happens at the desk or in a conversation; cheap to ask for."""
        tables = (t.messages, t.case_log, t.handoffs, t.notes, t.agent_decisions, t.second_opinions, t.decisions)
        newest = [select(func.coalesce(func.max(table.c.id), 0)).scalar_subquery() for table in tables]
        return tuple(self.connection.execute(select(*newest)).one())

    def case_pulse(self, reference: str) -> Pulse:
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
