"""What the policy decided."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import select

from bot.cases.model import StoredDecision
from bot.store import audit
from bot.store import tables as t
from bot.store.rows import Repository


class DecisionRepository(Repository):
    """See bot.cases.ports.decisions.Decisions."""

    def add(
        self,
        *,
        case_id: int,
        decided_at: datetime,
        inputs: dict[str, Any],
        policy_version: str,
        policy_digest: str,
        result: dict[str, Any],
    ) -> StoredDecision:
        """Append a decision."""
        insert = t.decisions.insert().values(
            case_id=case_id,
            decided_at=decided_at,
            inputs=inputs,
            policy_version=policy_version,
            policy_digest=policy_digest,
            result=result,
        )
        key = self.connection.execute(insert).inserted_primary_key[0]
        audit.append(self.connection, self.keys.audit_key, "decision", key, decided_at)
        return self.get(key)

    def get(self, decision_id: int) -> StoredDecision:
        """A decision that exists."""
        row = self.connection.execute(select(t.decisions).where(t.decisions.c.id == decision_id)).one()
        return StoredDecision(**row._mapping)

    def latest(self, case_id: int) -> StoredDecision | None:
        """The newest decision of a case."""
        query = select(t.decisions).where(t.decisions.c.case_id == case_id).order_by(t.decisions.c.id.desc()).limit(1)
        row = self.connection.execute(query).one_or_none()
        return None if row is None else StoredDecision(**row._mapping)

    def of_case(self, case_id: int) -> list[StoredDecision]:
        """The decisions of a case, oldest first."""
        decided = select(t.decisions).where(t.decisions.c.case_id == case_id).order_by(t.decisions.c.id)
        return [StoredDecision(**row._mapping) for row in self.connection.execute(decided)]

    def all(self) -> Iterator[StoredDecision]:
        """Every decision, oldest first."""
        for row in self.connection.execute(select(t.decisions).order_by(t.decisions.c.id)):
            yield StoredDecision(**row._mapping)
