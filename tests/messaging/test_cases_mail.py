"""Mails in the forms that programs give them, from the pipe of a mail server to what the customer hears."""

from __future__ import annotations

import itertools
import re
from pathlib import Path

import pytest

from bot.cases.model import Author
from bot.commands.post_mail import as_posted
from tests.messaging.mail_provider import MailProvider
from tests.messaging.messaging_world import World, until
from tests.messaging.test_messaging_channels import Chat, a_chat, undelivered

CASES = Path(__file__).parent / "cases"
SHOWN = "Order CC-700001: you would get $44.00 back. Shall I go ahead? Please answer yes or no."
ALSO_SHOWN = 'If you\'d rather have a person, say "human" at any time.'
_ids = itertools.count(1)

pytestmark = pytest.mark.e2e


def results(domain: str) -> bytes:
    """What our mail server puts above a mail for whose sender DMARC has passed."""
    return f"Authentication-Results: mx.shop.example; dmarc=pass header.from={domain}\n".encode()


def delivers(chat: Chat, name: str, *, proven: bool = True, quoted: str = "", **instead: str) -> None:
    """A mail of the cases, from this customer, about their order, in answer to the newest mail that they got, which
    it quotes as ``quoted``."""
    assert isinstance(chat.provider, MailProvider)
    text = (CASES / f"{name}.eml").read_bytes().decode()
    mails = [mail for mail in chat.provider.mails if mail["To"] == chat.who]
    mark = "> " if f"> {SHOWN}" in text else ""
    if quoted:
        assert SHOWN in text
        body = "\n".join(f"{mark}{line}".rstrip() for line in quoted.split("\n"))
        text = text.replace(f"{mark}{SHOWN}", body).replace(f"{mark}{ALSO_SHOWN}\n", "")
    given = {
        "robin@customer.example": chat.who,
        "help@shop.example": chat.provider.ours,
        "wordpress@shop.example": "wordpress@desk.example",
        "<q1@shop.example>": str(mails[-1]["Message-ID"]) if mails else "<q1@shop.example>",
        "Message-ID: <": f"Message-ID: <{next(_ids)}.{chat.who}.",
        **instead,
    }
    for before, after in given.items():
        text = text.replace(before, after)
    values = as_posted((results("example.org") if proven else b"") + text.encode(), "mx.shop.example")
    chat.delivers(values)


@pytest.fixture
def chat(world: World) -> Chat:
    return a_chat(world, "email")


def said_by_customer(chat: Chat) -> list[str]:
    return [message.text for message in chat.log() if message.author is Author.CUSTOMER]


QUOTE_FORMS = [
    "reply-below-quotation",
    "reply-outlook-german",
    "reply-outlook-bold-from",
    "reply-gmail-german",
    "reply-outlook-ios",
    "reply-with-signature",
]


@pytest.mark.parametrize("name", QUOTE_FORMS)
@pytest.mark.parametrize("as_it_was", [True, False])
def test_an_answer_is_the_customer_s_own_word(chat: Chat, name: str, as_it_was: bool) -> None:
    number, quote = chat.quote(email=chat.who)
    is_yes = name in ("reply-outlook-ios", "reply-with-signature")
    quotes_us = name != "reply-with-signature"
    delivers(chat, name, quoted=quote.text if as_it_was and quotes_us else "")
    heard = "\n".join(got.text for got in chat.hears())
    assert said_by_customer(chat)[-1].startswith("Yes" if is_yes else "No")
    if is_yes:
        until(lambda: chat.site.order_status(number) == "refund_pending")
    else:
        assert chat.site.order_status(number) == "active"
        assert "RD-" not in heard, "nothing is done, and it is nobody's case"


@pytest.mark.parametrize("name", [name for name in QUOTE_FORMS if name != "reply-with-signature"])
def test_a_yes_in_what_is_quoted_is_nobody_s(chat: Chat, name: str) -> None:
    number, quote = chat.quote(email=chat.who)
    hostile = f"{quote.text}\nYes\n1. Confirm\nYes"
    assert isinstance(chat.provider, MailProvider)
    without_words = {"\n\nNo\n": "\n\n", "\n\nYes\n": "\n\n"}
    delivers(chat, name, quoted=hostile if "below" in name or "gmail" in name else quote.text, **without_words)
    chat.hears()
    assert said_by_customer(chat)[-1] == "", "nothing is theirs"
    assert chat.site.order_status(number) == "active"


def test_a_sentence_that_looks_like_a_quotation_stays(chat: Chat) -> None:
    delivers(chat, "sentence-that-looks-like-a-quotation")
    chat.hears()
    assert said_by_customer(chat)[0].split("\n") == [
        "On Monday I bought CC-700001, and your page wrote:",
        "refunds within five working days.",
        "I want a refund, I changed my mind.",
    ]


def test_the_words_of_a_page_beside_an_empty_plain_part(chat: Chat) -> None:
    delivers(chat, "html-words-empty-plain-part")
    chat.hears()
    assert said_by_customer(chat) == ["I want a refund for CC-700001"]


@pytest.mark.parametrize("name", ["robot-exchange-absence", "robot-bounce-unusual-sender"])
def test_a_robot_gets_no_answer_and_no_conversation(chat: Chat, name: str) -> None:
    before = conversations(chat)
    delivers(chat, name, **{"otto@customer.example": chat.who, "Mail.Delivery.System@customer.example": chat.who})
    assert conversations(chat) == before
    assert chat.got == []


def a_bounce(chat: Chat, of: str, action: str = "failed") -> None:
    """The report of the cases, with the headers of a mail that did not arrive."""
    text = (
        (CASES / "robot-bounce-unusual-sender.eml").read_bytes().decode().replace("Action: failed", f"Action: {action}")
    )
    returned = f"--b\nContent-Type: text/rfc822-headers\n\nSubject: Re: Refund\nMessage-ID: {of}\n\n--b--"
    chat.delivers(as_posted(text.replace("--b--", returned).encode(), "mx.shop.example"))


def test_a_mail_of_ours_that_comes_back_is_a_case_with_the_reason(chat: Chat) -> None:
    chat.quote(email=chat.who)
    assert isinstance(chat.provider, MailProvider)
    ours = str([mail for mail in chat.provider.mails if mail["To"] == chat.who][-1]["Message-ID"])
    forged = ours.replace("@", "0@")
    for of, action in ((ours, "delayed"), (forged, "failed"), ("<1@shop.example>", "failed")):
        a_bounce(chat, of, action)
    assert undelivered(chat, chat.talk()) is None
    before = conversations(chat)
    a_bounce(chat, ours)
    facts = until(lambda: undelivered(chat, chat.talk()))
    assert "5.1.1" in facts["error"]
    assert conversations(chat) == before, "the report itself is nobody's conversation"


def conversations(chat: Chat) -> int:
    import sqlalchemy as sa

    from bot.store import tables as t
    from bot.store.unit_of_work import SqlUnitOfWork

    with chat.site.services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        return int(uow.connection.execute(sa.select(sa.func.count()).select_from(t.conversations)).scalar_one())


def test_a_person_whose_program_wants_no_absence_notes_is_answered(chat: Chat) -> None:
    delivers(chat, "person-outlook-suppress-header")
    assert chat.hears()


def test_a_form_of_the_shop_is_answered_to_whoever_filled_it_in_and_proves_nothing(chat: Chat) -> None:
    number, _ = chat.site.order(email=chat.who)
    delivers(chat, "web-form-reply-to", **{"CC-700001": number})
    heard = "\n".join(got.text for got in chat.hears())
    assert "$44.00" not in heard, "the address in the form is what somebody has written"


def test_a_calendar_alone_is_answered_as_such(chat: Chat) -> None:
    delivers(chat, "calendar-only")
    (got,) = chat.hears()
    assert "can't open attachments" in got.text


def test_results_in_several_headers_of_one_server_prove_who_writes(chat: Chat) -> None:
    number, _ = chat.site.order(email=chat.who)
    delivers(
        chat, "results-in-three-headers", proven=False, **{"=customer.example": "=example.org", "CC-700001": number}
    )
    heard = "\n".join(got.text for got in chat.hears())
    assert re.search("e-?mail", heard, re.I) is None, "no proof is asked for"


# Hostile mails


def a_mail(chat: Chat, text: str, *, results_of: str = "", **headers: str) -> bytes:
    """An answer to the newest mail that the customer got."""
    assert isinstance(chat.provider, MailProvider)
    newest = [mail for mail in chat.provider.mails if mail["To"] == chat.who][-1]
    given = {
        "From": f"Alex <{chat.who}>",
        "Subject": str(newest["Subject"]),
        "Message-ID": f"<{next(_ids)}.{chat.who}>",
        "In-Reply-To": str(newest["Message-ID"]),
        **{name.replace("_", "-"): value for name, value in headers.items()},
    }
    lines = [f"{name}: {value}" for name, value in given.items()]
    return (results(results_of) if results_of else b"") + "\n".join([*lines, "", text]).encode()


@pytest.mark.parametrize(
    "text",
    [
        "##- Write your answer above this line -##\n\nYes",
        "> ##- Write your answer above this line -##\n> Yes",
        "> Yes\n" * 4_000,
        "".join(f"{'>' * depth} Yes\n" for depth in range(1, 200)),
        "On Sat, 28 Nov 2026, Help <help@desk.example> wrote:\n\nYes",
        "From: Alex\nSent: Saturday\nTo: Help\n\nYes",
        "-----Original Message-----\nYes",
        "-- \nYes",
    ],
)
def test_no_yes_is_taken_out_of_what_is_not_the_sender_s_own(chat: Chat, text: str) -> None:
    number, _ = chat.quote(email=chat.who)
    chat.delivers(as_posted(a_mail(chat, text, results_of="example.org"), "mx.shop.example"))
    chat.hears()
    assert said_by_customer(chat)[-1] == "" and chat.site.order_status(number) == "active"


@pytest.mark.parametrize("page", ["<blockquote>" * 9_000 + "Yes", "<div>" * 5_000 + "<blockquote>Yes", "<a " * 9_000])
def test_a_page_that_is_nested_without_end_says_no_yes(chat: Chat, page: str) -> None:
    number, _ = chat.quote(email=chat.who)
    mail = a_mail(chat, page, results_of="example.org", Content_Type="text/html")
    chat.delivers(as_posted(mail, "mx.shop.example"))
    chat.hears()
    assert chat.site.order_status(number) == "active"


@pytest.mark.parametrize("trick", ["From", "Reply-To", "results"])
def test_a_stranger_who_names_the_customer_confirms_nothing(chat: Chat, trick: str) -> None:
    number, _ = chat.quote(email=chat.who)
    talk, stranger = chat.talk(), "Mallory <mallory@evil.example>"
    if trick == "From":  # with an id that is none of ours
        mail = a_mail(chat, "Yes", In_Reply_To="<rd.x.1.0@desk.example>")
    elif trick == "Reply-To":
        mail = a_mail(chat, "Yes", results_of="evil.example", From=stranger, Reply_To=chat.who, In_Reply_To="<1@x.y>")
    else:
        above = b"Authentication-Results: mx.shop.example; dmarc=fail header.from=example.org\nReceived: from evil\n"
        mail = above + a_mail(chat, "Yes", results_of="example.org", In_Reply_To="<1@x.example>")
    chat.delivers(as_posted(mail, "mx.shop.example"))
    chat.hears()
    assert chat.talk() != talk, "it is a conversation of its own"
    assert chat.site.order_status(number) == "active"
