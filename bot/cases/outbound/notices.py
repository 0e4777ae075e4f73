"""Mails that tell a customer what is on record already: the receipt of a confirmed case, what a person answered, and
that a card has not come back.

A notice is a row, written in the transaction that it tells of, and sent by the worker. It goes when its conversation is
erased.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.cases.customer.late_returns import reminder_text
from bot.cases.customer.receipts import Receipt, make_receipt, receipt_path
from bot.cases.model import CaseState, DueNotice, NoticeKind
from bot.cases.ports.mailing import Attachment, Mailer
from bot.cases.ports.notices import Notices
from bot.cases.ports.store import Snapshot
from bot.cases.queues import Failure, Retry, Work, work_off
from bot.cases.services import Services
from bot.wording import say

RETRY = Retry(lease=timedelta(minutes=5), first=timedelta(seconds=5), longest=timedelta(hours=1), attempts=55)
"""Of a notice; longer in hand than a mail server may take. It is given up after about two days: what it tells stays on
the pages."""


@dataclass(frozen=True, repr=False)
class _Mail:
    to: str
    subject: str
    body: str
    attachments: Sequence[Attachment] = ()


def send_due_notices(services: Services) -> int:
    """Send what is due; how many mails were sent. Several processes may call it at once. What could not be sent is
    tried again; who dies between sending and noting it down sends it twice, never not at all."""
    return 0 if services.mailer is None else work_off(services, _Notice(services, services.mailer))


@dataclass(frozen=True)
class _Notice(Work[DueNotice]):
    """Mailing notices."""

    services: Services
    mailer: Mailer
    retry = RETRY

    def queue(self, uow: Snapshot) -> Notices:
        return uow.notices

    def due(self, uow: Snapshot, now: datetime) -> list[DueNotice]:
        return uow.notices.due(now)

    def do(self, notice: DueNotice) -> bool:
        mail = _mail(self.services, notice)
        if mail is not None:
            self.mailer.send(mail.to, mail.subject, mail.body, mail.attachments)
        self._remove(notice)
        return mail is not None

    def give_up(self, notice: DueNotice, failure: Failure) -> None:
        self._remove(notice)

    def _remove(self, notice: DueNotice) -> None:
        with self.services.unit_of_work() as uow:
            uow.notices.remove(notice.id)
            uow.commit()


def _mail(services: Services, notice: DueNotice) -> _Mail | None:
    """The mail of a notice; None where there is nobody to send it to any more, or nothing to tell."""
    return _MAILS[notice.kind](services, notice)


def _receipt_mail(services: Services, notice: DueNotice) -> _Mail | None:
    assert notice.case_id is not None
    with services.reading() as uow:
        file = uow.case_files.find(uow.cases.get(notice.case_id).reference)
        stored = uow.orders.find(file.order_number) if file and file.order_number else None
        to = uow.customers.email_of(stored.customer_id) if stored else None
    receipt = make_receipt(services, file) if file else None
    if to is None or receipt is None:
        return None
    attachments = []
    if services.print_receipt is not None:
        content = services.print_receipt(receipt)
        attachments.append(Attachment(f"receipt-{receipt.reference}.pdf", "application/pdf", content))
    subject = say("mail_receipt_subject", reference=receipt.reference, title=receipt.title)
    return _Mail(to, subject, _receipt_text(services, receipt), attachments)


def _receipt_text(services: Services, receipt: Receipt) -> str:
    rows = "\n".join(f"{label}: {value}" for label, value in receipt.rows())
    rules = "\n".join(f"{clause.id}: {clause.title}." for clause in receipt.clauses)
    lead = say("mail_receipt_lead", title=receipt.title, order=receipt.order_number, state=receipt.state_words)
    parts = [lead, rows, f"{say('mail_receipt_clauses')}\n{rules}"]
    if services.public_url:
        parts.append(f"{say('mail_receipt_link')}\n{_url(services, receipt_path(services, receipt.reference))}")
    return "\n\n".join(parts) + "\n"


def _answer_mail(services: Services, notice: DueNotice) -> _Mail | None:
    assert notice.message_id is not None
    with services.reading() as uow:
        message = uow.messages.find(notice.message_id)
        to = uow.conversations.reply_email(notice.conversation_id)
    if message is None or to is None:
        return None
    parts = [say("mail_answer_lead", who=message.agent_name or say("mail_a_person")), message.text]
    if services.public_url:
        parts.append(say("mail_answer_link", link=_url(services, "/")))
    return _Mail(to, say("mail_answer_subject"), "\n\n".join(parts) + "\n")


def _reminder_mail(services: Services, notice: DueNotice) -> _Mail | None:
    assert notice.case_id is not None
    with services.reading() as uow:
        case = uow.cases.get(notice.case_id)
        stored = uow.orders.find(uow.orders.number_of(case.order_id)) if case.order_id is not None else None
        to = uow.customers.email_of(stored.customer_id) if stored else None
        if to is None or case.state is not CaseState.AWAITING_RETURN:
            return None
        text = reminder_text(services, uow, case)
    return _Mail(to, say("mail_reminder_subject", reference=case.reference), f"{text}\n")


_MAILS = {
    NoticeKind.RECEIPT: _receipt_mail,
    NoticeKind.ANSWER: _answer_mail,
    NoticeKind.REMINDER: _reminder_mail,
}


def _url(services: Services, path: str) -> str:
    return services.public_url.rstrip("/") + path
