"""Who may come to the desk: accounts and sessions."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.cases.desk.accounts import (
    add_agent,
    agents,
    at_work,
    change_agent,
    make_link,
    picture_of,
)
from bot.cases.desk.password_links import use_link
from bot.cases.desk.sign_in import agent_of_session, sign_in, sign_out
from bot.cases.errors import BadAgent, NotAllowed, SignInRefused
from bot.cases.model import Role
from bot.cases.services import Services
from bot.store import tables as t
from tests.desk_builders import signed_up
from tests.store_builders import Clock

PASSWORD = "correct horse battery"
PNG = (b"\x89PNG\r\n\x1a\n" + b"0" * 20, "image/png")


@pytest.fixture
def dana(services: Services) -> Services:
    """A desk at which Dana works."""
    signed_up(services, "dana", "Dana", Role.AGENT, PASSWORD)
    return services


def refused(services: Services, login: str = "dana", password: str = "wrong password", address: str = "1.1.1.1") -> str:
    with pytest.raises(SignInRefused) as refusal:
        sign_in(services, login, password, address)
    return str(refusal.value)


def test_who_signs_in_is_known_until_the_session_ends(dana: Services, clock: Clock) -> None:
    token = sign_in(dana, " DANA ", PASSWORD, "1.1.1.1")
    agent = agent_of_session(dana, token)
    assert agent is not None and (agent.login, agent.name, agent.role) == ("dana", "Dana", Role.AGENT)
    clock.passes(hours=11, minutes=59)
    assert agent_of_session(dana, token) == agent
    clock.passes(minutes=1)
    assert agent_of_session(dana, token) is None, "being active makes it no longer"

    token = sign_in(dana, "dana", PASSWORD, "1.1.1.1")
    sign_out(dana, token)
    sign_out(dana, token)
    assert agent_of_session(dana, token) is None and agent_of_session(dana, "") is None


def test_neither_token_nor_password_nor_typed_login_is_stored(dana: Services, engine: Engine) -> None:
    token = sign_in(dana, "dana", PASSWORD, "1.1.1.1")
    refused(dana, "my-secret-by-mistake", address="203.0.113.9")
    with engine.connect() as connection:
        rows = str([connection.execute(sa.select(table)).all() for table in (t.agents, t.agent_sessions)])
        rows += str(connection.execute(sa.select(t.sign_in_attempts)).all())
    for secret in (token, PASSWORD, "my-secret", "203.0.113.9"):
        assert secret not in rows


def test_a_disabled_account_is_signed_out_at_once(dana: Services) -> None:
    token = sign_in(dana, "dana", PASSWORD, "1.1.1.1")
    change_agent(dana, "dana", active=False)
    assert agent_of_session(dana, token) is None
    refused(dana, password=PASSWORD)
    change_agent(dana, "dana", active=True)
    assert agent_of_session(dana, token) is None, "the old session stays ended"
    assert sign_in(dana, "dana", PASSWORD, "1.1.1.1")


def test_an_account_that_is_disabled_behind_the_service_has_no_session(dana: Services, engine: Engine) -> None:
    token = sign_in(dana, "dana", PASSWORD, "1.1.1.1")
    with engine.begin() as connection:
        connection.execute(t.agents.update().values(active=False))
    assert agent_of_session(dana, token) is None


def test_an_unknown_login_and_a_wrong_password_get_the_same_words_and_work(
    dana: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    worked: list[tuple[int, int, int]] = []
    scrypt = hashlib.scrypt

    def counting(text: bytes, **costs: Any) -> bytes:
        worked.append((costs["n"], costs["r"], costs["p"]))
        return scrypt(text, **costs)

    monkeypatch.undo()  # with the real costs: those of nobody's hash are fixed
    use_link(dana, make_link(dana, "dana")[1], PASSWORD)
    signed_up(dana, "gone", "Gone", Role.AGENT, PASSWORD)
    change_agent(dana, "gone", active=False)
    monkeypatch.setattr(hashlib, "scrypt", counting)
    words = {refused(dana), refused(dana, "nobody"), refused(dana, "gone", PASSWORD), refused(dana, "no login !")}
    assert len(words) == 1 and len(worked) == 4 and set(worked) == {(2**14, 8, 5)}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"login": "dana"}, "taken"),
        ({"login": "D"}, "login"),
        ({"login": "dana smith"}, "login"),
        ({"name": " "}, "name"),
        ({"name": "Dana\u202e"}, "name"),
        ({"name": "D" * 61}, "name"),
        ({"picture": (b"<svg/>", "image/svg+xml")}, "PNG"),
        ({"picture": (b"GIF89a", "image/png")}, "PNG"),
        ({"picture": (PNG[0] + b"0" * 300_000, "image/png")}, "256 kB"),
    ],
)
def test_what_is_no_account_is_refused_with_a_reason(dana: Services, changes: dict[str, Any], said: str) -> None:
    values = {"login": "dana2", "name": "Dana", "picture": None, **changes}
    with pytest.raises(BadAgent, match=said):
        add_agent(dana, values["login"], values["name"], Role.AGENT, values["picture"])
    assert [agent.login for agent in agents(dana)] == ["dana"]


def test_an_account_is_changed(dana: Services) -> None:
    changed = change_agent(dana, "dana", name="Dana K.", role=Role.LEAD, picture=PNG)
    assert (changed.name, changed.role) == ("Dana K.", Role.LEAD) and agents(dana) == [changed]
    assert picture_of(dana, changed.id) == PNG and picture_of(dana, 99) is None
    with pytest.raises(BadAgent, match="no agent"):
        change_agent(dana, "nobody", name="N")


def test_what_an_agent_may_do_is_read_anew(dana: Services) -> None:
    agent = agents(dana)[0]
    change_agent(dana, "dana", role=Role.LEAD)
    with dana.unit_of_work() as uow:
        assert at_work(uow, agent, Role.LEAD).role is Role.LEAD
        with pytest.raises(NotAllowed, match="admin"):
            at_work(uow, agent, Role.ADMIN)
    change_agent(dana, "dana", active=False)
    with dana.unit_of_work() as uow, pytest.raises(NotAllowed, match="disabled"):
        at_work(uow, agent)
