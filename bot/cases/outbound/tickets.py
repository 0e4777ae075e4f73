"""Tickets at a help desk: an outbox of what people there have to be given.

A ticket is a row, written in the transaction that hands a case over. The worker opens it at the help desk, and pushes
there what is said in the conversation from then on, in order. A process that dies between pushing and noting it down
pushes again. What can't be pushed is tried again, and a note tells the people of our own desk, who have the case, too.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

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
    HelpDeskError,
    Line,
    Ticket,
    TicketFile,
    TicketState,
)
from bot.cases.ports.store import Snapshot
from bot.cases.services import Services
from bot.wording import say

LEASE = timedelta(minutes=2)
"""How long a ticket belongs to whoever pushes it; longer than all calls for one take."""
RETRY_SECONDS = (2, 5, 15, 45, 120, 300, 900)
"""Pauses before the next try; the last one again and again."""
NOTE_AFTER = 6
"""Tries after which a note at our desk says that the help desk does not answer; some eight minutes."""
AT_ONCE = 20
"""Messages that are pushed in one go."""


def push_tickets(services: Services) -> int:
    """Push what is due; how many tickets were moved on. Several processes may call it at once."""
    desk = services.helpdesk
    if desk is None:
        return 0
    now = services.clock()
    with services.unit_of_work() as uow:
        due = uow.tickets.take_due(desk.name, now, now + LEASE)
        uow.commit()
    return sum(_push(services, desk, ticket) for ticket in due)


def _push(services: Services, desk: HelpDesk, ticket: Ticket) -> bool:
    try:
        if ticket.state is TicketState.WAITING:
            ticket = _open(services, desk, ticket)
        if ticket.look_at is not None:
            _look(services, desk, ticket)
        _forward(services, desk, ticket)
    except HelpDeskError as error:
        _failed(services, ticket, error)
        return False
    except Exception as error:
        # A fault of ours must not hold up the tickets behind it. Its text may quote a customer.
        _failed(services, ticket, DeskUnavailable("pushing", error=type(error).__name__))
        return False
    with services.unit_of_work() as uow:
        uow.tickets.change(ticket.id, tries=0, next_at=services.clock())
        uow.commit()
    return True


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
            uow.tickets.change(ticket.id, last_seq=message.seq)
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


def _failed(services: Services, ticket: Ticket, error: HelpDeskError) -> None:
    """Try again later. A refusal is told at our desk at once, silence after a while, both once."""
    pause = float(RETRY_SECONDS[min(ticket.tries, len(RETRY_SECONDS) - 1)])
    tell = ticket.tries + 1 == NOTE_AFTER
    if isinstance(error, DeskRejected):
        tell, pause = ticket.tries == 0, float(RETRY_SECONDS[-1])
    elif isinstance(error, DeskUnavailable):
        pause = min(max(pause, error.retry_after or 0.0), float(RETRY_SECONDS[-1]))
    now = services.clock()
    with services.unit_of_work() as uow:
        if uow.tickets.find(ticket.id) is None:
            return
        next_at = now + timedelta(seconds=pause)
        uow.tickets.change(ticket.id, tries=ticket.tries + 1, next_at=next_at, error=str(error)[:200])
        if tell:
            text = say("ticket_not_taken", error=str(error))
            uow.notes.add(uow.cases.get(ticket.case_id), connector(services, uow, ticket.desk).id, now, text)
        uow.commit()


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
