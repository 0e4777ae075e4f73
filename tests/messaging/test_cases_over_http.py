"""Events in the shape of real ones, from the webhook to the answer that the customer gets."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.messaging.messaging_world import World
from tests.messaging.test_cases_channels import case
from tests.messaging.test_messaging_channels import Chat

pytestmark = pytest.mark.e2e


def a_chat(world: World, name: str, who: str) -> Chat:
    return Chat(name, world.site, world.providers[name], who)


def texts(chat: Chat) -> str:
    return "\n".join(got.text for got in chat.hears())


def whatsapp_case(world: World, name: str) -> tuple[Any, list[Any]]:
    """A case as the desk's own number gets it now: the event, and its messages."""
    event = case(name)
    value = event["entry"][0]["changes"][0]["value"]
    value["metadata"]["phone_number_id"] = world.providers["whatsapp"].phone_id  # type: ignore[attr-defined]
    for message in value["messages"]:
        message["timestamp"] = str(int(time.time()))
    return event, value["messages"]


def test_whatsapp_a_batch_with_somebody_without_a_number_is_answered_to_both(world: World) -> None:
    nameless = a_chat(world, "whatsapp", "US.10000000000000000000")
    other = a_chat(world, "whatsapp", "15550100002")
    nameless.delivers(whatsapp_case(world, "whatsapp-no-number-in-a-batch")[0])
    assert "refund" in texts(nameless).lower()
    assert "order" in texts(other).lower()
    assert other.provider.violations == []


def test_whatsapp_the_words_of_an_order_are_answered_and_a_flow_is_not_opened(world: World) -> None:
    event, (message,) = whatsapp_case(world, "whatsapp-order-and-flow")
    chat = a_chat(world, "whatsapp", message["from"])
    chat.delivers(event)
    assert "can't open attachments" not in texts(chat)
    assert [said.text for said in chat.log() if said.author.value == "customer"] == ["is this still there?"]
    flow = {"type": "nfm_reply", "nfm_reply": {"name": "flow", "body": "Sent", "response_json": "{}"}}
    message.update(id="wamid.D", type="interactive", interactive=flow)
    chat.delivers(event)
    assert "can't open attachments" in texts(chat)


def messenger_case(name: str, who: str) -> Any:
    event = case(name)
    event["entry"][0]["messaging"][0] |= {"sender": {"id": who}, "timestamp": int(time.time() * 1000)}
    return event


def test_messenger_get_started_is_greeted(world: World) -> None:
    chat = a_chat(world, "messenger", "2000000000000001")
    chat.delivers(messenger_case("messenger-get-started", chat.who))
    heard = texts(chat)
    assert "earlier message" not in heard and "can I" in heard.splitlines()[-1]


def test_messenger_a_link_gets_one_answer_to_the_words(world: World) -> None:
    chat = a_chat(world, "messenger", "2000000000000003")
    chat.delivers(messenger_case("messenger-link", chat.who))
    heard = texts(chat)
    assert "money back" in heard and "can't open attachments" not in heard
    assert [said.text for said in chat.log() if said.author.value == "customer"] == [
        "my order https://shop.example/o/CC-700001"
    ]


def test_slack_a_button_of_an_org_wide_app_works(world: World) -> None:
    chat = a_chat(world, "slack", "0ORGWIDE")
    number, quote = chat.quote()
    event = case("slack-press-org-wide")
    event["user"] |= {"id": "U0ORGWIDE", "team_id": "T1"}
    event["channel"]["id"] = event["container"]["channel_id"] = "D0ORGWIDE"
    event["actions"][0] |= {"value": quote.carries("Confirm"), "text": {"type": "plain_text", "text": "Confirm"}}
    chat.delivers(event)
    assert "$44.00" in texts(chat)
    assert chat.site.order_status(number) == "refund_pending"


@pytest.mark.parametrize(("name", "who"), [("slack-thread-broadcast", "0BROAD"), ("slack-thread-reply", "0REPLY")])
def test_slack_a_no_in_a_thread_is_heard_and_answered_there(world: World, name: str, who: str) -> None:
    chat = a_chat(world, "slack", who)
    number, _ = chat.quote()
    event = case(name)
    event["team_id"], ts = "T1", f"{time.time():.6f}"
    event["event"] |= {"channel": f"D{who}", "user": f"U{who}", "ts": ts, "event_ts": ts}
    before = len(chat.provider.sent)
    chat.delivers(event)
    heard = chat.hears()
    sent = [sent.values for sent in chat.provider.sent[before:] if sent.values.get("channel") == f"D{who}"]
    assert heard and [values.get("thread_ts") for values in sent] == [event["event"]["thread_ts"]] * len(heard)
    assert chat.site.order_status(number) == "active"
    chat.delivers(chat.provider.words(who, "yes"))
    chat.hears()
    assert chat.site.order_status(number) == "active"  # the no was one
    assert "thread_ts" not in chat.provider.sent[-1].values  # and outside of it, outside


@pytest.mark.parametrize("sender", ["rcs:+15550100001", "messenger:2000000000000001", "anonymous"])
def test_twilio_what_is_no_sms_is_left_alone(world: World, sender: str) -> None:
    provider = world.providers["sms"]
    event = {**case("twilio-rcs"), "AccountSid": provider.user, "From": sender}  # type: ignore[attr-defined]
    event["MessageSid"] = f"SM{sender}"
    before = len(provider.sent)
    answer = provider.sends(event)
    assert answer.status_code == 200 and answer.text.endswith("<Response></Response>")
    chat = a_chat(world, "sms", "+15550100009")
    chat.says("hello")  # what comes after it is answered, and nothing else was
    assert {sent.values["To"] for sent in provider.sent[before:]} == {"+15550100009"}


class Phone:
    """Somebody on WhatsApp, who shows a number, a user id, or both."""

    def __init__(self, world: World, user: str) -> None:
        self.world, self.user, self.count = world, user, 0

    def writes(self, text: str, *, number: str = "", shows_user: bool = True, of_sender: bool = False) -> Chat:
        """Write, and be answered. ``of_sender``: the user id stands in the message itself, or with the contacts."""
        event, messages = whatsapp_case(self.world, "whatsapp-no-number-in-a-batch")
        self.count += 1
        message = {"id": f"wamid.{self.user}.{self.count}", "type": "text", "text": {"body": text}}
        contact: dict[str, Any] = {"profile": {"name": "R"}}
        if number:
            message["from"] = contact["wa_id"] = number
        if shows_user:
            contact["user_id"] = self.user
        if of_sender or not number:
            message["from_user_id"] = self.user
        messages[:] = [{**message, "timestamp": str(int(time.time()))}]
        event["entry"][0]["changes"][0]["value"]["contacts"] = [contact]
        chat = a_chat(self.world, "whatsapp", number or self.user)
        chat.seen = len(chat.got)
        chat.delivers(event)
        chat.hears()
        return chat


@pytest.mark.parametrize("of_sender", [False, True])
def test_whatsapp_whoever_hides_the_number_later_is_the_same_customer(world: World, of_sender: bool) -> None:
    robin = Phone(world, f"US.3000{of_sender:d}")
    number = f"1551555010{of_sender:d}"
    talk = robin.writes("hello", number=number, of_sender=of_sender).talk()
    assert robin.writes("still me", shows_user=False, number=number).talk() == talk
    hidden = robin.writes("my number is hidden")
    assert hidden.talk() == talk
    assert [got.to for got in hidden.got] == [robin.user] * len(hidden.got) != []
    assert robin.writes("with another number", number=f"1551555011{of_sender:d}").talk() == talk


def test_whatsapp_whoever_shows_a_number_later_is_the_same_customer(world: World) -> None:
    robin = Phone(world, "US.30005")
    talk = robin.writes("hello").talk()
    assert robin.writes("this is my number", number="15515550105").talk() == talk
    assert robin.writes("hidden again").talk() == talk


def test_whatsapp_a_number_that_changed_hands_is_somebody_else(world: World) -> None:
    robin, lee = Phone(world, "US.30006"), Phone(world, "US.30007")
    talk = robin.writes("hello", number="15515550106").talk()
    other = lee.writes("hello", number="15515550106").talk()
    assert other != talk
    assert lee.writes("and again", number="15515550106").talk() == other
    assert robin.writes("me, with no number").talk() == talk
