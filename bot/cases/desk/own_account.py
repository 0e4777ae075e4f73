"""What people at the desk do with their own account. Each asks for the password again, and where it weakens the second
factor for a code, too: who finds an open desk gets no account by it. All other sessions of the account end.
"""

from __future__ import annotations

from bot.cases.desk import passwords, second_factor
from bot.cases.desk.accounts import at_work
from bot.cases.desk.sign_in import WRONG_CODE, RightPassword, prove_password, session_hash
from bot.cases.desk.sign_in_limits import PASSWORD, SECOND_FACTOR, Asked, count_try, was_right
from bot.cases.errors import BadAgent, SignInRefused
from bot.cases.model import AccountChange, Agent
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services

_OWN = Asked("own account", PASSWORD.tries, PASSWORD.pace)
_WRONG = "wrong_password"


def change_password(services: Services, agent: Agent, session: str, present: str, new: str, address: str) -> None:
    """Another password, for whoever knows the ``present`` one. Raises SignInRefused, and BadAgent for a weak one."""
    proven = prove_password(services, agent.login, present, address, _OWN, _WRONG)
    password_hash = passwords.hashed(passwords.checked(new, agent.login))
    with services.unit_of_work() as uow:
        agent = _still(uow, proven)
        uow.agents.change(
            agent.id, AccountChange.PASSWORD_CHANGED, agent.id, services.clock(), password_hash=password_hash
        )
        uow.links.drop(agent.id)
        _done(services, uow, agent, session, proven.made)


def offer_second_factor(services: Services, agent: Agent, session: str) -> str:
    """The secret that an app is to take; the same in a session until it was taken."""
    with services.reading() as uow:
        return second_factor.offered_secret(services, uow, agent, session)


def set_up_second_factor(
    services: Services, agent: Agent, session: str, password: str, code: str, address: str
) -> list[str]:
    """Ask for a code from now on, once one has shown that the app has the secret; the recovery codes, which nobody sees
    again. Raises SignInRefused, and BadAgent where there is a second factor already."""
    proven = prove_password(services, agent.login, password, address, _OWN, _WRONG)
    now = services.clock()
    with services.unit_of_work() as uow:
        agent = _still(uow, proven)
        if agent.second_factor:
            raise BadAgent("has_second_factor")
        secret = second_factor.offered_secret(services, uow, agent, session)
        step = second_factor.step_of(secret, code, now)
        if step is None:
            raise SignInRefused("not_the_apps_code")
        sealed = uow.factors.sealed(agent.id, secret)
        uow.agents.change(agent.id, AccountChange.FACTOR_ON, agent.id, now, factor=sealed, factor_step=step)
        codes = second_factor.new_recovery_codes(services, uow, agent)
        _done(services, uow, agent, session, proven.made)
    return codes


def turn_off_second_factor(
    services: Services, agent: Agent, session: str, password: str, code: str, address: str
) -> None:
    """Ask for no code any more. Raises SignInRefused."""
    proven, code_try = _prove_both(services, agent, password, address)
    with services.unit_of_work() as uow:
        agent = _with_code(services, uow, proven, code)
        uow.agents.change(agent.id, AccountChange.FACTOR_OFF, agent.id, services.clock(), factor=None, factor_step=None)
        uow.factors.set_recovery_codes(agent.id, ())
        _done(services, uow, agent, session, proven.made, code_try)


def renew_recovery_codes(
    services: Services, agent: Agent, session: str, password: str, code: str, address: str
) -> list[str]:
    """Ten recovery codes in the place of those before. Raises SignInRefused."""
    proven, code_try = _prove_both(services, agent, password, address)
    with services.unit_of_work() as uow:
        agent = _with_code(services, uow, proven, code)
        uow.agents.change(agent.id, AccountChange.CODES_MADE, agent.id, services.clock())
        codes = second_factor.new_recovery_codes(services, uow, agent)
        _done(services, uow, agent, session, proven.made, code_try)
    return codes


def recovery_codes_left(services: Services, agent: Agent) -> int:
    """How many of the ten were not used yet."""
    with services.reading() as uow:
        return uow.factors.recovery_codes_left(agent.id)


def _prove_both(services: Services, agent: Agent, password: str, address: str) -> tuple[RightPassword, int]:
    """A right password, and a try of a code, which is counted before the code is looked at."""
    proven = prove_password(services, agent.login, password, address, _OWN, _WRONG)
    with services.unit_of_work() as uow:
        code_try = count_try(services, uow, agent.login, address, SECOND_FACTOR)
        uow.commit()
    return proven, code_try


def _still(uow: UnitOfWork, proven: RightPassword) -> Agent:
    """The account as it is now, with the password that was proven."""
    if not proven.is_same(uow):
        raise SignInRefused(_WRONG)  # changed while it was compared
    return at_work(uow, proven.agent)


def _with_code(services: Services, uow: UnitOfWork, proven: RightPassword, code: str) -> Agent:
    agent = _still(uow, proven)
    if not second_factor.takes(services, uow, agent, code):
        raise SignInRefused(WRONG_CODE)
    return agent


def _done(services: Services, uow: UnitOfWork, agent: Agent, session: str, *tries: int) -> None:
    uow.sessions.end_all(agent.id, but=session_hash(services, session))
    was_right(services, uow, *tries)
    uow.commit()
