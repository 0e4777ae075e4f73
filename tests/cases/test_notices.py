"""Mails of what is on record: written with it, sent once, tried again, gone when the person is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import pytest
import sqlalchemy as sa

from bot.cases.conversation.messages import say
from bot.cases.conversation.notices import BadEmail, is_email, leave_email, queue_notice
from bot.cases.customer.quotes import confirm, quote_refund
from bot.cases.customer.receipts import Receipt, receipt_path
from bot.cases.customer.withdrawals import take_back
from bot.cases.errors import MailNotSent
from bot.cases.model import Author, Conversation, CustomerReason, NoticeKind
from bot.cases.outbound.notices import RETRY, send_due_notices
from bot.cases.ports.mailing import Attachment
from bot.cases.privacy.personal_data import erase
from bot.cases.queues import pause
from bot.cases.services import Services
from bot.policy.facts import Destination
from bot.store import tables as t
from bot.store.unit_of_work import SqlUnitOfWork
from tests.pdf_text import text_of
from tests.store_builders import TRANSCRIPT, Clock


@dataclass
class PostOffice:
    """A mail server at hand; ``closed`` while it takes nothing."""

    closed: bool = False
    mails: list[tuple[str, str, str, Sequence[Attachment]]] = field(default_factory=list)

    def send(self, to: str, subject: str, body: str, attachments: Sequence[Attachment] = ()) -> None:
        """Take a mail, or not."""
        if self.closed:
            raise MailNotSent("ConnectionRefusedError")
        self.mails.append((to, subject, body, attachments))


@pytest.fixture
def office() -> PostOffice:
    """A mail server that takes everything."""
    return PostOffice()


@pytest.fixture
def mailing(alex: Services, office: PostOffice) -> Services:
    """Services that mail, in whose conversation ``talk`` an order is verified."""
    with alex.unit_of_work() as uow:
        uow.conversations.add(Conversation("talk", "page", "talk", alex.clock(), alex.clock()))
        uow.commit()
    return replace(alex, mailer=office, public_url="https://desk.example")


def confirmed(services: Services) -> str:
    """A confirmed refund; its reference."""
    quote = quote_refund(
        services,
        conversation_id="talk",
        order_number="CC-104233",
        reason=CustomerReason.CHANGE_OF_MIND,
        reason_words="",
        destination=Destination.WALLET,
        requested_at=services.clock(),
        transcript=TRANSCRIPT,
    )
    assert quote.decision is not None
    for _ in range(2):
        confirm(
            services,
            conversation_id="talk",
            reference=quote.case.reference,
            decision_id=quote.decision.id,
            transcript=TRANSCRIPT,
        )
    return quote.case.reference


def waiting(services: Services) -> int:
    """How many notices wait."""
    with services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        count: int = uow.connection.execute(sa.select(sa.func.count()).select_from(t.notices)).scalar_one()
    return count


def answered(services: Services, text: str = "Your card works again.") -> None:
    """A person says something, and it is to be mailed, too."""
    with services.unit_of_work() as uow:
        message = say(uow, services, "talk", Author.AGENT, {"text": text})
        queue_notice(services, uow, NoticeKind.ANSWER, conversation_id="talk", message_id=message.id)
        uow.commit()


def test_a_confirmed_case_is_mailed_once_to_the_address_of_the_order(mailing: Services, office: PostOffice) -> None:
    reference = confirmed(mailing)

    assert [send_due_notices(mailing), send_due_notices(mailing)] == [1, 0]

    ((to, subject, body, (paper,)),) = office.mails
    assert (to, subject) == ("alex@example.com", f"Receipt {reference}: Refund of $44.00")
    assert f"https://desk.example{receipt_path(mailing, reference)}" in body and "Fee: $6.00" in body
    assert (paper.name, paper.kind) == (f"receipt-{reference}.pdf", "application/pdf")
    assert reference in text_of(paper.content) and waiting(mailing) == 0


def test_without_an_address_of_this_server_a_mail_has_no_link(mailing: Services, office: PostOffice) -> None:
    services = replace(mailing, public_url="")
    confirmed(services)
    send_due_notices(services)

    assert "http" not in office.mails[0][2] and "/receipts/" not in office.mails[0][2]


def test_without_a_mailer_nothing_is_kept_to_be_mailed(mailing: Services) -> None:
    confirmed(replace(mailing, mailer=None))

    assert waiting(mailing) == 0


def test_a_quote_that_is_not_confirmed_is_not_mailed(mailing: Services) -> None:
    quote_refund(
        mailing,
        conversation_id="talk",
        order_number="CC-104233",
        reason=CustomerReason.CHANGE_OF_MIND,
        reason_words="",
        destination=None,
        requested_at=mailing.clock(),
        transcript=TRANSCRIPT,
    )

    assert waiting(mailing) == 0


def test_what_could_not_be_sent_is_tried_again_later_and_later_and_then_given_up(
    mailing: Services, office: PostOffice, clock: Clock
) -> None:
    mailing = replace(mailing, print_receipt=lambda receipt: b"%PDF-")  # printing takes long, so many times
    confirmed(mailing)
    office.closed = True
    assert RETRY.attempts is not None
    for made in range(1, RETRY.attempts):
        assert send_due_notices(mailing) == 0 and waiting(mailing) == 1
        wait = pause(made, RETRY.first, RETRY.longest)
        clock.passes(seconds=wait.total_seconds() - 1)
        office.closed = False
        assert send_due_notices(mailing) == 0, "not yet"
        office.closed = True
        clock.passes(seconds=1)
    assert wait == RETRY.longest
    send_due_notices(mailing)

    office.closed = False
    assert send_due_notices(mailing) == 0 and waiting(mailing) == 0 and office.mails == []


def test_a_late_mail_says_how_far_the_case_is_then(mailing: Services, office: PostOffice, clock: Clock) -> None:
    office.closed = True
    reference = confirmed(mailing)
    send_due_notices(mailing)
    take_back(mailing, conversation_id="talk", reference=reference)
    office.closed = False
    clock.passes(minutes=1)

    assert send_due_notices(mailing) == 1 and "withdrawn" in office.mails[0][2]


def test_one_notice_that_fails_holds_up_none_behind_it(mailing: Services, office: PostOffice) -> None:
    confirmed(mailing)
    leave_email(mailing, conversation_id="talk", email="alex@example.org")
    answered(mailing)

    def broken(receipt: Receipt) -> bytes:
        raise ValueError("the printer is on fire")

    assert send_due_notices(replace(mailing, print_receipt=broken)) == 1
    assert [mail[0] for mail in office.mails] == ["alex@example.org"] and waiting(mailing) == 1


def test_a_notice_in_hand_is_left_to_whoever_has_it_until_its_lease_is_over(
    mailing: Services, office: PostOffice, clock: Clock
) -> None:
    confirmed(mailing)
    with mailing.unit_of_work() as uow:
        (notice,) = uow.notices.due(clock.now)
        assert uow.notices.claim(notice.id, clock.now, clock.now + RETRY.lease) is not None
        uow.commit()

    assert send_due_notices(mailing) == 0
    clock.passes(seconds=RETRY.lease.total_seconds())
    assert send_due_notices(mailing) == 1


def test_a_persons_answer_is_mailed_where_the_customer_said(mailing: Services, office: PostOffice) -> None:
    leave_email(mailing, conversation_id="talk", email=" alex@example.org ")
    answered(mailing)

    assert send_due_notices(mailing) == 1
    ((to, _, body, attachments),) = office.mails
    assert to == "alex@example.org" and "Your card works again." in body and not attachments


def test_without_an_address_an_answer_is_not_mailed(mailing: Services, office: PostOffice) -> None:
    answered(mailing)

    assert send_due_notices(mailing) == 0 and office.mails == [] and waiting(mailing) == 0


def test_the_address_for_answers_is_sealed(mailing: Services) -> None:
    leave_email(mailing, conversation_id="talk", email="alex@example.org")

    with mailing.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        stored = uow.connection.execute(sa.select(t.conversations.c.reply_email)).scalar_one()
        assert "alex" not in stored and uow.conversations.reply_email("talk") == "alex@example.org"


def test_what_was_erased_is_not_mailed(mailing: Services, office: PostOffice) -> None:
    reference = confirmed(mailing)
    take_back(mailing, conversation_id="talk", reference=reference)
    leave_email(mailing, conversation_id="talk", email="alex@example.org")
    answered(mailing)

    erase(mailing, "alex@example.com")

    assert waiting(mailing) == 0 and send_due_notices(mailing) == 0 and office.mails == []
    with mailing.unit_of_work() as uow:
        assert uow.conversations.reply_email("talk") is None


@pytest.mark.parametrize(
    ("text", "right"),
    [
        ("alex@example.com", True),
        ("a.b+c@mail.example.co", True),
        ("alex", False),
        ("alex@example", False),
        ("a@b.example, c@d.example", False),
        ("a@b.example\nBcc: c@d.example", False),
        ("Alex <alex@example.com>", False),
        ("a b@example.com", False),
        ("", False),
    ],
)
def test_only_one_plain_address_is_taken(mailing: Services, text: str, right: bool) -> None:
    assert is_email(text) is right
    if not right:
        with pytest.raises(BadEmail):
            leave_email(mailing, conversation_id="talk", email=text)
