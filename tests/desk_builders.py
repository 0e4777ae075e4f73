"""People at the desk, and cases for them."""

from __future__ import annotations

from typing import Any

from bot.cases.desk_work import take
from bot.cases.handoff import hand_to_human
from bot.cases.model import Agent, Case, CaseState, Cause, Conversation, CustomerReason, Message, Role
from bot.cases.ports import Services
from tests.cases.test_quotes import quoted
from tests.store_builders import NOW, TRANSCRIPT


def an_agent(services: Services, login: str = "dana", role: Role = Role.AGENT) -> Agent:
    """An account, made without a password: whoever has it is signed in."""
    with services.unit_of_work() as uow:
        agent = uow.add_agent(
            login=login, name=login.title(), role=role, password_hash="-", active=True, created_at=services.clock()
        )
        uow.commit()
    assert agent is not None
    return agent


def a_conversation(services: Services, talk: str = "talk") -> None:
    """A conversation on the web."""
    with services.unit_of_work() as uow:
        uow.add_conversation(Conversation(talk, "web", talk, created_at=NOW, last_at=NOW))
        uow.commit()


def a_question(services: Services, talk: str = "talk", number: str | None = None) -> Case:
    """A wish for a person, about an order or not."""
    handoff = hand_to_human(
        services, conversation_id=talk, cause=Cause.ASKED, transcript=TRANSCRIPT, facts={}, order_number=number
    )
    return the_case(services, handoff.reference)


def in_review(services: Services, number: str = "CC-104233", talk: str = "talk", **changes: Any) -> Case:
    """A refund that the policy leaves to a person: a fault that is only claimed."""
    case = quoted(services, talk, number, **{"reason": CustomerReason.SERVICE_FAULT, **changes}).case
    assert case.state is CaseState.IN_REVIEW
    return case


def taken(services: Services, agent: Agent, case: Case) -> Case:
    """The case, in the agent's hands."""
    return take(services, agent, case.reference)


def the_case(services: Services, reference: str) -> Case:
    """A case as it is now."""
    with services.unit_of_work() as uow:
        case = uow.case(reference)
    assert case is not None
    return case


def said(services: Services, talk: str = "talk") -> list[Message]:
    """The message log of a conversation."""
    with services.unit_of_work() as uow:
        return uow.messages(talk)
