"""The outbox: the steps that carry out confirmed cases."""

from __future__ import annotations

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import and_, func, or_, select
from typing_extensions import Unpack

from bot.cases.case.review import UNKNOWN
from bot.cases.model import Case, OutboxStep, Step, StepState
from bot.cases.ports.outbox import StepChange
from bot.store import tables as t
from bot.store.rows import Repository, plain


class OutboxRepository(Repository):
    """See bot.cases.ports.outbox.Outbox."""

    def add(
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

    def due(
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

    def count_overdue(self, since: datetime) -> int:
        """How many steps have been due since then, and are in nobody's hand."""
        step = t.outbox.c
        free = or_(step.lease_until.is_(None), step.lease_until <= since)
        overdue = and_(step.state == StepState.WAITING.value, step.next_at <= since, free)
        count: int = self.connection.execute(select(func.count()).where(overdue)).scalar_one()
        return count

    def get(self, step_id: int) -> OutboxStep:
        """A step as it is now. Whoever changes it has locked the order of its case."""
        return _step(self.connection.execute(select(t.outbox).where(t.outbox.c.id == step_id)).one())

    def by_key(self, key: str) -> OutboxStep | None:
        """The step that is carried out with that idempotency key."""
        row = self.connection.execute(select(t.outbox).where(t.outbox.c.key == key)).one_or_none()
        return None if row is None else _step(row)

    def change(self, step_id: int, **values: Unpack[StepChange]) -> OutboxStep:
        """Set columns of a step."""
        self.connection.execute(t.outbox.update().where(t.outbox.c.id == step_id).values(**plain(values)))
        return self.get(step_id)

    def of_case(self, case_id: int) -> list[OutboxStep]:
        """The steps of a case, in the order in which they were put into the outbox."""
        query = select(t.outbox).where(t.outbox.c.case_id == case_id).order_by(t.outbox.c.id)
        return [_step(row) for row in self.connection.execute(query)]

    def sent_by_others(self, case: Case) -> Decimal:
        """What other cases have refunded of the case's order, or may have: all payments but those that were dropped, or
        refused for sure."""
        query = select(t.outbox.c.payload, t.outbox.c.state, t.outbox.c.result).select_from(t.outbox.join(t.cases))
        query = query.where(
            t.cases.c.order_id == case.order_id,
            t.cases.c.id != case.id,
            t.outbox.c.step == Step.REFUND.value,
            t.outbox.c.state != StepState.DROPPED.value,
        )
        return sum(
            (
                Decimal(row.payload["amount"])
                for row in self.connection.execute(query)
                if row.state != StepState.DEAD.value or (row.result or {}).get(UNKNOWN, True)
            ),
            Decimal(0),
        )


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
