"""Incidents."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Incidents(Protocol):
    """Times at which a service did not work; see bot.store.incidents.IncidentRepository."""

    def cover(self, product: str, start: datetime, end: datetime) -> bool: ...
