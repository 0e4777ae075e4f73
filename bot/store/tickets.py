"""Cases at help desks of others."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import and_, or_, select
from typing_extensions import Unpack

from bot.cases.model import Case
from bot.cases.ports.helpdesk import Ticket, TicketState
from bot.cases.ports.tickets import TicketChange
from bot.store import tables as t
from bot.store.queues import QueueRepository
from bot.store.rows import insert_new, plain

_AT_ONCE = 5


class TicketRepository(QueueRepository[Ticket]):
    """See bot.cases.ports.tickets.Tickets."""

    table = t.tickets

    def file(self, case: Case, desk: str, now: datetime) -> None:
        """Have the case shown at the help desk. A ticket that is there is enough; a closed one is to be opened again,
        and one of another help desk to be opened at this one."""
        fresh = {"desk": desk, "state": TicketState.WAITING, "attempts": 0, "next_at": now, "lease_until": None}
        values = {"case_id": case.id, "conversation_id": case.conversation_id, "last_seq": 0, **fresh}
        if insert_new(self.connection, t.tickets, plain(values)) is not None:
            return
        known = t.tickets.c
        moved = and_(known.case_id == case.id, known.desk != desk)
        anew = {**fresh, "external_id": None, "status_at": None, "look_at": None}
        self.connection.execute(t.tickets.update().where(moved).values(**plain(anew)))
        closed = and_(known.case_id == case.id, known.state == TicketState.CLOSED.value)
        self.connection.execute(t.tickets.update().where(closed).values(**plain(fresh)))

    def due(self, desk: str, now: datetime) -> list[Ticket]:
        """Tickets with something to be pushed or read, those first that wait longest, some at a time."""
        known = t.tickets.c
        newer = and_(t.messages.c.conversation_id == known.conversation_id, t.messages.c.seq > known.last_seq)
        news = and_(known.state == TicketState.OPEN.value, select(t.messages.c.id).where(newer).exists())
        busy = or_(known.state == TicketState.WAITING.value, known.look_at.isnot(None), news)
        query = select(t.tickets).where(known.desk == desk, self.is_due(now), busy)
        return [_ticket(row) for row in self.connection.execute(query.order_by(known.next_at).limit(_AT_ONCE))]

    def find(self, row_id: int) -> Ticket | None:
        """The ticket; None once its conversation was erased."""
        row = self.connection.execute(select(t.tickets).where(t.tickets.c.id == row_id)).one_or_none()
        return None if row is None else _ticket(row)

    def named(self, desk: str, external_id: str) -> Ticket | None:
        """What the help desk calls so: of several the one that is open, or else the newest."""
        known = t.tickets.c
        query = select(t.tickets).where(known.desk == desk, known.external_id == external_id)
        closed = known.state == TicketState.CLOSED.value
        row = self.connection.execute(query.order_by(closed, known.id.desc()).limit(1)).one_or_none()
        return None if row is None else _ticket(row)

    def is_opening(self, desk: str) -> bool:
        """Whether somebody has begun to open a ticket there, and its name is not known yet."""
        known = t.tickets.c
        opening = (known.desk == desk, known.state == TicketState.WAITING.value, known.attempts > 0)
        return self.connection.execute(select(known.id).where(*opening).limit(1)).first() is not None

    def change(self, ticket_id: int, **values: Unpack[TicketChange]) -> None:
        """Set columns of a ticket."""
        self.connection.execute(t.tickets.update().where(t.tickets.c.id == ticket_id).values(**plain(values)))

    def looked_at(self, ticket: Ticket) -> None:
        """The ticket was read at the help desk, but for what its webhook has told since."""
        known = t.tickets.c
        update = t.tickets.update().where(known.id == ticket.id, known.look_at == ticket.look_at)
        self.connection.execute(update.values(look_at=None))


def _ticket(row: Any) -> Ticket:
    return Ticket(**{**row._mapping, "state": TicketState(row.state)})
