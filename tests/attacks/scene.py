"""An attacker and a victim at a running bot, and what must not have changed after an attack."""

from __future__ import annotations

import itertools
import json
import re
import socket
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
import sqlalchemy as sa

from bot.__main__ import main
from bot.store import tables as t
from bot.store.unit_of_work import SqlUnitOfWork
from tests.attacks.hostile import Hostile, signed
from tests.e2e.running import Site

WEBHOOK = "/webhooks/rest/webhook"
JSON = {"content-type": "application/json"}
SECONDS = 60
"""A guard against what hangs, no measure of speed: a busy machine takes several times as long as an idle one."""
HARMLESS = frozenset({"quoted", "in_review", "declined", "withdrawn"})
"""States of a case in which nothing has been agreed to."""
SLOTS = (
    "task plan order_number later_orders later_tasks email phone refund_reason proposed_reason refund_destination "
    "decision_id case_reference"
).split()
EVENTS = frozenset("action bot user slot user_featurization session_started".split())
"""Events that a conversation may hold: no restart, no rewind, no reset."""
INSIDE = re.compile(r"Traceback|File \"|Exception|sanic|utter_|action_|went wrong|\bNone\b|undefined|\x1b", re.I)
FAILED = re.compile(r"Traceback|failed|Exception|Error|CRITICAL")

_numbers = itertools.count(1)
_tls = httpx.create_ssl_context()
_waiting: dict[str, Party] = {}
"""A victim whom no attack names, by site."""


@dataclass
class Party:
    """Somebody with an order, in a conversation of their own."""

    site: Site
    sender: str
    number: str
    email: str
    name: str = "Test Buyer"
    phone: str = "+12125550111"
    client: httpx.Client = field(default_factory=lambda: httpx.Client(verify=_tls))
    replies: list[dict[str, Any]] = field(default_factory=list)

    def says(self, text: str, **more: Any) -> str:
        """An ordinary message; the answer as one text."""
        body = json.dumps({"sender": self.sender, "message": text, **more})
        answer = self.client.post(f"{self.site.url}{WEBHOOK}", content=body, headers=JSON, timeout=60)
        assert answer.status_code == 200, answer.text
        self.replies = answer.json()
        return "\n".join(reply.get("text", "") for reply in self.replies)

    def reference(self) -> str:
        """The reference of the newest case of the conversation."""
        of_conversation = t.cases.c.conversation_id == self.sender
        rows = query(self.site, sa.select(t.cases.c.reference).where(of_conversation).order_by(t.cases.c.id.desc()))
        return rows[0].reference if rows else "RD-AAAAAA"


@dataclass(frozen=True)
class World:
    """What the database holds of money, cases, orders, customers, incidents and verifications."""

    ledger: dict[int, Any]
    cases: dict[int, Any]
    orders: dict[int, Any]
    customers: dict[int, Any]
    incidents: dict[int, Any]
    verifications: dict[int, Any]


def query(site: Site, statement: Any) -> list[Any]:
    """The rows of a statement."""
    with site.services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        return list(uow.connection.execute(statement))


def events_of(site: Site, conversation_id: str) -> list[dict[str, Any]]:
    """The events of a conversation."""
    with site.services.unit_of_work() as uow:
        return uow.personal.events(conversation_id)


def slots_of(site: Site, conversation_id: str) -> dict[str, Any]:
    """The slots of a conversation that are more than a note."""
    held: dict[str, Any] = {}
    for event in events_of(site, conversation_id):
        if event["event"] == "slot" and event["name"] in SLOTS:
            held[event["name"]] = event["value"]
    return {name: value for name, value in held.items() if value is not None}


def world(site: Site) -> World:
    """The database as it is now."""
    tables = (t.ledger, t.cases, t.orders, t.customers, t.incidents, t.verifications)
    with site.services.unit_of_work() as uow:
        assert isinstance(uow, SqlUnitOfWork)
        return World(*({row.id: row for row in uow.connection.execute(sa.select(table))} for table in tables))


class Scene:
    """One attack: the situation is set up, then the attack is made, then everything is looked at."""

    def __init__(self, site: Site, hostile: Hostile, situation: str) -> None:
        self.site, self.hostile, self.situation = site, hostile, situation
        self.sent = ""
        key = next(_numbers)
        self.victim = self._victim(site, key)
        self.reference = self.victim.reference()
        number, email = site.order()
        self.own = Party(site, f"mallory-{key}", number, email)
        self._set_up()
        self.before = world(site)
        self.slots = slots_of(site, self.own.sender) if situation != "stranger" else {}
        self.victim_events = len(events_of(site, self.victim.sender))
        self.conversations = {row.id for row in query(site, sa.select(t.conversations.c.id))}
        self.logs = {path: path.stat().st_size for path in self._log_files()}

    def _victim(self, site: Site, key: int) -> Party:
        """Somebody at a quote. One whom an attack names is new, so that nothing counts from those before."""
        used = self.situation == "stranger" or "‹victim" in repr(self.hostile).lower()
        if not used and site.url in _waiting:
            return _waiting[site.url]
        number, email = site.order(
            amount_paid="83.71",
            original_balance="83.71",
            remaining_balance="83.71",
            product="victim-card",
            email=f"zebulon{key}@victim.example",
            customer={
                "name": "Zebulon Quartermaine",
                "email": f"zebulon{key}@victim.example",
                "phone": f"+1415555{key:04}",
            },
        )
        victim = Party(site, f"victim-{key}", number, email, "Zebulon Quartermaine", f"+1415555{key:04}")
        victim.says(f"I want a refund for {number}, {email}, I changed my mind")
        assert "$73.66" in victim.says("wallet", message_id="victim-1")
        if not used:
            _waiting[site.url] = victim
        return victim

    def _set_up(self) -> None:
        own = self.own
        wish = f"I want a refund for {own.number}"
        ready = f"{wish}, {own.email}, I changed my mind"
        steps = {
            "number": [("I want a refund", "order number")],
            "email": [(wish, "email address")],
            "reason": [(f"{wish}, {own.email}", "reason")],
            "destination": [(ready, "wallet, or")],
            "quote": [(ready, "wallet, or"), ("wallet", "Shall I go ahead with")],
            "confirmed": [(ready, "wallet, or"), ("wallet", "Shall I go ahead with"), ("yes", "Done")],
        }
        for text, answer in steps.get(self.situation, []):
            assert answer in own.says(text)
        if self.situation == "stranger":
            own.sender = self.victim.sender

    def fill(self, text: str) -> str:
        """A text with the names of this scene in it."""
        local = self.victim.email.partition("@")[0]
        digits = self.victim.number[3:]
        names = {
            "number": self.own.number,
            "email": self.own.email,
            "sender": self.own.sender,
            "reference": self.own.reference() if "‹reference›" in text else "",
            "own cookie": self._own_cookie() if "‹own cookie›" in text else "",
            "victim number": self.victim.number,
            "victim email": self.victim.email,
            "victim email cyrillic": self.victim.email.replace("e", "е", 1),
            "victim local": local,
            "victim phone": self.victim.phone,
            "victim reference": self.reference,
            "victim sender": self.victim.sender,
            "VICTIM SENDER": self.victim.sender.upper(),
            "victim digits": digits,
            "victim digits arabic": "".join(chr(0x0660 + int(digit)) for digit in digits),
        }
        for name, value in names.items():
            text = text.replace(f"‹{name}›", value)
        return text

    def _own_cookie(self) -> str:
        with httpx.Client(verify=_tls) as client:
            body = {"sender": f"{self.own.sender}-own", "message": "hello"}
            return str(client.post(f"{self.site.url}{WEBHOOK}", json=body, timeout=60).cookies["refund_desk"])

    def fill_bytes(self, content: bytes | str) -> bytes:
        """Bytes with the names of this scene in them."""
        if isinstance(content, str):
            return self.fill(content).encode()
        if "‹".encode() not in content:
            return content
        return self.fill(content.decode("utf-8", "surrogateescape")).encode("utf-8", "surrogateescape")

    # The attack

    def attack(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        """Send it, and look at each answer."""
        for body in self.hostile.posts:
            filled = {key: self.fill(value) if isinstance(value, str) else value for key, value in body.items()}
            self.own.sender = filled.get("sender", self.own.sender)
            self._request(content=json.dumps({"sender": self.own.sender, **filled}).encode())
        for request in self.hostile.requests:
            self._request(**request)
        for wire in self.hostile.wires:
            self._wire(self.fill_bytes(wire))
        if self.hostile.runs:
            self._run(monkeypatch, capsys, tmp_path)

    def _request(
        self,
        method: str = "POST",
        path: str = WEBHOOK,
        content: bytes | str = b"",
        headers: dict[str, str] | None = None,
    ) -> None:
        headers = dict(headers or JSON)
        if "‹" in headers.get("authorization", "") or headers.get("authorization", "").startswith("["):
            headers["authorization"] = f"Bearer {signed(headers['authorization'], self.fill)}"
        data = self.fill_bytes(content)
        named = {name: self.fill(value).encode() for name, value in headers.items()}
        self.sent += data.decode("utf-8", "replace") + _read(data)
        started = time.monotonic()
        answer = self.own.client.request(
            method, f"{self.site.url}{path}", content=data, headers=named, timeout=3 * SECONDS
        )
        self._look_at(answer.status_code, answer.text, str(answer.headers), time.monotonic() - started)

    def _wire(self, content: bytes) -> None:
        started = time.monotonic()
        port = int(self.site.url.rsplit(":", 1)[1])
        self.sent += content.decode("utf-8", "replace")
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as wire:
            answer = b""
            try:
                wire.sendall(content)
                wire.shutdown(socket.SHUT_WR)
                while chunk := wire.recv(65_536):
                    answer += chunk
            except (ConnectionResetError, BrokenPipeError):
                pass
        head, _, body = answer.partition(b"\r\n\r\n")
        assert answer, "no answer at all"
        assert answer.count(b"HTTP/1.1 ") == 1, "one request has one answer"
        self._look_at(int(head.split()[1]), body.decode(), head.decode(), time.monotonic() - started)

    def _look_at(self, status: int, text: str, headers: str, seconds: float) -> None:
        assert status in self.hostile.statuses, f"{status}: {text[:300]}"
        assert seconds < SECONDS
        assert "content-security-policy" in headers.lower() and "a=b" not in headers
        if status == 200 and text.startswith("["):
            replies = json.loads(text)
            said = "\n".join(reply.get("text", "") for reply in replies)
            assert said.strip(), "the bot kept silent"
            assert not INSIDE.search(said), said
        elif status != 200:
            assert set(json.loads(text)) == {"error"} and len(text) < 300, text
            assert not INSIDE.search(text), text
            said = text
        else:
            said = text
        self._tells_nothing(said if status == 200 else text + headers)
        for word in self.hostile.must:
            assert self.fill(word) in said, said
        for word in self.hostile.must_not:
            assert self.fill(word) not in said, said

    def _run(self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
        path = tmp_path / self.hostile.file[0]
        path.write_bytes(self.fill_bytes(self.hostile.file[1]))
        monkeypatch.setenv("REFUND_DESK_HOME", str(self.site.home))
        monkeypatch.chdir(tmp_path)
        piped = tmp_path / "piped"
        piped.write_bytes(self.fill_bytes(self.hostile.input))
        argv = [self.fill(word).replace("‹file›", str(path)) for word in self.hostile.runs]
        capsys.readouterr()
        started = time.monotonic()
        with piped.open() as stream:
            monkeypatch.setattr("sys.stdin", stream)
            status = main(argv)
        told = capsys.readouterr()
        seconds = time.monotonic() - started
        said = told.out + told.err
        assert status in self.hostile.exits, said
        assert seconds < SECONDS and said.strip() and len(said) < 5_000, len(said)
        assert "Traceback" not in said and "\x1b" not in said
        said.encode()
        for word in self.hostile.must:
            assert word in said, said
        for word in self.hostile.must_not:
            assert word not in said, said
        assert not (tmp_path / "pwned").exists()

    def _tells_nothing(self, said: str) -> None:
        victim = self.victim
        secrets = [victim.name, "Quartermaine", victim.email, victim.phone, victim.phone[-7:], self.reference]
        secrets += ["83.71", "73.66", "10.05", "victim-card"]
        for secret in secrets:
            assert secret.lower() not in said.lower() or secret in self.sent, f"{secret} in {said}"

    # What came of it

    def check(self) -> None:
        """Nothing has changed that must not, and everything goes on."""
        self._check_world()
        self._check_conversation()
        self._check_logs()
        self._check_victim()

    def _check_world(self) -> None:
        now, before = world(self.site), self.before
        mine = {self.own.number, self.victim.number}
        past = {key for key, row in before.cases.items() if row.state not in HARMLESS}
        assert [row for row in now.ledger.values() if row.order_number in mine] == [], "money moved"
        new = [row for key, row in now.ledger.items() if key not in before.ledger]
        confirmed = {before.orders[row.order_id].number for key, row in before.cases.items() if key in past}
        assert [row for row in new if row.order_number not in confirmed] == [], "money moved"
        went_on = [row for key, row in now.cases.items() if row.state not in HARMLESS and key not in past]
        assert went_on == [], "a case went on without a yes"
        touched = [key for key, row in before.orders.items() if now.orders.get(key) != row and row.number in mine]
        assert touched == [], "an order has changed"
        if self.hostile.runs:
            assert now.incidents == before.incidents
        if self.hostile.runs and 0 not in self.hostile.exits:
            assert now.orders.keys() == before.orders.keys() and now.customers == before.customers
        proven = {row.customer_id for key, row in now.verifications.items() if key not in before.verifications}
        owner = {row.customer_id for row in before.orders.values() if row.number == self.own.number}
        assert proven <= (owner if self.hostile.own_proof else set()), "somebody was verified"

    def _check_conversation(self) -> None:
        if not (self.hostile.posts or self.hostile.requests):
            return
        own = self.own
        conversation_id = self._conversation_id()
        events = events_of(self.site, conversation_id) if conversation_id else []
        assert {event["event"] for event in events} <= EVENTS
        assert sum(event["event"] == "session_started" for event in events) <= 1
        after = slots_of(self.site, conversation_id) if conversation_id else {}
        changed = {name for name in {*after, *self.slots} if after.get(name) != self.slots.get(name)}
        if "decision_id" in changed and after.get("decision_id") and "case_reference" not in changed:
            # The same quote, decided again as it stands.
            decision = query(self.site, sa.select(t.decisions).where(t.decisions.c.id == int(after["decision_id"])))[0]
            (case,) = query(self.site, sa.select(t.cases).where(t.cases.c.id == decision.case_id))
            assert case.reference == after["case_reference"] and decision.result["refund"] == "44.00"
            changed.remove("decision_id")
        assert changed <= self.hostile.may_change, {name: (self.slots.get(name), after.get(name)) for name in changed}
        said = own.says("how much is the fee?")
        assert "12%" in said and not INSIDE.search(said), "the bot goes on"
        self._tells_nothing(said)

    def _conversation_id(self) -> str | None:
        """The conversation that the attacker has: their own from before, or the one that the attack opened."""
        if self.own.sender in self.conversations and self.own.sender != self.victim.sender:
            return self.own.sender
        known = t.conversations.c
        rows = query(self.site, sa.select(known.id).order_by(known.last_at.desc()))
        return next((row.id for row in rows if row.id not in self.conversations), None)

    def _check_logs(self) -> None:
        written = ""
        for path in self._log_files():
            content = path.read_bytes()[self.logs.get(path, 0) :]
            written += content.decode("utf-8", "replace")
        assert not FAILED.search(written), written
        for secret in ("Quartermaine", self.victim.email, self.victim.phone[-7:], self.own.email, "4111", "5550177"):
            assert secret not in written, f"{secret} in the logs"

    def _check_victim(self) -> None:
        victim = self.victim
        row = self.before.cases[max(key for key, row in self.before.cases.items() if row.reference == self.reference)]
        assert world(self.site).cases[row.id] == row, "the victim's case has changed"
        events = events_of(self.site, victim.sender)
        assert len(events) == self.victim_events, "the victim's conversation has changed"
        if self.situation == "stranger":
            assert "Done" in victim.says("yes"), "the victim's quote still waits for its own customer"

    def _log_files(self) -> list[Path]:
        return sorted((self.site.home / "logs").glob("*.log"))

    def close(self) -> None:
        """Close the connections."""
        self.own.client.close()
        if self.victim not in _waiting.values():
            self.victim.client.close()


def _read(data: bytes) -> str:
    """A body of JSON with its escapes read."""
    try:
        return json.dumps(json.loads(data), ensure_ascii=False)
    except (ValueError, RecursionError):
        return ""
