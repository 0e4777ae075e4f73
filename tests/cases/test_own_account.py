"""What people at the desk do with their own account: the first password, another one, and the second factor."""

from __future__ import annotations

import threading

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Engine

from bot.cases.desk.accounts import add_agent, agents, make_link, mend_agent, reset_second_factor
from bot.cases.desk.own_account import (
    change_password,
    offer_second_factor,
    recovery_codes_left,
    renew_recovery_codes,
    set_up_second_factor,
    turn_off_second_factor,
)
from bot.cases.desk.password_links import agent_of_link, use_link
from bot.cases.desk.passwords import NOBODY
from bot.cases.desk.second_factor import app_address
from bot.cases.desk.sign_in import agent_of_session, sign_in, sign_in_with_code
from bot.cases.errors import BadAgent, CodeNeeded, SignInRefused
from bot.cases.model import AccountChange, Role
from bot.cases.services import Services
from bot.store import tables as t
from tests.desk_builders import app_code, signed_in_with, signed_up, with_factor
from tests.store_builders import Clock, problems

PASSWORD, OTHER, HERE = "correct horse battery", "another good password", "192.0.2.7"


@pytest.fixture
def dana(services: Services) -> Services:
    """A desk at which Dana works, and Ada, an admin."""
    signed_up(services, "dana", "Dana", Role.AGENT, PASSWORD)
    signed_up(services, "ada", "Ada", Role.ADMIN, PASSWORD)
    return services


def recorded(engine: Engine, agent_id: int = 1) -> list[tuple[str, int | None]]:
    """What was done to an account, and by whom."""
    events = sa.select(t.agent_events.c.change, t.agent_events.c.by_id).where(t.agent_events.c.agent_id == agent_id)
    with engine.connect() as connection:
        return [tuple(row) for row in connection.execute(events.order_by(t.agent_events.c.id))]


def test_a_new_account_has_no_password_until_its_link_is_used(services: Services, engine: Engine) -> None:
    agent, token = add_agent(services, "dana", "Dana", Role.AGENT)
    for password in ("", "-", NOBODY, token):
        with pytest.raises(SignInRefused):
            sign_in(services, "dana", password, "192.0.2.1")
    assert agent_of_link(services, token) == agent
    with pytest.raises(BadAgent, match="12 to 200"):
        use_link(services, token, "elevenchars")
    with pytest.raises(BadAgent, match="guess"):
        use_link(services, token, "xx-dana-and-more")
    with pytest.raises(BadAgent, match="guess"):
        use_link(services, token, "a" * 30)
    assert use_link(services, token, PASSWORD) == agent
    assert sign_in(services, "dana", PASSWORD, HERE)
    assert recorded(engine) == [("made", None), ("link_made", None), ("link_used", None)]
    with engine.connect() as connection:
        everything = str([connection.execute(sa.select(table)).all() for table in (t.agents, t.agent_events)])
    assert token.partition("-")[2] not in everything and PASSWORD not in everything


def test_a_link_signs_out_whoever_was_in_and_says_who_made_it(dana: Services, engine: Engine) -> None:
    ada = agents(dana)[0]
    session = sign_in(dana, "dana", PASSWORD, HERE)
    token = make_link(dana, "dana", by=ada)[1]
    assert agent_of_session(dana, session) is not None, "until it is used"
    assert sign_in(dana, "dana", PASSWORD, HERE)
    use_link(dana, token, OTHER)
    assert agent_of_session(dana, session) is None
    with pytest.raises(SignInRefused):
        sign_in(dana, "dana", PASSWORD, HERE)
    assert sign_in(dana, "dana", OTHER, HERE)
    assert recorded(engine)[-2:] == [("link_made", ada.id), ("link_used", ada.id)]


def test_of_two_who_use_a_link_at_once_one_sets_the_password(dana: Services) -> None:
    token = make_link(dana, "dana")[1]
    came: list[str] = []
    start = threading.Barrier(2)

    def uses(password: str) -> None:
        start.wait()
        try:
            use_link(dana, token, password)
            came.append(password)
        except SignInRefused:
            came.append("")

    threads = [threading.Thread(target=uses, args=(password,)) for password in (PASSWORD, OTHER)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(came)[0] == "" and sign_in(dana, "dana", sorted(came)[1], HERE)


def test_another_password_ends_the_other_sessions(dana: Services, engine: Engine) -> None:
    here, there = (sign_in(dana, "dana", PASSWORD, HERE) for _ in range(2))
    agent = agent_of_session(dana, here)
    assert agent is not None
    with pytest.raises(SignInRefused, match="Your password is wrong"):
        change_password(dana, agent, here, "not my password", OTHER, HERE)
    with pytest.raises(BadAgent, match="12 to 200"):
        change_password(dana, agent, here, PASSWORD, "short", HERE)
    assert agent_of_session(dana, there) is not None
    change_password(dana, agent, here, PASSWORD, OTHER, HERE)
    assert agent_of_session(dana, here) is not None and agent_of_session(dana, there) is None
    with pytest.raises(SignInRefused):
        sign_in(dana, "dana", PASSWORD, HERE)
    assert sign_in(dana, "dana", OTHER, HERE)
    assert recorded(engine)[-1] == ("password_changed", agent.id)


def test_the_present_password_can_not_be_guessed_on_and_on(dana: Services, clock: Clock) -> None:
    session = sign_in(dana, "dana", PASSWORD, HERE)
    agent = agent_of_session(dana, session)
    assert agent is not None
    for _ in range(5):
        with pytest.raises(SignInRefused, match="wrong"):
            change_password(dana, agent, session, "not my password", OTHER, HERE)
    with pytest.raises(SignInRefused, match="Too many"):
        change_password(dana, agent, session, PASSWORD, OTHER, HERE)
    clock.passes(minutes=16)
    change_password(dana, agent, session, PASSWORD, OTHER, HERE)


def test_a_second_factor_is_asked_for_once_it_is_set_up(dana: Services, engine: Engine, clock: Clock) -> None:
    here, there = (sign_in(dana, "dana", PASSWORD, HERE) for _ in range(2))
    agent = agent_of_session(dana, here)
    assert agent is not None and not agent.second_factor
    secret = offer_second_factor(dana, agent, here)
    assert secret == offer_second_factor(dana, agent, here) and len(secret) == 32
    assert secret != offer_second_factor(dana, agent, there), "each session is offered its own"
    assert app_address(secret, "dana") == f"otpauth://totp/Refund%20Desk:dana?secret={secret}&issuer=Refund%20Desk"
    with pytest.raises(SignInRefused, match="not the code"):
        set_up_second_factor(dana, agent, here, PASSWORD, "000000", HERE)
    with pytest.raises(SignInRefused, match="password"):
        set_up_second_factor(dana, agent, here, "not my password", app_code(dana, secret), HERE)
    assert sign_in(dana, "dana", PASSWORD, HERE)
    codes = set_up_second_factor(dana, agent, here, PASSWORD, app_code(dana, secret), HERE)
    assert len(set(codes)) == 10 and recovery_codes_left(dana, agent) == 10
    assert agent_of_session(dana, here) is not None and agent_of_session(dana, there) is None
    with pytest.raises(BadAgent, match="already"):
        set_up_second_factor(dana, agent, here, PASSWORD, app_code(dana, secret, 1), HERE)

    with pytest.raises(CodeNeeded) as half:
        sign_in(dana, "dana", PASSWORD, HERE)
    with pytest.raises(SignInRefused, match="was used already"):
        sign_in_with_code(dana, half.value.ticket, app_code(dana, secret), HERE)
    clock.passes(seconds=30)
    shown = app_code(dana, secret)
    known, token = sign_in_with_code(dana, half.value.ticket, f" {shown[:3]} {shown[3:]}", HERE)
    assert known.login == "dana" and agent_of_session(dana, token) == known and known.second_factor
    with engine.connect() as connection:
        stored = str([connection.execute(sa.select(table)).all() for table in (t.agents, t.recovery_codes)])
    assert secret not in stored and codes[0].replace("-", "") not in stored
    assert recorded(engine)[-1] == ("factor_on", agent.id) and problems(dana) == []


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_half_a_minute_off(dana: Services, clock: Clock, steps: int) -> None:
    secret, _ = with_factor(dana, agents(dana)[1], PASSWORD)
    clock.passes(minutes=5)
    assert signed_in_with(dana, "dana", PASSWORD, app_code(dana, secret, steps))


def test_a_recovery_code_opens_the_desk_once_however_it_is_written(dana: Services, engine: Engine) -> None:
    agent = agents(dana)[1]
    _, codes = with_factor(dana, agent, PASSWORD)
    assert signed_in_with(dana, "dana", PASSWORD, codes[0].lower().replace("-", " "))
    assert recovery_codes_left(dana, agent) == 9 and recorded(engine)[-1] == ("code_used", agent.id)


def test_of_two_with_one_code_one_gets_in(dana: Services, clock: Clock) -> None:
    secret, _ = with_factor(dana, agents(dana)[1], PASSWORD)
    clock.passes(minutes=5)
    code, came = app_code(dana, secret), []
    with pytest.raises(CodeNeeded) as half:
        sign_in(dana, "dana", PASSWORD, HERE)
    start = threading.Barrier(2)

    def enters(address: str) -> None:
        start.wait()
        try:
            came.append(sign_in_with_code(dana, half.value.ticket, code, address)[1])
        except SignInRefused:
            came.append("")

    threads = [threading.Thread(target=enters, args=(f"192.0.2.{number}",)) for number in (31, 32)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(map(bool, came)) == [False, True]


def test_new_recovery_codes_and_turning_it_off_take_password_and_code(
    dana: Services, engine: Engine, clock: Clock
) -> None:
    agent = agents(dana)[1]
    secret, codes = with_factor(dana, agent, PASSWORD)
    session = signed_in_with(dana, "dana", PASSWORD, codes[0])
    new = renew_recovery_codes(dana, agent, session, PASSWORD, codes[1], HERE)
    assert not set(new) & set(codes) and recovery_codes_left(dana, agent) == 10
    clock.passes(minutes=1)
    turn_off_second_factor(dana, agent, session, PASSWORD, app_code(dana, secret), HERE)
    assert agent_of_session(dana, session) is not None
    assert sign_in(dana, "dana", PASSWORD, HERE) and recovery_codes_left(dana, agent) == 0
    assert recorded(engine)[-3:] == [(change, agent.id) for change in ("code_used", "codes_made", "factor_off")]
    assert offer_second_factor(dana, agent, session) != secret


def test_an_admin_resets_a_lost_second_factor_which_signs_out(dana: Services, engine: Engine) -> None:
    ada, agent = agents(dana)
    with pytest.raises(BadAgent, match="no second factor"):
        reset_second_factor(dana, "dana", by=ada)
    _, codes = with_factor(dana, agent, PASSWORD)
    session = signed_in_with(dana, "dana", PASSWORD, codes[0])
    assert not reset_second_factor(dana, "dana", by=ada).second_factor
    assert agent_of_session(dana, session) is None and recovery_codes_left(dana, agent) == 0
    assert sign_in(dana, "dana", PASSWORD, HERE) and recorded(engine)[-1] == ("factor_reset", ada.id)


def test_an_account_that_was_changed_in_the_database_is_mended(dana: Services, engine: Engine) -> None:
    with pytest.raises(BadAgent, match="as it was recorded"):
        mend_agent(dana, "dana")
    with engine.begin() as connection:
        changed = t.agents.update().where(t.agents.c.login == "dana")
        connection.execute(changed.values(role="admin", name="Ada", password_hash="-"))
    agent, token = mend_agent(dana, "dana")
    assert (agent.role, agent.name, agent.active) == (Role.AGENT, "Dana", True) and token is not None
    assert problems(dana) == []
    use_link(dana, token, OTHER)
    assert sign_in(dana, "dana", OTHER, HERE)
    assert (AccountChange.MENDED.value, None) in recorded(engine)


def test_an_account_that_was_slipped_in_is_disabled_when_it_is_mended(dana: Services, engine: Engine) -> None:
    with engine.begin() as connection:
        row = dict(connection.execute(sa.select(t.agents).where(t.agents.c.login == "ada")).one()._mapping)
        connection.execute(t.agents.insert().values({**row, "id": 99, "login": "mole"}))
    agent, token = mend_agent(dana, "mole")
    assert (agent.role, agent.active, token) == (Role.AGENT, False, None) and problems(dana) == []
