"""Tickets at a help desk: an outbox of what people there have to be given.

A ticket is a row, written in the transaction that hands a case over. The worker opens it at the help desk, and pushes
there what is said in the conversation from then on, in order. A process that dies between pushing and noting it down
pushes again. What can't be pushed is tried again, and a note tells the people of our own desk, who have the case, too.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from bot.cases.desk.accounts import connector
from bot.cases.desk.views import desk_case
from bot.cases.model import Author, Message, MessageKind
from bot.cases.outbound.ticket_events import take_event
from bot.cases.ports.helpdesk import (
    LONGEST_TURN,
    MOST_TURNS,
    DeskRejected,
    DeskUnavailable,
    HelpDesk,
    Line,
    Ticket,
    TicketFile,
    TicketState,
)
from bot.cases.ports.store import Snapshot, UnitOfWork
from bot.cases.ports.tickets import Tickets
from bot.cases.queues import Failure, Retry, Work, pause, work_off
from bot.cases.services import Services
from bot.wording import say

RETRY = Retry(lease=timedelta(minutes=2), first=timedelta(seconds=2), longest=timedelta(minutes=15))
"""Of a ticket; longer in hand than the calls up to the next message that is pushed. It is never given up."""
NOTE_AFTER = 9
"""Attempts after which a note at our desk says that the help desk does not answer; some eight minutes."""
MOST_ERROR = 200
"""Characters of an error that are kept."""
AT_ONCE = 20
"""Messages that are pushed in one go."""


def push_tickets(services: Services) -> int:
    """Push what is due; how many tickets were moved on. Several processes may call it at once."""
    return 0 if services.helpdesk is None else work_off(services, _Push(services, services.helpdesk))


@dataclass(frozen=True)
class _Push(Work[Ticket]):
    """Pushing tickets to a help desk."""

    services: Services
    desk: HelpDesk
    retry = RETRY

    def queue(self, uow: Snapshot) -> Tickets:
        return uow.tickets

    def due(self, uow: Snapshot, now: datetime) -> list[Ticket]:
        return uow.tickets.due(self.desk.name, now)

    def do(self, ticket: Ticket) -> bool:
        if ticket.state is TicketState.WAITING:
            ticket = _open(self.services, self.desk, ticket)
        if ticket.look_at is not None:
            _look(self.services, self.desk, ticket)
        _forward(self.services, self.desk, ticket)
        with self.services.unit_of_work() as uow:
            uow.tickets.put_off(ticket.id, self.services.clock(), 0)
            uow.commit()
        return True

    def failure(self, ticket: Ticket, error: Exception) -> Failure:
        if isinstance(error, DeskRejected):
            return Failure(str(error), for_good=True)
        if not isinstance(error, DeskUnavailable):
            return Failure(str(DeskUnavailable("pushing", error=type(error).__name__)))
        ours = pause(ticket.attempts, self.retry.first, self.retry.longest)
        asked = timedelta(seconds=error.retry_after or 0.0)
        return Failure(str(error), wait=min(max(ours, asked), self.retry.longest))

    def put_off(self, uow: UnitOfWork, ticket: Ticket, failure: Failure) -> None:
        """Silence is told at our desk after a while, once."""
        self._note(uow, ticket, failure, tell=ticket.attempts == NOTE_AFTER)

    def give_up(self, ticket: Ticket, failure: Failure) -> None:
        """A refusal is told at our desk at once, and tried again all the same: people can mend what is refused."""
        is_news = ticket.attempts == 1 or (ticket.error != failure.error[:MOST_ERROR] and ticket.attempts < NOTE_AFTER)
        with self.services.unit_of_work() as uow:
            uow.tickets.put_off(ticket.id, self.services.clock() + self.retry.longest, ticket.attempts)
            self._note(uow, ticket, failure, tell=is_news)
            uow.commit()

    def _note(self, uow: UnitOfWork, ticket: Ticket, failure: Failure, *, tell: bool) -> None:
        uow.tickets.change(ticket.id, error=failure.error[:MOST_ERROR])
        if tell and uow.tickets.find(ticket.id) is not None:
            text = say("ticket_not_taken", error=failure.error)
            who = connector(self.services, uow, ticket.desk).id
            uow.notes.add(uow.cases.get(ticket.case_id), who, self.services.clock(), text)


def _open(services: Services, desk: HelpDesk, ticket: Ticket) -> Ticket:
    file, last = _file(services, ticket)
    external_id = ticket.external_id
    if external_id is not None:
        try:
            desk.open_again(external_id, file)
        except DeskRejected as error:
            if not error.gone:
                raise
            external_id = None
    if external_id is None:
        external_id = desk.open_ticket(file)
    with services.unit_of_work() as uow:
        uow.tickets.change(ticket.id, state=TicketState.OPEN, external_id=external_id, last_seq=last)
        opened = uow.tickets.find(ticket.id)
        uow.commit()
    if opened is None:
        raise DeskRejected("erased")
    return opened


def _look(services: Services, desk: HelpDesk, ticket: Ticket) -> None:
    assert ticket.external_id is not None
    for event in desk.look(ticket.external_id):
        take_event(services, desk.name, event)
    with services.unit_of_work() as uow:
        uow.tickets.looked_at(ticket)
        uow.commit()


def _forward(services: Services, desk: HelpDesk, ticket: Ticket) -> None:
    """Push what was said since, one after the other. Nothing to a ticket that was closed meanwhile."""
    with services.reading() as uow:
        now_is = uow.tickets.find(ticket.id)
        messages = uow.messages.of_conversation(ticket.conversation_id, after=ticket.last_seq, limit=AT_ONCE)
        inside = _place(uow, desk, ticket.conversation_id) is not None
    if now_is is None or now_is.state is not TicketState.OPEN or now_is.external_id is None:
        return
    for message in messages:
        if not inside and _is_news(desk, message):
            try:
                desk.add_message(now_is.external_id, _line(message))
            except DeskRejected as error:
                if not error.gone:
                    raise
                _open_anew(services, ticket)
                return
        with services.unit_of_work() as uow:
            uow.tickets.change(ticket.id, last_seq=message.seq, lease_until=services.clock() + RETRY.lease)
            uow.commit()


def _open_anew(services: Services, ticket: Ticket) -> None:
    """The ticket is gone at the help desk: another one takes its place, with the whole conversation."""
    with services.unit_of_work() as uow:
        uow.tickets.change(ticket.id, state=TicketState.WAITING, external_id=None)
        uow.commit()


def _is_news(desk: HelpDesk, message: Message) -> bool:
    """Whether the help desk does not know it: all but what its own people said, and the request to rate."""
    if message.kind in (MessageKind.RATING, MessageKind.OPENED):
        return False
    own = message.author is Author.AGENT and (message.agent_login or "").startswith(f"{desk.name}:")
    return bool(message.text) and not own


def _line(message: Message) -> Line:
    names = {Author.CUSTOMER: "who_customer", Author.BOT: "who_bot", Author.SYSTEM: "who_system"}
    who = say(names[message.author]) if message.author in names else message.agent_name or say("who_our_desk")
    text = str(message.body.get("title") or message.text)
    return Line(f"refund-desk-message-{message.id}", who, text, by_customer=message.author is Author.CUSTOMER)


def _file(services: Services, ticket: Ticket) -> tuple[TicketFile, int]:
    """What the people are given, and the ``seq`` up to which they then know the conversation."""
    assert services.helpdesk is not None
    with services.reading() as uow:
        reference = uow.cases.get(ticket.case_id).reference
        place = _place(uow, services.helpdesk, ticket.conversation_id)
    case = desk_case(services, reference)
    turns = [_line(message) for message in case.messages if message.text]
    if not turns and case.handoff is not None:
        turns = [Line("", turn["who"].title(), turn["text"]) for turn in case.handoff.transcript]
    kind, number = case.case.kind.value, case.order_number
    title = say("ticket_title", reference=reference, kind=kind)
    if number:
        title = say("ticket_title_order", reference=reference, kind=kind, order=number)
    file = TicketFile(
        key=f"refund-desk-{reference}-{ticket.last_seq}",
        reference=reference,
        title=title,
        cause=case.handoff.cause.value.replace("_", " ") if case.handoff else "",
        open_question=case.open_question,
        suggestion=case.suggestion.sentence,
        facts=case.facts,
        transcript=[replace(turn, text=turn.text[:LONGEST_TURN]) for turn in turns[-MOST_TURNS:]],
        customer=case.customer_name or say("who_a_customer"),
        link=f"{services.public_url}/desk/cases/{reference}" if services.public_url else "",
        place=place,
    )
    return file, max((message.seq for message in case.messages), default=0)


def _place(uow: Snapshot, desk: HelpDesk, conversation_id: str) -> str | None:
    """Where the help desk has the conversation itself."""
    conversation = uow.conversations.find(conversation_id)
    return conversation.sender if conversation is not None and conversation.channel == desk.channel else None
