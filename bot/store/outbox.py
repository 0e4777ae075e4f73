"""The outbox: the steps that carry out confirmed cases."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import and_, func, or_, select

from bot.cases.model import Case, OutboxStep, Restored, Step, StepState
from bot.store import tables as t
from bot.store.rows import Rows, plain


class OutboxRows(Rows):
    """See bot.cases.ports.store.UnitOfWork."""

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

    def due_steps(
        self, now: datetime, longest_wait: timedelta, lease: timedelta, limit: int, *, demo: bool
    ) -> list[OutboxStep]:
        """Steps that may be due, the longest waiting first; the times are those of ``is_due``.
        Those of demo orders only in a ``demo``: elsewhere a real gateway could pay them, and they wait."""
        step = t.outbox.c
        due = or_(step.next_at <= now, step.next_at > now + longest_wait)
        free = or_(step.lease_until.is_(None), step.lease_until <= now, step.lease_until > now + lease)
        query = select(t.outbox).where(step.state == StepState.WAITING.value, due, free).order_by(step.next_at, step.id)
        if not demo:
            of_demo = select(t.cases.c.id).join(t.orders).where(t.orders.c.demo)
            query = query.where(step.case_id.not_in(of_demo))
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

    def step_of_key(self, key: str) -> OutboxStep | None:
        """The step that is carried out with that idempotency key."""
        row = self.connection.execute(select(t.outbox).where(t.outbox.c.key == key)).one_or_none()
        return None if row is None else _step(row)

    def change_step(self, step_id: int, **values: Any) -> OutboxStep:
        """Set columns of a step."""
        self.connection.execute(t.outbox.update().where(t.outbox.c.id == step_id).values(**plain(values)))
        return self.step(step_id)

    def steps_of(self, case_id: int) -> list[OutboxStep]:
        """The steps of a case, in the order in which they were put into the outbox."""
        query = select(t.outbox).where(t.outbox.c.case_id == case_id).order_by(t.outbox.c.id)
        return [_step(row) for row in self.connection.execute(query)]

    def restored(self) -> Restored | None:
        """The last time that the store went back to a backup."""
        row = self.connection.execute(select(t.restores).order_by(t.restores.c.id.desc()).limit(1)).one_or_none()
        return None if row is None else Restored(row.at, row.backup_at)

    def add_restore(self, restored: Restored) -> None:
        """The store has gone back to a backup."""
        self.connection.execute(t.restores.insert().values(at=restored.at, backup_at=restored.backup_at))


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
        created_at=row.created_at,
        next_at=row.next_at,
        lease_until=row.lease_until,
        error=row.error,
        result=row.result,
    )
