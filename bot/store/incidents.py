"""Incidents: when a service did not work."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, or_, select

from bot.store import tables as t
from bot.store.rows import Repository


class IncidentRepository(Repository):
    """See bot.cases.ports.incidents.Incidents."""

    def cover(self, product: str, start: datetime, end: datetime) -> bool:
        """Whether an incident of the product overlaps the time from ``start`` to ``end`` (R1)."""
        incident = t.incidents.c
        query = select(func.count()).where(
            incident.product == product,
            incident.started_at <= end,
            or_(incident.ended_at.is_(None), incident.ended_at >= start),
        )
        return bool(self.connection.execute(query).scalar_one())
