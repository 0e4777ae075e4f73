"""Tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, TypedDict

from typing_extensions import Unpack

from bot.cases.model import Case
from bot.cases.ports.helpdesk import Ticket, TicketState
from bot.cases.ports.queues import Queue


class TicketChange(TypedDict, total=False):
    """Columns of a ticket."""

    state: TicketState
    external_id: str | None
    last_seq: int
    next_at: datetime
    lease_until: datetime
    status_at: datetime
    look_at: datetime
    error: str | None


class Tickets(Queue[Ticket], Protocol):
    """Cases at help desks of others; see bot.store.tickets.TicketRepository."""

    def file(self, case: Case, desk: str, now: datetime) -> None: ...
    def due(self, desk: str, now: datetime) -> list[Ticket]: ...
    def named(self, desk: str, external_id: str) -> Ticket | None: ...
    def is_opening(self, desk: str) -> bool: ...
    def change(self, ticket_id: int, **values: Unpack[TicketChange]) -> None: ...
    def looked_at(self, ticket: Ticket) -> None: ...
