"""Who may see which order: kept in the store per conversation, never in anything that a message can set.

What anybody can type at a checkout proves little: an order is opened, and no other, by its number with its own e-mail
address or phone number, or by its number in an account that a channel has verified and that has the order's phone
number or address (``trust_account``). All orders under an address are opened by a proof of the address itself: a mailed
code, a signed token of the shop (``trust_customer``), or a channel of mail that has authenticated the sender.

Each proof that a message brings replaces the secret of the conversation in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import Enum

from bot.cases.conversation.conversations import replace_secret
from bot.cases.errors import NotVerified
from bot.cases.hashes import keyed_hash, same
from bot.cases.identity.addresses import plain_address
from bot.cases.identity.email_codes import ask_for_code, right_code
from bot.cases.identity.live_orders import sync_order
from bot.cases.identity.phones import PhoneKeys, phone_keys
from bot.cases.identity.tries import Limit, Tries, count_tries
from bot.cases.model import StoredOrder
from bot.cases.ports.store import Snapshot
from bot.cases.services import Services


class VerificationStatus(str, Enum):
    """The answer to an attempt."""

    VERIFIED = "verified"
    MISMATCH = "mismatch"
    LOCKED = "locked"
    """Who asks has given too many wrong answers: a person takes over."""
    LATER = "later"
    """Others have: an answer is taken after the wait, and nothing else is in the way."""
    CODE_SENT = "code_sent"


@dataclass(frozen=True)
class Verification:
    """The answer, and how many tries are left; the same for an unknown order and for a wrong address.

    Where nothing more is taken now, ``limit`` and ``wait`` tell why and for how long, and ``wrong`` whether this answer
    was compared before that. ``code_good_for`` is what is left of the code that was asked for here last.
    """

    status: VerificationStatus
    tries_left: int
    limit: Limit | None = None
    wait: timedelta | None = None
    wrong: bool = False
    code_good_for: timedelta | None = None


def verify(
    services: Services,
    *,
    conversation_id: str,
    message_id: str,
    order_number: str,
    email: str | None = None,
    phone: str | None = None,
) -> Verification:
    """Compare an order number with an e-mail address, or with a phone number. Each message counts once, however often
    it is handled.

    Wrong answers are limited by bot.cases.identity.tries. An unknown order is answered with the same statements, in the
    same order, as a wrong address.

    With codes by mail switched on, and for a guarded order where mail can be sent, nobody is verified here: CODE_SENT,
    whether or not they belong together. Raises Unavailable or Rejected where the shop does not say whether there is
    such an order.
    """
    now = services.clock()
    if services.orders is not None:
        with services.unit_of_work() as uow:
            tries = count_tries(services, uow, conversation_id, order_number)
            asked_before = uow.attempts.passed(conversation_id, message_id) is not None
        # Whoever is locked out learns nothing, and asks the shop for nothing.
        if tries.limit(codes=_can_mail(services)) is None and not asked_before:
            sync_order(services, order_number)
    with services.unit_of_work() as uow:
        stored = uow.orders.lock(order_number)
        if stored is not None and stored.demo and not services.demo:
            stored = None  # made up: number and address are known to everybody
        customer_id = None if stored is None else stored.customer_id
        passed = uow.attempts.passed(conversation_id, message_id)
        tries = count_tries(services, uow, conversation_id, order_number)
        if passed is None:
            if tries.limit(codes=_can_mail(services)) is not None:
                return _refused(tries, codes=_can_mail(services))
            if email is not None:
                passed = uow.customers.email_matches(customer_id, email)
            else:
                passed = uow.customers.phone_matches(None if stored is None else stored.id, phone or "")
            if services.email_code or (tries.guarded and _can_mail(services)):
                asked = ask_for_code(
                    services,
                    uow,
                    conversation_id=conversation_id,
                    message_id=message_id,
                    order_number=order_number,
                    customer_id=customer_id if passed else None,
                    contact=_as_counted(services, email, phone),
                    tries=tries,
                )
                uow.commit()
                # Neither words nor tries may tell whether they belong together: only the code's digits count.
                if asked is None:
                    return Verification(VerificationStatus.CODE_SENT, tries.left)
                return Verification(
                    VerificationStatus.LATER, tries.left, Limit.CODES, asked.wait, code_good_for=asked.good_for
                )
            uow.attempts.add(conversation_id, message_id, order_number, now, passed, tries.address_index)
            if passed and stored is not None:
                uow.proofs.add_order(conversation_id, stored, now + timedelta(minutes=services.verification_minutes))
                replace_secret(services, uow, conversation_id, message_id)
            tries = tries.after(passed)
            uow.commit()
    return _answer(services, tries, passed, codes=_can_mail(services))


def verify_code(
    services: Services, *, conversation_id: str, message_id: str, order_number: str, digits: str
) -> Verification:
    """Compare the digits of a mailed code. A wrong one is a wrong answer like any other."""
    now = services.clock()
    with services.unit_of_work() as uow:
        uow.orders.lock(order_number)
        passed = uow.attempts.passed(conversation_id, message_id)
        tries = count_tries(services, uow, conversation_id, order_number)
        if passed is None:
            if tries.limit(codes=True) is not None:
                return _refused(tries, codes=True)
            customer_id = right_code(services, uow, conversation_id, order_number, digits)
            passed = customer_id is not None
            uow.attempts.add(conversation_id, message_id, order_number, now, passed, tries.address_index)
            if customer_id is not None:
                expires_at = now + timedelta(minutes=services.verification_minutes)
                uow.proofs.add_address(conversation_id, customer_id, expires_at)
                replace_secret(services, uow, conversation_id, message_id)
            tries = tries.after(passed)
            uow.commit()
    return _answer(services, tries, passed, codes=True)


def asks_for_code(services: Services, *, conversation_id: str, order_number: str) -> bool:
    """Whether what proves the order is a mailed code now, and nothing that is typed."""
    if services.email_code or not _can_mail(services):
        return services.email_code
    with services.unit_of_work() as uow:
        return count_tries(services, uow, conversation_id, order_number).guarded


def _as_counted(services: Services, email: str | None, phone: str | None) -> str:
    """What was typed to prove an order, however it is written."""
    if email is not None:
        return plain_address(email)
    keys = phone_keys(phone, services.policy.country)
    return keys.national or keys.whole or ""


def _can_mail(services: Services) -> bool:
    return services.mailer is not None


def _answer(services: Services, tries: Tries, passed: bool, *, codes: bool) -> Verification:
    if passed:
        return Verification(VerificationStatus.VERIFIED, services.verification_tries)
    if tries.limit(codes=codes) is not None:
        return replace(_refused(tries, codes=codes), wrong=True)
    return Verification(VerificationStatus.MISMATCH, tries.left)


def _refused(tries: Tries, *, codes: bool) -> Verification:
    found = tries.limit(codes=codes)
    assert found is not None
    limit, wait = found
    status = VerificationStatus.LATER if limit is Limit.ORDER else VerificationStatus.LOCKED
    return Verification(status, tries.left, limit, wait)


def trust_account(
    services: Services, *, conversation_id: str, phone: str | None = None, email: str | None = None
) -> None:
    """Keep that a channel has verified this phone number of whoever writes in the conversation, or, a channel of mail,
    has authenticated the sender's address. For channels only: what a message says is never passed here. It lasts for
    the verification time; then the channel says it again. A phone number opens the order that has it, an address all of
    its orders.
    """
    number = _proven_phone(services, phone)
    until = services.clock() + timedelta(minutes=services.verification_minutes)
    with services.unit_of_work() as uow:
        uow.conversations.change(
            conversation_id,
            proven_email_index=email and _proof(services, "email", email.strip().lower()),
            proven_phone_index=number.whole,
            proven_national_index=number.national,
            proven_until=until,
        )
        uow.commit()


def trust_customer(services: Services, *, conversation_id: str, email: str, until: datetime) -> None:
    """Verify the customer of an address that the shop has vouched for, at most for the verification time. For channels
    only."""
    now = services.clock()
    until = min(until, now + timedelta(minutes=services.verification_minutes))
    with services.unit_of_work() as uow:
        customer_id = uow.customers.by_email(email)
        # Every message brings the token: a new row once a minute is enough.
        lasting = uow.proofs.of_conversation(conversation_id, until - timedelta(minutes=1)).customers
        if customer_id is not None and customer_id not in lasting and until > now:
            uow.proofs.add_address(conversation_id, customer_id, until)
            uow.commit()


def is_verified(services: Services, *, conversation_id: str, order_number: str) -> bool:
    """Whether the order was proven in this conversation, or the address of its customer was, and not too long ago; or
    it is of the account that the channel has verified."""
    now = services.clock()
    with services.unit_of_work() as uow:
        stored = uow.orders.find(order_number)
        if stored is None:
            return False
        if uow.proofs.of_conversation(conversation_id, now).covers(stored):
            return True
        conversation = uow.conversations.find(conversation_id)
        if conversation is None or conversation.proven_until is None or conversation.proven_until <= now:
            return False
        contact = uow.customers.contact(stored.id)
        if contact is None:
            return False
        if same(conversation.proven_email_index, _proof(services, "email", contact.email)):
            uow.proofs.add_address(conversation_id, stored.customer_id, conversation.proven_until)
        elif PhoneKeys(conversation.proven_phone_index, conversation.proven_national_index).agree(
            _proven_phone(services, contact.phone)
        ):
            uow.proofs.add_order(conversation_id, stored, conversation.proven_until)
        else:
            return False
        uow.commit()
        return True


def _proven_phone(services: Services, phone: str | None) -> PhoneKeys:
    keys = phone_keys(phone, services.policy.country)
    return PhoneKeys(
        keys.whole and _proof(services, "phone", keys.whole),
        keys.national and _proof(services, "national", keys.national),
    )


def _proof(services: Services, kind: str, text: str) -> str:
    return keyed_hash(services.hash_key, f"proven {kind}", text)


def verified_order(
    services: Services, uow: Snapshot, conversation_id: str, order_number: str, *, lock: bool = False
) -> StoredOrder:
    """The order, for whoever may see it. Raises NotVerified, also for an order that does not exist."""
    stored = uow.orders.lock(order_number) if lock else uow.orders.find(order_number)
    if stored is None or not uow.proofs.of_conversation(conversation_id, services.clock()).covers(stored):
        raise NotVerified(order_number)
    return stored
