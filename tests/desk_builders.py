"""People at the desk, and cases for them."""

from __future__ import annotations

import secrets
from typing import Any

import pyotp
import pytest

from bot.cases.case.handoff import hand_to_human
from bot.cases.desk import passwords
from bot.cases.desk.accounts import add_agent
from bot.cases.desk.own_account import offer_second_factor, set_up_second_factor
from bot.cases.desk.password_links import use_link
from bot.cases.desk.sign_in import sign_in, sign_in_with_code
from bot.cases.desk.work import take
from bot.cases.errors import CodeNeeded
from bot.cases.model import Agent, Case, CaseState, Cause, Conversation, CustomerReason, Message, Role
from bot.cases.services import Services
from tests.cases.test_quotes import quoted
from tests.store_builders import NOW, TRANSCRIPT


def an_agent(services: Services, login: str = "dana", role: Role = Role.AGENT) -> Agent:
    """An account, made without a password: whoever has it is signed in."""
    with services.unit_of_work() as uow:
        values = {"login": login, "name": login.title(), "role": role, "password_hash": "-"}
        agent = uow.agents.add(by=None, created_at=services.clock(), **values)
        uow.commit()
    assert agent is not None
    return agent


def signed_up(services: Services, login: str, name: str, role: Role, password: str) -> Agent:
    """An account whose owner has set that password."""
    return use_link(services, add_agent(services, login, name, role)[1], password)


def with_quick_hashes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Passwords at next to no cost, in this process."""
    monkeypatch.setattr(passwords, "_LOG_N", 4)
    monkeypatch.setattr(passwords, "_P", 1)
    monkeypatch.setattr(passwords, "NOBODY", passwords.hashed(secrets.token_hex()))


def app_code(services: Services, secret: str, steps: int = 0) -> str:
    """What the app of a second factor shows now, or some time steps of 30 seconds later."""
    app = pyotp.TOTP(secret)
    return str(app.generate_otp(app.timecode(services.clock()) + steps))


def with_factor(services: Services, agent: Agent, password: str) -> tuple[str, list[str]]:
    """Set up the second factor of an account: its secret, and the recovery codes. The code of now is used up."""
    session = sign_in(services, agent.login, password, "192.0.2.200")
    secret = offer_second_factor(services, agent, session)
    code = app_code(services, secret)
    return secret, set_up_second_factor(services, agent, session, password, code, "192.0.2.200")


def signed_in_with(services: Services, login: str, password: str, code: str, address: str = "192.0.2.200") -> str:
    """Both halves of a sign-in."""
    with pytest.raises(CodeNeeded) as half:
        sign_in(services, login, password, address)
    return sign_in_with_code(services, half.value.ticket, code, address)[1]


def a_conversation(services: Services, talk: str = "talk") -> None:
    """A conversation on the web."""
    with services.unit_of_work() as uow:
        uow.conversations.add(Conversation(talk, "web", talk, created_at=NOW, last_at=NOW))
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
        case = uow.cases.find(reference)
    assert case is not None
    return case


def said(services: Services, talk: str = "talk") -> list[Message]:
    """The message log of a conversation."""
    with services.unit_of_work() as uow:
        return uow.messages.of_conversation(talk)
