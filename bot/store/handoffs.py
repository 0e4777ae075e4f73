"""What a person is given with a case."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import select

from bot.cases.model import Case, Cause, Handoff
from bot.store import tables as t
from bot.store.cases import CaseRepository
from bot.store.keys import conversation
from bot.store.rows import ERASED, ERASED_FACTS, Repository


class HandoffRepository(Repository):
    """See bot.cases.ports.handoffs.Handoffs."""

    def save(
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
        known = self.of_case(case.id)
        subject = conversation(case.conversation_id)
        values: dict[str, Any] = {
            "transcript": self.keys.seal(subject, transcript),
            "facts": self.keys.seal(subject, facts),
            "cause": cause.value,
        }
        if known is None or CaseRepository(self.connection, self.keys).moves(case.id)[-1].at == created_at:
            values |= {"created_at": created_at, "answer_by": answer_by}
        if known is None:
            self.connection.execute(t.handoffs.insert().values(case_id=case.id, **values))
        else:
            self.connection.execute(t.handoffs.update().where(t.handoffs.c.case_id == case.id).values(**values))
        saved = self.of_case(case.id)
        assert saved is not None
        return saved

    def of_case(self, case_id: int) -> Handoff | None:
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
            transcript=self.opened(row.conversation_id, row.transcript, erased),
            facts=self.opened(row.conversation_id, row.facts, ERASED_FACTS),
            created_at=row.created_at,
            answer_by=row.answer_by,
        )
