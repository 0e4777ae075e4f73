"""Everything about a case."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.engine import Connection

from bot.cases.model import Case, CaseFile
from bot.store import tables as t
from bot.store.agent_decisions import AgentDecisionRepository
from bot.store.cases import CaseRepository
from bot.store.decisions import DecisionRepository
from bot.store.handoffs import HandoffRepository
from bot.store.keys import Keys
from bot.store.notes import NoteRepository
from bot.store.orders import OrderRepository
from bot.store.outbox import OutboxRepository
from bot.store.rows import Repository


class CaseFileRepository(Repository):
    """See bot.cases.ports.case_files.CaseFiles."""

    def __init__(self, connection: Connection, keys: Keys) -> None:
        super().__init__(connection, keys)
        self._cases = CaseRepository(connection, keys)

    def find(self, reference: str) -> CaseFile | None:
        """Everything about one case."""
        case = self._cases.find(reference)
        return None if case is None else self._file(case)

    def all(self) -> list[CaseFile]:
        """Everything about every case, newest first."""
        rows = self.connection.execute(select(t.cases).order_by(t.cases.c.id.desc())).all()
        return [self._file(self._cases.opened_row(row)) for row in rows]

    def _file(self, case: Case) -> CaseFile:
        rows = self.connection, self.keys
        return CaseFile(
            case=case,
            order_number=None if case.order_id is None else OrderRepository(*rows).number_of(case.order_id),
            demo=self._is_demo(case.order_id),
            decisions=DecisionRepository(*rows).of_case(case.id),
            log=self._cases.moves(case.id),
            handoff=HandoffRepository(*rows).of_case(case.id),
            steps=OutboxRepository(*rows).of_case(case.id),
            agent_decisions=AgentDecisionRepository(*rows).of_case(case.id),
            notes=NoteRepository(*rows).of_case(case.id),
        )

    def _is_demo(self, order_id: int | None) -> bool:
        query = select(t.orders.c.demo).where(t.orders.c.id == order_id)
        return bool(self.connection.execute(query).scalar_one_or_none())
