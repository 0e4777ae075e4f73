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
from bot.store.rows import Repository, insert_new, plain

_AT_ONCE = 5


class TicketRepository(Repository):
    """See bot.cases.ports.tickets.Tickets."""

    def file(self, case: Case, desk: str, now: datetime) -> None:
        """Have the case shown at the help desk. A ticket that is there is enough; a closed one is to be opened again,
        and one of another help desk to be opened at this one."""
        fresh = {"desk": desk, "state": TicketState.WAITING, "tries": 0, "next_at": now}
        values = {"case_id": case.id, "conversation_id": case.conversation_id, "last_seq": 0, **fresh}
        if insert_new(self.connection, t.tickets, plain(values)) is not None:
            return
        known = t.tickets.c
        moved = and_(known.case_id == case.id, known.desk != desk)
        anew = {**fresh, "external_id": None, "status_at": None, "look_at": None}
        self.connection.execute(t.tickets.update().where(moved).values(**plain(anew)))
        closed = and_(known.case_id == case.id, known.state == TicketState.CLOSED.value)
        self.connection.execute(t.tickets.update().where(closed).values(**plain(fresh)))

    def take_due(self, desk: str, now: datetime, until: datetime) -> list[Ticket]:
        """Tickets with something to be pushed or read, some at a time; nobody else gets them before ``until``."""
        known = t.tickets.c
        newer = and_(t.messages.c.conversation_id == known.conversation_id, t.messages.c.seq > known.last_seq)
        news = and_(known.state == TicketState.OPEN.value, select(t.messages.c.id).where(newer).exists())
        busy = or_(known.state == TicketState.WAITING.value, known.look_at.isnot(None), news)
        due = select(t.tickets).where(known.desk == desk, known.next_at <= now, busy)
        rows = self.connection.execute(due.order_by(known.next_at).limit(_AT_ONCE).with_for_update(skip_locked=True))
        taken = [_ticket(row) for row in rows.all()]
        for ticket in taken:
            self.change(ticket.id, next_at=until)
        return taken

    def find(self, ticket_id: int) -> Ticket | None:
        """The ticket; None once its conversation was erased."""
        row = self.connection.execute(select(t.tickets).where(t.tickets.c.id == ticket_id)).one_or_none()
        return None if row is None else _ticket(row)

    def named(self, desk: str, external_id: str) -> Ticket | None:
        """What the help desk calls so: of several the one that is open, or else the newest."""
        known = t.tickets.c
        query = select(t.tickets).where(known.desk == desk, known.external_id == external_id)
        closed = known.state == TicketState.CLOSED.value
        row = self.connection.execute(query.order_by(closed, known.id.desc()).limit(1)).one_or_none()
        return None if row is None else _ticket(row)

    def is_opening(self, desk: str, now: datetime) -> bool:
        """Whether somebody is opening a ticket there right now."""
        known = t.tickets.c
        opening = (known.desk == desk, known.state == TicketState.WAITING.value, known.next_at > now)
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
