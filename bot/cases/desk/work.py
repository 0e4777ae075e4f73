"""What people at the desk do with a case: take it, write to its customer, note, hand back and close; and what they
decide. Every function looks at the account as it is now, and most at whether the agent has the case."""

from __future__ import annotations

from bot.cases.case.moves import move
from bot.cases.conversation.messages import say
from bot.cases.conversation.notices import mail_answer
from bot.cases.desk.accounts import actor, at_work
from bot.cases.desk.agent_decisions import decide_by_agent, second_opinion
from bot.cases.desk.assignment import checked_text, known_case, taken_case
from bot.cases.desk.canned import canned
from bot.cases.desk.returns import record_return
from bot.cases.desk.texts import joined, left, rate_us
from bot.cases.desk.views import TAKEABLE
from bot.cases.desk.violations import cancel_for_violation
from bot.cases.errors import BadText, MoveNotAllowed, TakenAlready, UnknownCase
from bot.cases.model import Agent, Author, Case, CaseKind, CaseState, CauseCode, MessageKind, MoveCause
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services

__all__ = [
    "cancel_for_violation",
    "canned",
    "close",
    "decide_by_agent",
    "hand_back",
    "note",
    "rate",
    "record_return",
    "say_to_customer",
    "second_opinion",
    "take",
]


def take(services: Services, agent: Agent, reference: str) -> Case:
    """Take a case and its conversation: the bot is silent from now on. Taking it again changes nothing. What a disabled
    account or somebody at another help desk has is free. Raises TakenAlready, and MoveNotAllowed for a case in which
    nothing is left to do."""
    with services.unit_of_work() as uow:
        agent = at_work(uow, agent)
        case = known_case(uow, reference)
        if case.agent_id == agent.id:
            return case
        if case.state not in TAKEABLE:
            raise MoveNotAllowed("nothing_to_take", reference=reference, state=case.state.value)
        _free(uow, case.agent_id, agent)
        if not uow.cases.take(case, agent.id, services.clock(), case.agent_id):
            raise TakenAlready("somebody_was_faster")
        _answer(services, uow, case.conversation_id, agent)
        case = known_case(uow, reference)
        uow.commit()
    return case


def _free(uow: UnitOfWork, agent_id: int | None, agent: Agent) -> None:
    if agent_id is None or agent_id == agent.id:
        return
    other = uow.agents.get(agent_id)
    # What somebody at another help desk has, our own desk takes over: money is decided only here.
    if other.active and not other.external:
        raise TakenAlready("agent_has_it", name=other.name)


def _answer(services: Services, uow: UnitOfWork, conversation_id: str, agent: Agent) -> None:
    conversation = uow.conversations.find(conversation_id)
    if conversation is None or conversation.agent_id == agent.id:
        return
    _free(uow, conversation.agent_id, agent)
    if not uow.conversations.take(conversation_id, agent.id, conversation.agent_id):
        raise TakenAlready("somebody_was_faster")
    say(uow, services, conversation_id, Author.SYSTEM, joined(agent.name), kind=MessageKind.JOINED, agent_id=agent.id)


def say_to_customer(services: Services, agent: Agent, reference: str, text: str) -> None:
    """Write to the customer in their own channel. Raises NotAllowed for whoever has not taken the case, and BadText."""
    with services.unit_of_work() as uow:
        agent, case = taken_case(uow, agent, reference)
        words = checked_text(text)
        said = say(uow, services, case.conversation_id, Author.AGENT, {"text": words}, agent_id=agent.id)
        mail_answer(services, uow, said)
        uow.commit()


def note(services: Services, agent: Agent, reference: str, text: str) -> None:
    """Write something down for the others at the desk; nobody has to have taken the case. Raises BadText."""
    with services.unit_of_work() as uow:
        agent = at_work(uow, agent)
        case = known_case(uow, reference)
        uow.notes.add(case, agent.id, services.clock(), checked_text(text))
        uow.commit()


def hand_back(services: Services, agent: Agent, reference: str) -> None:
    """Let the bot answer again, and others take what is left to do in the conversation."""
    with services.unit_of_work() as uow:
        agent, case = taken_case(uow, agent, reference)
        _leave(services, uow, case, agent)
        uow.commit()


def close(services: Services, agent: Agent, reference: str) -> None:
    """End an answered question, or the work on a decided case; hand back, and ask the customer how it went. Raises
    MoveNotAllowed for a request that still has to be decided."""
    with services.unit_of_work() as uow:
        agent, case = taken_case(uow, agent, reference)
        if case.state is CaseState.IN_REVIEW:
            if case.kind is not CaseKind.QUESTION:
                raise MoveNotAllowed("decide_first", reference=reference)
            case = move(services, uow, case, CaseState.DONE, actor(agent), MoveCause(CauseCode.ANSWERED))
        _leave(services, uow, case, agent)
        say(uow, services, case.conversation_id, Author.SYSTEM, rate_us(case), kind=MessageKind.RATING)
        uow.commit()


def _leave(services: Services, uow: UnitOfWork, case: Case, agent: Agent) -> None:
    if uow.conversations.give_back(case.conversation_id, agent.id):
        talk = case.conversation_id
        say(uow, services, talk, Author.SYSTEM, left(agent.name), kind=MessageKind.LEFT, agent_id=agent.id)


def rate(services: Services, conversation_id: str, reference: str, score: int) -> None:
    """What the customer thinks of how a case went, from 1 to 5. Raises UnknownCase for one of another conversation,
    BadText for no such score, and MoveNotAllowed where it is rated already."""
    with services.unit_of_work() as uow:
        case = uow.cases.find(reference)
        if case is None or case.conversation_id != conversation_id:
            raise UnknownCase("no_case_in_conversation", reference=reference)
        if isinstance(score, bool) or score not in range(1, 6):
            raise BadText("bad_rating")
        if not uow.ratings.add(case.id, score, services.clock()):
            raise MoveNotAllowed("rated_already", reference=reference)
        uow.commit()
