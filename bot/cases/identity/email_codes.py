"""Codes by e-mail: a second proof, sent to the address of the order.

Whoever names an order that is not theirs gets the same words, after the same statements; only no mail is sent. The code
itself is stored nowhere: it is made from a random number of its row and the key of bot.cases.hashes.
"""

from __future__ import annotations

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cases.hashes import keyed_hash
from bot.cases.identity.tries import Tries
from bot.cases.model import DueMail, EmailCode
from bot.cases.ports.mailing import Mailer
from bot.cases.ports.mails import Mails
from bot.cases.ports.store import Snapshot, UnitOfWork
from bot.cases.queues import Failure, Retry, Work, work_off
from bot.cases.services import Services
from bot.wording import say

GOOD_FOR = timedelta(minutes=10)
TRIES = 3
"""Wrong digits before a code is void."""
PERIOD = timedelta(hours=1)
MOST_CODES = 5
"""Codes asked for within PERIOD in one conversation, and for one order from one address."""
MOST_MAILS = 15
"""Codes asked for within PERIOD by everybody for one order with the same e-mail address or phone number, right or
wrong: so nobody's mailbox is flooded. Whoever has proven the order before is not held up by it."""

RETRY = Retry(lease=timedelta(minutes=1), first=timedelta(seconds=5), longest=timedelta(minutes=2))
"""Of the mail with a code; longer in hand than a mail server may take. It is tried until the code has run out."""


@dataclass(frozen=True)
class NoCode:
    """No code is made for so long. ``good_for`` is what is left of the last one of the conversation for the order,
    whether or not it was mailed."""

    wait: timedelta
    good_for: timedelta | None


def ask_for_code(
    services: Services,
    uow: UnitOfWork,
    *,
    conversation_id: str,
    message_id: str,
    order_number: str,
    customer_id: int | None,
    contact: str,
    tries: Tries,
) -> NoCode | None:
    """Make a code and have it mailed, within a running transaction, unless too many were asked for. The same message
    asks once. ``contact`` is what was typed to prove the order, the same however it is written: it is counted whether
    or not it is right, so that the answer tells nothing about it."""
    now = services.clock()
    index = keyed_hash(services.hash_key, "code for", f"{order_number}\0{contact}")
    here = uow.codes.since(now - PERIOD, conversation_id=conversation_id)
    from_address = uow.codes.since(now - PERIOD, address_index=tries.address_index or "", order_number=order_number)
    by_all = uow.codes.since(now - PERIOD, contact_index=index)
    last = uow.codes.newest(conversation_id, order_number)
    if uow.codes.has(conversation_id, message_id):
        return None
    limits = [(here, MOST_CODES), (from_address, MOST_CODES)]
    if not (tries.proven or tries.proven_from_address):
        limits.append((by_all, MOST_MAILS))
    waits = [asked[-most] + PERIOD - now for asked, most in limits if len(asked) >= most]
    if waits:
        good_for = last.expires_at - now if last is not None and not last.used else timedelta(0)
        return NoCode(max(waits), good_for if good_for > timedelta(0) else None)
    code_id = uow.codes.add(
        conversation_id=conversation_id,
        message_id=message_id,
        order_number=order_number,
        customer_id=customer_id,
        address_index=tries.address_index,
        contact_index=index,
        nonce=secrets.token_hex(16),
        created_at=now,
        expires_at=now + GOOD_FOR,
    )
    uow.mails.add(code_id, now)
    return None


def right_code(services: Services, uow: UnitOfWork, conversation_id: str, order_number: str, digits: str) -> int | None:
    """The customer whose newest code for this order these digits are; the code is then used up."""
    found = uow.codes.newest(conversation_id, order_number)
    expected = code_of(services, found.nonce if found else "")
    is_right = hmac.compare_digest(expected.encode(), digits.encode("utf-8", "replace"))
    if found is None:
        return None
    is_good = not found.used and found.tries < TRIES and found.expires_at > services.clock()
    passed = is_right and is_good and found.customer_id is not None
    uow.codes.change(found.id, tries=found.tries + 1, used=found.used or passed)
    return found.customer_id if passed else None


def code_of(services: Services, nonce: str) -> str:
    """The six digits of a code."""
    return f"{int(keyed_hash(services.hash_key, 'email code', nonce), 16) % 1_000_000:06}"


def send_due_mails(services: Services) -> int:
    """Send what is due; how many mails were sent. Several processes may call it at once, each about once a second. What
    could not be sent is tried again until its code has run out."""
    return 0 if services.mailer is None else work_off(services, _CodeMail(services, services.mailer))


@dataclass(frozen=True)
class _CodeMail(Work[DueMail]):
    """Mailing codes."""

    services: Services
    mailer: Mailer
    retry = RETRY

    def queue(self, uow: Snapshot) -> Mails:
        return uow.mails

    def due(self, uow: Snapshot, now: datetime) -> list[DueMail]:
        return uow.mails.due(now)

    def do(self, mail: DueMail) -> bool:
        code = mail.code
        to = self._address(code)
        if to is not None:
            minutes = GOOD_FOR // timedelta(minutes=1)
            digits = code_of(self.services, code.nonce)
            body = say("mail_code", order=code.order_number, digits=digits, minutes=minutes)
            self.mailer.send(to, say("mail_code_subject"), f"{body}\n")
        self._remove(mail)
        return to is not None

    def give_up(self, mail: DueMail, failure: Failure) -> None:
        self._remove(mail)

    def _address(self, code: EmailCode) -> str | None:
        """Where the code may still go: nowhere if it is nobody's, is used, has run out, or its customer was erased."""
        if code.customer_id is None or code.used or code.expires_at <= self.services.clock():
            return None
        with self.services.reading() as uow:
            return uow.customers.email_of(code.customer_id)

    def _remove(self, mail: DueMail) -> None:
        with self.services.unit_of_work() as uow:
            uow.mails.remove(mail.id)
            uow.commit()
