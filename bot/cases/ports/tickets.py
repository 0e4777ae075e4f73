"""Tickets."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol, TypedDict

from typing_extensions import Unpack

from bot.cases.model import Case
from bot.cases.ports.helpdesk import Ticket, TicketState


class TicketChange(TypedDict, total=False):
    """Columns of a ticket."""

    state: TicketState
    external_id: str | None
    last_seq: int
    tries: int
    next_at: datetime
    status_at: datetime
    look_at: datetime
    error: str | None


class Tickets(Protocol):
    """Cases at help desks of others; see bot.store.tickets.TicketRepository."""

    def file(self, case: Case, desk: str, now: datetime) -> None: ...
    def take_due(self, desk: str, now: datetime, until: datetime) -> list[Ticket]: ...
    def find(self, ticket_id: int) -> Ticket | None: ...
    def named(self, desk: str, external_id: str) -> Ticket | None: ...
    def is_opening(self, desk: str, now: datetime) -> bool: ...
    def change(self, ticket_id: int, **values: Unpack[TicketChange]) -> None: ...
    def looked_at(self, ticket: Ticket) -> None: ...
