"""Signing in to the desk: the password, then the second factor where the account has one, and only then a session.

Half a sign-in is a ticket that the other half shows. It opens nothing, and is good for some minutes, while nobody
changes the account.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass, field
from datetime import timedelta

from bot.cases.desk import passwords, second_factor
from bot.cases.desk.sign_in_limits import PASSWORD, SECOND_FACTOR, Asked, count_try, was_right
from bot.cases.errors import CodeNeeded, SignInRefused
from bot.cases.hashes import keyed_hash, same
from bot.cases.model import Agent
from bot.cases.ports.store import Snapshot, UnitOfWork
from bot.cases.services import Services

SESSION = timedelta(hours=12)
"""How long somebody stays signed in; being active does not make it longer."""
HALF = timedelta(minutes=5)
"""How long a right password waits for the code."""

WRONG_CODE = "wrong_code"

_WRONG = "wrong_login"
_TOO_LATE = "sign_in_too_late"


@dataclass(frozen=True)
class RightPassword:
    """A right password: whose, as it is stored, and the try that it was."""

    agent: Agent
    password_hash: str = field(repr=False)
    made: int

    def is_same(self, uow: UnitOfWork) -> bool:
        """Whether the account has the password yet, and may be worked with."""
        return uow.agents.password_hash(self.agent.id) == self.password_hash and may_enter(uow, self.agent)


def prove_password(
    services: Services, login: str, password: str, address: str, asked: Asked = PASSWORD, wrong: str = _WRONG
) -> RightPassword:
    """A try, which counts as a wrong one until bot.cases.desk.sign_in_limits.was_right is called. Raises SignInRefused,
    for a password that does not fit with the code ``wrong``.

    An unknown login is counted and answered as a wrong password is, after the same work.
    """
    login = login.strip().lower()
    with services.unit_of_work() as uow:
        made = count_try(services, uow, login, address, asked)
        known = uow.agents.by_login(login)
        enters = known is not None and may_enter(uow, known)
        stored = uow.agents.password_hash(known.id) if known is not None and enters else passwords.NOBODY
        uow.commit()
    right = len(password) <= passwords.LONGEST and passwords.fits(password, stored)
    if not right or known is None or not enters:
        raise SignInRefused(wrong)
    return RightPassword(known, stored, made)


def sign_in(services: Services, login: str, password: str, address: str) -> str:
    """A token that opens the desk for SESSION. Raises SignInRefused, and CodeNeeded, with a ticket for
    ``sign_in_with_code``; see bot.cases.desk.sign_in_limits."""
    proven = prove_password(services, login, password, address)
    with services.unit_of_work() as uow:
        if not proven.is_same(uow):
            raise SignInRefused(_WRONG)  # changed while it was compared
        agent = uow.agents.get(proven.agent.id)
        if agent.second_factor:
            raise CodeNeeded(_ticket(services, uow, agent, proven.made))
        was_right(services, uow, proven.made)
        token = _new_session(services, uow, agent)
        uow.commit()
    return token


def sign_in_with_code(services: Services, ticket: str, code: str, address: str) -> tuple[Agent, str]:
    """Who it is, and a token that opens the desk: the other half. Raises SignInRefused."""
    with services.unit_of_work() as uow:
        agent, _ = _half(services, uow, ticket)
        code_try = count_try(services, uow, agent.login, address, SECOND_FACTOR)
        uow.commit()
    with services.unit_of_work() as uow:
        agent, password_try = _half(services, uow, ticket)
        if not second_factor.takes(services, uow, agent, code):
            raise SignInRefused(WRONG_CODE)
        was_right(services, uow, password_try, code_try)
        token = _new_session(services, uow, agent)
        uow.commit()
    return agent, token


def waits_for_code(services: Services, ticket: str) -> bool:
    """Whether a ticket is good yet."""
    with services.reading() as uow:
        try:
            _half(services, uow, ticket)
        except SignInRefused:
            return False
        return True


def agent_of_session(services: Services, token: str) -> Agent | None:
    """Who is signed in with that token; None once it has run out, was ended, or the account was disabled. The token
    says whose it is: a session that was moved to another account in the database is none."""
    with services.reading() as uow:
        agent = uow.sessions.agent(session_hash(services, token), services.clock())
    return agent if agent is not None and token.startswith(f"{agent.id}-") else None


def sign_out(services: Services, token: str) -> None:
    """End a session; one that has ended already is no error."""
    with services.unit_of_work() as uow:
        uow.sessions.end(session_hash(services, token))
        uow.commit()


def session_hash(services: Services, token: str) -> str:
    """What is stored of a session's token."""
    return keyed_hash(services.hash_key, "agent session", token)


def may_enter(uow: Snapshot, agent: Agent) -> bool:
    """Whether an account is active as it is now, and as it was recorded."""
    return uow.agents.get(agent.id).active and uow.agents.is_as_recorded(agent.id)


def _new_session(services: Services, uow: UnitOfWork, agent: Agent) -> str:
    token = f"{agent.id}-{secrets.token_urlsafe(32)}"
    now = services.clock()
    uow.sessions.add(agent.id, session_hash(services, token), now, now + SESSION)
    return token


def _ticket(services: Services, uow: UnitOfWork, agent: Agent, made: int) -> str:
    until = int((services.clock() + HALF).timestamp())
    return f"{agent.id}.{made}.{until}.{_seal(services, uow, agent.id, made, until)}"


def _half(services: Services, uow: Snapshot, ticket: str) -> tuple[Agent, int]:
    """Whose ticket it is, and the try that proved the password. Raises SignInRefused."""
    parts = ticket.split(".")
    numbers = [int(part) for part in parts[:3] if part.isascii() and part.isdigit() and len(part) < 12]
    if len(parts) != 4 or len(numbers) != 3:
        raise SignInRefused(_TOO_LATE)
    agent_id, made, until = numbers
    if not same(_seal(services, uow, agent_id, made, until), parts[3]) or services.clock().timestamp() >= until:
        raise SignInRefused(_TOO_LATE)
    agent = uow.agents.get(agent_id)
    if not may_enter(uow, agent):
        raise SignInRefused(_TOO_LATE)
    return agent, made


def _seal(services: Services, uow: Snapshot, agent_id: int, made: int, until: int) -> str:
    about = f"{agent_id}\0{made}\0{until}\0{uow.agents.last_change(agent_id)}"
    return keyed_hash(services.hash_key, "half a sign-in", about)
