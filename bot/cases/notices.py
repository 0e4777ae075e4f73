"""Mails that tell a customer what is on record already: the receipt of a confirmed case, and what a person answered.

A notice is a row, written in the transaction that it tells of, and sent by the worker. It goes when its conversation is
erased.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import Enum

from bot.cases.errors import CaseError
from bot.cases.mailing import Attachment
from bot.cases.model import Message
from bot.cases.ports import Services, UnitOfWork
from bot.cases.receipts import Receipt, make_receipt, receipt_path

LEASE = timedelta(minutes=5)
"""How long a notice belongs to whoever sends it; longer than a mail server may take for all that are taken at once."""
RETRY_SECONDS = (5, 15, 45, 120, 600, 3600)
"""Pauses before the next try; the last one again and again."""
MOST_TRIES = 50
"""About two days; then a mail is given up. What it tells stays on the pages."""

_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\]{1,190}\.[^@\s<>,;:\"()\[\]\\.]{2,}")


class NoticeKind(str, Enum):
    """What a notice tells: a confirmed case, or a message of a person."""

    RECEIPT = "receipt"
    ANSWER = "answer"


@dataclass(frozen=True)
class DueNotice:
    """A notice to be sent, and how often that was tried before."""

    id: int
    kind: NoticeKind
    conversation_id: str
    case_id: int | None
    message_id: int | None
    tries: int


@dataclass(frozen=True, repr=False)
class _Mail:
    to: str
    subject: str
    body: str
    attachments: Sequence[Attachment] = ()


class BadEmail(CaseError):
    """The text is no e-mail address."""


def is_email(text: str) -> bool:
    """Whether a text looks like one e-mail address that mail can be sent to."""
    return bool(_EMAIL.fullmatch(text)) and text.isprintable()


def leave_email(services: Services, *, conversation_id: str, email: str) -> None:
    """Have a person's answers in a conversation mailed to this address, too. Raises BadEmail."""
    if not is_email(email.strip()):
        raise BadEmail("That is no e-mail address. It looks like name@example.com.")
    with services.unit_of_work() as uow:
        uow.set_reply_email(conversation_id, email.strip())
        uow.commit()


def queue_notice(
    services: Services,
    uow: UnitOfWork,
    kind: NoticeKind,
    *,
    conversation_id: str,
    case_id: int | None = None,
    message_id: int | None = None,
) -> None:
    """Have a notice mailed, within the running transaction: a RECEIPT of ``case_id``, or the ANSWER ``message_id``.
    Without a mailer nothing is written; a receipt that still waits is not queued twice."""
    if services.mailer is None or (kind is NoticeKind.RECEIPT and case_id and uow.has_notice(case_id)):
        return
    uow.add_notice(kind, conversation_id, services.clock(), case_id=case_id, message_id=message_id)


def mail_answer(services: Services, uow: UnitOfWork, message: Message) -> None:
    """Have what a person said mailed, too, where the customer has left an address; within the running transaction."""
    if uow.reply_email(message.conversation_id) is not None:
        talk = message.conversation_id
        queue_notice(services, uow, NoticeKind.ANSWER, conversation_id=talk, message_id=message.id)


def send_due_notices(services: Services) -> int:
    """Send what is due; how many mails were sent. Several processes may call it at once. What could not be sent is
    tried again; who dies between sending and noting it down sends it twice, never not at all."""
    if services.mailer is None:
        return 0
    now = services.clock()
    with services.unit_of_work() as uow:
        due = uow.take_due_notices(now, now + LEASE)
        uow.commit()
    return sum(_send(services, notice) for notice in due)


def _send(services: Services, notice: DueNotice) -> bool:
    assert services.mailer is not None
    try:
        mail = _mail(services, notice)
        if mail is not None:
            services.mailer.send(mail.to, mail.subject, mail.body, mail.attachments)
    except Exception:
        # Whatever it is, it must not hold up the notices behind it.
        _put_off(services, notice)
        return False
    with services.unit_of_work() as uow:
        uow.remove_notice(notice.id)
        uow.commit()
    return mail is not None


def _put_off(services: Services, notice: DueNotice) -> None:
    pause = RETRY_SECONDS[min(notice.tries, len(RETRY_SECONDS) - 1)]
    with services.unit_of_work() as uow:
        if notice.tries + 1 >= MOST_TRIES:
            uow.remove_notice(notice.id)
        else:
            uow.put_off_notice(notice.id, services.clock() + timedelta(seconds=pause))
        uow.commit()


def _mail(services: Services, notice: DueNotice) -> _Mail | None:
    """The mail of a notice; None where there is nobody to send it to any more, or nothing to tell."""
    return _receipt_mail(services, notice) if notice.kind is NoticeKind.RECEIPT else _answer_mail(services, notice)


def _receipt_mail(services: Services, notice: DueNotice) -> _Mail | None:
    assert notice.case_id is not None
    with services.unit_of_work() as uow:
        file = uow.case_file(uow.case_by_id(notice.case_id).reference)
        stored = uow.order(file.order_number) if file and file.order_number else None
        to = uow.email_of(stored.customer_id) if stored else None
    receipt = make_receipt(services, file) if file else None
    if to is None or receipt is None:
        return None
    attachments = []
    if services.print_receipt is not None:
        content = services.print_receipt(receipt)
        attachments.append(Attachment(f"receipt-{receipt.reference}.pdf", "application/pdf", content))
    return _Mail(to, f"Receipt {receipt.reference}: {receipt.title}", _receipt_text(services, receipt), attachments)


def _receipt_text(services: Services, receipt: Receipt) -> str:
    rows = "\n".join(f"{label}: {value}" for label, value in receipt.rows())
    rules = "\n".join(f"{clause.id}: {clause.title}." for clause in receipt.clauses)
    link = f"\n\nThis receipt on our site, as it is now:\n{_url(services, receipt_path(services, receipt.reference))}"
    return (
        f"{receipt.title}, order {receipt.order_number}: {receipt.state_words}.\n\n{rows}\n\n"
        f"The clauses behind it:\n{rules}{link if services.public_url else ''}\n"
    )


def _answer_mail(services: Services, notice: DueNotice) -> _Mail | None:
    assert notice.message_id is not None
    with services.unit_of_work() as uow:
        message = uow.message(notice.message_id)
        to = uow.reply_email(notice.conversation_id)
    if message is None or to is None:
        return None
    who = message.agent_name or "A person"
    link = f"\n\nTo answer, come back to {_url(services, '/')}" if services.public_url else ""
    return _Mail(to, "An answer to your request", f"{who} has answered you:\n\n{message.text}{link}\n")


def _url(services: Services, path: str) -> str:
    return services.public_url.rstrip("/") + path
