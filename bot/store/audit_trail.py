"""The audit chain and the record of the accounts, checked."""

from __future__ import annotations

from sqlalchemy import func, select

from bot.cases.ports.audit import AuditProblem
from bot.store import account_record, audit
from bot.store import tables as t
from bot.store.rows import Repository


class AuditRepository(Repository):
    """See bot.cases.ports.audit.Audit."""

    def verify(self) -> tuple[int, list[AuditProblem]]:
        """How many rows the audit chain has, and what is wrong with it or the accounts."""
        rows: int = self.connection.execute(select(func.count()).select_from(t.audit)).scalar_one()
        problems = list(audit.verify(self.connection, self.keys.audit_key))
        return rows, problems + list(account_record.verify(self.connection))
