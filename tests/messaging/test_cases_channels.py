"""Events in the shape of real ones, in ``cases``, and what each of them has to bring."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from bot.cases.conversation.choices import Says, Stale, chosen
from bot.connectors.meta.receive import Messenger, WhatsApp
from bot.connectors.shared.incoming import Incoming, Reading
from bot.connectors.shared.twilio_signature import TwilioKeys, is_from_twilio
from bot.connectors.slack.receive import Slack
from bot.connectors.telegram.receive import Telegram
from bot.connectors.twilio.receive import Twilio
from tests.messaging.provider_servers import TelegramServer
from tests.messaging.test_messaging_connectors import a_request, as_json

SECRET = "a secret of the tests"
CASES = Path(__file__).parent / "cases"


def case(name: str) -> Any:
    return json.loads((CASES / f"{name}.json").read_text())


def whatsapp_reads(event: Any) -> Reading:
    return WhatsApp(SECRET, SECRET, "123456123").read(as_json(event))


def messenger_reads(event: Any) -> Reading:
    return Messenger(SECRET, SECRET).read(as_json(event))


def the_one(reading: Reading) -> Incoming:
    (said,) = reading.messages
    assert reading.unread == []
    return said


def whatsapp_message(kind: str, content: Any) -> Any:
    event = case("whatsapp-order-and-flow")
    event["entry"][0]["changes"][0]["value"]["messages"] = [
        {"from": "15550100001", "id": "wamid.C", "timestamp": "1764360000", "type": kind, kind: content}
    ]
    return event


# A batch


def test_who_has_no_number_is_known_by_the_user_id_and_proves_no_number() -> None:
    first, second = whatsapp_reads(case("whatsapp-no-number-in-a-batch")).messages
    user = "US.10000000000000000000"
    assert (first.account, first.address, first.phone, first.text) == (user, {"user": user}, None, "hello")
    assert (second.account, second.phone, second.text) == ("15550100002", "+15550100002", "I want a refund")


@pytest.mark.parametrize(
    "odd", [{}, 7, None, "x", [], {"type": "text"}, {"type": "text", "text": 7, "id": "a", "from": "1"}, {"type": []}]
)
def test_a_message_that_can_not_be_read_costs_no_other_one_anything(odd: Any) -> None:
    event = case("whatsapp-no-number-in-a-batch")
    event["entry"][0]["changes"][0]["value"]["messages"].insert(1, odd)
    event["entry"].insert(0, odd if odd != {} else 7)
    reading = whatsapp_reads(event)
    assert [said.message_id for said in reading.messages] == ["wamid.A", "wamid.B"]
    assert len(reading.unread) == (1 if isinstance(odd, dict) and odd else 2)


def test_a_message_without_any_sender_is_counted() -> None:
    event = case("whatsapp-no-number-in-a-batch")
    del event["entry"][0]["changes"][0]["value"]["messages"][0]["from_user_id"]
    reading = whatsapp_reads(event)
    assert [said.message_id for said in reading.messages] == ["wamid.B"] and len(reading.unread) == 1


@pytest.mark.parametrize("messaging", [3, {}, "x"])
def test_a_batch_that_is_no_list_is_counted(messaging: Any) -> None:
    event = case("messenger-link")
    event["entry"].append({"id": "1", "messaging": messaging})
    reading = messenger_reads(event)
    assert len(reading.messages) == len(reading.unread) == 1


# WhatsApp


@pytest.mark.parametrize(
    ("kind", "content", "text", "attachment"),
    [
        ("order", {"catalog_id": "1", "product_items": []}, "", True),
        ("interactive", {"type": "nfm_reply", "nfm_reply": {"name": "flow", "response_json": "{}"}}, "", True),
        ("something_new", {"x": 1}, "", True),
        ("image", {"id": "1", "caption": "CC-700001"}, "CC-700001", True),
        ("request_welcome", {}, "hello", False),
        ("contacts", [{"phones": [{"phone": "+1 555 010 0001", "wa_id": "15550100001"}]}], "+1 555 010 0001", False),
        ("contacts", [{"phones": [{"phone": "+1 555 010 0002", "wa_id": "15550100002"}]}], "", True),
    ],
)
def test_whatsapp_what_has_no_words_is_not_met_with_silence(
    kind: str, content: Any, text: str, attachment: bool
) -> None:
    said = the_one(whatsapp_reads(whatsapp_message(kind, content)))
    assert (said.text, said.attachment) == (text, attachment)


def test_whatsapp_an_order_with_words_is_these_words() -> None:
    said = the_one(whatsapp_reads(case("whatsapp-order-and-flow")))
    assert (said.text, said.attachment) == ("is this still there?", False)


@pytest.mark.parametrize("kind", ["reaction", "system"])
def test_whatsapp_signs_and_news_are_no_messages(kind: str) -> None:
    reading = whatsapp_reads(whatsapp_message(kind, {"body": "x"}))
    assert (reading.messages, reading.unread) == ([], [])


# Messenger


@pytest.mark.parametrize("postback", [{}, {"title": "Los geht's"}, {"payload": "welcome"}])
def test_messenger_get_started_is_a_greeting(postback: dict[str, str]) -> None:
    event = case("messenger-get-started")
    event["entry"][0]["messaging"][0]["postback"].update(postback)
    said = the_one(messenger_reads(event))
    assert (said.text, said.pressed) == ("hello", None)


def test_messenger_an_ice_breaker_counts_by_its_title() -> None:
    event = case("messenger-get-started")
    event["entry"][0]["messaging"][0]["postback"] = {"mid": "m", "title": "Where is my refund?", "payload": "FAQ_2"}
    said = the_one(messenger_reads(event))
    assert chosen([], said.text, said.pressed) == Says("Where is my refund?")


def test_a_payload_of_ours_is_still_told_from_that_of_an_earlier_message() -> None:
    assert chosen([], "Confirm", "3.1") == Stale("Confirm")
    assert chosen([], "", "GET_STARTED") == Stale("")


def test_messenger_a_preview_of_a_link_is_no_attachment() -> None:
    event = case("messenger-link")
    said = the_one(messenger_reads(event))
    assert (said.text, said.attachment) == ("my order https://shop.example/o/CC-700001", False)
    message = event["entry"][0]["messaging"][0]["message"]
    del message["text"]
    said = the_one(messenger_reads(event))
    assert (said.text, said.attachment) == ("https://shop.example/o/CC-700001", False)
    message["attachments"].append({"type": "image", "payload": {"url": "https://cdn.example/1.png"}})
    assert the_one(messenger_reads(event)).attachment


# Slack


def slack_reads(event: Any) -> Reading:
    if event["type"] != "block_actions":
        return Slack(SECRET).read(as_json(event))
    body = urlencode({"payload": json.dumps(event)}).encode()
    return Slack(SECRET).read(a_request(body, {"content-type": "application/x-www-form-urlencoded"}))


def test_slack_a_button_of_an_org_wide_app_belongs_to_the_conversation_of_its_user() -> None:
    said = the_one(slack_reads(case("slack-press-org-wide")))
    written = the_one(slack_reads(case("slack-thread-reply")))
    assert said.account == written.account == "T0EXAMPLE.D0EXAMPLE" and said.pressed == "3.1"


@pytest.mark.parametrize("subtype", [None, "thread_broadcast", "me_message", "file_share"])
def test_slack_what_is_said_in_a_thread_is_answered_there(subtype: str | None) -> None:
    event = case("slack-thread-broadcast" if subtype == "thread_broadcast" else "slack-thread-reply")
    if subtype:
        event["event"]["subtype"] = subtype
    said = the_one(slack_reads(event))
    assert said.text == "no, leave it"
    assert said.address == {"channel": "D0EXAMPLE", "thread": "1764360000.000100"}


# Telegram


def telegram_reads(**more: Any) -> Incoming:
    event = TelegramServer().words("7", "", **more)
    return the_one(Telegram(SECRET).read(as_json(event)))


@pytest.mark.parametrize(("user", "text"), [(7, "+12125550100"), (8, ""), (None, "")])
def test_telegram_a_contact_of_one_s_own_is_a_number_that_proves_nothing(user: int | None, text: str) -> None:
    said = telegram_reads(contact={"phone_number": "12125550100", "first_name": "A", "user_id": user})
    assert (said.text, said.attachment, said.phone) == (text, not text, None)


def test_telegram_the_pictures_of_an_album_are_one_message() -> None:
    first, second = (telegram_reads(photo=[{"file_id": name}], media_group_id="9") for name in "ab")
    assert first.album == second.album is not None
    assert telegram_reads(photo=[{"file_id": "c"}]).album is None


# Twilio


def twilio_reads(**form: str) -> Reading:
    given = {**case("twilio-rcs"), **form}
    twilio = Twilio(given["AccountSid"], TwilioKeys(SECRET), "https://desk.example", frozenset({"sms"}))
    return twilio.read(a_request(urlencode(given).encode(), {}))


@pytest.mark.parametrize(
    "sender", ["rcs:+15550100001", "messenger:123", "anonymous", "", "+266696687", "+7378742833", "Shop", "sip:a@b"]
)
def test_twilio_who_can_not_be_answered_by_sms_is_left_alone(sender: str) -> None:
    reading = twilio_reads(From=sender)
    assert (reading.messages, reading.unread) == ([], [])
    assert the_one(twilio_reads(From="+15550100001")).account == "+15550100001"


URL = "https://desk.example/webhooks/twilio"
SHARED = "secret of a shared key"
NAMED = "key=KY1,algorithm=HMAC_SHA256"


@pytest.mark.parametrize(
    ("key", "digest", "settings", "keys", "taken"),
    [
        (SECRET, "sha1", None, TwilioKeys(SECRET), True),
        (SECRET, "sha1", None, TwilioKeys(SECRET, SHARED), True),
        (SHARED, "sha256", NAMED, TwilioKeys(SECRET, SHARED), True),
        (SHARED, "sha256", "algorithm=HMAC_SHA256, key=KY1", TwilioKeys(SECRET, SHARED), True),
        (SHARED, "sha256", NAMED, TwilioKeys(SECRET), False),
        ("", "sha256", NAMED, TwilioKeys(SECRET), False),
        (SECRET, "sha256", NAMED, TwilioKeys(SECRET, SHARED), False),
        (SECRET, "sha256", None, TwilioKeys(SECRET, SHARED), False),
        (SHARED, "sha1", None, TwilioKeys(SECRET, SHARED), False),
        (SHARED, "sha1", NAMED, TwilioKeys(SECRET, SHARED), False),
        (SHARED, "sha1", "key=KY1,algorithm=HMAC_SHA1", TwilioKeys(SECRET, SHARED), False),
        (SECRET, "sha1", "key=KY1,algorithm=HMAC_SHA1", TwilioKeys(SECRET, SHARED), False),
        (SHARED, "sha256", f"{NAMED},algorithm=HMAC_SHA256", TwilioKeys(SECRET, SHARED), False),
        (SHARED, "sha256", "", TwilioKeys(SECRET, SHARED), False),
    ],
)
def test_twilio_each_key_is_good_for_its_own_signature(
    key: str, digest: str, settings: str | None, keys: TwilioKeys, taken: bool
) -> None:
    form = {"Body": "hello", "From": "+15550100001"}
    signed = URL + "".join(name + form[name] for name in sorted(form))
    signature = base64.b64encode(hmac.new(key.encode(), signed.encode(), getattr(hashlib, digest)).digest()).decode()
    headers = {"x-twilio-signature": signature}
    if settings is not None:
        headers["x-twilio-webhooks-signature-settings"] = settings
    assert is_from_twilio(keys, headers, URL, urlencode(form).encode()) is taken
    assert not is_from_twilio(keys, headers, URL, urlencode({**form, "Body": "hallo"}).encode())
