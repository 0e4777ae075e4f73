"""The running bot with a help desk: customers on REST, and customers of Chatwoot itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest

from bot.cases.ports.helpdesk import TicketState
from bot.connectors.chatwoot.deliver import account_of
from tests.e2e.running import Customer, Site, running_site
from tests.helpdesks.desk_people import PEOPLE, ChatwootPeople, People, Request

pytestmark = pytest.mark.e2e


@pytest.fixture(scope="module", params=PEOPLE, ids=lambda people: people.name)
def staffed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Site, Any]]:
    """A bot, and the people of its help desk."""
    people: People = request.param()
    people.start()
    with running_site(tmp_path_factory.mktemp(people.name), **people.settings()) as site:
        yield site, people
    people.stop()


def send(site: Site, people: People, request: Request) -> None:
    """What the help desk tells us."""
    headers, body = request
    answer = httpx.post(f"{site.url}/webhooks/helpdesk/{people.name}", headers=headers, content=body, timeout=10)
    assert answer.status_code == 200, answer.text


def until(happened: Callable[[], Any]) -> Any:
    """What comes of it, once something does; the worker looks twice a second."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            found = happened()
        except (ValueError, StopIteration):  # nothing is there yet
            found = None
        if found:
            return found
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def ticket_state(site: Site, number: str) -> TicketState:
    """How far we know a ticket of Chatwoot to be."""
    with site.services.unit_of_work() as uow:
        ticket = uow.tickets.named("chatwoot", number)
    assert ticket is not None
    return ticket.state


def said_to(site: Site, customer: Customer) -> list[str]:
    """The whole log of a conversation."""
    with site.services.unit_of_work() as uow:
        return [message.text for message in uow.messages.of_conversation(customer.conversation_id)]


def test_a_customer_on_rest_is_helped_by_a_person(staffed: tuple[Site, Any]) -> None:
    site, people = staffed
    customer = site.customer()
    assert "RD-" in customer.says("I want to talk to a human")
    reference = site.cases(customer)[0].case.reference
    until(lambda: reference in "\n".join(people.seen()))
    if people.takes_first:
        send(site, people, people.takes())
    send(site, people, people.answer("Dana here. Which card is it?"))
    until(lambda: "Dana here. Which card is it?" in said_to(site, customer))

    answer = httpx.post(
        f"{site.url}/webhooks/rest/webhook",
        json={"sender": customer.conversation_id, "message": "the blue card"},
        timeout=60,
    ).json()
    assert "Dana here. Which card is it?" in [reply["text"] for reply in answer]
    assert all(reply.get("author") in ("agent", "system") for reply in answer)  # the bot says nothing
    until(lambda: sum("the blue card" in text for text in people.seen()) == 1)

    send(site, people, people.solves())
    until(lambda: site.cases(customer)[0].case.state.value == "done")
    assert "assistant again" in "\n".join(said_to(site, customer))
    customer.says("hello")
    assert [reply for reply in customer.replies if "author" not in reply]  # the bot answers again


@pytest.mark.parametrize("staffed", [ChatwootPeople], indirect=True, ids=["chatwoot"])
def test_a_customer_of_chatwoot(staffed: tuple[Site, Any]) -> None:
    site, people = staffed
    desk = people.desk
    desk.add(12_345_678, inbox=9)
    talk = desk.conversations[12_345_678]

    def told(*, private: bool = False) -> list[str]:
        return [each["content"] for each in talk["messages"] if bool(each.get("private")) is private]

    send(site, people, people.writes(12_345_678, 1, "hello"))
    until(told)
    again = people.writes(12_345_678, 2, "I want a refund")
    send(site, people, again)
    send(site, people, again)
    until(lambda: any("order" in text.lower() for text in told()))
    time.sleep(1.5)
    count = len(told())
    send(site, people, again)
    time.sleep(1.5)
    assert len(told()) == count  # answered once

    send(site, people, people.writes(12_345_678, 3, "let me talk to a human"))
    until(lambda: talk["status"] == "open")
    assert any("RD-" in text for text in told(private=True))
    until(lambda: any("RD-" in text for text in told()))
    send(site, people, people.becomes("open", 12_345_678))
    dana = {"id": 5, "name": "Dana Woot", "type": "user"}
    send(site, people, people.message(12_345_678, 4, "Hi, Dana here", message_type="outgoing", sender=dana))
    time.sleep(1.5)
    count = len(talk["messages"])
    send(site, people, people.writes(12_345_678, 5, "thank you Dana"))
    time.sleep(2)
    assert len(talk["messages"]) == count  # the bot is silent, and nobody's words come twice

    send(site, people, people.becomes("pending", 12_345_678))
    send(site, people, people.writes(12_345_678, 6, "hello bot"))
    until(lambda: len(talk["messages"]) > count)

    # Chatwoot asks for ratings in its own way: a number that is written next is none.
    send(site, people, people.writes(12_345_678, 7, "human please"))
    until(lambda: talk["status"] == "open")
    until(lambda: ticket_state(site, "12345678") is TicketState.OPEN)
    send(site, people, people.becomes("resolved", 12_345_678))
    until(lambda: site.cases(Customer(site.url, account_of("12345678")))[-1].case.state.value == "done")
    send(site, people, people.writes(12_345_678, 8, "5"))
    time.sleep(2)
    assert not any("from 1" in text or "Thank you for telling" in text for text in told())
    assert people.desk.violations == []


@pytest.mark.parametrize("staffed", [ChatwootPeople], indirect=True, ids=["chatwoot"])
@pytest.mark.parametrize(("channel", "number"), [("Channel::WebWidget", 71), ("Channel::Sms", 72)])
def test_a_refund_in_chatwoots_own_inbox(staffed: tuple[Site, Any], channel: str, number: int) -> None:
    site, people = staffed
    people.desk.add(number, inbox=9, channel=channel)
    talk = people.desk.conversations[number]
    ids = iter(range(number * 100, number * 100 + 99))

    def says(text: str, expected: str, **more: Any) -> dict[str, Any]:
        count = len(talk["messages"])
        send(site, people, people.writes(number, next(ids), text, **more))
        return until(lambda: next((m for m in talk["messages"][count:] if expected in m["content"]), None))

    first, email = site.order()
    ask = "I changed my mind, refund {} to my wallet, mail {}"
    quote = says(ask.format(first, email), "$44.00")
    assert "You receive: $44.00" in quote["content"] or "$6.00" in quote["content"]
    assert "can't open attachments" in says("", "attachments", attachments=[{"id": 1}])["content"]
    if channel == "Channel::WebWidget":
        assert "1. Confirm" not in quote["content"]
        old = people.chooses(number, next(ids), "Confirm")
        second, email = site.order()
        says(ask.format(second, email), second)
        until(lambda: [m for m in talk["messages"] if second in m["content"] and m.get("content_type")])
        count = len(talk["messages"])
        send(site, people, old)
        until(lambda: any("earlier message" in m["content"] for m in talk["messages"][count:]))
        assert site.order_status(first) == site.order_status(second) == "active"
        yes = people.chooses(number, next(ids), "Confirm")
    else:
        assert "1. Confirm" in quote["content"] and "content_type" not in quote
        second, yes = first, people.writes(number, next(ids), "1")
    send(site, people, yes)
    send(site, people, yes)
    until(lambda: site.order_status(second) == "refund_pending")
    until(lambda: any("RD-" in m["content"] for m in talk["messages"]))
    assert people.desk.violations == []
