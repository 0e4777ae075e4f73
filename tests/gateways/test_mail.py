"""The mails of ours, as a mail server gets them: the bytes on the wire."""

from __future__ import annotations

import email
import re
from collections.abc import Iterator
from email.policy import default

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import Envelope

from bot.cases.outbound.outgoing import Outgoing
from bot.cases.ports.helpdesk import Line
from bot.connectors.email.deliver import EmailCourier
from bot.connectors.email_desk.deliver import EmailDesk
from bot.connectors.smtp.deliver import SmtpMailer
from tests.ports import free_port

EXCHANGE = f"<{'AM9PR04MB8604' * 5}A1B2C3D4E5F6789@AM9PR04MB8604.eurprd04.prod.outlook.com>"
LONG_HOST = f"{'support.' * 8}desk.example"
LONG_ADDRESS = f"{'o' * 60}@{'customers.' * 10}example.com"
assert len(EXCHANGE) > 80 and len(LONG_ADDRESS) > 120


class Box:
    """Keeps the mails as they came."""

    def __init__(self) -> None:
        self.mails: list[bytes] = []

    async def handle_DATA(self, server: object, session: object, envelope: Envelope) -> str:
        """Take a mail."""
        assert isinstance(envelope.content, bytes)
        self.mails.append(envelope.content)
        return "250 taken"


@pytest.fixture
def box() -> Iterator[tuple[Box, SmtpMailer]]:
    """A mail server, and a mailer that sends to it from a long address."""
    kept = Box()
    controller = Controller(kept, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield kept, SmtpMailer(f"smtp://127.0.0.1:{controller.port}", f"help@{LONG_HOST}")
    controller.stop()


def header(mail: bytes, name: str) -> str:
    """A header as any program unfolds it that knows nothing of encoded words (RFC 5322, section 2.2.3)."""
    head = mail.partition(b"\r\n\r\n")[0].decode("ascii")
    (found,) = re.findall(rf"^{name}:((?:.*\r\n[ \t])*.*)$", head + "\r\n", re.M)
    assert all(len(line) <= 998 for line in head.split("\r\n"))
    return " ".join(str(found).split())


def test_an_answer_stays_in_the_thread_of_a_mail_with_a_long_id(box: tuple[Box, SmtpMailer]) -> None:
    thread = ["<1@short.example>", *(EXCHANGE.replace("A1B2", f"A{place:03}") for place in range(18)), EXCHANGE]
    courier = EmailCourier(box[1], b"secret")
    address = {"to": LONG_ADDRESS, "subject": "Ünused card " * 9, "talk": "0" * 32, "thread": thread}
    (mail,) = courier.parts(Outgoing(123456789, "Hello " * 50), address)
    courier.send(address, mail)
    (sent,) = box[0].mails
    assert header(sent, "In-Reply-To") == EXCHANGE and header(sent, "References") == " ".join(thread)
    assert header(sent, "Message-ID") == mail["Message-ID"] and len(mail["Message-ID"]) > 80
    assert header(sent, "To") == LONG_ADDRESS and header(sent, "From") == f"help@{LONG_HOST}"
    read = email.message_from_bytes(sent, policy=default)
    assert read["Subject"].strip() == f"Re: {'Ünused card ' * 9}".strip()
    assert read.get_content().split() == ["Hello"] * 50


def test_an_id_in_other_letters_leaves_the_others_in_the_thread(box: tuple[Box, SmtpMailer]) -> None:
    courier = EmailCourier(box[1], b"secret")
    address = {"to": "a@b.example", "subject": "x", "talk": "t", "thread": ["<1@b.example>", "<grüße@b.example>"]}
    (mail,) = courier.parts(Outgoing(1, "Hello"), address)
    courier.send(address, mail)
    assert header(box[0].mails[0], "In-Reply-To") == header(box[0].mails[0], "References") == "<1@b.example>"


def test_receipts_and_codes_have_an_id_that_is_whole(box: tuple[Box, SmtpMailer]) -> None:
    box[1].send(LONG_ADDRESS, "Your code", "123456")
    assert re.fullmatch(rf"<[^\s<>=?]+@{re.escape(LONG_HOST)}>", header(box[0].mails[0], "Message-ID"))
    assert header(box[0].mails[0], "To") == LONG_ADDRESS


def test_mails_to_the_desk_s_mailbox_are_one_thread_and_answers_find_it(box: tuple[Box, SmtpMailer]) -> None:
    desk = EmailDesk(box[1], "team@desk.example", f"answers@{LONG_HOST}", b"secret")
    desk.add_message("RD-ABCDEF", Line("line 1", "Alex", "Hello"))
    (sent,) = box[0].mails
    assert header(sent, "References") == header(sent, "In-Reply-To") == f"<refund-desk-rd-abcdef@{LONG_HOST}>"
    assert header(sent, "Message-ID") == f"<line-1@{LONG_HOST}>"
    assert desk.ticket_of(header(sent, "Reply-To")) == "RD-ABCDEF"
