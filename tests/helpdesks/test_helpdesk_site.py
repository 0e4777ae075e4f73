"""The running bot with a help desk: customers on REST, and customers of Chatwoot itself."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from desk_people import PEOPLE, ChatwootPeople, People, Request
from running import Customer, Site, running_site

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


def said_to(site: Site, customer: Customer) -> list[str]:
    """The whole log of a conversation."""
    with site.services.unit_of_work() as uow:
        return [message.text for message in uow.messages(customer.conversation_id)]


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

    send(site, people, people.message(12_345_678, 1, "hello"))
    until(told)
    again = people.message(12_345_678, 2, "I want a refund")
    send(site, people, again)
    send(site, people, again)
    until(lambda: any("order" in text.lower() for text in told()))
    time.sleep(1.5)
    count = len(told())
    send(site, people, again)
    time.sleep(1.5)
    assert len(told()) == count  # answered once

    send(site, people, people.message(12_345_678, 3, "let me talk to a human"))
    until(lambda: talk["status"] == "open")
    assert any("RD-" in text for text in told(private=True))
    until(lambda: any("RD-" in text for text in told()))
    send(site, people, people.becomes("open", 12_345_678))
    dana = {"id": 5, "name": "Dana Woot", "type": "user"}
    send(site, people, people.message(12_345_678, 4, "Hi, Dana here", message_type="outgoing", sender=dana))
    time.sleep(1.5)
    count = len(talk["messages"])
    send(site, people, people.message(12_345_678, 5, "thank you Dana"))
    time.sleep(2)
    assert len(talk["messages"]) == count  # the bot is silent, and nobody's words come twice

    send(site, people, people.becomes("pending", 12_345_678))
    send(site, people, people.message(12_345_678, 6, "hello bot"))
    until(lambda: len(talk["messages"]) > count)
    assert people.desk.violations == []
