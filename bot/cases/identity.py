"""Who may see which order: kept in the store per conversation, never in anything that a message can set."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from bot.cases.errors import NotVerified
from bot.cases.model import StoredOrder
from bot.cases.ports import Services, UnitOfWork

ORDER_TRIES = 10
"""Wrong answers for one order number, over all conversations, before it is locked for a while."""


class VerificationStatus(str, Enum):
    """The answer to an attempt."""

    VERIFIED = "verified"
    MISMATCH = "mismatch"
    LOCKED = "locked"


@dataclass(frozen=True)
class Verification:
    """The answer, and how many tries are left; the same for an unknown order and for a wrong address."""

    status: VerificationStatus
    tries_left: int


def verify(services: Services, *, conversation_id: str, message_id: str, order_number: str, email: str) -> Verification:
    """Compare an order number with an e-mail address. Each message counts once, however often it is handled.

    After the tries of the settings the conversation is locked until its failures are older than the
    verification time; so is an order number that many conversations guessed at.
    """
    now = services.clock()
    since = now - timedelta(minutes=services.verification_minutes)
    with services.unit_of_work() as uow:
        stored = uow.lock_order(order_number)
        passed = uow.attempt(conversation_id, message_id)
        failures = uow.failed_attempts(since, conversation_id=conversation_id)
        if passed is None:
            guessed = uow.failed_attempts(since, order_number=order_number)
            if failures >= services.verification_tries or guessed >= ORDER_TRIES:
                return Verification(VerificationStatus.LOCKED, 0)
            passed = uow.email_matches(stored.customer_id if stored else None, email)
            uow.add_attempt(conversation_id, message_id, order_number, now, passed)
            if passed and stored is not None:
                expires_at = now + timedelta(minutes=services.verification_minutes)
                uow.add_verification(conversation_id, stored.customer_id, expires_at)
            failures += not passed
            uow.commit()
    if passed:
        return Verification(VerificationStatus.VERIFIED, services.verification_tries)
    left = max(0, services.verification_tries - failures)
    return Verification(VerificationStatus.MISMATCH if left else VerificationStatus.LOCKED, left)


def is_verified(services: Services, *, conversation_id: str, order_number: str) -> bool:
    """Whether the order belongs to a customer who was verified in this conversation, and not too long ago."""
    with services.unit_of_work() as uow:
        stored = uow.order(order_number)
        return stored is not None and stored.customer_id in uow.verified_customers(conversation_id, services.clock())


def verified_order(
    services: Services, uow: UnitOfWork, conversation_id: str, order_number: str, *, lock: bool = False
) -> StoredOrder:
    """The order, for whoever may see it. Raises NotVerified, also for an order that does not exist."""
    stored = uow.lock_order(order_number) if lock else uow.order(order_number)
    if stored is None or stored.customer_id not in uow.verified_customers(conversation_id, services.clock()):
        raise NotVerified(order_number)
    return stored
