"""A bot that runs, its customers, and its database."""

from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta, timezone
from http.cookiejar import CookieJar, DefaultCookiePolicy
from pathlib import Path
from typing import Any

import httpx
import sqlalchemy as sa

from bot.bootstrap import bootstrap
from bot.cases.model import CaseFile
from bot.cases.services import Services
from bot.settings import PROJECT, Settings
from bot.store import tables as t
from bot.store.imports import import_orders, read_order_rows
from bot.store.unit_of_work import SqlUnitOfWork
from tests.e2e.preloaded import Forked, started
from tests.ports import free_port
from tests.store_builders import an_order_row

Process = subprocess.Popen[bytes] | Forked
_numbers = itertools.count(200_000)
asking = httpx.Client(
    limits=httpx.Limits(max_keepalive_connections=0), cookies=CookieJar(DefaultCookiePolicy(allowed_domains=[]))
)
"""Keeps no cookies and no connections, like a client for each request, which would spend 30 ms on certificates."""


@dataclass
class Customer:
    """One customer in one conversation."""

    url: str
    conversation_id: str
    replies: list[dict[str, Any]] = field(default_factory=list)

    def says(self, text: str, **more: Any) -> str:
        """Send a message; what the bot answers, as one text."""
        answer = asking.post(
            f"{self.url}/webhooks/rest/webhook",
            json={"sender": self.conversation_id, "message": text, **more},
            timeout=60,
        )
        assert answer.status_code == 200, answer.text
        self.replies = answer.json()
        assert self.replies, "the bot kept silent"
        return "\n".join(reply.get("text", "") for reply in self.replies)

    def presses(self, title: str) -> str:
        """Press one of the buttons of the last answer."""
        buttons = [button for reply in self.replies for button in reply.get("buttons", [])]
        return self.says(next(button["payload"] for button in buttons if button["title"] == title))


@dataclass
class Site:
    """A running bot and its database."""

    url: str
    home: Path
    services: Services
    process: Process

    def customer(self) -> Customer:
        """Someone new."""
        return Customer(self.url, f"test-{next(_numbers)}")

    def order(self, **changes: Any) -> tuple[str, str]:
        """A new order in the store, by default an unused card of today: its number and e-mail address."""
        number = changes.pop("number", None) or f"CC-{next(_numbers)}"
        email = f"buyer{number[3:]}@example.net"
        email = changes.pop("email", email)
        age = timedelta(days=changes.pop("days_ago", 0), minutes=5)
        placed_at = (datetime.now(timezone.utc) - age).isoformat()
        row = an_order_row(number, email, **{"placed_at": placed_at, **changes})
        with self.services.unit_of_work() as uow:
            assert isinstance(uow, SqlUnitOfWork)
            import_orders(uow, read_order_rows([row], "test"))
            uow.commit()
        return number, email

    def all_is_said(self) -> bool:
        """Whether no message waits for its answer, and none that is due is on its way to a customer."""
        m = t.messages.c
        now = datetime.now(timezone.utc)
        unanswered = sa.and_(m.author == "customer", m.answered_at.is_(None))
        due = sa.or_(m.next_at.is_(None), m.next_at <= now + timedelta(seconds=10))
        undelivered = sa.and_(m.author != "customer", m.delivered_at.is_(None), m.failed_at.is_(None), due)
        with self.services.unit_of_work() as uow:
            assert isinstance(uow, SqlUnitOfWork)
            waiting = sa.select(m.id).where(sa.or_(unanswered, undelivered)).limit(1)
            return uow.connection.execute(waiting).first() is None

    def cases(self, conversation: Customer) -> list[CaseFile]:
        """The cases of a conversation, oldest first."""
        with self.services.unit_of_work() as uow:
            assert isinstance(uow, SqlUnitOfWork)
            of_conversation = t.cases.c.conversation_id == conversation.conversation_id
            found = uow.connection.execute(sa.select(t.cases.c.reference).where(of_conversation).order_by(t.cases.c.id))
            files = [uow.case_files.find(reference) for (reference,) in found.all()]
        return [file for file in files if file is not None]

    def order_status(self, number: str) -> str:
        """The order's status in the store."""
        with self.services.unit_of_work() as uow:
            stored = uow.orders.find(number)
        assert stored is not None
        return stored.order.status.value


def events_of(home: Path, conversation_id: str) -> list[dict[str, Any]]:
    """The events of a conversation, opened from the tracker store."""
    with bootstrap(Settings(home=home)).unit_of_work() as uow:
        return uow.personal.events(conversation_id)


@contextmanager
def running_site(home: Path, *, demo: bool = False, preloaded: bool = True, **settings: str) -> Iterator[Site]:
    """``refund-desk run`` with its embedded defaults, this data folder, and the settings that are named; as a ``demo``
    with its orders; without ``preloaded`` by a command, as an operator starts it."""
    port = free_port()
    words = ["bot", "run", "--no-browser", "--port", str(port), *(["--demo"] if demo else [])]
    settings = {"business_hours": "always", **settings}  # or the bot would say other things by night
    variables = {f"REFUND_DESK_{name.upper()}": value for name, value in settings.items()}
    given = {**environment(home), **variables}
    process: Process
    if preloaded:
        process = started(words, given)
    else:
        command = [sys.executable, "-m", *words]
        process = subprocess.Popen(command, cwd=PROJECT, env=given, stdin=subprocess.DEVNULL)
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(url, process)
        services = bootstrap(Settings(home=home, **settings))
        yield Site(url, home, replace(services, demo=demo), process)
    finally:
        process.terminate()
        process.wait(30)


def children_of(pid: int) -> list[int]:
    """The processes that a process has started."""
    found = [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    assert len(found) >= 2
    return found


def environment(home: Path) -> dict[str, str]:
    """The environment of a bot with its own data folder."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("REFUND_DESK_")}
    return {**kept, "REFUND_DESK_HOME": str(home)}


def wait_for(url: str, process: Process, *, statuses: tuple[int, ...] = (200,)) -> httpx.Response:
    """Wait until the health check answers with one of the statuses."""
    until = time.monotonic() + 120
    while time.monotonic() < until:
        assert process.poll() is None, f"the bot ended with status {process.returncode}"
        try:
            answer = asking.get(f"{url}/health", timeout=10)
            if answer.status_code in statuses:
                return answer
        except httpx.HTTPError:
            pass
        time.sleep(0.2)
    raise AssertionError(f"{url}/health did not answer with {statuses}")
