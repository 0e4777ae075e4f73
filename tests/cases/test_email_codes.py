"""Codes by mail, with a real mail server at the other end."""

from __future__ import annotations

import re
import smtplib
import threading
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from sqlalchemy.engine import Engine

from bot.cases.conversation.conversations import Client, Sending, find_conversation, open_conversation
from bot.cases.errors import MailNotSent
from bot.cases.identity.email_codes import MOST_CODES, MOST_MAILS, send_due_mails
from bot.cases.identity.refusals import why_not
from bot.cases.identity.tries import Limit
from bot.cases.identity.verification import Verification, VerificationStatus, is_verified, verify, verify_code
from bot.cases.services import Services
from bot.connectors.smtp.deliver import SmtpMailer
from tests.cases.test_identity import statements
from tests.ports import free_port
from tests.store_builders import Clock, store_order

CODE_SENT = VerificationStatus.CODE_SENT


class Inbox:
    """Takes mail; refuses the next ``busy`` ones."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []
        self.busy = 0

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        if self.busy:
            self.busy -= 1
            return "451 busy, come again"
        self.mails.append(envelope)
        return "250 taken"

    @property
    def codes(self) -> list[str]:
        """The codes in the mails, oldest first."""
        return [re.search(r"^\d{6}\r?$", str(mail.content, "utf-8"), re.M).group().strip() for mail in self.mails]  # type: ignore[union-attr,arg-type]


@pytest.fixture
def inbox() -> Inbox:
    """Where mails arrive."""
    return Inbox()


@pytest.fixture
def desk(services: Services, inbox: Inbox) -> Iterator[Services]:
    """Services that ask for codes, and a server that takes their mails."""
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    port = controller.port
    store_order(services, customer={"name": "Alex", "email": "alex@example.com", "phone": "+12125550100"})
    yield replace(services, email_code=True, mailer=SmtpMailer(f"smtp://127.0.0.1:{port}", "desk@example.org"))
    controller.stop()


def asked(
    desk: Services,
    message: str = "1",
    *,
    talk: str = "talk",
    order: str = "CC-104233",
    email: str | None = "alex@example.com",
    phone: str | None = None,
) -> Verification:
    """Order and address named."""
    return verify(desk, conversation_id=talk, message_id=message, order_number=order, email=email, phone=phone)


def typed(
    desk: Services, digits: str, message: str = "code", *, talk: str = "talk", order: str = "CC-104233"
) -> VerificationStatus:
    """Digits typed."""
    found = verify_code(desk, conversation_id=talk, message_id=message, order_number=order, digits=digits)
    return found.status


def test_only_the_mailed_code_verifies(desk: Services, inbox: Inbox) -> None:
    assert asked(desk).status is CODE_SENT
    assert not is_verified(desk, conversation_id="talk", order_number="CC-104233")
    assert send_due_mails(desk) == 1 and send_due_mails(desk) == 0
    (mail,) = inbox.mails
    assert mail.rcpt_tos == ["alex@example.com"] and mail.mail_from == "desk@example.org"
    assert "CC-104233" in str(mail.content, "utf-8")  # type: ignore[arg-type]
    assert typed(desk, inbox.codes[0]) is VerificationStatus.VERIFIED
    assert is_verified(desk, conversation_id="talk", order_number="CC-104233")


def test_the_phone_number_leads_to_a_code_in_the_mail_too(desk: Services, inbox: Inbox) -> None:
    assert asked(desk, email=None, phone="212 555 0100").status is CODE_SENT
    send_due_mails(desk)
    assert typed(desk, inbox.codes[0]) is VerificationStatus.VERIFIED


@pytest.mark.parametrize("wrong", [{"email": "mallory@example.com"}, {"order": "CC-999999"}])
def test_what_does_not_belong_together_gets_the_same_answers_and_no_mail(
    desk: Services, inbox: Inbox, wrong: dict[str, Any]
) -> None:
    order = wrong.get("order", "CC-104233")
    engine = _engine(desk)
    with statements(engine) as of_right:
        right = [asked(desk, talk="right"), typed(desk, "no", "2", talk="right")]
        send_due_mails(replace(desk, mailer=None))
    with statements(engine) as of_wrong:
        other = [asked(desk, talk="wrong", **wrong), typed(desk, "no", "2", talk="wrong", order=order)]
        send_due_mails(replace(desk, mailer=None))
    assert right == other and of_right == of_wrong
    send_due_mails(desk)
    assert len(inbox.mails) == 1
    assert _count(engine, "mails") == 0, "nothing is left to be sent"


def _engine(desk: Services) -> Engine:
    with desk.unit_of_work() as uow:
        engine: Engine = uow.connection.engine  # type: ignore[attr-defined]
    return engine


def _count(engine: Engine, table: str) -> int:
    with engine.connect() as connection:
        return int(connection.execute(sa.text(f"SELECT count(*) FROM {table}")).scalar_one())


def test_a_code_is_good_once_for_its_conversation_its_order_and_ten_minutes(
    desk: Services, inbox: Inbox, clock: Clock
) -> None:
    store_order(desk, "CC-104244", email="bella@example.com")
    asked(desk)
    asked(desk, talk="other", email="mallory@example.com")
    asked(desk, "2", order="CC-104244", email="mallory@example.com")
    send_due_mails(desk)
    (code,) = inbox.codes
    assert typed(desk, code, talk="other") is VerificationStatus.MISMATCH
    assert typed(desk, code, "3", order="CC-104244") is VerificationStatus.MISMATCH
    clock.passes(minutes=9, seconds=59)
    assert typed(desk, code, "4") is VerificationStatus.VERIFIED
    assert typed(desk, code, "5") is VerificationStatus.MISMATCH, "used up"
    clock.passes(hours=2)
    asked(desk, "6")
    send_due_mails(desk)
    clock.passes(minutes=10)
    assert typed(desk, inbox.codes[-1], "7") is VerificationStatus.MISMATCH, "too late"


def test_a_new_code_makes_the_one_before_void(desk: Services, inbox: Inbox) -> None:
    asked(desk, "1")
    asked(desk, "2")
    send_due_mails(desk)
    first, second = inbox.codes
    assert first == second or typed(desk, first, "3") is VerificationStatus.MISMATCH
    assert typed(desk, second, "4") is VerificationStatus.VERIFIED


def test_three_wrong_codes_lock_and_the_right_one_comes_too_late(desk: Services, inbox: Inbox) -> None:
    asked(desk)
    send_due_mails(desk)
    answers = [typed(desk, "no", str(n)) for n in range(3)]
    assert answers == [VerificationStatus.MISMATCH] * 2 + [VerificationStatus.LOCKED]
    assert typed(desk, inbox.codes[0], "4") is VerificationStatus.LOCKED
    lenient = replace(desk, verification_tries=10)
    assert typed(lenient, inbox.codes[0], "5") is VerificationStatus.MISMATCH, "three tries, whatever the settings"


def test_the_same_message_asks_once(desk: Services, inbox: Inbox) -> None:
    assert [asked(desk).status for _ in range(3)] == [CODE_SENT] * 3
    assert send_due_mails(desk) == 1


def from_elsewhere(desk: Services, n: int) -> str:
    """A conversation whose client writes from an address that nobody else has."""
    return open_conversation(desk, Client("rest", f"10.0.{n}.1"), f"elsewhere-{n}").id


@pytest.mark.parametrize("wrong", [{}, {"email": "mallory@example.com"}, {"order": "CC-999999"}])
def test_nobody_is_flooded_with_mails_and_what_is_said_then_is_the_same_for_unknown_orders(
    desk: Services, inbox: Inbox, clock: Clock, wrong: dict[str, Any]
) -> None:
    for n in range(MOST_MAILS):
        assert asked(desk, talk=from_elsewhere(desk, n), **wrong).status is CODE_SENT
    clock.passes(minutes=7)
    told = asked(desk, talk=from_elsewhere(desk, 99), **wrong)
    while send_due_mails(desk):
        pass
    assert len(inbox.mails) == (0 if wrong else MOST_MAILS)
    order = wrong.get("order", "CC-104233")
    assert (told.status, told.limit) == (VerificationStatus.LATER, Limit.CODES)
    assert why_not(order, told) == (
        f"Many codes were asked for within the hour, so I can't send another one for order {order} for 53 minutes."
    )
    clock.passes(minutes=53)
    assert asked(desk, "2", talk=from_elsewhere(desk, 99), **wrong).status is CODE_SENT


def test_who_does_not_know_the_address_uses_up_no_code_of_who_does(desk: Services, inbox: Inbox) -> None:
    for n in range(3 * MOST_MAILS):
        asked(desk, talk=from_elsewhere(desk, n), email="mallory@example.com")
    assert asked(desk, talk="owner").status is CODE_SENT
    send_due_mails(desk)
    while send_due_mails(desk):
        pass
    assert len(inbox.mails) == 1 and typed(desk, inbox.codes[0], talk="owner") is VerificationStatus.VERIFIED


def test_one_address_asks_for_so_many_codes_of_an_order_over_all_its_conversations(desk: Services) -> None:
    def here(n: int) -> str:
        return open_conversation(desk, Client("rest", "198.51.100.7"), f"here-{n}").id

    answers = [asked(desk, talk=here(n)).status for n in range(MOST_CODES + 1)]
    assert answers == [CODE_SENT] * MOST_CODES + [VerificationStatus.LATER]
    assert asked(desk, talk=from_elsewhere(desk, 1)).status is CODE_SENT
    assert asked(desk, talk=here(99), order="CC-999999").status is CODE_SENT


def test_who_has_proven_the_order_before_gets_a_code_whatever_others_ask_for(desk: Services, inbox: Inbox) -> None:
    asked(desk)
    send_due_mails(desk)
    assert typed(desk, inbox.codes[0]) is VerificationStatus.VERIFIED
    for n in range(MOST_MAILS):
        asked(desk, talk=from_elsewhere(desk, n))
    assert asked(desk, talk=from_elsewhere(desk, 99)).status is VerificationStatus.LATER
    assert asked(desk, "again").status is CODE_SENT


@pytest.mark.parametrize("number", ["+1 212 555 0100", "2125550100", "(212) 555-0100", "0012125550100"])
def test_a_phone_number_is_counted_however_it_is_written(desk: Services, number: str) -> None:
    for n in range(MOST_MAILS):
        asked(desk, talk=from_elsewhere(desk, n), email=None, phone="+12125550100")
    told = asked(desk, talk=from_elsewhere(desk, 99), email=None, phone=number)
    assert told.limit is Limit.CODES


def test_a_conversation_asks_for_so_many_codes_and_the_last_one_is_still_good(
    desk: Services, inbox: Inbox, clock: Clock
) -> None:
    for talk, email in (("right", "alex@example.com"), ("wrong", "mallory@example.com")):
        answers = [asked(desk, str(n), talk=talk, email=email) for n in range(MOST_CODES + 1)]
        assert [answer.status for answer in answers] == [CODE_SENT] * MOST_CODES + [VerificationStatus.LATER]
        assert why_not("CC-104233", answers[-1]).endswith(
            "for 60 minutes. The one that was asked for here last is good for 10 minutes, if it came."
        )
    send_due_mails(desk)
    assert typed(desk, inbox.codes[-1], talk="right") is VerificationStatus.VERIFIED
    clock.passes(minutes=10)
    assert asked(desk, "late", talk="wrong").code_good_for is None


def test_a_mail_that_was_not_taken_is_sent_later_until_its_code_has_run_out(
    desk: Services, inbox: Inbox, clock: Clock
) -> None:
    asked(desk)
    inbox.busy = 2
    assert send_due_mails(desk) == 0
    assert send_due_mails(desk) == 0 and inbox.busy == 1, "not at once"
    clock.passes(seconds=5)
    assert send_due_mails(desk) == 0
    clock.passes(seconds=15)
    assert send_due_mails(desk) == 1
    asked(desk, "2")
    inbox.busy = 100
    for _ in range(30):
        send_due_mails(desk)
        clock.passes(seconds=30)
    assert _count(_engine(desk), "mails") == 0 and len(inbox.mails) == 1


def test_a_server_that_is_not_there_costs_nobody_anything(desk: Services, clock: Clock) -> None:
    down = replace(desk, mailer=SmtpMailer("smtp://127.0.0.1:1", "desk@example.org"))
    assert asked(down).status is CODE_SENT
    assert send_due_mails(down) == 0 and _count(_engine(down), "mails") == 1


def test_processes_that_send_at_once_send_each_mail_once(desk: Services, inbox: Inbox) -> None:
    for n in range(3):
        asked(desk, talk=f"talk-{n}")
    threads = [threading.Thread(target=send_due_mails, args=(desk,)) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(inbox.mails) == 3


def test_no_code_is_in_the_database(desk: Services, inbox: Inbox, engine: Engine) -> None:
    asked(desk)
    with engine.connect() as connection:
        rows = str([connection.execute(sa.text(f"SELECT * FROM {t}")).all() for t in ("email_codes", "mails")])
    send_due_mails(desk)
    assert inbox.codes[0] not in rows.replace("104233", "")


def test_an_address_that_no_mail_can_have_is_not_sent_to(inbox: Inbox) -> None:
    mailer = SmtpMailer("smtp://127.0.0.1:1", "desk@example.org")
    for to in ("alex@example.com\r\nBcc: all@example.com", "alex@example.com\n"):
        with pytest.raises(MailNotSent):
            mailer.send(to, "x", "y")


def test_a_password_is_not_sent_without_encryption(inbox: Inbox, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[str] = []

    def authenticate(server: Any, session: Any, envelope: Any, mechanism: str, data: Any) -> AuthResult:
        seen.append(data.login.decode())
        return AuthResult(success=True)

    controller = Controller(
        inbox, hostname="127.0.0.1", port=free_port(), authenticator=authenticate, auth_require_tls=False
    )
    controller.start()
    try:
        port = controller.port
        here = SmtpMailer(f"smtp://user%40shop:p%40ss@127.0.0.1:{port}", "desk@example.org")
        assert "p%40ss" not in repr(here)
        here.send("alex@example.com", "Subject", "Body")
        assert seen == ["user@shop"] and len(inbox.mails) == 1
        monkeypatch.setattr("bot.connectors.smtp.deliver._is_this_machine", lambda host: False)
        with pytest.raises(MailNotSent, match=smtplib.SMTPNotSupportedError.__name__):
            here.send("alex@example.com", "Subject", "Body")
        assert seen == ["user@shop"]
    finally:
        controller.stop()


def test_a_code_replaces_the_secret_of_the_conversation_and_asking_for_it_does_not(
    desk: Services, inbox: Inbox
) -> None:
    client = Client("web", "198.51.100.7", secret=open_conversation(desk, Client("web", "203.0.113.9"), "talk").secret)
    for message in "12":
        open_conversation(desk, client, "talk", Sending(message, "k" * 16))
    assert asked(desk).status is CODE_SENT
    assert find_conversation(desk, client, "talk") is not None
    send_due_mails(desk)
    shown: Any = {"conversation_id": "talk", "message_id": "2", "order_number": "CC-104233", "digits": inbox.codes[-1]}
    assert verify_code(desk, **shown).status is VerificationStatus.VERIFIED
    assert find_conversation(desk, client, "talk") is None
    assert find_conversation(desk, client, "talk", Sending("1", "k" * 16)) is None
    again = find_conversation(desk, client, "talk", Sending("2", "k" * 16))
    assert again is not None and again.id == "talk" and again.secret
