"""Whole conversations over every messaging channel, against servers that do what the providers document."""

from __future__ import annotations

import itertools
import re
import time
from dataclasses import dataclass
from typing import Any

import pytest
import sqlalchemy as sa

from bot.cases.model import Author, CaseState, Message
from bot.store import tables as t
from bot.store.unit_of_work import SqlUnitOfWork
from tests.e2e.desk_steps import Person, at_work
from tests.e2e.running import Site
from tests.gateways.shop_server import ShopFault
from tests.messaging.messaging_world import World, until
from tests.messaging.provider_servers import Got, Provider

pytestmark = pytest.mark.e2e

CHANNELS = ("slack", "telegram", "sms", "twilio-whatsapp", "whatsapp", "messenger", "email")
NUMBERED = ("sms", "twilio-whatsapp", "email")
PROVEN = {"sms": "phone", "twilio-whatsapp": "phone", "whatsapp": "phone", "email": "email"}
_people = itertools.count(1000)


@dataclass
class Chat:
    """A customer on a channel."""

    name: str
    site: Site
    provider: Provider
    who: str
    seen: int = 0

    @property
    def got(self) -> list[Got]:
        return self.provider.received(self.provider.address(self.who))

    def delivers(self, event: Any) -> None:
        started = time.monotonic()
        answer = self.provider.sends(event)
        assert answer.status_code == 200, answer.text
        assert time.monotonic() - started < 10, "providers wait a few seconds, and then send it again"

    def hears(self, seconds: float = 20) -> list[Got]:
        """What comes next, once all of it has come."""
        until(lambda: len(self.got) > self.seen, seconds)
        until(self.site.all_is_said, 60)
        new, self.seen = self.got[self.seen :], len(self.got)
        return new

    def says(self, text: str) -> str:
        self.delivers(self.provider.words(self.who, text))
        return "\n".join(got.text for got in self.hears())

    def hears_nothing(self, seconds: float = 1.5) -> None:
        time.sleep(seconds)
        assert self.got[self.seen :] == []

    def proven(self) -> dict[str, Any]:
        """What of an order makes it this customer's."""
        number = self.who if self.who.startswith("+") else f"+{self.who}"
        if PROVEN[self.name] == "email":
            return {"email": self.who}
        return {"customer": {"name": "Alex", "email": f"alex{self.who.strip('+')}@example.org", "phone": number}}

    def quote(self, **order: Any) -> tuple[str, Got]:
        """Ask for a refund: the order, and what was offered."""
        number, email = self.site.order(**order)
        self.delivers(self.provider.words(self.who, f"I changed my mind, refund {number} to my wallet, mail {email}"))
        return number, self.hears()[-1]

    def confirm(self, quote: Got) -> None:
        """Say yes as the channel has it: with the button, or with its number."""
        if self.name in NUMBERED:
            assert re.search(r"^1\. Confirm$", quote.text, re.M) and not quote.buttons, quote
            self.delivers(self.provider.words(self.who, "1"))
        else:
            self.delivers(self.provider.press(self.who, "Confirm", quote.carries("Confirm")))

    def log(self) -> list[Message]:
        """What was said in the conversation: the newest of the channel."""
        talk = self.talk()
        with self.site.services.unit_of_work() as uow:
            return uow.messages.of_conversation(talk)

    def talk(self) -> str:
        """The conversation's id: the newest of the channel."""
        with self.site.services.unit_of_work() as uow:
            assert isinstance(uow, SqlUnitOfWork)
            query = sa.select(t.conversations.c.id).where(t.conversations.c.channel == self.name)
            return uow.connection.execute(query.order_by(t.conversations.c.last_at.desc()).limit(1)).scalar_one()


@pytest.fixture(params=CHANNELS)
def chat(request: pytest.FixtureRequest, world: World) -> Chat:
    return a_chat(world, request.param)


def a_chat(world: World, name: str) -> Chat:
    """Somebody new."""
    number = next(_people)
    who = {
        "slack": f"A{number}",
        "sms": f"+1212555{number}",
        "twilio-whatsapp": f"+1312555{number}",
        "whatsapp": f"1412555{number}",
        "email": f"alex{number}@example.org",
    }.get(name, str(70_000 + number))
    return Chat(name, world.site, world.providers[name], who)


def sound(chat: Chat) -> None:
    """The provider had nothing to complain about."""
    assert chat.provider.violations == []


def test_a_whole_refund(chat: Chat) -> None:
    number, quote = chat.quote()
    assert "$44.00" in quote.text and "$6.00" in quote.text
    assert "https://desk.example/policy?version=2020-01#R" in quote.text
    chat.confirm(quote)
    done = chat.hears()[-1]
    assert "$44.00" in done.text and "RD-" in done.text
    assert chat.site.order_status(number) == "refund_pending"
    assert "RD-" in chat.says("what is the status of my refund?")
    sound(chat)


def test_a_wrong_signature_is_refused_and_leaves_no_trace(chat: Chat) -> None:
    secret = f"zanzibar{next(_people)}"
    for event in (chat.provider.words(chat.who, secret), chat.provider.file(chat.who)):
        assert chat.provider.forges(event).status_code == 401
    assert chat.provider.post(b"{}", {"Content-Type": "application/json"}).status_code == 401
    chat.hears_nothing(0.5)
    logs = "".join(file.read_text() for file in (chat.site.home / "logs").iterdir())
    assert secret not in logs and "messaging.wrong_signature" in logs and chat.who not in logs


def test_what_arrives_again_is_not_answered_again(chat: Chat) -> None:
    event = chat.provider.words(chat.who, "what is your refund policy?")
    for _ in range(3):
        chat.delivers(event)
    heard = chat.hears()
    chat.delivers(event)
    chat.hears_nothing()
    log = chat.log()
    assert len([message for message in log if message.author.value == "customer"]) == 1
    assert len([message for message in log if message.author.value == "bot"]) <= len(heard)


def test_events_that_are_none_of_ours_are_taken_and_ignored(chat: Chat) -> None:
    chat.delivers(chat.provider.unknown(chat.who))
    for odd in ({}, {"message": 7, "event": [], "entry": 3, "callback_query": None, "from": 9}):
        if chat.name not in ("sms", "twilio-whatsapp"):
            chat.delivers(odd)
    chat.hears_nothing()


def test_an_attachment_is_answered_politely_and_a_question_stays_open(chat: Chat) -> None:
    number, quote = chat.quote()
    chat.delivers(chat.provider.file(chat.who))
    assert "can't open attachments" in chat.hears()[-1].text
    chat.confirm(quote)
    assert "$44.00" in chat.hears()[-1].text
    assert chat.site.order_status(number) == "refund_pending"
    sound(chat)


@pytest.mark.parametrize("typed", ["2", "2.", "change", "Change"])
def test_a_typed_number_or_label_is_that_choice(world: World, typed: str) -> None:
    chat = a_chat(world, "sms" if typed[0] == "2" else "telegram")
    number, quote = chat.quote()
    assert "Change" in quote.text or quote.carries("Change")
    chat.says(typed)
    said = [message for message in chat.log() if message.author.value == "customer"]
    assert said[-1].body["title"] == "Change" and said[-1].text.startswith("/")
    assert chat.site.order_status(number) == "active"


@pytest.mark.parametrize("name", ["slack", "telegram", "whatsapp", "messenger"])
def test_a_button_of_an_earlier_message_confirms_nothing_later(world: World, name: str) -> None:
    chat = a_chat(world, name)
    first, old = chat.quote()
    second, new = chat.quote()
    assert old.carries("Confirm") != new.carries("Confirm")
    chat.delivers(chat.provider.press(chat.who, "Confirm", old.carries("Confirm")))
    assert "earlier message" in chat.hears()[-1].text
    assert chat.site.order_status(first) == chat.site.order_status(second) == "active"
    chat.confirm(new)
    assert chat.site.order_status(second) != "active" or "$44.00" in chat.hears()[-1].text


@pytest.mark.parametrize("name", ["telegram", "whatsapp", "slack", "messenger"])
def test_a_yes_that_was_written_before_the_quote_came_is_late(world: World, name: str) -> None:
    chat = a_chat(world, name)
    early = chat.provider.words(chat.who, "yes")
    moved_back(early, 90)
    number, _ = chat.quote()
    chat.delivers(early)
    assert "earlier message" in chat.hears()[-1].text
    assert chat.site.order_status(number) == "active"


@pytest.mark.parametrize("name", ["telegram", "sms", "email"])
def test_a_yes_from_before_the_quote_was_brought_confirms_nothing(world: World, name: str) -> None:
    chat = a_chat(world, name)
    chat.says("hello")
    number, email = chat.site.order()
    wish = f"I changed my mind, refund {number} to my wallet, mail {email}"
    chat.provider.stop()
    try:
        for text, answers in ((wish, 2), ("yes, do it", 3)):
            chat.delivers(chat.provider.words(chat.who, text))
            until(lambda answers=answers: len({m.reply_to for m in chat.log() if m.author is Author.BOT}) == answers)
    finally:
        chat.provider.start()
    chat.hears()
    assert chat.site.order_status(number) == "active"
    chat.says("yes, do it")
    assert chat.site.order_status(number) == "refund_pending"
    sound(chat)


def moved_back(event: Any, seconds: int) -> None:
    """As if it had been written so much earlier, and held up."""
    if "message" in event:
        event["message"]["date"] -= seconds
    elif "event" in event:
        event["event"]["ts"] = f"{time.time() - seconds:.6f}"
    elif event["object"] == "page":
        event["entry"][0]["messaging"][0]["timestamp"] -= 1000 * seconds
    else:
        message = event["entry"][0]["changes"][0]["value"]["messages"][0]
        message["timestamp"] = str(int(message["timestamp"]) - seconds)


def test_messages_that_come_in_the_wrong_order_are_each_answered_once(chat: Chat) -> None:
    first, second = (chat.provider.words(chat.who, text) for text in ("hello", "what is your refund policy?"))
    chat.delivers(second)
    chat.delivers(first)
    chat.delivers(second)
    chat.hears()
    log = chat.log()
    asked = [message for message in log if message.author.value == "customer"]
    assert [message.text for message in asked] == ["what is your refund policy?", "hello"]
    assert {message.reply_to for message in log if message.reply_to} == {message.seq for message in asked}


def test_a_word_by_which_twilio_ends_messages_is_left_to_it_and_cancel_gets_a_person(world: World) -> None:
    chat = a_chat(world, "sms")
    for word in ("STOP", "stop ", "Unsubscribe", "START"):
        chat.delivers(chat.provider.words(chat.who, word))
    chat.delivers(chat.provider.words(chat.who, "please remove me", OptOutType="STOP"))
    chat.hears_nothing()
    assert chat.says("stop! that was not what I meant")
    chat.provider.blocked.add(chat.who)
    chat.delivers(chat.provider.words(chat.who, "CANCEL"))
    facts = until(lambda: undelivered(chat, chat.talk()))
    assert facts["error"].endswith("21610")
    sound(chat)


@pytest.fixture(scope="module")
def dana(world: World) -> Person:
    return at_work(world.site)


def test_a_person_answers_in_the_same_chat_and_is_rated(chat: Chat, dana: Person) -> None:
    reference = re.search(r"RD-[A-Z0-9]{6}", chat.says("I want to talk to a human please"))
    assert reference is not None
    dana.does(reference[0], "take")
    assert "Dana joined" in chat.hears()[-1].text
    dana.does(reference[0], "say", text="Is 3 < 4 & *you* well? https://desk.example/x?a=1&b=2")
    assert chat.hears()[-1].text.replace("&lt;", "<").replace("&amp;", "&").startswith("Dana: Is 3 < 4 & *you* well?")
    chat.delivers(chat.provider.words(chat.who, "yes I am"))
    chat.hears_nothing()
    dana.does(reference[0], "close")
    ending = chat.hears()
    assert "Dana left" in ending[-2].text and "from 1 (badly) to 5" in ending[-1].text
    assert "Thank you" in chat.says("5")
    with chat.site.services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        case = uow.cases.find(reference[0])
        assert case is not None
        scores = sa.select(t.ratings.c.score).where(t.ratings.c.case_id == case.id)
        assert uow.connection.execute(scores).scalars().all() == [5]
    sound(chat)


def test_a_provider_that_is_down_gets_everything_in_order_once_it_is_up(chat: Chat) -> None:
    chat.says("hello")
    chat.provider.stop()
    try:
        chat.delivers(chat.provider.words(chat.who, "what is your refund policy?"))
        time.sleep(1.5)
    finally:
        chat.provider.start()
    assert "refund" in "\n".join(got.text for got in chat.hears()).lower()
    chat.hears_nothing()
    sound(chat)


@pytest.mark.parametrize("name", ["slack", "telegram", "sms", "whatsapp"])
def test_too_many_is_waited_for_and_no_part_comes_twice(world: World, name: str, dana: Person) -> None:
    chat = a_chat(world, name)
    reference = re.search(r"RD-[A-Z0-9]{6}", chat.says("I want to talk to a human please"))
    assert reference is not None
    dana.does(reference[0], "take")
    chat.hears()
    chat.provider.fail("POST", [ShopFault.TOO_MANY] * 4)  # more than the attempts that are allowed
    words = " ".join(f"word{place}" for place in range(420))
    dana.does(reference[0], "say", text=words)
    parts = chat.hears(40)
    assert re.findall(r"word\d+", " ".join(part.text for part in parts)) == words.split()
    assert len(parts) == {"slack": 2, "sms": 3}.get(name, 1)
    sound(chat)


def test_a_customer_who_can_not_be_reached_becomes_a_case_for_a_person(chat: Chat) -> None:
    chat.says("hello")
    chat.provider.blocked.add(chat.who if chat.name in ("telegram", "email") else chat.provider.address(chat.who))
    chat.provider.blocked.add(chat.who)
    chat.delivers(chat.provider.words(chat.who, "what is your refund policy?"))
    talk = chat.talk()
    until(lambda: undelivered(chat, talk))
    with chat.site.services.unit_of_work() as uow:
        case = uow.cases.open_question(talk)
        assert case is not None and case.state is CaseState.IN_REVIEW
    until(lambda: all(m.delivered_at or m.failed_at for m in chat.log() if m.author.value == "bot"))


def undelivered(chat: Chat, talk: str) -> dict[str, Any] | None:
    """What people are told of a message that did not reach its customer."""
    with chat.site.services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        in_review = (t.cases.c.conversation_id == talk, t.cases.c.state == CaseState.IN_REVIEW.value)
        ids = uow.connection.execute(sa.select(t.cases.c.id).where(*in_review)).scalars().all()
        handoffs = [uow.handoffs.of_case(case_id) for case_id in ids]
    facts = [handoff.facts for handoff in handoffs if handoff is not None and handoff.facts]
    return next((one for one in facts if one.get("step") == "bring a message to the customer"), None)


@pytest.mark.parametrize(
    ("name", "fails", "code"),
    [
        ("sms", "undelivered", "30003"),
        ("twilio-whatsapp", "failed", "30003"),
        ("whatsapp", "failed", "131047"),
    ],
)
def test_what_was_taken_and_could_not_be_brought_becomes_a_case(world: World, name: str, fails: str, code: str) -> None:
    chat = a_chat(world, name)
    number, quote = chat.quote()
    talk = chat.talk()
    assert chat.provider.forges(chat.provider.status(chat.who, quote.name, fails)).status_code == 401
    for status in ("sent", "delivered", "read"):
        chat.delivers(chat.provider.status(chat.who, quote.name, status))
    chat.delivers(chat.provider.status(chat.who, "of somebody else", fails))
    assert undelivered(chat, talk) is None and all(m.failed_at is None for m in chat.log())

    for _ in range(2):
        chat.delivers(chat.provider.status(chat.who, quote.name, fails))
    facts = undelivered(chat, talk)
    assert facts is not None and facts["error"].endswith(code)
    (failed,) = [message for message in chat.log() if message.failed_at is not None]
    assert failed.delivered_at is None and failed.seq == facts["message"]

    # Nobody has seen the figures: a yes is not for them.
    chat.delivers(chat.provider.words(chat.who, "yes"))
    time.sleep(1)
    assert chat.site.order_status(number) == "active"
    sound(chat)


@pytest.mark.parametrize("name", list(PROVEN))
def test_who_the_provider_knows_needs_only_the_order_number(world: World, name: str) -> None:
    chat = a_chat(world, name)
    number, _ = chat.site.order(**chat.proven())
    assert "$44.00" in chat.says(f"I changed my mind, please refund {number} to my wallet")
    # A mail whose sender nobody has proven gets a conversation of its own, and sees nothing of this one.
    if name == "email":
        event = chat.provider.words(chat.who, f"I changed my mind, please refund {number} to my wallet", spf="fail")
        event.update(in_reply_to="", references="<guess@desk.example>")
        chat.delivers(event)
        assert "$44.00" not in chat.hears()[-1].text
    foreign, _ = chat.site.order()
    assert "$44.00" not in chat.says(f"I changed my mind, please refund {foreign} to my wallet")
