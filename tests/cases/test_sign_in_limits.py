"""Wrong passwords: who guesses is counted, and whose login it is gets in."""

from __future__ import annotations

import concurrent.futures

import pytest

from bot.cases.desk.sign_in import sign_in
from bot.cases.desk.sign_in_limits import (
    ADDRESS_TRIES,
    HERE_TRIES,
    PASSWORD,
    SECOND_FACTOR,
    count_try,
    was_right,
    wrong_tries,
)
from bot.cases.errors import SignInRefused
from bot.cases.model import Role
from bot.cases.services import Services
from tests.desk_builders import signed_up
from tests.store_builders import Clock

RIGHT = "correct horse battery"
HOME, AWAY = "192.0.2.1", "192.0.2.99"


@pytest.fixture
def dana(services: Services) -> Services:
    """A desk at which Dana works."""
    signed_up(services, "dana", "Dana", Role.AGENT, RIGHT)
    return services


def refused(services: Services, login: str = "dana", password: str = "wrong password", address: str = HOME) -> str:
    """What is said to who does not get in."""
    with pytest.raises(SignInRefused) as refusal:
        sign_in(services, login, password, address)
    return str(refusal.value)


def counted(services: Services, address: str, login: str = "dana") -> None:
    """A wrong password, without the work of comparing it."""
    with services.unit_of_work() as uow:
        count_try(services, uow, login, address)
        uow.commit()


def attacked(services: Services, login: str = "dana") -> None:
    """As many wrong passwords from as many addresses as the login takes before it is answered slowly."""
    for number in range(PASSWORD.tries):
        counted(services, f"10.0.0.{number}", login)


@pytest.mark.parametrize("login", ["dana", "nobody"])
def test_a_login_is_locked_where_it_was_guessed_and_nowhere_else(dana: Services, clock: Clock, login: str) -> None:
    wrong = {refused(dana, login, address=AWAY) for _ in range(HERE_TRIES)}
    clock.passes(minutes=2)
    assert wrong == {"The login or the password is wrong."}
    locked = "Too many wrong tries for this login from here. Try again in 13 minutes."
    assert refused(dana, login, RIGHT, AWAY) == locked
    if login == "dana":
        assert sign_in(dana, "dana", RIGHT, "203.0.113.9"), "somewhere else"
        clock.passes(minutes=13)
        assert sign_in(dana, "dana", RIGHT, AWAY)


def test_an_address_is_locked_after_some_tries_over_all_logins(dana: Services, clock: Clock) -> None:
    sign_in(dana, "dana", RIGHT, HOME)
    for number in range(ADDRESS_TRIES):
        counted(dana, HOME, f"guess{number}")
        counted(dana, AWAY, f"guess{number}")
    assert refused(dana, "dana", RIGHT, AWAY) == "Too many wrong tries from this address. Try again in 60 minutes."
    assert refused(dana, "nobody", RIGHT, HOME).startswith("Too many wrong tries from this address.")
    assert sign_in(dana, "dana", RIGHT, HOME), "Dana signed in from there before"
    clock.passes(minutes=61)
    assert sign_in(dana, "dana", RIGHT, AWAY)


def test_a_login_that_the_world_guesses_at_opens_where_it_was_opened_before(dana: Services) -> None:
    sign_in(dana, "dana", RIGHT, HOME)
    attacked(dana)
    refused(dana, "dana", "a slip of the finger", HOME)
    assert sign_in(dana, "dana", RIGHT, HOME)


@pytest.mark.parametrize("login", ["dana", "nobody"])
def test_a_login_that_the_world_guesses_at_is_answered_slowly_elsewhere(
    dana: Services, clock: Clock, login: str
) -> None:
    attacked(dana, login)
    slow = refused(dana, login, RIGHT, AWAY)
    assert slow.startswith("There were many wrong tries for this login from other addresses")
    assert "Try again in 20 seconds" in slow
    clock.passes(seconds=20)
    assert refused(dana, login, address=AWAY) == "The login or the password is wrong."
    clock.passes(seconds=20)
    assert refused(dana, login, RIGHT, AWAY) == (
        "Too many wrong tries for this login from here. Try again in 15 minutes."
    ), "one try for each address"
    if login == "dana":
        assert sign_in(dana, "dana", RIGHT, "203.0.113.9")


def test_all_addresses_together_get_a_bounded_number_of_guesses(dana: Services, clock: Clock) -> None:
    begun, taken = clock(), 0
    for number in range(400):
        try:
            counted(dana, f"10.{number // 250}.{number % 250}.7")
            taken += 1
        except SignInRefused:
            pass
        clock.passes(seconds=5)
    seconds = (clock() - begun).total_seconds()
    assert taken <= PASSWORD.tries + seconds / PASSWORD.pace.total_seconds()


def test_addresses_that_guess_at_once_get_no_more_tries(dana: Services) -> None:
    def guess(_: int) -> bool:
        try:
            counted(dana, AWAY)
        except SignInRefused:
            return False
        return True

    with concurrent.futures.ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(guess, range(24))) == HERE_TRIES


def test_right_passwords_lock_nobody_out(dana: Services) -> None:
    for _ in range(ADDRESS_TRIES + 1):
        sign_in(dana, "dana", RIGHT, HOME)
    assert wrong_tries(dana, "dana") is None


def test_the_second_factor_is_counted_by_itself_and_more_strictly(dana: Services, clock: Clock) -> None:
    attacked(dana)
    for number in range(SECOND_FACTOR.tries):
        with dana.unit_of_work() as uow:
            count_try(dana, uow, "dana", f"10.1.0.{number}", SECOND_FACTOR)
            uow.commit()
    with dana.unit_of_work() as uow, pytest.raises(SignInRefused, match="in 10 minutes"):
        count_try(dana, uow, "dana", AWAY, SECOND_FACTOR)


def test_who_signs_in_is_told_of_the_wrong_tries_since_they_did_before(dana: Services, clock: Clock) -> None:
    refused(dana, address=AWAY)
    first = clock()
    clock.passes(hours=1)
    sign_in(dana, "dana", RIGHT, HOME)
    told = wrong_tries(dana, "dana")
    assert told is not None and (told.count, told.addresses, told.last, told.since) == (1, 1, first, None)

    signed_in = clock()
    clock.passes(days=3)
    for address in ("10.0.0.1", "10.0.0.1", "10.0.0.2"):
        refused(dana, address=address)
    with dana.unit_of_work() as uow:
        count_try(dana, uow, "dana", "10.0.0.3", SECOND_FACTOR)
        uow.commit()
    refused(dana, "erin", address="10.0.0.4")
    last = clock()
    clock.passes(minutes=1)
    sign_in(dana, "dana", RIGHT, HOME)
    told = wrong_tries(dana, "dana")
    assert told is not None and (told.count, told.addresses, told.last, told.since) == (4, 3, last, signed_in)
    clock.passes(minutes=1)
    sign_in(dana, "dana", RIGHT, HOME)
    assert wrong_tries(dana, "dana") is None, "since the last sign-in there was none"


def test_a_try_is_right_only_once_all_that_is_asked_for_was_given(dana: Services, clock: Clock) -> None:
    with dana.unit_of_work() as uow:
        password = count_try(dana, uow, "dana", AWAY)
        uow.commit()
    for number in range(PASSWORD.tries - 1):
        counted(dana, f"10.0.0.{number}")
    clock.passes(seconds=1)
    refused(dana, "dana", RIGHT, AWAY)  # the password alone makes no address a known one
    with dana.unit_of_work() as uow:
        was_right(dana, uow, password)
        uow.commit()
    assert sign_in(dana, "dana", RIGHT, AWAY)


def test_what_was_long_ago_is_forgotten(dana: Services, clock: Clock) -> None:
    sign_in(dana, "dana", RIGHT, HOME)
    refused(dana, address=AWAY)
    clock.passes(days=91)
    attacked(dana)
    assert "slowly" in refused(dana, "dana", RIGHT, HOME)
    clock.passes(hours=2)
    sign_in(dana, "dana", RIGHT, HOME)
    with dana.unit_of_work() as uow:
        rows = uow.connection.exec_driver_sql("SELECT count(*) FROM sign_in_attempts").scalar_one()  # type: ignore[attr-defined]
    assert rows == PASSWORD.tries + 1
