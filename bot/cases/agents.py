"""The people at the desk: their accounts and their sessions.

Roles: an agent works on cases; a lead may also order a cancellation for a violation, and has a higher limit; an admin
has no limit. See bot.cases.limits.
"""

from __future__ import annotations

import re
import secrets
from datetime import timedelta
from typing import Any

from bot.cases import passwords
from bot.cases.errors import BadAgent, NotAllowed, SignInRefused
from bot.cases.hashes import keyed_hash
from bot.cases.helpdesk import Person
from bot.cases.model import Agent, Role
from bot.cases.ports import Services, UnitOfWork
from bot.cases.sign_in_limits import count_try, was_right

SESSION = timedelta(hours=12)
"""How long somebody stays signed in; being active does not make it longer."""
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
_WRONG = "The login or the password is wrong."

Picture = tuple[bytes, str]
"""The bytes of a picture and its media type."""


def add_agent(
    services: Services, login: str, name: str, role: Role, password: str, picture: Picture | None = None
) -> Agent:
    """A new account. Raises BadAgent: the login is taken or none, the name is none, the password is weak, the picture
    can't be used."""
    login = _login(login)
    values = {"name": _name(name), "role": role, **_picture(picture)}
    values["password_hash"] = passwords.hashed(passwords.checked(password, login))
    with services.unit_of_work() as uow:
        agent = uow.add_agent(login=login, active=True, created_at=services.clock(), **values)
        if agent is None:
            raise BadAgent(f"the login {login} is taken")
        uow.commit()
    return agent


def change_agent(
    services: Services,
    login: str,
    *,
    name: str | None = None,
    role: Role | None = None,
    password: str | None = None,
    active: bool | None = None,
    picture: Picture | None = None,
) -> Agent:
    """Change what is given of an account. A new password and a disabled account end its sessions at once. Raises
    BadAgent."""
    values: dict[str, Any] = {}
    if name is not None:
        values["name"] = _name(name)
    if role is not None:
        values["role"] = role
    if active is not None:
        values["active"] = active
    if picture is not None:
        values |= _picture(picture)
    login = _login(login)
    if password is not None:
        values["password_hash"] = passwords.hashed(passwords.checked(password, login))
    with services.unit_of_work() as uow:
        known = uow.agent_by_login(login)
        if known is None:
            raise BadAgent(f"there is no agent {login}")
        agent = uow.change_agent(known.id, **values) if values else known
        if password is not None or not agent.active:
            uow.end_sessions(agent.id)
        uow.commit()
    return agent


def agents(services: Services) -> list[Agent]:
    """Everybody who has or had an account, by login."""
    with services.unit_of_work() as uow:
        return uow.agents()


def picture_of(services: Services, agent_id: int) -> Picture | None:
    """An agent's picture, if there is one."""
    with services.unit_of_work() as uow:
        return uow.picture_of(agent_id)


def sign_in(services: Services, login: str, password: str, address: str) -> str:
    """A token that opens the desk for SESSION. Raises SignInRefused; see bot.cases.sign_in_limits.

    An unknown login is counted and answered as a wrong password is, after the same work.
    """
    now = services.clock()
    login = login.strip().lower()
    with services.unit_of_work() as uow:
        made = count_try(services, uow, login, address)
        known = uow.agent_by_login(login)
        stored = uow.password_hash(known.id) if known is not None and known.active else passwords.NOBODY
        uow.commit()
    right = len(password) <= passwords.LONGEST and passwords.fits(password, stored)
    if not right or known is None:
        raise SignInRefused(_WRONG)
    token = secrets.token_urlsafe(32)
    with services.unit_of_work() as uow:
        if uow.password_hash(known.id) != stored or not uow.agent(known.id).active:
            raise SignInRefused(_WRONG)  # changed while it was compared
        was_right(services, uow, made)
        uow.add_session(known.id, _hash(services, token), now, now + SESSION)
        uow.commit()
    return token


def agent_of_session(services: Services, token: str) -> Agent | None:
    """Who is signed in with that token; None once it has run out, was ended, or the account was disabled."""
    with services.unit_of_work() as uow:
        return uow.session_agent(_hash(services, token), services.clock())


def sign_out(services: Services, token: str) -> None:
    """End a session; one that has ended already is no error."""
    with services.unit_of_work() as uow:
        uow.end_session(_hash(services, token))
        uow.commit()


def at_work(uow: UnitOfWork, agent: Agent, *roles: Role) -> Agent:
    """The account as it is now, within the running transaction; with ``roles``, if it has one of them. Raises
    NotAllowed."""
    known = uow.agent(agent.id)
    if not known.active:
        raise NotAllowed("This account has been disabled.")
    if roles and known.role not in roles:
        raise NotAllowed(f"Only a {' or '.join(role.value for role in roles)} may do that.")
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
    known = uow.agent_by_login(login)
    if known is None:
        values = {"login": login, "name": name or "An agent", "role": Role.AGENT}
        values["password_hash"] = passwords.NOBODY
        uow.add_agent(active=True, created_at=services.clock(), **values)
        known = uow.agent_by_login(login)
        assert known is not None
    return known if name in ("", known.name) else uow.change_agent(known.id, name=name)


def connector(services: Services, uow: UnitOfWork, desk: str) -> Agent:
    """Who writes notes for a help desk of others."""
    return external_agent(services, uow, desk, Person("connector", f"Connector ({desk})"))


def _hash(services: Services, token: str) -> str:
    return keyed_hash(services.hash_key, "agent session", token)


def _login(login: str) -> str:
    login = login.strip().lower()
    if not _LOGIN.fullmatch(login):
        raise BadAgent("a login has 2 to 64 of the characters a to z, 0 to 9, dot, dash, underscore and @")
    return login


def _name(name: str) -> str:
    name = " ".join(name.split())
    if not 1 <= len(name) <= _LONGEST_NAME or not name.isprintable():
        raise BadAgent(f"a name has 1 to {_LONGEST_NAME} printable characters")
    return name


def _picture(picture: Picture | None) -> dict[str, Any]:
    if picture is None:
        return {}
    data, media_type = picture
    looks_like = _PICTURES.get(media_type)
    if looks_like is None or not looks_like.match(data):
        raise BadAgent("a picture must be a PNG, JPEG or WebP file")
    if len(data) > LARGEST_PICTURE:
        raise BadAgent(f"a picture has at most {LARGEST_PICTURE // 1024} kB")
    return {"picture": data, "picture_type": media_type}
