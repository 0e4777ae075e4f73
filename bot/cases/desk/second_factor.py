"""The second factor of a sign-in: a code of an app, by RFC 6238 (TOTP), or one of ten codes for when the phone is lost.

A code of the app is good for its 30 seconds and the 30 before and after, and once: neither it nor an older one is taken
again. A recovery code is good once, too.
"""

from __future__ import annotations

import base64
import re
import secrets
from datetime import datetime

import pyotp

from bot.cases.hashes import keyed_hash, same
from bot.cases.model import AccountChange, Agent
from bot.cases.ports.store import Snapshot, UnitOfWork
from bot.cases.services import Services
from bot.wording import say

RECOVERY_CODES = 10

_ALPHABET = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"  # nothing that is read for something else; five bits each
_GROUPS, _IN_GROUP = 3, 4
_SECRET_BYTES = 20
_OF_APP = re.compile(r"[0-9]{6}")


def is_missing(services: Services, agent: Agent) -> bool:
    """Whether the role of an account has to have a second factor, and it has none: it may do nothing but set one up."""
    return agent.role in services.second_factor_for and not agent.second_factor


def offered_secret(services: Services, uow: Snapshot, agent: Agent, session: str) -> str:
    """The secret that is offered to an account in a session until it is taken or the account changes. It is made of
    what only the server knows, so that nothing is stored before a code has shown that the app has it."""
    about = f"{agent.id}\0{session}\0{uow.agents.last_change(agent.id)}"
    made = bytes.fromhex(keyed_hash(services.hash_key, "second factor", about))
    return base64.b32encode(made[:_SECRET_BYTES]).decode()


def app_address(secret: str, login: str) -> str:
    """What the app reads from the QR picture: ``otpauth://…``."""
    return pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name=say("product_name"))


def step_of(secret: str, code: str, now: datetime) -> int | None:
    """The time step whose code it is, if that is the present one or one beside it."""
    app = pyotp.TOTP(secret)
    present = app.timecode(now)
    return next(
        (step for step in (present - 1, present, present + 1) if same(app.generate_otp(step), plain(code))), None
    )


def plain(code: str) -> str:
    """A code without what people write between its parts."""
    return re.sub(r"[\s-]", "", code).upper()


def takes(services: Services, uow: UnitOfWork, agent: Agent, code: str) -> bool:
    """Whether it is a code of the account, which is used up by this."""
    code, now = plain(code), services.clock()
    if _OF_APP.fullmatch(code):
        secret = uow.factors.of_agent(agent.id)
        step = step_of(secret, code, now) if secret else None
        return step is not None and uow.factors.use_step(agent.id, step)
    if not uow.factors.use_recovery_code(agent.id, _hash(services, agent, code)):
        return False
    uow.agents.change(agent.id, AccountChange.CODE_USED, agent.id, now)
    return True


def new_recovery_codes(services: Services, uow: UnitOfWork, agent: Agent) -> list[str]:
    """Ten codes in the place of those before."""
    length = _GROUPS * _IN_GROUP
    codes = ["".join(secrets.choice(_ALPHABET) for _ in range(length)) for _ in range(RECOVERY_CODES)]
    uow.factors.set_recovery_codes(agent.id, [_hash(services, agent, code) for code in codes])
    return ["-".join(code[at : at + _IN_GROUP] for at in range(0, length, _IN_GROUP)) for code in codes]


def _hash(services: Services, agent: Agent, code: str) -> str:
    return keyed_hash(services.hash_key, "recovery code", f"{agent.id}\0{code}")
