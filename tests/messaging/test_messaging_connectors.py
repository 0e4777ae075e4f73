"""What a connector believes and what it reads, request by request: whatever is not surely a customer's is nothing."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any
from urllib.parse import urlencode

import pytest
from sanic import Sanic
from sanic.request import Request

from bot.connectors.email.receive import Email
from bot.connectors.meta.receive import Messenger, WhatsApp
from bot.connectors.shared.incoming import TOLERANCE, Incoming
from bot.connectors.shared.twilio_signature import TwilioKeys
from bot.connectors.slack.receive import Slack
from bot.connectors.telegram.receive import Telegram
from bot.connectors.twilio.receive import Twilio
from tests.messaging.messaging_world import World
from tests.messaging.meta_servers import MessengerServer, WhatsAppServer
from tests.messaging.provider_servers import SlackServer, TelegramServer, TwilioServer

NOW = 1_800_000_000.0
SECRET = "a secret of the tests"
APP = Sanic("connectors_of_tests")


def a_request(body: bytes, headers: dict[str, str], path: str = "/webhooks/x") -> Request:
    """As sanic hands it over."""
    from sanic.compat import Header

    request = Request(path.encode(), Header(headers), "1.1", "POST", None, APP)  # type: ignore[arg-type]
    request.body = body
    return request


def as_json(event: Any) -> Request:
    return a_request(json.dumps(event).encode(), {"content-type": "application/json"})


def hex_hmac(secret: str, content: bytes) -> str:
    return hmac.new(secret.encode(), content, hashlib.sha256).hexdigest()


# Signatures


@pytest.mark.parametrize(
    ("age", "taken"), [(0, True), (TOLERANCE, True), (TOLERANCE + 1, False), (-TOLERANCE - 1, False)]
)
def test_an_old_request_is_nobodys(age: int, taken: bool) -> None:
    at, body = int(NOW) - age, b"{}"
    slack = {"x-slack-request-timestamp": str(at), "x-slack-signature": f"v0={hex_hmac(SECRET, b'v0:%d:{}' % at)}"}
    assert Slack(SECRET).verify(a_request(body, slack), NOW) is taken
    mail = {"x-refund-desk-signature": f"t={at},v1={hex_hmac(SECRET, b'%d.{}' % at)}"}
    assert Email(SECRET, "help@desk.example", lambda _: None, lambda _: []).verify(a_request(body, mail), NOW) is taken


@pytest.mark.parametrize("given", ["", "abc", "-1", "1e9", "١٨٠٠٠٠٠٠٠٠", "18000000000000"])
def test_a_time_that_is_none_is_refused(given: str) -> None:
    signed = f"v0={hex_hmac(SECRET, b'v0:' + given.encode() + b':{}')}"
    request = a_request(b"{}", {"x-slack-request-timestamp": given, "x-slack-signature": signed})
    assert not Slack(SECRET).verify(request, NOW)


def twilio_signature(url: str, form: dict[str, str]) -> str:
    signed = url + "".join(name + form[name] for name in sorted(form))
    return base64.b64encode(hmac.new(SECRET.encode(), signed.encode(), hashlib.sha1).digest()).decode()


@pytest.mark.parametrize(
    ("url", "path", "taken"),
    [
        ("https://desk.example/webhooks/twilio", "", True),
        ("https://desk.example:443/webhooks/twilio", "", True),
        ("https://desk.example/webhooks/twilio?a=b&c=d", "?a=b&c=d", True),
        ("https://desk.example/webhooks/twilio", "?a=b", False),
        ("https://another.example/webhooks/twilio", "", False),
        ("http://desk.example/webhooks/twilio", "", False),
    ],
)
def test_twilio_signs_the_address_that_it_was_told(url: str, path: str, taken: bool) -> None:
    form = {"Body": "hello & more", "From": "+12125550100", "Empty": ""}
    request = a_request(
        urlencode(form).encode(), {"x-twilio-signature": twilio_signature(url, form)}, f"/webhooks/twilio{path}"
    )
    assert Twilio("AC1", TwilioKeys(SECRET), "https://desk.example", frozenset({"sms"})).verify(request, NOW) is taken


# Who writes


def slack_reads(**event: Any) -> list[Incoming]:
    return Slack(SECRET).read(as_json(SlackServer().words("7", "hello", **event))).messages


@pytest.mark.parametrize(
    "event",
    [
        {"channel_type": "channel"},
        {"channel_type": "group"},
        {"bot_id": "B1"},
        {"hidden": True},
        {"subtype": "message_changed"},
        {"subtype": "message_deleted"},
        {"user": ""},
        {"type": "app_mention"},
    ],
)
def test_slack_has_direct_messages_of_people_alone(event: dict[str, Any]) -> None:
    (said,) = slack_reads()
    assert (said.account, said.text, said.address) == ("T1.D7", "hello", {"channel": "D7"})
    assert slack_reads(**event) == []


@pytest.mark.parametrize(
    "change",
    [{"chat": {"id": 7, "type": "group"}}, {"chat": {"id": 7, "type": "supergroup"}}, {"from": {"is_bot": True}}],
)
def test_telegram_has_private_chats_with_people_alone(change: dict[str, Any]) -> None:
    telegram, server = Telegram(SECRET), TelegramServer()
    (said,) = telegram.read(as_json(server.words("7", "/start now"))).messages
    assert (said.account, said.text) == ("chat 7", "hello")
    assert telegram.read(as_json(server.words("7", "hello", **change))).messages == []
    press = server.press("7", "Yes", "1.1")
    press["callback_query"]["message"]["chat"]["type"] = "group"
    assert telegram.read(as_json(press)).messages == []


def test_twilio_has_messages_to_our_numbers_alone() -> None:
    server = TwilioServer("https://desk.example")
    twilio = Twilio(server.user, TwilioKeys(SECRET), "https://desk.example", frozenset({"sms"}))

    def reads(**form: str) -> Any:
        return twilio.read(a_request(urlencode(server.words("+12125550100", "hello", **form)).encode(), {}))

    (said,) = reads().messages
    assert (said.channel, said.account, said.phone) == ("sms", "+12125550100", "+12125550100")
    assert reads(AccountSid="AC" + "b2" * 16).messages == []
    assert reads(From="whatsapp:+12125550100").messages == [], "this channel is not switched on"
    assert reads(MessageSid="").messages == []
    assert reads(From="12345").messages[0].phone is None, "a short code proves nothing"
    failed = {"MessageStatus": "failed", "ErrorCode": "30003"}
    assert [one.code for one in reads(**failed).failed] == ["30003"]
    assert reads(**failed, AccountSid="AC" + "b2" * 16).failed == []
    assert reads(MessageStatus="failed", ErrorCode="30003 to +12125550100").failed[0].code == "none"


def test_whatsapp_has_messages_to_our_number_alone() -> None:
    server = WhatsAppServer()
    whatsapp = WhatsApp(SECRET, SECRET, server.phone_id)
    event = server.words("12125550100", "hello")
    event["entry"] += server.words("12125550111", "and I").get("entry")
    assert [said.phone for said in whatsapp.read(as_json(event)).messages] == ["+12125550100", "+12125550111"]
    other = WhatsApp(SECRET, SECRET, "999")
    assert other.read(as_json(event)).messages == []
    failed = server.status("12125550100", "wamid.7", "failed")
    assert [(one.name, one.code) for one in whatsapp.read(as_json(failed)).failed] == [("wamid.7", "131047")]
    assert other.read(as_json(failed)).failed == []
    assert whatsapp.read(as_json({**event, "object": "page"})).messages == []
    event["entry"][0]["changes"][0]["field"] = "account_update"
    assert [said.phone for said in whatsapp.read(as_json(event)).messages] == ["+12125550111"]


def test_messenger_hears_no_echo_of_itself() -> None:
    server, messenger = MessengerServer(), Messenger(SECRET, SECRET)
    event = server.words("7", "hello")
    event["entry"][0]["messaging"] += server.press("7", "Yes", "1.1")["entry"][0]["messaging"]
    assert [(said.text, said.pressed) for said in messenger.read(as_json(event)).messages] == [
        ("hello", None),
        ("Yes", "1.1"),
    ]
    assert messenger.read(as_json(server.words("7", "hello", is_echo=True))).messages == []
    postback = server.event("7", postback={"mid": "m_1", "title": "Yes", "payload": "1.1"})
    assert messenger.read(as_json(postback)).messages[0].pressed == "1.1"


@pytest.mark.e2e
@pytest.mark.parametrize("name", ["whatsapp", "messenger"])
def test_meta_s_challenge_is_answered_with_the_right_token_alone(world: World, name: str) -> None:
    server = world.providers[name]
    assert isinstance(server, (WhatsAppServer, MessengerServer))
    assert (server.asks().status_code, server.asks().text) == (200, "1158201444")
    refused = server.asks("of somebody else")
    assert refused.status_code == 403 and "1158201444" not in refused.text


# Mail


def mail_reads(known: tuple[str, str] | None = None, **mail: Any) -> list[Incoming]:
    given = {"from": "Alex <alex@example.org>", "message_id": "<1@example.org>", "text": "hello", "subject": "Help"}
    proven = {"spf": "pass", "dkim": "pass"}
    email = Email(SECRET, "help@desk.example", lambda references: known if references else None, lambda account: [])
    return email.read(as_json({**given, **proven, **mail})).messages


@pytest.mark.parametrize(
    "unproven", [{"spf": "fail"}, {"dkim": "none"}, {"spf": None}, {"spf": "softfail", "dkim": ""}]
)
def test_a_sender_who_is_not_proven_gets_into_no_conversation_of_the_address(unproven: dict[str, Any]) -> None:
    (proven,) = mail_reads()
    assert (proven.account, proven.email) == ("alex@example.org", "alex@example.org")
    (unknown,) = mail_reads(**unproven)
    assert unknown.account not in ("alex@example.org", "") and unknown.email is None
    answered = {"references": "<x@desk.example>", **unproven}
    (back,) = mail_reads(("alex@example.org", "alex@example.org"), **answered)
    assert (back.account, back.email) == ("alex@example.org", None), "they have got a mail of that conversation"
    (stranger,) = mail_reads(("kim@example.org", "kim@example.org"), **answered)
    assert stranger.account == unknown.account, "but it is not theirs"


@pytest.mark.parametrize(
    "robot",
    [
        {"auto_submitted": "auto-replied"},
        {"auto_submitted": "Auto-Generated"},
        {"precedence": "bulk"},
        {"from": "MAILER-DAEMON@example.org"},
        {"from": "no-reply@example.org"},
        {"from": "Desk <help@desk.example>"},
        {"from": "a@example.org, b@example.org"},
        {"from": "nobody"},
        {"from": "no-reply@example.org", "reply_to": "help@example.org"},
        {"from": "noreply+12@example.org"},
        {"from": "Mail.Delivery.System@example.org"},
        {"from": "bounces+a=b.example@example.org"},
        {"return_path": "<>"},
        {"content_type": 'multipart/report; report-type=delivery-status; boundary="b"'},
        {"list_id": "News <news.example.org>"},
        {"list_unsubscribe": "<https://example.org/x>"},
        {"list_id": "<help.desk.example.evil.example>"},
        {"x_autoreply": "yes"},
        {"x_autorespond": "x"},
        {"x_failed_recipients": "a@b.example"},
        {"subject": "Automatic reply: Refund"},
        {"subject": "Automatische Antwort: Refund"},
        {"subject": "Réponse automatique : Refund"},
        {"subject": "Respuesta automática: Refund"},
        {"subject": "Resposta automática: Refund"},
        {"subject": "Risposta automatica: Refund"},
        {"subject": "Automatisch antwoord: Refund"},
        {"subject": "Out of office", "x_auto_response_suppress": "All"},
        {"subject": "Abwesenheitsnotiz", "x_auto_response_suppress": "OOF"},
        {"from": "help@desk.example", "list_id": "<help.desk.example>"},
        {"list_id": "<help.desk.example>", "auto_submitted": "auto-replied"},
        {"list_id": "<help.desk.example>", "return_path": "<>"},
    ],
)
def test_robots_and_ourselves_are_not_answered(robot: dict[str, Any]) -> None:
    assert mail_reads(auto_submitted="no") and mail_reads(**robot) == []


@pytest.mark.parametrize(
    "person",
    [
        {"x_auto_response_suppress": "DR, OOF, AutoReply"},
        {"subject": "Re: Automatic reply: Refund"},
        {"subject": "Out of office hours nobody answers"},
        {"subject": "Automatic renewal: please stop it"},
        {"return_path": "<alex@example.org>", "content_type": "multipart/alternative; boundary=b"},
        {"list_id": "Help <help.desk.example>", "precedence": "list", "list_unsubscribe": "<https://x.example>"},
        {"list_id": "<HELP.desk.example>", "x_autoreply": ""},
        {"from": "noah.reply@example.org"},
    ],
)
def test_whom_a_header_alone_makes_no_robot_is_answered(person: dict[str, Any]) -> None:
    assert len(mail_reads(**person)) == 1


@pytest.mark.parametrize(
    "shop",
    [
        {"from": "Shop form <wordpress@desk.example>"},
        {"from": "no-reply@desk.example"},
        {"from": "'Alex' via Help <help@desk.example>", "list_id": "<help.desk.example>", "precedence": "list"},
    ],
)
def test_what_the_shop_itself_hands_on_is_of_whoever_it_names_and_proves_nothing(shop: dict[str, Any]) -> None:
    (read,) = mail_reads(reply_to="Kim <Kim@example.org>", dmarc="pass", **shop)
    assert read.address["to"] == "kim@example.org" and read.email is None
    assert read.account.startswith("unproven kim@example.org")


def test_who_wants_the_answer_elsewhere_gets_it_there_and_into_no_conversation_of_theirs() -> None:
    (read,) = mail_reads(reply_to="kim@example.org")
    assert (read.address["to"], read.email) == ("kim@example.org", None)
    assert read.account not in ("kim@example.org", "alex@example.org")
    (same,) = mail_reads(reply_to="Alex <ALEX@example.org>")
    assert same.account == same.email == "alex@example.org"


def test_dmarc_alone_proves_who_writes() -> None:
    (read,) = mail_reads(dmarc="pass", spf="fail", dkim="none")
    assert read.email == "alex@example.org"
    (read,) = mail_reads(dmarc="fail", spf="none")
    assert read.email is None


@pytest.mark.parametrize("mark", ["Re", "AW", "RES", "R", "Fwd", "RE[2]"])
def test_the_subject_of_a_mail_that_is_answered_or_handed_on_is_nobody_s_words(mark: str) -> None:
    (read,) = mail_reads(subject=f"{mark}: Refund", text="> Yes")
    assert read.text == ""
    (read,) = mail_reads(subject="Please refund CC-700001", text="-- \nAlex")
    assert read.text == "Please refund CC-700001"


@pytest.mark.parametrize("text", ["", "Sent from my iPhone"])
def test_a_file_alone_is_a_file_alone(text: str) -> None:
    (read,) = mail_reads(text=text, attachments=1)
    assert (read.text, read.attachment) == ("", True)
