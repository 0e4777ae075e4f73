"""People who have proven no order, and ask for a person: how many of their requests come into the queue.

They are counted by where they come from: the account that a provider or a token has authenticated, else the network
address, else, where an address stands for many, the conversation. What is beyond is held back: it is kept, counted and
shown at the desk (bot.cases.desk.held_back), and who asked is told so. Whoever has proven an order is not counted.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cases.hashes import keyed_hash
from bot.cases.model import Case, Cause, HeldBack
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services

PERIOD = timedelta(hours=1)
LOCKS = 1
"""Requests within PERIOD that a lock has made by itself: those that follow are about the same."""


@dataclass(frozen=True)
class Asking:
    """Somebody who has proven no order, and where they come from: ``origin`` is a hash, ``by_network`` says that it is
    of an address, which others may share."""

    conversation_id: str
    origin: str
    by_network: bool
    cause: Cause


def stranger(services: Services, uow: UnitOfWork, conversation_id: str, cause: Cause) -> Asking | None:
    """Who asks for a person, unless they have proven an order in this conversation, be it long ago."""
    if uow.proofs.ever(conversation_id):
        return None
    known = uow.conversations.find(conversation_id)
    if known is not None and known.subject_index is not None:
        return Asking(conversation_id, known.subject_index, False, cause)
    if known is not None and known.address_limited and known.address_index is not None:
        return Asking(conversation_id, known.address_index, True, cause)
    return Asking(conversation_id, keyed_hash(services.hash_key, "conversation", conversation_id), False, cause)


def held_back(services: Services, uow: UnitOfWork, asking: Asking) -> HeldBack | None:
    """Keep the request out of the queue, within the running transaction, where too many came from there; None where it
    may come in."""
    now = services.clock()
    uow.exclude_others(f"requests from {asking.origin}")
    taken = uow.strangers.requests(asking.origin, now - PERIOD)
    wait = _wait([at for at, _ in taken], services.address_handoffs_per_hour, now)
    may_ask = wait <= timedelta(0)
    if asking.cause is Cause.VERIFICATION:
        wait = max(wait, _wait([at for at, cause in taken if cause is Cause.VERIFICATION], LOCKS, now))
    if wait <= timedelta(0):
        return None
    uow.strangers.hold_back(asking.conversation_id, asking.origin, asking.cause, now)
    return HeldBack(uow.cases.newest_reference(asking.conversation_id), asking.by_network, wait, may_ask)


def let_in(services: Services, uow: UnitOfWork, case: Case, asking: Asking | None) -> None:
    """A request has come into the queue: count it, if a stranger made it. What was held back of its conversation waits
    no more."""
    uow.strangers.settle(case.conversation_id, services.clock())
    if asking is not None:
        uow.strangers.add(case, asking.origin, asking.cause, services.clock())


def _wait(times: list[datetime], allowed: int, now: datetime) -> timedelta:
    return times[-allowed] + PERIOD - now if len(times) >= allowed else timedelta(0)
