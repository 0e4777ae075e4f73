"""What is to be mailed to a customer: written in the transaction that it tells of, and sent by the worker."""

from __future__ import annotations

import re

from bot.cases.errors import CaseError
from bot.cases.model import Message, NoticeKind
from bot.cases.ports.store import UnitOfWork
from bot.cases.services import Services

_EMAIL = re.compile(r"[^@\s<>,;:\"()\[\]\\]{1,64}@[^@\s<>,;:\"()\[\]\\]{1,190}\.[^@\s<>,;:\"()\[\]\\.]{2,}")


class BadEmail(CaseError):
    """The text is no e-mail address."""


def is_email(text: str) -> bool:
    """Whether a text looks like one e-mail address that mail can be sent to."""
    return bool(_EMAIL.fullmatch(text)) and text.isprintable()


def leave_email(services: Services, *, conversation_id: str, email: str) -> None:
    """Have a person's answers in a conversation mailed to this address, too. Raises BadEmail."""
    if not is_email(email.strip()):
        raise BadEmail("bad_email")
    with services.unit_of_work() as uow:
        uow.conversations.set_reply_email(conversation_id, email.strip())
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
    """Have a notice mailed, within the running transaction: a RECEIPT of ``case_id``, a REMINDER of its card, or the
    ANSWER ``message_id``. Without a mailer nothing is written; a receipt that still waits is not queued twice."""
    if services.mailer is None or (kind is NoticeKind.RECEIPT and case_id and uow.notices.has_receipt(case_id)):
        return
    uow.notices.add(kind, conversation_id, services.clock(), case_id=case_id, message_id=message_id)


def mail_answer(services: Services, uow: UnitOfWork, message: Message) -> None:
    """Have what a person said mailed, too, where the customer has left an address; within the running transaction."""
    if uow.conversations.reply_email(message.conversation_id) is not None:
        talk = message.conversation_id
        queue_notice(services, uow, NoticeKind.ANSWER, conversation_id=talk, message_id=message.id)
