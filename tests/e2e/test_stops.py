"""A site that is stopped while customers say yes and others listen: nothing is lost, nothing is done twice, nobody is
told sorry. Each start has to find what the last one left."""

from __future__ import annotations

import os
import signal
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest

from bot.cases.model import CaseKind, CaseState
from bot.wording import say
from tests.e2e.faulty import pid_of
from tests.e2e.listening import listen
from tests.e2e.running import Site, asking, children_of, running_site, wait_for

pytestmark = pytest.mark.e2e

CUSTOMERS, LISTENERS = 4, 100
LONGEST_STOP = 12.0
"""Seconds. It is 5 where nothing else runs; here other tests do."""


@dataclass
class Yes:
    """A customer who was shown a quote and says yes, again under the same name until it is answered."""

    talk: str
    answers: list[tuple[int, Any]] = field(default_factory=list)

    def says(self, url: str) -> None:
        """Once."""
        try:
            sent = {"sender": self.talk, "message": "yes", "message_id": f"{self.talk}-yes"}
            answer = asking.post(f"{url}/webhooks/rest/webhook", json=sent, timeout=40)
            self.answers.append((answer.status_code, answer.json()))
        except httpx.HTTPError:
            self.answers.append((0, None))  # nobody is there

    def is_served(self, site: Site) -> None:
        """Once the site runs again."""
        self.says(site.url)
        before, (status, said) = self.answers[:-1], self.answers[-1]
        assert all(answered in (0, 200, 503) for answered, _ in before), before
        assert status == 200
        (file,) = site.cases(self.customer(site))
        assert (file.case.kind, file.case.state) == (CaseKind.REFUND, CaseState.CONFIRMED)
        assert any(file.case.reference in message["text"] for message in said)
        texts = messages_of(site, self)
        assert texts.count("yes") == 1 and not any("sorry" in text.lower() for text in texts)

    def customer(self, site: Site) -> Any:
        """The same customer, as the site knows them."""
        customer = site.customer()
        customer.conversation_id = self.talk
        return customer


def saying_yes(site: Site, before: Callable[[], None] = lambda: None) -> tuple[list[Yes], list[threading.Thread]]:
    """Customers of whom the first has said yes this moment, and the others do; ``before`` they do."""
    buyers = []
    for _ in range(CUSTOMERS):
        number, email = site.order()
        customer = site.customer()
        wish = f"I want a refund for {number}, {email}, I changed my mind, to my wallet"
        assert "Shall I go ahead with" in customer.says(wish)
        buyers.append(Yes(customer.conversation_id))
    before()
    threads = [threading.Thread(target=buyer.says, args=(site.url,)) for buyer in buyers]
    for thread in threads:
        thread.start()
    until = time.monotonic() + 10
    while not any("yes" in messages_of(site, buyer) for buyer in buyers):
        assert time.monotonic() < until
        time.sleep(0.002)
    return buyers, threads


def messages_of(site: Site, buyer: Yes) -> list[str]:
    """What was said in the conversation."""
    with site.services.unit_of_work() as uow:
        return [message.text for message in uow.messages.of_conversation(buyer.talk)]


def gone(pids: list[int], seconds: float) -> float:
    """After how long none of the processes runs any more."""
    since = time.monotonic()
    while any(_runs(pid) for pid in pids):
        assert time.monotonic() - since < seconds, f"{pids} do not end"
        time.sleep(0.02)
    return time.monotonic() - since


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def test_however_it_is_stopped_four_yes_under_way_are_answered_and_nobody_is_told_sorry(tmp_path: Path) -> None:
    with running_site(tmp_path) as site:
        everything = [site.process.pid, *children_of(site.process.pid)]
        assert len({os.getpgid(pid) for pid in everything}) == 4, "Ctrl-C in a terminal reaches the supervisor alone"
        listeners = listen(site.url, LISTENERS)
        buyers, threads = saying_yes(site)
        os.kill(site.process.pid, signal.SIGINT)
        took = gone(everything, 20)
        for thread in threads:
            thread.join()
        for listener in listeners:
            assert listener.rest().endswith("retry: 5000\n\n"), "a clean end, and when to come back"
        assert took < LONGEST_STOP and site.process.wait(5) == 0

    with running_site(tmp_path) as site:
        for buyer in buyers:
            buyer.is_served(site)
        buyers, threads = saying_yes(site)
        everything = [site.process.pid, *children_of(site.process.pid)]
        os.kill(site.process.pid, signal.SIGKILL)  # then each of the others is told at once, as systemd does by default
        assert gone(everything, 20) < LONGEST_STOP
        for thread in threads:
            thread.join()

    with running_site(tmp_path) as site:
        for buyer in buyers:
            buyer.is_served(site)


SCRIPT, BROWSER = {"Accept": "application/json"}, {"Accept": "text/html,application/xhtml+xml"}
SENDER = {"X-Refund-Desk-Sender": "late-listener-0001"}
LATE: dict[str, tuple[str, str, dict[str, Any]]] = {
    "a yes by REST": ("POST", "/webhooks/rest/webhook", {"json": {"sender": "late", "message": "yes"}}),
    "a message by REST": ("POST", "/webhooks/rest/webhook", {"json": {"sender": "late", "message": "hello"}}),
    "REST without a body": ("POST", "/webhooks/rest/webhook", {}),
    "a message of the chat": ("POST", "/webhooks/web/messages", {"json": {"message_id": "1", "text": "hello"}}),
    "a chat that is opened": ("POST", "/webhooks/web/open", {"json": {}}),
    "a stream": ("GET", "/webhooks/web/messages", {"headers": {"Accept": "text/event-stream", **SENDER}}),
    "a long poll": ("GET", "/webhooks/web/messages?wait=25", {"headers": {**SCRIPT, **SENDER}}),
    "a poll of a stranger": ("GET", "/webhooks/web/messages?after=999999999999", {}),
    "somebody who types": ("POST", "/webhooks/web/typing", {"json": {"on": True}}),
    "a rating": ("POST", "/webhooks/web/rating", {"json": {"reference": "RD-AAAAAA", "score": 5}}),
    "the health check": ("GET", "/health", {}),
    "the form": ("GET", "/refund", {"headers": BROWSER}),
    "a form that is sent": ("POST", "/refund", {"headers": BROWSER, "data": {"order_number": "CC-104233"}}),
    "a page's yes": ("POST", "/refund/RD-AAAAAA", {"headers": BROWSER, "data": {"answer": "yes"}}),
    "a page's withdrawal": ("POST", "/withdraw/RD-AAAAAA", {"headers": BROWSER, "data": {"answer": "yes"}}),
    "signing in": ("POST", "/desk/sign-in", {"headers": BROWSER, "data": {"login": "dana", "password": "x"}}),
    "the desk's queue": ("GET", "/desk", {"headers": BROWSER}),
    "the desk's stream": ("GET", "/desk/events", {"headers": {"Accept": "text/event-stream"}}),
    "a decision": ("POST", "/desk/cases/RD-AAAAAA/decide", {"headers": BROWSER, "data": {"verdict": "approve"}}),
    "a path that looks like a provider's": ("POST", "/webhooks/web/../rest/webhook", {"json": {}}),
    "a path in capitals": ("POST", "/Webhooks/telegram", {"json": {}}),
    "a path with two slashes": ("POST", "//webhooks/rest/webhook", {"json": {}}),
    "a path that is nowhere": ("GET", "/nowhere", {"headers": BROWSER}),
    "a method that is none": ("BREW", "/refund", {}),
}
"""What comes while the server is being stopped, and is told to come again."""


def test_while_a_turn_holds_up_the_stop_all_are_told_to_come_back_and_the_turn_is_left_to_the_next_start(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    with running_site(tmp_path) as site:
        actions, server = pid_of(site, "actions"), pid_of(site, "server")
        assert actions is not None and server is not None
        # It has the call then, and does not answer.
        buyers, threads = saying_yes(site, lambda: os.kill(actions, signal.SIGSTOP))
        time.sleep(1)
        os.kill(server, signal.SIGTERM)
        time.sleep(0.1)
        with httpx.Client(base_url=site.url) as client:
            for what, (method, path, more) in LATE.items():
                record_property("hostile inputs", "a server that stops")
                answer = client.request(method, path, **more)
                assert answer.status_code == 503 and answer.headers["Retry-After"] == "5", what
                if BROWSER["Accept"] == answer.request.headers["Accept"]:
                    assert "<h1>One moment, please</h1>" in answer.text and say("restarting_refused") in answer.text, (
                        what
                    )
                else:
                    assert answer.json()["text"] == say("restarting_refused"), what
        assert _runs(server), "it was still being stopped"
        assert gone([server], 20) < LONGEST_STOP
        os.kill(actions, signal.SIGCONT)
        for thread in threads:
            thread.join()
        assert {status for buyer in buyers for status, _ in buyer.answers} == {503}
        wait_for(site.url, site.process)
        for buyer in buyers:
            buyer.is_served(site)

        everything = [site.process.pid, *children_of(site.process.pid)]
        for pid in everything[1:]:
            os.kill(pid, signal.SIGSTOP)  # none of them ends by itself
        site.process.terminate()
        time.sleep(0.3)
        assert _runs(site.process.pid)
        site.process.terminate()
        assert gone(everything, 5) < 2.0, "a second signal ends all at once"
