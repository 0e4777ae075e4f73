"""Links with which somebody at the desk sets their password: good once, for a day, and only the newest of an account.

Whoever makes one for somebody else hands it to them and never knows the password. The hash of a link holds whose it is:
moved to another account's row it opens nothing.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from bot.cases.desk import passwords
from bot.cases.errors import SignInRefused
from bot.cases.hashes import keyed_hash, same
from bot.cases.model import AccountChange, Agent, Link
from bot.cases.ports.store import Snapshot, UnitOfWork
from bot.cases.services import Services

GOOD_FOR = timedelta(hours=24)

_NOT_GOOD = "link_not_good"


def new_link(services: Services, uow: UnitOfWork, agent: Agent, by_id: int | None) -> str:
    """The token of a new link for an account, made by an admin or at the command line (None), within the running
    transaction. What was made before is good for nothing any more."""
    token = f"{agent.id}-{secrets.token_urlsafe(32)}"
    now = services.clock()
    uow.links.set(agent.id, _hash(services, token), by_id, now + GOOD_FOR)
    uow.agents.change(agent.id, AccountChange.LINK_MADE, by_id, now)
    return token


def agent_of_link(services: Services, token: str) -> Agent:
    """Whose password a link sets. Raises SignInRefused."""
    with services.reading() as uow:
        return _opened(services, uow, token)[0]


def use_link(services: Services, token: str, password: str) -> Agent:
    """Set the password of the account that the link was made for; whoever is signed in with it is so no more. Raises
    SignInRefused for a link that is not good, and BadAgent for a weak password, after which the link is still good."""
    agent = agent_of_link(services, token)
    password_hash = passwords.hashed(passwords.checked(password, agent.login))
    with services.unit_of_work() as uow:
        agent, link = _opened(services, uow, token, lock=True)
        if not uow.links.drop(agent.id):
            raise SignInRefused(_NOT_GOOD)  # used at the same moment
        now = services.clock()
        agent = uow.agents.change(agent.id, AccountChange.LINK_USED, link.made_by, now, password_hash=password_hash)
        uow.sessions.end_all(agent.id)
        uow.commit()
    return agent


def _opened(services: Services, uow: Snapshot, token: str, *, lock: bool = False) -> tuple[Agent, Link]:
    """The account and its link. Raises SignInRefused."""
    number = token.partition("-")[0]
    if number.isascii() and number.isdigit() and len(number) < 10:
        link = uow.links.of_agent(int(number), services.clock(), lock=lock)
        if link is not None and same(link.token_hash, _hash(services, token)):
            agent = uow.agents.get(int(number))
            if agent.active and uow.agents.is_as_recorded(agent.id):
                return agent, link
    raise SignInRefused(_NOT_GOOD)


def _hash(services: Services, token: str) -> str:
    return keyed_hash(services.hash_key, "agent link", token)
