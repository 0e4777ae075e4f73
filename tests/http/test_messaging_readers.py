"""What the channels read of providers' requests, and what they send in their form."""

from __future__ import annotations

from email.message import EmailMessage

import pytest

from bot.cases.conversation.choices import Choice
from bot.cases.outbound.outgoing import Outgoing
from bot.connectors.email.deliver import EmailCourier, message_id, talk_of
from bot.connectors.meta.deliver import MessengerCourier, WhatsAppCourier
from bot.connectors.shared.incoming import moment
from bot.connectors.shared.own_words import own_words
from bot.connectors.slack.deliver import SlackCourier
from bot.connectors.slack.receive import plain
from bot.connectors.smtp.deliver import SmtpMailer
from bot.connectors.telegram.deliver import TelegramCourier

HOSTILE = "a < b & c > d <b>bold</b> <!channel> &amp; " * 200


@pytest.mark.parametrize(
    ("sent", "typed"),
    [
        ("my mail is <mailto:a@b.example|a@b.example>", "my mail is a@b.example"),
        ("call <tel:+12125550100|+1 212 555 0100>", "call +1 212 555 0100"),
        ("see <https://shop.example/x>", "see https://shop.example/x"),
        ("<@U123> hello <!here>", "hello"),
        ("1 &lt; 2 &amp;&amp; 3 &gt; 2", "1 < 2 && 3 > 2"),
        ("&amp;lt;", "&lt;"),
    ],
)
def test_slack_s_own_marks_are_taken_off(sent: str, typed: str) -> None:
    assert plain(sent) == typed


@pytest.mark.parametrize(
    "quoted",
    [
        "\n\nOn Wed, Nov 25, 2026 at 8:00 PM Help <help@desk.example> wrote:\n> 1. Confirm",
        "\n\nOn Wed, 25 Nov 2026, Help\n<help@desk.example> wrote:\n\n> yes",
        "\r\n\r\n-----Original Message-----\r\nFrom: Help\r\nyes",
        "\n\nFrom: Help <help@desk.example>\nSent: Wednesday\nTo: Alex\n\nyes",
        "\n________________________________\nFrom: Help",
        "\n> yes\n> please",
        "\n-- \nAlex Doe\n+1 212 555 0100",
        "\n\nSent from my iPhone",
    ],
)
def test_what_is_quoted_and_signed_is_taken_off_a_mail(quoted: str) -> None:
    assert own_words(f"No, thank you.\nKeep it.{quoted}") == "No, thank you.\nKeep it."


@pytest.mark.parametrize("text", ["", "On Monday I wrote: nothing", "I paid -- twice", "From: me to you"])
def test_a_mail_without_quotes_stays_whole(text: str) -> None:
    assert own_words(text) == text


def test_a_mail_of_ours_is_known_by_its_id_and_nobody_can_make_one() -> None:
    ours = message_id(b"secret", "email:7", 3, "help@desk.example")
    assert talk_of(b"secret", ["<other@x>", ours]) == "email:7"
    assert talk_of(b"another", [ours]) is None
    assert talk_of(b"secret", [ours.replace("email:7", "email:8")]) is None
    assert talk_of(b"secret", [ours.replace(".3.", ".4.")]) is None
    assert talk_of(b"secret", []) is None


def test_a_mail_stays_in_its_thread_and_says_who_writes() -> None:
    courier = EmailCourier(SmtpMailer("smtp://127.0.0.1", "help@desk.example"), b"secret")
    address = {"to": "a@b.example", "subject": "My\r\nBcc: x@y.example", "talk": "t", "thread": ["<1@b>", "<2@b>"]}
    (bot,) = courier.parts(Outgoing(3, "Hello", choices=(Choice("3.1", "Yes"),)), address)
    (person,) = courier.parts(Outgoing(4, "Dana: Hello", by_person=True), address)
    assert isinstance(bot, EmailMessage) and bot["Bcc"] is None
    assert bot["Subject"] == "Re: My Bcc: x@y.example"
    assert (bot["In-Reply-To"], bot["References"]) == ("<2@b>", "<1@b> <2@b>")
    assert bot["Auto-Submitted"] == "auto-replied" and person["Auto-Submitted"] is None
    assert "1. Yes" in bot.get_content()


def test_slack_s_text_is_escaped_and_fits() -> None:
    courier = SlackCourier("https://slack.example/api", "x")
    parts = courier.parts(Outgoing(1, HOSTILE + "&" * 3000, "Card <", ("Paid: <$5>",)), {})
    texts = [block["text"]["text"] for part in parts for block in part["blocks"]]
    assert len(texts) > 2 and all(len(text) <= 3000 for text in texts)
    assert not any("<" in text or ">" in text for text in texts)


def test_telegram_s_text_is_escaped_and_its_buttons_fit() -> None:
    courier = TelegramCourier("https://telegram.example", "1:x")
    choices = tuple(Choice(f"123456789.{place}", "A label that is " + "long " * 20) for place in range(1, 9))
    parts = courier.parts(Outgoing(1, HOSTILE, "Card <", ("Paid: <$5>",), choices), {})
    assert all("<!channel>" not in part["text"] and "<b>bold" not in part["text"] for part in parts)
    assert "<b>Card &lt;</b>" in parts[-1]["text"]
    rows = parts[-1]["reply_markup"]["inline_keyboard"]
    assert all(len(row[0]["callback_data"].encode()) <= 64 and len(row[0]["text"]) <= 60 for row in rows)
    assert not any("reply_markup" in part for part in parts[:-1])


@pytest.mark.parametrize(
    ("count", "kind"), [(0, "text"), (1, "button"), (3, "button"), (4, "list"), (10, "list"), (11, "text")]
)
def test_whatsapp_has_buttons_then_a_list_then_numbers(count: int, kind: str) -> None:
    courier = WhatsAppCourier("https://graph.example/v25.0", "x", "1")
    choices = tuple(Choice(f"1.{place}", f"Choice {place}") for place in range(1, count + 1))
    (part,) = courier.parts(Outgoing(1, "Which?", choices=choices), {})
    assert (part["interactive"]["type"] if part["type"] == "interactive" else "text") == kind
    if count == 11:
        assert "11. Choice 11" in part["text"]["body"]


def test_labels_that_do_not_fit_are_written_out() -> None:
    choices = (Choice("1.1", "Refund it to the original payment method"), Choice("1.2", "To the wallet"))
    (part,) = WhatsAppCourier("https://graph.example/v25.0", "x", "1").parts(Outgoing(1, "?", choices=choices), {})
    assert "1. Refund it to the original payment method" in part["interactive"]["body"]["text"]
    (quick,) = MessengerCourier("https://graph.example/v25.0", "x").parts(Outgoing(1, "?", choices=choices), {})
    assert "1. Refund it to the original payment method" in quick["text"]
    assert [len(reply["title"]) for reply in quick["quick_replies"]] == [20, 13]


def test_a_time_that_is_none_is_none() -> None:
    assert moment("1764100000.000200") is not None
    assert [moment(odd) for odd in ("", None, "soon", "1e99", [], float("nan"))] == [None] * 6
