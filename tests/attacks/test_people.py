"""Attacks on the accounts of the desk: codes, halves of sign-ins, links, and writing into the database. Nobody gets in
whom the account does not belong to, and nobody gets further than their role."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.engine import Connection, Engine

from bot.cases.desk.accounts import add_agent, change_agent, make_link, reset_second_factor
from bot.cases.desk.own_account import (
    change_password,
    offer_second_factor,
    renew_recovery_codes,
    set_up_second_factor,
    turn_off_second_factor,
)
from bot.cases.desk.password_links import agent_of_link, use_link
from bot.cases.desk.sign_in import agent_of_session, sign_in, sign_in_with_code
from bot.cases.errors import BadAgent, CaseError, ChangedOutside, CodeNeeded, NotAllowed, SignInRefused
from bot.cases.model import AccountChange, Agent, Role
from bot.cases.services import Services
from bot.store import tables as t
from bot.store.unit_of_work import SqlUnitOfWork
from tests.desk_builders import app_code, signed_in_with, signed_up, with_factor, with_quick_hashes
from tests.migrated import a_shop
from tests.store_builders import Clock, problems, without_triggers

PASSWORD, EVE = "correct horse battery", "known to nobody but her"
HERE = "192.0.2.7"


@dataclass
class Desk:
    """Ada is an admin. Lee, a lead, has a second factor, and Eve, an agent, has one, too; Eve knows Lee's password."""

    services: Services
    clock: Clock
    engine: Engine
    ada: Agent
    lee: Agent
    eve: Agent
    lees_secret: str = field(repr=False)
    lees_codes: list[str] = field(repr=False)
    eves_secret: str = field(repr=False)
    eves_codes: list[str] = field(repr=False)

    def half(self, login: str = "lee", password: str = PASSWORD) -> str:
        """The ticket of a right password."""
        with pytest.raises(CodeNeeded) as half:
            sign_in(self.services, login, password, HERE)
        return half.value.ticket

    def writes(self, *statements: str) -> None:
        """Somebody with all rights on the database."""

        def change(connection: Connection) -> None:
            for statement in statements:
                connection.execute(sa.text(statement))

        without_triggers(self.engine, change)


@pytest.fixture
def desk(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, clock: Clock) -> Iterator[Desk]:
    """A desk of three, some minutes after they set up their second factors."""
    with_quick_hashes(monkeypatch)
    services = a_shop(clock, str(tmp_path))
    ada = signed_up(services, "ada", "Ada", Role.ADMIN, PASSWORD)
    lee = signed_up(services, "lee", "Lee", Role.LEAD, PASSWORD)
    eve = signed_up(services, "eve", "Eve", Role.AGENT, EVE)
    lees, eves = with_factor(services, lee, PASSWORD), with_factor(services, eve, EVE)
    clock.passes(minutes=5)
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        engine = uow.connection.engine
    yield Desk(services, clock, engine, ada, lee, eve, *lees, *eves)


# Codes

Code = Callable[[Desk], str]


def _used(desk: Desk) -> str:
    code = app_code(desk.services, desk.lees_secret)
    signed_in_with(desk.services, "lee", PASSWORD, code)
    return code


def _older_than_used(desk: Desk) -> str:
    older = app_code(desk.services, desk.lees_secret, -1)
    _used(desk)
    return older


def _recovery_code_used(desk: Desk) -> str:
    signed_in_with(desk.services, "lee", PASSWORD, desk.lees_codes[0])
    return desk.lees_codes[0]


def _recovery_code_from_before(desk: Desk) -> str:
    session = signed_in_with(desk.services, "lee", PASSWORD, desk.lees_codes[0])
    renew_recovery_codes(desk.services, desk.lee, session, PASSWORD, desk.lees_codes[1], HERE)
    return desk.lees_codes[2]


def _of_the_factor_before(desk: Desk) -> str:
    session = signed_in_with(desk.services, "lee", PASSWORD, desk.lees_codes[0])
    turn_off_second_factor(desk.services, desk.lee, session, PASSWORD, desk.lees_codes[1], HERE)
    with_factor(desk.services, desk.lee, PASSWORD)
    return app_code(desk.services, desk.lees_secret)


def _recovery_code_of_the_factor_before(desk: Desk) -> str:
    _of_the_factor_before(desk)
    return desk.lees_codes[2]


def _of_a_secret_that_was_only_offered(desk: Desk) -> str:
    session = signed_in_with(desk.services, "lee", PASSWORD, desk.lees_codes[0])
    return app_code(desk.services, offer_second_factor(desk.services, desk.lee, session))


def _in_other_digits(desk: Desk) -> str:
    return "".join(chr(ord(digit) - ord("0") + 0xFF10) for digit in app_code(desk.services, desk.lees_secret))


WRONG_CODES: dict[str, Code] = {
    "a code that was seen over the shoulder and used": _used,
    "the code before the one that was used": _older_than_used,
    "a code of two steps ago": lambda desk: app_code(desk.services, desk.lees_secret, -2),
    "a code of the step after the next": lambda desk: app_code(desk.services, desk.lees_secret, 2),
    "a code of one's own app": lambda desk: app_code(desk.services, desk.eves_secret),
    "a recovery code of one's own": lambda desk: desk.eves_codes[0],
    "a recovery code for the second time": _recovery_code_used,
    "a recovery code from before they were made anew": _recovery_code_from_before,
    "a code of the factor that was turned off": _of_the_factor_before,
    "a recovery code of the factor that was turned off": _recovery_code_of_the_factor_before,
    "a code of a secret that was only offered": _of_a_secret_that_was_only_offered,
    "no code": lambda desk: "",
    "only what is left out of codes": lambda desk: " - - ",
    "the right code in the digits of another script": _in_other_digits,
    "the right code with one more digit": lambda desk: app_code(desk.services, desk.lees_secret) + "0",
    "the right code without its last digit": lambda desk: app_code(desk.services, desk.lees_secret)[:-1],
    "what is always true in SQL": lambda desk: "' OR '1'='1",
    "a whole recovery code but one letter": lambda desk: desk.lees_codes[0][:-1],
    "a code with a zero byte": lambda desk: desk.lees_codes[0] + "\0",
}


@pytest.mark.parametrize("kind", WRONG_CODES)
def test_a_password_and_a_wrong_code_open_nothing(
    desk: Desk, kind: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "second factor")
    code = WRONG_CODES[kind](desk)
    with pytest.raises(SignInRefused):
        sign_in_with_code(desk.services, desk.half(), code, HERE)
    assert problems(desk.services) == []


def test_codes_can_not_be_tried_on_and_on(desk: Desk) -> None:
    ticket = desk.half()
    for _ in range(5):
        with pytest.raises(SignInRefused, match="wrong"):
            sign_in_with_code(desk.services, ticket, "000000", HERE)
    with pytest.raises(SignInRefused, match="Too many"):
        sign_in_with_code(desk.services, ticket, app_code(desk.services, desk.lees_secret), HERE)
    with pytest.raises(SignInRefused, match="Too many"):  # in the open desk, too
        renew_recovery_codes(desk.services, desk.lee, "", PASSWORD, desk.lees_codes[0], HERE)


# Halves of sign-ins

Ticket = Callable[[Desk], str]


def _part(desk: Desk, number: int, value: object) -> str:
    parts = desk.half().split(".")
    parts[number] = str(value)
    return ".".join(parts)


def _after(change: Callable[[Desk], object]) -> Ticket:
    def ticket(desk: Desk) -> str:
        half = desk.half()
        change(desk)
        return half

    return ticket


def _resets_password(desk: Desk) -> None:
    use_link(desk.services, make_link(desk.services, "lee", by=desk.ada)[1], "another good password")


BAD_TICKETS: dict[str, Ticket] = {
    "a ticket whose account is another one": lambda desk: _part(desk, 0, desk.ada.id),
    "a ticket of oneself, with the victim's number": lambda desk: ".".join(
        [str(desk.lee.id), *desk.half("eve", EVE).split(".")[1:]]
    ),
    "a ticket whose time was made longer": lambda desk: _part(desk, 2, 99_999_999_999),
    "a ticket that waited too long": _after(lambda desk: desk.clock.passes(minutes=5)),
    "a ticket from before the password was reset": _after(_resets_password),
    "a ticket from before the account was disabled": _after(
        lambda desk: change_agent(desk.services, "lee", active=False)
    ),
    "a ticket from before the second factor was reset": _after(
        lambda desk: reset_second_factor(desk.services, "lee", by=desk.ada)
    ),
    "a ticket from before the role was changed in the database": _after(
        lambda desk: desk.writes("UPDATE agents SET role = 'admin' WHERE login = 'lee'")
    ),
    "a ticket without its seal": lambda desk: desk.half().rpartition(".")[0],
    "a ticket of dots": lambda desk: "...",
    "a ticket in digits of another script": lambda desk: _part(desk, 0, "٢"),
    "a ticket of an account that is none": lambda desk: _part(desk, 0, 99_999),
    "no ticket": lambda desk: "",
}


@pytest.mark.parametrize("kind", BAD_TICKETS)
def test_half_a_sign_in_that_is_not_theirs_or_too_old_is_none(
    desk: Desk, kind: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "second factor")
    ticket = BAD_TICKETS[kind](desk)
    for code in (app_code(desk.services, desk.lees_secret), desk.eves_codes[0], desk.lees_codes[0]):
        with pytest.raises(SignInRefused, match="Sign in again"):
            sign_in_with_code(desk.services, ticket, code, HERE)


def test_half_a_sign_in_is_no_session(desk: Desk) -> None:
    ticket = desk.half()
    assert agent_of_session(desk.services, ticket) is None
    assert agent_of_session(desk.services, ticket.rpartition(".")[2]) is None
    with pytest.raises(CaseError):
        change_password(desk.services, desk.lee, ticket, "a guess", "another good password", HERE)


# Links

Link = Callable[[Desk], str]


def _made(desk: Desk, login: str = "eve") -> str:
    return make_link(desk.services, login, by=desk.ada)[1]


def _twice(desk: Desk) -> str:
    use_link(desk.services, token := _made(desk), "another good password")
    return token


def _after_a_newer(desk: Desk) -> str:
    token = _made(desk)
    _made(desk)
    return token


def _after_a_day(desk: Desk) -> str:
    token = _made(desk)
    desk.clock.passes(hours=24)
    return token


def _after_disabling(desk: Desk) -> str:
    token = _made(desk)
    change_agent(desk.services, "eve", active=False, by=desk.ada)
    change_agent(desk.services, "eve", active=True, by=desk.ada)
    return token


def _after_another_password(desk: Desk) -> str:
    token = _made(desk)
    session = signed_in_with(desk.services, "eve", EVE, desk.eves_codes[0])
    change_password(desk.services, desk.eve, session, EVE, "another good password", HERE)
    return token


def _of_another(desk: Desk) -> str:
    _made(desk, "lee")
    return f"{desk.lee.id}-{_made(desk).partition('-')[2]}"


def _moved(desk: Desk) -> str:
    token = _made(desk)
    _made(desk, "lee")
    ids = {"eve": desk.eve.id, "lee": desk.lee.id}
    desk.writes(
        "UPDATE agent_links SET token_hash = (SELECT token_hash FROM agent_links WHERE agent_id = {eve})"
        " WHERE agent_id = {lee}".format(**ids)
    )
    return f"{desk.lee.id}-{token.partition('-')[2]}"


def _of_a_changed_account(desk: Desk) -> str:
    token = _made(desk)
    desk.writes("UPDATE agents SET role = 'admin' WHERE login = 'eve'")
    return token


BAD_LINKS: dict[str, Link] = {
    "a link for the second time": _twice,
    "a link after a newer one": _after_a_newer,
    "a link after a day": _after_a_day,
    "a link from before the account was disabled": _after_disabling,
    "a link from before the owner changed the password": _after_another_password,
    "one's own link with the number of another": _of_another,
    "one's own link moved to another in the database": _moved,
    "a link of an account that was changed in the database": _of_a_changed_account,
    "a link without its last letter": lambda desk: _made(desk)[:-1],
    "the first link of an account that was used": lambda desk: f"{desk.eve.id}-",
    "a link of nobody": lambda desk: "99999-" + "A" * 43,
    "a link with a number that is none": lambda desk: "x-" + "A" * 43,
    "a link with a number beyond all bounds": lambda desk: "9" * 400 + "-" + "A" * 43,
}


@pytest.mark.parametrize("kind", BAD_LINKS)
def test_a_link_that_is_not_good_sets_no_password(
    desk: Desk, kind: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "links")
    token = BAD_LINKS[kind](desk)
    with desk.engine.connect() as connection:
        before = connection.execute(sa.select(t.agents.c.id, t.agents.c.password_hash)).all()
    with pytest.raises(SignInRefused, match="not good any more"):
        use_link(desk.services, token, "a password of the thief")
    with pytest.raises(SignInRefused):
        agent_of_link(desk.services, token)
    with desk.engine.connect() as connection:
        assert connection.execute(sa.select(t.agents.c.id, t.agents.c.password_hash)).all() == before


# What those who are in try with accounts

Try = Callable[[Desk], Any]


def _session(desk: Desk) -> str:
    return signed_in_with(desk.services, "lee", PASSWORD, desk.lees_codes[0])


BEYOND_ONES_RIGHTS: dict[str, Try] = {
    "a lead makes an admin": lambda desk: add_agent(desk.services, "mole", "Mole", Role.ADMIN, by=desk.lee),
    "an agent makes a link for the admin": lambda desk: make_link(desk.services, "ada", by=desk.eve),
    "an admin makes a link for themselves in an open desk": lambda desk: make_link(desk.services, "ada", by=desk.ada),
    "an admin changes their own role": lambda desk: change_agent(desk.services, "ada", role=Role.LEAD, by=desk.ada),
    "a lead resets the second factor of the admin": lambda desk: reset_second_factor(desk.services, "ada", by=desk.lee),
    "an admin resets their own second factor": lambda desk: reset_second_factor(desk.services, "ada", by=desk.ada),
    "an open desk changes the password without knowing it": lambda desk: change_password(
        desk.services, desk.lee, _session(desk), "a guess at it", "a password of the thief", HERE
    ),
    "an open desk turns the second factor off with the password alone": lambda desk: turn_off_second_factor(
        desk.services, desk.lee, _session(desk), PASSWORD, "", HERE
    ),
    "an open desk turns the second factor off with a code alone": lambda desk: turn_off_second_factor(
        desk.services, desk.lee, _session(desk), "a guess at it", desk.lees_codes[1], HERE
    ),
    "an open desk makes new recovery codes with a code of another": lambda desk: renew_recovery_codes(
        desk.services, desk.lee, _session(desk), PASSWORD, app_code(desk.services, desk.eves_secret), HERE
    ),
    "an open desk sets up a second factor beside the present one": lambda desk: set_up_second_factor(
        desk.services, desk.lee, _session(desk), PASSWORD, "000000", HERE
    ),
    "an admin who was demoted goes on": lambda desk: (
        change_agent(desk.services, "ada", role=Role.AGENT),
        add_agent(desk.services, "mole", "Mole", Role.ADMIN, by=desk.ada),
    ),
    "an admin who was disabled goes on": lambda desk: (
        change_agent(desk.services, "ada", active=False),
        make_link(desk.services, "lee", by=desk.ada),
    ),
    "an agent who made themselves an admin in the database": lambda desk: (
        desk.writes("UPDATE agents SET role = 'admin' WHERE login = 'eve'"),
        make_link(desk.services, "lee", by=desk.eve),
    ),
}


@pytest.mark.parametrize("kind", BEYOND_ONES_RIGHTS)
def test_nobody_gets_an_account_beyond_their_rights(
    desk: Desk, kind: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "accounts")
    with pytest.raises((NotAllowed, SignInRefused, BadAgent)):
        BEYOND_ONES_RIGHTS[kind](desk)
    with desk.services.unit_of_work() as uow:
        assert uow.agents.by_login("mole") is None and uow.agents.get(desk.lee.id).second_factor
    assert desk.half("lee", PASSWORD)


# Writing into the database

COPY = "(SELECT {column} FROM agents WHERE login = 'eve')"
SQL: dict[str, tuple[str, str]] = {
    "a role": ("UPDATE agents SET role = 'admin' WHERE login = 'eve'", "its role is admin, and was agent"),
    "a disabled account": ("UPDATE agents SET active = 0 WHERE login = 'ada'", "it is disabled, and was active"),
    "the password of another": (
        f"UPDATE agents SET password_hash = {COPY.format(column='password_hash')} WHERE login = 'lee'",
        "account lee was changed outside: its password or second factor",
    ),
    "no second factor": ("UPDATE agents SET factor = NULL WHERE login = 'lee'", "account lee was changed outside"),
    "the second factor of another": (
        f"UPDATE agents SET factor = {COPY.format(column='factor')} WHERE login = 'lee'",
        "account lee was changed outside",
    ),
    "another login": ("UPDATE agents SET login = 'lea' WHERE login = 'lee'", "its login is lea, and was lee"),
    "another name": ("UPDATE agents SET name = 'Ada' WHERE login = 'eve'", "its name is Ada, and was Eve"),
    "an account slipped in": (
        "INSERT INTO agents (login, name, role, password_hash, active, created_at)"
        f" VALUES ('mole', 'Mole', 'admin', {COPY.format(column='password_hash')}, 1, '2026-05-01')",
        "account mole was slipped in",
    ),
    "an account taken out": ("DELETE FROM agents WHERE login = 'ada'", "account ada was taken out"),
    "an event that gives a role": (
        "INSERT INTO agent_events (agent_id, at, change, login, name, role, active, fingerprint)"
        " SELECT agent_id, at, 'role_changed', login, name, 'admin', active, fingerprint FROM agent_events"
        " WHERE login = 'eve' ORDER BY id DESC LIMIT 1",
        "is not in the chain",
    ),
    "an event that was edited": ("UPDATE agent_events SET role = 'admin' WHERE login = 'eve'", "has been changed"),
    "an event that was taken out": (
        f"DELETE FROM agent_events WHERE change = '{AccountChange.FACTOR_ON.value}'",
        "is missing",
    ),
    "by whom something was done": ("UPDATE agent_events SET by_id = 1 WHERE login = 'eve'", "has been changed"),
    "when it was done": (
        "UPDATE agent_events SET at = '2020-01-01 00:00:00.000000' WHERE login = 'eve'",
        "has been changed",
    ),
}


@pytest.mark.parametrize("kind", SQL)
def test_what_is_written_into_the_database_is_found(
    desk: Desk, kind: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "accounts in the database")
    assert problems(desk.services) == []
    statement, said = SQL[kind]
    if kind == "an account taken out":
        desk.writes("PRAGMA foreign_keys=OFF", "DELETE FROM agent_sessions WHERE agent_id = 1")
    desk.writes(statement)
    assert any(said in problem for problem in problems(desk.services)), problems(desk.services)


def test_what_is_written_into_the_database_opens_nothing(
    desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "accounts in the database")
    eve = signed_in_with(desk.services, "eve", EVE, desk.eves_codes[0])
    desk.writes("UPDATE agents SET role = 'admin' WHERE login = 'eve'")
    assert agent_of_session(desk.services, eve) is None
    with pytest.raises(SignInRefused):
        sign_in(desk.services, "eve", EVE, HERE)
    with desk.services.unit_of_work() as uow, pytest.raises(ChangedOutside):
        uow.agents.change(desk.eve.id, AccountChange.RENAMED, None, desk.clock(), name="Eva")
    desk.writes("UPDATE agents SET role = 'agent' WHERE login = 'eve'")
    assert problems(desk.services) == [] and agent_of_session(desk.services, eve) is not None


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE agents SET password_hash = (SELECT password_hash FROM agents WHERE login = 'eve'), factor = NULL"
        " WHERE login = 'lee'",
        "UPDATE agents SET factor = NULL WHERE login = 'lee'",
    ],
    ids=["another's password and no second factor", "no second factor"],
)
def test_an_account_whose_secrets_were_written_over_lets_nobody_in(
    desk: Desk, statement: str, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "accounts in the database")
    desk.writes(statement)
    for password in (EVE, PASSWORD):
        with pytest.raises(SignInRefused, match="wrong"):
            sign_in(desk.services, "lee", password, HERE)


def test_a_session_that_was_moved_to_another_account_is_none(
    desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "accounts in the database")
    eve = signed_in_with(desk.services, "eve", EVE, desk.eves_codes[0])
    assert agent_of_session(desk.services, eve) is not None
    desk.writes(f"UPDATE agent_sessions SET agent_id = {desk.ada.id} WHERE agent_id = {desk.eve.id}")
    assert agent_of_session(desk.services, eve) is None
    assert agent_of_session(desk.services, f"{desk.ada.id}-{eve.partition('-')[2]}") is None


def test_a_recovery_code_that_was_moved_to_another_account_is_none(
    desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "accounts in the database")
    desk.writes(
        f"DELETE FROM recovery_codes WHERE agent_id = {desk.lee.id}",
        f"UPDATE recovery_codes SET agent_id = {desk.lee.id} WHERE agent_id = {desk.eve.id}",
    )
    with pytest.raises(SignInRefused):
        sign_in_with_code(desk.services, desk.half(), desk.eves_codes[0], HERE)


def test_a_used_code_that_was_made_fresh_in_the_database_is_old_soon(
    desk: Desk, record_property: Callable[[str, object], None]
) -> None:
    record_property("hostile inputs", "accounts in the database")
    code = _used(desk)
    desk.writes("UPDATE agents SET factor_step = NULL")
    desk.clock.passes(seconds=61)
    with pytest.raises(SignInRefused):
        sign_in_with_code(desk.services, desk.half(), code, HERE)
