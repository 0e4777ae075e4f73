"""The website's channel over HTTP: sent once, shown once, in order, to nobody else."""

from __future__ import annotations

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import jwt
import pytest

from bot.cases.conversation.messages import say
from bot.cases.desk.work import close, say_to_customer, take
from bot.cases.model import Author, Role
from tests.desk_builders import signed_up
from tests.e2e.running import Site, running_site
from tests.e2e.shop import TOKEN_SECRET, Inbox
from tests.e2e.test_edge import new_address

pytestmark = pytest.mark.e2e


@dataclass
class Visitor:
    """A browser with the chat open."""

    url: str
    sender: str = field(default_factory=lambda: uuid.uuid4().hex)
    resume: str | None = None
    seen: int = 0
    sent: list[dict[str, str]] = field(default_factory=list)
    token: str | None = None
    address: str | None = None

    @property
    def headers(self) -> dict[str, str]:
        given = {
            "X-Refund-Desk-Sender": self.sender,
            "X-Refund-Desk-Resume": self.resume,
            "Authorization": self.token and f"Bearer {self.token}",
            "X-Forwarded-For": self.address,
        }
        return {name: value for name, value in given.items() if value}

    def asks(self, method: str, path: str, **more: Any) -> httpx.Response:
        answer = httpx.request(method, f"{self.url}/webhooks/web/{path}", headers=self.headers, timeout=40, **more)
        if answer.status_code == 410 and path != "secret" and self.renews().status_code == 204:
            return self.asks(method, path, **more)
        self.resume = answer.headers.get("X-Refund-Desk-Resume", self.resume)
        return answer

    def renews(self, **changes: str) -> httpx.Response:
        """Ask for the secret that one of the last messages has brought."""
        return self.asks("POST", "secret", json={"messages": [{**one, **changes} for one in self.sent[:10]]})

    def opens(self) -> dict[str, Any]:
        answer = self.asks("POST", "open", json={})
        assert answer.status_code == 200, answer.text
        return answer.json()

    def sends(self, text: str, message_id: str | None = None, **more: Any) -> httpx.Response:
        message = {"message_id": message_id or uuid.uuid4().hex, "key": uuid.uuid4().hex}
        self.sent.insert(0, message)
        data = {**message, "text": text, **more}
        return self.asks("POST", "messages", json=data)

    def polls_out(self) -> list[dict[str, Any]]:
        """What long polls bring until one is refused."""
        found: list[dict[str, Any]] = []
        while (answer := self.asks("GET", f"messages?after={self.seen}&wait=20")).status_code == 200:
            found += answer.json()["messages"]
            self.seen = max([self.seen, *(message["seq"] for message in found)])
        return found

    def polls(self, wait: int = 20) -> list[dict[str, Any]]:
        answer = self.asks("GET", f"messages?after={self.seen}&wait={wait}").json()
        self.seen = max([self.seen, *(message["seq"] for message in answer["messages"])])
        return answer["messages"]

    def hears(self) -> list[dict[str, Any]]:
        """What comes until the bot has answered."""
        heard: list[dict[str, Any]] = []
        while not any(message["who"] == "bot" for message in heard):
            heard += self.polls()
        return [message for message in heard if message["who"] != "customer"]

    def says(self, text: str) -> str:
        assert self.sends(text).status_code == 202
        return "\n".join(message["text"] for message in self.hears())


@pytest.fixture
def visitor(site: Site) -> Visitor:
    return Visitor(site.url)


def events(
    visitor: Visitor, after: int = 0, opened: Callable[[], object] = lambda: None
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The server-sent events of a conversation; `opened` is called once the stream is there."""
    headers = {**visitor.headers, "Accept": "text/event-stream"}
    url = f"{visitor.url}/webhooks/web/messages?after={after}"
    with httpx.stream("GET", url, headers=headers, timeout=40) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        opened()
        kind = ""
        for line in stream.iter_lines():
            if line.startswith("event: "):
                kind = line[7:]
            elif line.startswith("data: "):
                yield kind, json.loads(line[6:])


def signed(email: str, seconds: int) -> str:
    """A token of the shop that is good for so long."""
    now = int(time.time())
    claims = {"sub": email, "email": email, "aud": "refund-desk", "iat": now, "exp": now + seconds}
    return jwt.encode(claims, TOKEN_SECRET, algorithm="HS256")


def test_the_bot_greets_who_opens_the_chat_and_only_once(visitor: Visitor) -> None:
    assert visitor.opens()["greeting"] is True
    assert {message["who"] for message in visitor.hears()} == {"bot"}
    assert visitor.opens()["greeting"] is False
    assert visitor.polls(wait=1) == []


def test_a_whole_refund_with_its_card(site: Site, visitor: Visitor) -> None:
    number, email = site.order()
    visitor.opens()
    visitor.hears()
    visitor.sends(f"I changed my mind, refund {number} to my wallet please, my mail is {email}")
    quote = visitor.hears()[-1]
    rows = {row["label"]: row["value"] for row in quote["card"]["rows"]}
    assert (rows["Paid"], rows["Fee"], rows["Refund"]) == ("$50.00", "$6.00", "$44.00")
    assert quote["card"]["clauses"][0]["url"].startswith("/policy?version=2020-01#R")
    assert quote["buttons"][0] == {"title": "Confirm", "payload": "/affirm"}
    visitor.sends("/affirm", title="Confirm")
    done = visitor.hears()[-1]
    assert "$44.00" in done["text"]
    assert done["card"]["reference"].startswith("RD-")
    assert site.order_status(number) == "refund_pending"


def test_a_message_that_arrives_twice_is_one_message_with_one_answer(visitor: Visitor) -> None:
    visitor.opens()
    visitor.hears()
    answers = [visitor.sends("what is your refund policy?", "m-1") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [202, 200, 200]
    assert len({answer.json()["seq"] for answer in answers}) == 1
    heard = visitor.hears() + visitor.polls(wait=2)
    assert len([message for message in heard if message["who"] == "bot"]) == 1


def test_a_stream_brings_what_is_said_and_goes_on_where_it_was(site: Site, visitor: Visitor) -> None:
    visitor.opens()
    visitor.hears()
    threading.Timer(1.0, lambda: visitor.sends("what is your refund policy?")).start()
    seen: list[tuple[str, dict[str, Any]]] = []
    for kind, data in events(visitor):
        seen.append((kind, data))
        if kind == "typing" and not data["on"] and len([k for k, _ in seen if k == "message"]) >= 4:
            break
    told = [data for kind, data in seen if kind == "message"]
    assert [message["who"] for message in told] == ["bot", "bot", "customer", "bot"]
    assert {"who": "bot", "on": True} in [data for kind, data in seen if kind == "typing"]
    assert next(data for kind, data in seen if kind == "status")["with"] == "bot"
    after = told[2]["seq"]
    assert next(data for kind, data in events(visitor, after) if kind == "message") == told[3]


def test_what_another_process_writes_arrives_by_itself(site: Site, visitor: Visitor) -> None:
    visitor.opens()
    visitor.hears()

    def from_elsewhere() -> None:
        with site.services.unit_of_work() as uow:
            say(uow, site.services, visitor.sender, Author.SYSTEM, {"text": "news"})
            uow.commit()

    threading.Timer(1.0, from_elsewhere).start()
    before = time.monotonic()
    assert [message["text"] for message in visitor.polls()] == ["news"]
    assert time.monotonic() - before < 10


def test_nobody_reads_or_writes_in_the_conversation_of_another(site: Site, visitor: Visitor) -> None:
    visitor.opens()
    visitor.says("my secret is a blue horse")
    thief = Visitor(site.url, visitor.sender)
    assert thief.opens()["greeting"] is True
    assert not any("horse" in message["text"] for message in thief.hears())
    thief = Visitor(site.url, visitor.sender, "A" * 43)
    thief.sends("hello there")
    assert not any("horse" in message["text"] for message in thief.polls(wait=1))
    assert not any("hello there" in message["text"] for message in visitor.polls(wait=1))


def test_a_proof_replaces_the_secret_and_its_sender_alone_gets_the_new_one(site: Site, visitor: Visitor) -> None:
    """The other has planted a secret of his own with the customer, and listens."""
    number, email = site.order()
    visitor.opens()
    visitor.hears()
    planter = Visitor(site.url, visitor.sender, visitor.resume, visitor.seen)
    heard: list[tuple[str, dict[str, Any]]] = []
    opened = threading.Event()
    listens = threading.Thread(target=lambda: heard.extend(events(planter, opened=opened.set)))
    waiting = Visitor(site.url, visitor.sender, visitor.resume, visitor.seen + 1)  # for what is answered
    polls = threading.Thread(target=lambda: heard.extend(("poll", one) for one in waiting.polls_out()))
    for thread in (listens, polls):
        thread.start()
    assert opened.wait(20)
    visitor.sends(f"I changed my mind, refund {number} to my wallet please, my mail is {email}")
    for thread in (listens, polls):
        thread.join(20)
        assert not thread.is_alive(), "it ends at once"
    assert ("gone", {}) in heard and not any("44.00" in json.dumps(data) for _, data in heard)

    planter.sent = [{**one, "key": "f" * 32} for one in visitor.sent]
    for method, path, body in (
        ("POST", "open", {}),
        ("GET", "messages?after=0", None),
        ("GET", "messages?after=0&wait=1", None),
        ("POST", "messages", {"message_id": "m-9", "text": "yes"}),
        ("POST", "messages", {**planter.sent[0], "text": "yes"}),
        ("POST", "messages", {"message_id": visitor.sent[0]["message_id"], "text": "yes"}),
        ("POST", "typing", {"on": True}),
        ("POST", "rating", {"reference": "RD-AAAAAA", "score": 1}),
        ("POST", "secret", {"messages": planter.sent}),
        ("POST", "secret", {"messages": [{"message_id": one["message_id"]} for one in planter.sent]}),
    ):
        refused = planter.asks(method, path, **({"json": body} if body is not None else {}))
        assert (refused.status_code, refused.json()) == (410, {"error": "this secret opens nothing any more"})
        assert "x-refund-desk-resume" not in refused.headers

    old = visitor.resume
    assert "44.00" in visitor.hears()[-1]["text"] and visitor.resume not in (None, old)
    assert "$44.00" in visitor.says("yes") and site.order_status(number) == "refund_pending"


def test_a_lost_answer_to_the_message_that_proved_it_loses_no_conversation(site: Site, visitor: Visitor) -> None:
    number, email = site.order()
    visitor.opens()
    visitor.hears()
    old = visitor.resume
    data = {"message_id": "m-1", "key": "k" * 16, "text": f"I changed my mind, refund {number} to my wallet, {email}"}
    visitor.asks("POST", "messages", json=data)
    visitor.sent = []
    until = time.monotonic() + 20
    while visitor.asks("POST", "open", json={}).status_code != 410 and time.monotonic() < until:
        time.sleep(0.1)
    again = visitor.asks("POST", "messages", json=data)
    assert again.status_code == 200 and visitor.resume not in (None, old)
    assert "44.00" in visitor.hears()[-1]["text"]


def test_a_stream_and_a_poll_end_with_the_token_that_opened_them(strict_site: Site) -> None:
    number, email = strict_site.order()
    visitor = Visitor(strict_site.url)
    visitor.address = new_address()
    visitor.token = signed(email, seconds=4)
    visitor.opens()
    listens = threading.Thread(target=lambda: list(events(visitor)), daemon=True)
    listens.start()
    listens.join(8)
    assert not listens.is_alive()
    for method, path, body in (
        ("POST", "open", {}),
        ("GET", "messages?after=0", None),
        ("POST", "messages", {"message_id": "m", "text": f"refund {number}"}),
        ("POST", "typing", {"on": True}),
        ("POST", "rating", {"reference": "RD-AAAAAA", "score": 1}),
        ("POST", "secret", {"messages": [{"message_id": "m"}]}),
    ):
        answer = visitor.asks(method, path, **({"json": body} if body is not None else {}))
        assert (answer.status_code, answer.json()) == (401, {"error": "the token has expired"}), path
    visitor.token = None
    assert visitor.opens()["greeting"], "without it the conversation is another"


def test_the_history_is_there_again_with_the_secret(site: Site, visitor: Visitor) -> None:
    visitor.opens()
    visitor.hears()
    visitor.says("what is your refund policy?")
    again = Visitor(site.url, visitor.sender, visitor.resume)
    assert [message["who"] for message in again.polls(wait=0)] == ["bot", "bot", "customer", "bot"]


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"text": ""}, 400),
        ({"text": 7}, 400),
        ({"message_id": ""}, 400),
        ({"message_id": "x" * 101}, 400),
        ({"title": ["x"]}, 400),
        ({"text": "x" * 20_000}, 413),
    ],
)
def test_what_is_no_message_is_answered_clearly(visitor: Visitor, change: dict[str, Any], status: int) -> None:
    visitor.opens()
    data = {"message_id": "m", "text": "hello", **change}
    answer = visitor.asks("POST", "messages", json=data)
    assert answer.status_code == status
    assert set(answer.json()) == {"error"}


def test_a_request_without_a_name_or_with_a_bad_one_is_told_so(site: Site) -> None:
    for headers in ({}, {"X-Refund-Desk-Sender": "short"}, {"X-Refund-Desk-Sender": "<script>alert(1)</script>"}):
        answer = httpx.post(f"{site.url}/webhooks/web/open", json={}, headers=headers)
        assert answer.status_code == 400
        assert "X-Refund-Desk-Sender" in answer.json()["error"]


def test_a_card_number_is_gone_before_it_is_stored(site: Site, visitor: Visitor) -> None:
    visitor.opens()
    visitor.hears()
    answer = visitor.sends("my card is 4111 1111 1111 1111")
    assert "4111" not in answer.text
    heard = visitor.hears()
    assert "removed the card number" in heard[-1]["text"]


def test_too_much_at_once_is_slowed_down(strict_site: Site) -> None:
    visitor = Visitor(strict_site.url)
    visitor.opens()
    answers = [visitor.sends(f"message {number}") for number in range(8)]
    slowed = answers[-1]
    assert slowed.status_code == 429
    assert int(slowed.headers["Retry-After"]) > 0
    assert "faster than I can read" in slowed.json()["text"]


def quoted(site: Site, visitor: Visitor) -> tuple[str, dict[str, Any]]:
    """A refund up to its figures: the order, and the quote."""
    number, email = site.order()
    visitor.opens()
    visitor.hears()
    visitor.sends(f"I changed my mind, refund {number} to my wallet please, my mail is {email}")
    return number, visitor.hears()[-1]


def test_change_asks_what_should_be_different_and_quotes_anew(site: Site, visitor: Visitor) -> None:
    number, quote = quoted(site, visitor)
    assert [button["title"] for button in quote["buttons"]] == ["Confirm", "Change", "Talk to a person"]
    visitor.sends(quote["buttons"][1]["payload"], title="Change")
    asked = visitor.hears()[-1]
    assert "what should be different" in asked["text"]
    visitor.sends(asked["buttons"][1]["payload"], title=asked["buttons"][1]["title"])
    again = visitor.hears()[-1]
    rows = {row["label"]: row["value"] for row in again["card"]["rows"]}
    assert rows["Goes to"] == "the original payment method"
    assert again["card"]["reference"] == quote["card"]["reference"]
    assert site.order_status(number) == "active"
    assert "$44.00" in visitor.says("yes")
    assert site.order_status(number) == "refund_pending"


@pytest.mark.parametrize("yes", ["yes", "yes please, go ahead", "/affirm"])
def test_a_yes_from_before_the_figures_were_shown_confirms_nothing(site: Site, visitor: Visitor, yes: str) -> None:
    number, quote = quoted(site, visitor)
    visitor.sends(yes, seen=quote["seq"] - 1)
    assert "$44.00" in visitor.hears()[-1]["text"] and site.order_status(number) == "active"
    visitor.sends(yes, seen=visitor.seen)
    assert visitor.hears() and site.order_status(number) == "refund_pending"


def test_a_receipt_comes_with_the_confirmation(site: Site, visitor: Visitor) -> None:
    quoted(site, visitor)
    visitor.sends("/affirm", title="Confirm")
    receipt = visitor.hears()[-1]["card"]["receipt"]
    told = httpx.get(f"{site.url}{receipt}.json").json()
    assert (told["refund"], told["fee"]) == ("44.00", "6.00")


def test_a_person_joins_talks_and_leaves_and_the_bot_is_silent_meanwhile(site: Site, visitor: Visitor) -> None:
    dana = signed_up(site.services, "dana-web", "Dana", Role.AGENT, "a password of some length")
    visitor.opens()
    visitor.hears()
    visitor.sends("I want to talk to a human")
    handed = visitor.hears()[-1]
    reference = handed["card"]["reference"]
    assert visitor.opens()["status"]["with"] == "waiting"

    take(site.services, dana, reference)
    joined = visitor.polls()[-1]
    assert (joined["kind"], joined["agent"]["name"]) == ("joined", "Dana")
    status = visitor.opens()["status"]
    assert (status["with"], status["agent"]["name"]) == ("agent", "Dana")
    assert visitor.sends("are you there?").status_code == 202
    assert [message["who"] for message in visitor.polls(wait=2)] == ["customer"]
    assert visitor.polls(wait=2) == []
    say_to_customer(site.services, dana, reference, "Yes, I am.")
    assert [message["text"] for message in visitor.polls()] == ["Yes, I am."]

    close(site.services, dana, reference)
    kinds = [message["kind"] for message in visitor.polls()]
    assert kinds == ["left", "rating"]
    rated = [visitor.asks("POST", "rating", json={"reference": reference, "score": 5}).status_code for _ in range(2)]
    assert rated == [204, 409]
    assert visitor.asks("POST", "rating", json={"reference": reference, "score": 9}).status_code == 400
    assert "You can ask within 5 working days" in visitor.says("what are your terms?")


def test_by_night_the_customer_is_told_when_and_leaves_an_address(
    tmp_path: Path, mail_server: tuple[Inbox, int]
) -> None:
    inbox, port = mail_server
    closed = (datetime.now(ZoneInfo("America/New_York")) + timedelta(days=2)).strftime("%a")
    settings = {
        "business_hours": f"{closed} 09:00-09:01",
        "smtp_url": f"smtp://127.0.0.1:{port}",
        "mail_from": "desk@example.org",
    }
    with running_site(tmp_path, **settings) as site:
        visitor = Visitor(site.url)
        visitor.opens()
        visitor.hears()
        visitor.sends("I want to talk to a human")
        handed, away = visitor.hears()
        assert "Our people are back on" in away["text"]
        assert not visitor.opens()["status"]["hours"]["open"]
        assert "night@example.net" in visitor.says("night@example.net")
        dana = signed_up(site.services, "dana", "Dana", Role.AGENT, "a password of some length")
        reference = handed["card"]["reference"]
        take(site.services, dana, reference)
        say_to_customer(site.services, dana, reference, "Good morning. All is well.")
        until = time.monotonic() + 30
        while not (mails := inbox.by_address.get("night@example.net")) and time.monotonic() < until:
            time.sleep(0.2)
        assert mails and "All is well" in mails[0]
