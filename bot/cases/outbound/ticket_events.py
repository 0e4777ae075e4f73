"""What people at a help desk of others do with a ticket, done here: take the conversation, answer, hand it back.

Help desks tell a thing twice, late, and in another order: an answer is known by its id, and a change of hands that is
older than the newest one we know of changes nothing.
"""

from __future__ import annotations

from datetime import datetime

from bot.cases.case.moves import move
from bot.cases.conversation.messages import say
from bot.cases.conversation.notices import mail_answer
from bot.cases.desk.accounts import actor, connector, external_agent
from bot.cases.desk.texts import closed_too_early, joined, left, rate_us, sent_file
from bot.cases.desk.views import TAKEABLE
from bot.cases.hashes import keyed_hash
from bot.cases.model import Agent, Author, Case, CaseKind, CaseState, CauseCode, MessageKind, MoveCause
from bot.cases.ports.helpdesk import DeskEvent, EventKind, Ticket, TicketState
from bot.cases.ports.store import UnitOfWork
from bot.cases.ports.tickets import TicketChange
from bot.cases.services import Services

LONGEST_ANSWER = 10_000
"""Characters of an answer; the rest is cut."""


def take_event(services: Services, desk: str, event: DeskEvent) -> bool:
    """Do what happened at a help desk. False for what is about no ticket of ours, or changes nothing."""
    with services.unit_of_work() as uow:
        known = uow.tickets.named(desk, event.ticket)
        if known is None:
            return False
        uow.exclude_others(f"ticket {known.id}")
        ticket = uow.tickets.find(known.id)
        if ticket is None:
            return False
        done = _answer(services, uow, ticket, event) if event.kind is EventKind.ANSWER else False
        if event.kind is EventKind.TAKEN:
            done = _take(services, uow, ticket, event)
        elif event.kind in (EventKind.SOLVED, EventKind.HANDED_BACK):
            done = _give_back(services, uow, ticket, event)
        uow.commit()
    return done


def may_become_known(services: Services, desk: str, external_id: str) -> bool:
    """Whether a ticket that we do not know may be one that is just being opened: somebody can be faster there than we
    are at writing its name down."""
    with services.reading() as uow:
        return uow.tickets.named(desk, external_id) is None and uow.tickets.is_opening(desk)


def look_later(services: Services, desk: str, external_id: str) -> bool:
    """Something happened to a ticket: the worker reads what it was. False where it is none of ours."""
    now = services.clock()
    with services.unit_of_work() as uow:
        ticket = uow.tickets.named(desk, external_id)
        if ticket is None:
            return False
        change: TicketChange = {"look_at": now}
        if ticket.attempts == 0:  # else it is in hand, and due again after that, or waits after a failure
            change["next_at"] = now
        uow.tickets.change(ticket.id, **change)
        uow.commit()
    return True


def _answer(services: Services, uow: UnitOfWork, ticket: Ticket, event: DeskEvent) -> bool:
    text = "".join(char for char in event.text.replace("\r\n", "\n") if char in "\n\t" or char.isprintable()).strip()
    inside = _is_inside(services, uow, ticket)
    is_file = event.has_file and not inside
    if not (text or is_file) or event.who is None:
        return False
    # A customer's client chooses the names of its messages: it must not be able to choose one of these.
    name = keyed_hash(services.hash_key, "desk answer", f"{ticket.desk}\0{ticket.external_id}\0{event.id}")
    file_name = keyed_hash(services.hash_key, "desk file", name)
    if any(uow.messages.of_client(ticket.conversation_id, each) is not None for each in (name, file_name)):
        return False
    agent = external_agent(services, uow, ticket.desk, event.who)
    if not agent.active:
        return False
    if not _is_old(ticket, event.at):
        # An answer that is as old as the hand-back was on its way: the bot keeps the conversation.
        _take(services, uow, ticket, event)
    now = services.clock()
    if text:
        said = uow.messages.add(
            ticket.conversation_id,
            Author.AGENT,
            {"text": text[:LONGEST_ANSWER]},
            now,
            agent_id=agent.id,
            client_id=name,
            delivered_at=now if inside else None,
        )
        if not inside:
            mail_answer(services, uow, said)
    if is_file:  # as all that the system says it is pushed to the help desk, too, so that the agent knows
        body = sent_file(agent.name)
        uow.messages.add(ticket.conversation_id, Author.SYSTEM, body, now, agent_id=agent.id, client_id=file_name)
    return True


def _take(services: Services, uow: UnitOfWork, ticket: Ticket, event: DeskEvent) -> bool:
    """The bot is silent from now on. What somebody of our own desk has stays theirs."""
    if event.who is None or _is_old(ticket, event.at):
        return False
    agent = external_agent(services, uow, ticket.desk, event.who)
    if not agent.active:
        return False
    case = uow.cases.get(ticket.case_id)
    if case.state in TAKEABLE and _may_have(uow, case.agent_id, agent):
        uow.cases.take(case, agent.id, services.clock(), case.agent_id)
    conversation = uow.conversations.find(ticket.conversation_id)
    if conversation is not None and _may_have(uow, conversation.agent_id, agent):
        if not uow.conversations.take(conversation.id, agent.id, conversation.agent_id):
            return False
        body = joined(agent.name)
        say(uow, services, conversation.id, Author.SYSTEM, body, kind=MessageKind.JOINED, agent_id=agent.id)
    if ticket.state is TicketState.CLOSED:
        last = uow.messages.newest([ticket.conversation_id]).get(ticket.conversation_id, 0)
        uow.tickets.change(ticket.id, state=TicketState.OPEN, last_seq=last)
    if event.kind is EventKind.TAKEN and event.at is not None:
        uow.tickets.change(ticket.id, status_at=event.at)
    return True


def _may_have(uow: UnitOfWork, agent_id: int | None, agent: Agent) -> bool:
    """Whether somebody of a help desk may have what ``agent_id`` has: a colleague there hands it on, our own desk does
    not."""
    if agent_id == agent.id:
        return False
    if agent_id is None:
        return True
    other = uow.agents.get(agent_id)
    return other.external or not other.active


def _give_back(services: Services, uow: UnitOfWork, ticket: Ticket, event: DeskEvent) -> bool:
    if ticket.state is not TicketState.OPEN or _is_old(ticket, event.at):
        return False
    case = uow.cases.get(ticket.case_id)
    solved = event.kind is EventKind.SOLVED
    conversation = uow.conversations.find(ticket.conversation_id)
    holder_id = case.agent_id if case.agent_id is not None else conversation.agent_id if conversation else None
    holder = uow.agents.get(holder_id) if holder_id is not None else connector(services, uow, ticket.desk)
    if solved and case.state is CaseState.IN_REVIEW:
        if case.kind is CaseKind.QUESTION:
            case = move(services, uow, case, CaseState.DONE, actor(holder), MoveCause(CauseCode.ANSWERED))
        else:
            uow.notes.add(case, connector(services, uow, ticket.desk).id, services.clock(), closed_too_early())
    if uow.conversations.give_back(ticket.conversation_id, holder.id):
        _say_left(services, uow, case, holder)
    if solved and case.state is not CaseState.IN_REVIEW and not _is_inside(services, uow, ticket):
        say(uow, services, case.conversation_id, Author.SYSTEM, rate_us(case), kind=MessageKind.RATING)
    uow.tickets.change(ticket.id, state=TicketState.CLOSED, status_at=event.at or services.clock())
    return True


def _say_left(services: Services, uow: UnitOfWork, case: Case, holder: Agent) -> None:
    talk = case.conversation_id
    say(uow, services, talk, Author.SYSTEM, left(holder.name), kind=MessageKind.LEFT, agent_id=holder.id)


def _is_old(ticket: Ticket, at: datetime | None) -> bool:
    """Whether something happened no later than the newest change of hands."""
    return at is not None and ticket.status_at is not None and at <= ticket.status_at


def _is_inside(services: Services, uow: UnitOfWork, ticket: Ticket) -> bool:
    """Whether the customer is at the help desk itself, which also asks for ratings there in its own way."""
    conversation = uow.conversations.find(ticket.conversation_id)
    desk = services.helpdesk
    return conversation is not None and desk is not None and conversation.channel == desk.channel
