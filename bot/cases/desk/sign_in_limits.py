"""How often somebody may be wrong when they sign in.

Who is wrong is counted first: from one address for one login, then from one address for all logins. All addresses
together are the last resort for a login, and never lock it: then each address that is new to the login gets one try at
a time, and all of them together one now and then. An address from which the login has signed in before is not held up
by what others do. A login that does not exist is counted and answered like any other.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cases.conversation.conversations import address_index
from bot.cases.errors import SignInRefused
from bot.cases.hashes import keyed_hash
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services

HERE_TRIES, HERE_TIME = 5, timedelta(minutes=15)
"""Wrong tries for one login from one address, within that time."""
ADDRESS_TRIES, ADDRESS_TIME = 20, timedelta(hours=1)
"""Wrong tries from one address, over all logins, within that time."""
LOGIN_TIME = timedelta(hours=1)
"""For how long a wrong try counts among those of all addresses for a login."""
REMEMBERED = timedelta(days=90)
"""How long an address from which a login has signed in is known, and wrong tries are told of."""


@dataclass(frozen=True)
class Asked:
    """What is asked for, counted by itself under ``name``. Once there are ``tries`` wrong ones for a login from all
    addresses within LOGIN_TIME, those that are new to it get one try each HERE_TIME, and all together one each
    ``pace``."""

    name: str
    tries: int
    pace: timedelta


PASSWORD = Asked("login", tries=50, pace=timedelta(seconds=20))
SECOND_FACTOR = Asked("second factor", tries=10, pace=timedelta(minutes=10))
"""Digits are guessed sooner than a password, and only who has the password gets to guess them."""


@dataclass(frozen=True)
class WrongTries:
    """Wrong tries for a login between its last two sign-ins, and since the last."""

    count: int
    addresses: int
    last: datetime
    since: datetime | None
    """The sign-in before the last; None for the first one, or where it is longer ago than REMEMBERED."""


def count_try(services: Services, uow: UnitOfWork, login: str, address: str, asked: Asked = PASSWORD) -> int:
    """Count a try, as a wrong one until ``was_right`` is called with what this gives. Guesses at the same moment count,
    too: commit before looking at what was typed. Raises SignInRefused, which tells for how long."""
    now = services.clock()
    counted, here = _login_index(services, login, asked), address_index(services, address)
    uow.exclude_others(f"sign-in {counted}")
    uow.exclude_others(f"sign-in {here}")
    is_known = uow.sign_ins.has_passed(counted, here, now - REMEMBERED)
    _check_here(uow.sign_ins.failed(now - HERE_TIME, login=counted, address_index=here), HERE_TRIES, now)
    if not is_known:
        at_address = uow.sign_ins.failed(now - ADDRESS_TIME, address_index=here)
        _check(at_address, ADDRESS_TRIES, ADDRESS_TIME, now, "locked_address")
        everywhere = uow.sign_ins.failed(now - LOGIN_TIME, login=counted)
        if len(everywhere) >= asked.tries:
            _check_here(uow.sign_ins.failed(now - HERE_TIME, login=counted, address_index=here), 1, now)
            _check([at for at in everywhere if at > now - asked.pace], 1, asked.pace, now, "login_slowed")
    return uow.sign_ins.add(login=counted, address_index=here, at=now)


def was_right(services: Services, uow: UnitOfWork, *tries: int) -> None:
    """The tries were right, and who made them is in: call it once everything that is asked for was given."""
    for made in tries:
        uow.sign_ins.passed(made)
    uow.sign_ins.forget(before=services.clock() - REMEMBERED)


def wrong_tries(services: Services, login: str) -> WrongTries | None:
    """What to tell somebody who has signed in; None where nobody was wrong."""
    counted = _login_index(services, login, PASSWORD)
    with services.reading() as uow:
        before = uow.sign_ins.before_last(counted)
        since = before or services.clock() - REMEMBERED
        kinds = [counted, _login_index(services, login, SECOND_FACTOR)]
        count, addresses, last = uow.sign_ins.count_wrong(kinds, since)
    return None if last is None else WrongTries(count, addresses, last, before)


def _login_index(services: Services, login: str, asked: Asked) -> str:
    # What is typed as a login may be a password by mistake: only a hash of it is kept.
    return keyed_hash(services.hash_key, asked.name, login.strip().lower())


def _check_here(failed: list[datetime], allowed: int, now: datetime) -> None:
    _check(failed, allowed, HERE_TIME, now, "locked_here")


def _check(failed: list[datetime], allowed: int, time: timedelta, now: datetime, code: str) -> None:
    """Raises SignInRefused with that code where there are as many as allowed; ``failed`` are those within ``time``,
    oldest first."""
    if len(failed) < allowed:
        return
    raise SignInRefused(code, wait=failed[-allowed] + time - now)
