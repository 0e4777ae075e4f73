"""``refund-desk post-mail``: a mail as it comes from a server, and the same conversation as over the webhook."""

from __future__ import annotations

import io
import os
from email.message import EmailMessage
from pathlib import Path
from typing import Any

import pytest

from bot.__main__ import main
from bot.commands.post_mail import as_posted
from tests.messaging.mail_provider import MailProvider
from tests.messaging.messaging_world import World, until
from tests.ports import free_port

SENDER = "alex7001@example.org"
PROVEN = (
    "mx.shop.example; spf=pass (ours: domain of alex) smtp.mailfrom=example.org; dkim=pass header.d=example.org; "
    "dmarc=pass header.from=example.org"
)


def a_mail(text: str = "I changed my mind", *results: str, **headers: str) -> EmailMessage:
    mail = EmailMessage()
    for result in results:
        mail["Authentication-Results"] = result
    given = {
        "From": f"Alex Doe <{SENDER}>",
        "To": "help@desk.example",
        "Subject": "Help",
        "Message-ID": "<1@example.org>",
    }
    for name, value in {**given, **{name.replace("_", "-"): value for name, value in headers.items()}}.items():
        mail[name] = value
    mail.set_content(text)
    return mail


def test_a_mail_becomes_what_is_posted() -> None:
    mail = a_mail("Grüße\n", PROVEN, In_Reply_To="<a@desk.example>", References="<b@desk.example> <a@desk.example>")
    mail.add_alternative("<p>Gr&uuml;&szlig;e</p>", subtype="html")
    mail.add_attachment(b"x", maintype="image", subtype="png", filename="card.png")
    posted = as_posted(bytes(mail), "mx.shop.example")
    assert posted == {
        "message_id": "<1@example.org>",
        "from": f"Alex Doe <{SENDER}>",
        "subject": "Help",
        "text": "Grüße\n",
        "html": "<p>Gr&uuml;&szlig;e</p>\n",
        "in_reply_to": "<a@desk.example>",
        "references": "<b@desk.example> <a@desk.example>",
        "reply_to": "",
        "return_path": "",
        "auto_submitted": "",
        "precedence": "",
        "list_id": "",
        "list_unsubscribe": "",
        "x_auto_response_suppress": "",
        "x_autoreply": "",
        "x_autorespond": "",
        "x_failed_recipients": "",
        "content_type": posted["content_type"],
        "failed_id": "",
        "failed_status": "",
        "attachments": 1,
        "spf": "pass",
        "dkim": "pass",
        "dmarc": "pass",
    }
    assert posted["content_type"].startswith("multipart/mixed")


def test_settings_come_from_a_file_where_there_is_no_environment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in [name for name in os.environ if name.startswith("REFUND_DESK_")]:
        monkeypatch.delenv(name)
    nobody = f"http://127.0.0.1:{free_port()}"
    told = tmp_path / "mail.settings"
    told.write_text(
        f"# for Postfix\nREFUND_DESK_PUBLIC_URL='{nobody}'\nREFUND_DESK_EMAIL_SECRET=a-secret-of-ours\n"
        "REFUND_DESK_EMAIL_ADDRESS=help@desk.example\nREFUND_DESK_SMTP_URL=smtp://127.0.0.1:25\n"
    )
    monkeypatch.setattr(os, "environ", os.environ.copy())
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(bytes(a_mail()))))
    assert main(["post-mail", "--settings", str(told)]) == 75
    assert f"no answer from {nobody}/webhooks/email" in capsys.readouterr().err


@pytest.mark.parametrize("content", [None, b"a secret", b"NAME='open", b"\xff"])
def test_settings_that_cannot_be_read_keep_the_mail(
    content: bytes | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    told = tmp_path / "mail.settings"
    if content is not None:
        told.write_bytes(content)
    assert main(["post-mail", "--settings", str(told)]) == 75
    said = capsys.readouterr().err
    assert said.startswith(f"the settings in {told} can't be read: ") and "secret" not in said.partition("read: ")[2]


def test_a_mail_of_a_page_alone_and_a_robot_s() -> None:
    mail = EmailMessage()
    mail["Auto-Submitted"], mail["Precedence"] = "auto-replied", "bulk"
    mail.set_content("<p>Away</p>", subtype="html")
    posted = as_posted(bytes(mail))
    assert posted["html"] == "<p>Away</p>\n" and posted["text"] == ""
    assert (posted["auto_submitted"], posted["precedence"]) == ("auto-replied", "bulk")
    assert posted["message_id"].startswith("<") and posted["message_id"] == as_posted(bytes(mail))["message_id"]


@pytest.mark.parametrize(
    "broken",
    [
        b"",
        b"\xff\xfe\x00",
        b"From: \xff <a@b>\n\n\xff",
        b"Content-Type: text/plain; charset=no-such\n\nhello \xe9",
        b"Content-Type: multipart/mixed; boundary=x\n\n--x\n\n--x",
        b"Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n!!!",
        b"Message-ID: <[>\nFrom: ,,;:<\nReferences: \xff\n\nhello",
        b"From: =?utf-8?b?////?= <a@b.example>\n\nhello",
    ],
)
def test_a_broken_mail_is_read_as_far_as_it_goes(broken: bytes) -> None:
    posted = as_posted(broken, "mx.shop.example")
    assert posted["spf"] == posted["dkim"] == posted["dmarc"] == "none" and len(posted) == 24


NAMED = "mx.shop.example; spf=pass; dkim=pass; "


@pytest.mark.parametrize(
    ("results", "proven"),
    [
        ([PROVEN], True),
        ([PROVEN.replace("dkim=pass", "dkim=fail; dkim=pass")], True),
        ([PROVEN.upper().replace("MX.SHOP.EXAMPLE", "mx.shop.example")], True),
        ([], False),
        ([PROVEN.replace("mx.shop", "mx.other")], False),
        (["mx.other.example; dmarc=fail", PROVEN], False),
        ([NAMED + "dmarc=fail header.from=example.org", PROVEN], False),
        ([NAMED + "dmarc=pass"], False),
        ([NAMED], False),
        ([NAMED + "dmarc=pass header.from=another.example"], False),
        ([NAMED + "dmarc=pass header.from=example.org; dmarc=fail header.from=example.org"], False),
        ([NAMED + "(a (b) dmarc=pass header.from=example.org"], False),
        ([NAMED + 'x="(a"; dmarc=pass header.from=example.org'], False),
        ([NAMED + "(dmarc=pass header.from=example.org)"], False),
        ([PROVEN.replace("spf=pass", "spf=softfail")], True),  # forwarded: the signature proves it
        ([f"mx.shop.example; {RESULT}" for RESULT in PROVEN.split("; ")[1:]], True),
        ([NAMED, "mx.other.example; x=y", "mx.shop.example; dmarc=pass header.from=example.org"], False),
    ],
)
def test_only_our_own_server_s_word_counts(results: list[str], proven: bool) -> None:
    posted = as_posted(bytes(a_mail("x", *results)), "mx.shop.example")
    assert (posted["dmarc"] == "pass") is proven
    assert as_posted(bytes(a_mail("x", *results)))["dmarc"] == "none", "nobody is believed who was not named"


def test_results_that_came_from_outside_prove_nothing_where_our_own_server_has_checked_less() -> None:
    forged = bytes(a_mail("x", PROVEN.split(";", 1)[0] + "; dmarc=pass header.from=example.org"))
    ours = b"Authentication-Results: mx.shop.example; spf=pass\r\nReceived: from outside by mx.shop.example\r\n"
    assert as_posted(ours + forged, "mx.shop.example")["dmarc"] == "none"


@pytest.fixture
def pipe(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Pipes a mail to the command."""

    def piped(mail: EmailMessage | bytes, *options: str, **settings: str) -> int:
        given = {
            "SMTP_URL": "smtp://127.0.0.1",
            "EMAIL_ADDRESS": MailProvider.ours,
            "EMAIL_SECRET": MailProvider.secret,
        }
        for name, value in {**given, **settings}.items():
            monkeypatch.setenv(f"REFUND_DESK_{name}", value)
        monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(bytes(mail))))
        return main(["post-mail", *options])

    return piped


@pytest.mark.e2e
def test_a_refund_by_mail_from_the_pipe(world: World, pipe: Any) -> None:
    provider = world.providers["email"]
    number, _ = world.site.order(email=SENDER)
    options = ("--url", world.site.url, "--authserv-id", "mx.shop.example")

    def hears(words: str) -> Any:
        return until(lambda: [got for got in provider.received(SENDER) if words in got.text])[-1]

    asked = a_mail(f"I changed my mind, please refund {number} to my wallet", PROVEN)
    assert pipe(asked, *options) == 0 and pipe(asked, *options) == 0
    assert "1. Confirm" in hears("$44.00").text
    assert isinstance(provider, MailProvider)
    sent = [mail for mail in provider.mails if mail["To"] == SENDER][-1]
    yes = a_mail("1\n", PROVEN, Message_ID="<2@example.org>", In_Reply_To=sent["Message-ID"], Subject=sent["Subject"])
    assert pipe(yes, *options) == 0
    until(lambda: world.site.order_status(number) == "refund_pending")
    assert "RD-" in hears("$44.00").text


@pytest.mark.e2e
def test_what_is_wrong_on_our_side_keeps_the_mail(world: World, pipe: Any, capsys: pytest.CaptureFixture[str]) -> None:
    mail = a_mail()
    assert pipe(mail, "--url", world.site.url, EMAIL_SECRET="a secret of somebody else") == 75
    assert "is the secret that of the desk?" in capsys.readouterr().err
    assert pipe(mail, "--url", f"http://127.0.0.1:{free_port()}") == 75
    assert pipe(mail, "--url", "http://[") == 75
    assert pipe(mail) == 75
    assert "REFUND_DESK_PUBLIC_URL" in capsys.readouterr().err
    assert pipe(mail, EMAIL_SECRET="short") == 75
    assert pipe(mail, "--url", world.site.url, EMAIL_SECRET="", EMAIL_ADDRESS="") == 75
    assert "REFUND_DESK_EMAIL_SECRET" in capsys.readouterr().err
    assert pipe(b"x: y\n\n" + b"\xff\xfd" * 200_000, "--url", world.site.url) == 0, "the beginning is enough"
