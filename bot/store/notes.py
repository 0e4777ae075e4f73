"""Notes of agents on cases."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select

from bot.cases.model import Case, Note
from bot.store import tables as t
from bot.store.keys import conversation
from bot.store.rows import ERASED, Repository


class NoteRepository(Repository):
    """See bot.cases.ports.notes.Notes."""

    def add(self, case: Case, agent_id: int, at: datetime, text: str) -> None:
        """Write something down for the others at the desk."""
        body = self.keys.seal(conversation(case.conversation_id), text)
        self.connection.execute(t.notes.insert().values(case_id=case.id, agent_id=agent_id, at=at, body=body))

    def of_case(self, case_id: int) -> list[Note]:
        """The notes on a case, oldest first."""
        query = (
            select(t.notes, t.agents.c.name.label("agent_name"), t.cases.c.conversation_id)
            .select_from(t.notes.join(t.agents).join(t.cases, t.cases.c.id == t.notes.c.case_id))
            .where(t.notes.c.case_id == case_id)
        )
        return [
            Note(row.id, case_id, row.agent_name, row.at, self.opened(row.conversation_id, row.body, ERASED))
            for row in self.connection.execute(query.order_by(t.notes.c.id))
        ]
