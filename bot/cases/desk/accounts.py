"""The people at the desk: their accounts. Nobody knows the password of somebody else: a new one is set with a link.

Everything here is done ``by`` an admin, or at the command line (None), and recorded. For what they do with their own
account see bot.cases.desk.own_account.

Roles: an agent works on cases; a lead may also order a cancellation for a violation, and has a higher limit; an admin
has no limit. See bot.cases.payout_limits.
"""

from __future__ import annotations

import re

from bot.cases.desk import passwords
from bot.cases.desk.password_links import new_link
from bot.cases.errors import BadAgent, ChangedOutside, NotAllowed
from bot.cases.hashes import keyed_hash
from bot.cases.model import AccountChange, Agent, Role
from bot.cases.ports.agents import AgentChange
from bot.cases.ports.helpdesk import Person
from bot.cases.ports.store import Snapshot, UnitOfWork
from bot.cases.services import Services
from bot.wording import say

LARGEST_PICTURE = 256 * 1024
"""Bytes."""

_LOGIN = re.compile(r"[a-z0-9][a-z0-9._@-]{1,63}")
_EXTERNAL_LOGIN = re.compile(r"[a-z]{2,12}:[A-Za-z0-9._@-]{1,50}")
_LONGEST_NAME = 60
_PICTURES = {
    "image/png": re.compile(rb"\x89PNG\r\n\x1a\n"),
    "image/jpeg": re.compile(rb"\xff\xd8\xff"),
    "image/webp": re.compile(rb"RIFF....WEBP", re.DOTALL),
}

Picture = tuple[bytes, str]
"""The bytes of a picture and its media type."""


def add_agent(
    services: Services, login: str, name: str, role: Role, picture: Picture | None = None, *, by: Agent | None = None
) -> tuple[Agent, str]:
    """A new account, and the token of the link with which they set their password. Raises BadAgent: the login is taken
    or none, the name is none, the picture can't be used; and NotAllowed."""
    login = _login(login)
    name, shown = _name(name), _picture(picture)
    with services.unit_of_work() as uow:
        by_id = _admin_id(uow, by)
        agent = uow.agents.add(
            by=by_id,
            login=login,
            name=name,
            role=role,
            password_hash=passwords.NOBODY,
            created_at=services.clock(),
        )
        if agent is None:
            raise BadAgent("login_taken", login=login)
        if shown is not None:
            uow.agents.set_picture(agent.id, *shown)
        token = new_link(services, uow, agent, by_id)
        uow.commit()
    return agent, token


def change_agent(
    services: Services,
    login: str,
    *,
    name: str | None = None,
    role: Role | None = None,
    active: bool | None = None,
    picture: Picture | None = None,
    by: Agent | None = None,
) -> Agent:
    """Change what is given of an account. A disabled account is signed out at once, and its link is good for nothing.
    Raises BadAgent, and NotAllowed."""
    given: list[tuple[AccountChange, AgentChange]] = []
    if name is not None:
        given.append((AccountChange.RENAMED, {"name": _name(name)}))
    if role is not None:
        given.append((AccountChange.ROLE_CHANGED, {"role": role}))
    if active is not None:
        given.append((AccountChange.ENABLED if active else AccountChange.DISABLED, {"active": active}))
    shown = _picture(picture)
    with services.unit_of_work() as uow:
        by_id = _admin_id(uow, by)
        agent = _other(uow, login, by_id)
        for change, values in given:
            if any(getattr(agent, column) != value for column, value in values.items()):
                agent = uow.agents.change(agent.id, change, by_id, services.clock(), **values)
        if shown is not None:
            uow.agents.set_picture(agent.id, *shown)
        if not agent.active:
            uow.sessions.end_all(agent.id)
            uow.links.drop(agent.id)
        uow.commit()
    return agent


def make_link(services: Services, login: str, *, by: Agent | None = None) -> tuple[Agent, str]:
    """Whose it is, and the token of a link with which they set another password. Their present one is good until then.
    Raises BadAgent, and NotAllowed."""
    with services.unit_of_work() as uow:
        by_id = _admin_id(uow, by)
        agent = _other(uow, login, by_id)
        _check_signs_in(agent)
        token = new_link(services, uow, agent, by_id)
        uow.commit()
    return agent, token


def reset_second_factor(services: Services, login: str, *, by: Agent | None = None) -> Agent:
    """Take somebody's second factor and recovery codes away, and sign them out. Raises BadAgent, and NotAllowed."""
    with services.unit_of_work() as uow:
        by_id = _admin_id(uow, by)
        agent = _other(uow, login, by_id)
        _check_signs_in(agent)
        if not agent.second_factor:
            raise BadAgent("no_second_factor", login=agent.login)
        agent = uow.agents.change(
            agent.id, AccountChange.FACTOR_RESET, by_id, services.clock(), factor=None, factor_step=None
        )
        uow.factors.set_recovery_codes(agent.id, ())
        uow.sessions.end_all(agent.id)
        uow.commit()
    return agent


def mend_agent(services: Services, login: str) -> tuple[Agent, str | None]:
    """Bring an account that was changed in the database back to what was recorded, one that was slipped in disabled.
    It has neither password nor second factor then, but a link, if it is active. Raises BadAgent."""
    with services.unit_of_work() as uow:
        known = uow.agents.by_login(login.strip())
        if known is None:
            raise BadAgent("no_agent", login=login)
        if uow.agents.is_as_recorded(known.id):
            raise BadAgent("account_unchanged", login=login)
        agent = uow.agents.mend(known.id, services.clock())
        uow.sessions.end_all(agent.id)
        uow.links.drop(agent.id)
        uow.factors.set_recovery_codes(agent.id, ())
        token = new_link(services, uow, agent, None) if agent.active and not agent.external else None
        uow.commit()
    return agent, token


def agents(services: Services) -> list[Agent]:
    """Everybody who has or had an account, by login."""
    with services.reading() as uow:
        return uow.agents.all()


def picture_of(services: Services, agent_id: int) -> Picture | None:
    """An agent's picture, if there is one."""
    with services.reading() as uow:
        return uow.agents.picture(agent_id)


def at_work(uow: Snapshot, agent: Agent, *roles: Role) -> Agent:
    """The account as it is now, within the running transaction; with ``roles``, if it has one of them. Raises
    NotAllowed, also for an account that is not as it was recorded."""
    known = uow.agents.get(agent.id)
    if not known.active:
        raise NotAllowed("account_disabled")
    if known.external:
        raise NotAllowed("works_elsewhere")
    if not uow.agents.is_as_recorded(known.id):
        raise ChangedOutside
    if roles and known.role not in roles:
        raise NotAllowed("only_roles", roles="_".join(role.value for role in roles))
    return known


def actor(agent: Agent) -> str:
    """An agent as the log of a case names them."""
    return f"agent {agent.login}"


def external_agent(services: Services, uow: UnitOfWork, desk: str, person: Person) -> Agent:
    """The account of somebody who works at a help desk of others, made when they first appear, within the running
    transaction. Nobody signs in with it: its login can't be one of ours, and no password fits."""
    login = f"{desk}:{person.id}"
    if not _EXTERNAL_LOGIN.fullmatch(login):
        login = f"{desk}:{keyed_hash(services.hash_key, 'external agent', person.id)[:32]}"
    name = " ".join("".join(char for char in person.name if char.isprintable()).split())[:_LONGEST_NAME]
    known = uow.agents.by_login(login)
    if known is None:
        uow.agents.add(
            by=None,
            login=login,
            name=name or say("who_an_agent"),
            role=Role.AGENT,
            password_hash=passwords.NOBODY,
            created_at=services.clock(),
        )
        known = uow.agents.by_login(login)
        assert known is not None
    if name in ("", known.name) or not uow.agents.is_as_recorded(known.id):
        return known
    return uow.agents.change(known.id, AccountChange.RENAMED, None, services.clock(), name=name)


def connector(services: Services, uow: UnitOfWork, desk: str) -> Agent:
    """Who writes notes for a help desk of others."""
    return external_agent(services, uow, desk, Person("connector", say("who_connector", desk=desk)))


def _other(uow: UnitOfWork, login: str, by_id: int | None) -> Agent:
    """The account of that login, which is not that of whoever wants to change it."""
    login = login.strip()
    agent = uow.agents.by_login(login) or uow.agents.by_login(login.lower())
    if agent is None:
        raise BadAgent("no_agent", login=login)
    if agent.id == by_id:
        raise NotAllowed("own_account")
    return agent


def _admin_id(uow: UnitOfWork, by: Agent | None) -> int | None:
    return None if by is None else at_work(uow, by, Role.ADMIN).id


def _check_signs_in(agent: Agent) -> None:
    if agent.external:
        raise BadAgent("never_signs_in", login=agent.login)
    if not agent.active:
        raise BadAgent("is_disabled", login=agent.login)


def _login(login: str) -> str:
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise BadAgent("bad_login")
    return login


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise BadAgent("bad_name", most=_LONGEST_NAME)
    return name


def _picture(picture: Picture | None) -> Picture | None:
    if picture is None:
        return None
    data, media_type = picture
    looks_like = _PICTURES.get(media_type)
    if looks_like is None or not looks_like.match(data):
        raise BadAgent("bad_picture")
    if len(data) > LARGEST_PICTURE:
        raise BadAgent("large_picture", most=LARGEST_PICTURE // 1024)
    return picture
