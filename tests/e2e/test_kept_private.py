"""What a customer writes is kept sealed, a card number not at all, and the logs know nothing of it."""

from __future__ import annotations

import json
import os
import signal
import sqlite3
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bot.settings import PROJECT
from tests.e2e.faulty import pid_of
from tests.e2e.running import Customer, Site, environment, events_of, running_site

pytestmark = pytest.mark.e2e

NAME, EMAIL, PHONE = "Zebedee Quillfeather", "zebedee.quillfeather@example.net", "+44 7700 900123"
CARDS = ["4111 1111 1111 1111", "5555555555554444", "３７８２-８２２４６３-１０００５"]
DIGITS = ["4111111111111111", "4111 1111", "5555555555554444", "378282246310005", "822463", "８２２４６３"]


@pytest.fixture
def private(tmp_path: Path) -> Iterator[Site]:
    """A bot of the test's own, for tests that break it."""
    with running_site(tmp_path) as site:
        yield site


def files_of(home: Path) -> dict[str, bytes]:
    """Every file of the data folder, logs and write-ahead logs among them."""
    return {str(path.relative_to(home)): path.read_bytes() for path in home.rglob("*") if path.is_file()}


def test_nothing_of_a_card_number_is_kept_anywhere_and_the_customer_is_told(site: Site) -> None:
    buyer = site.customer()
    for card in CARDS:
        said = buyer.says(f"my card is {card} please refund it", message_id=f"m {card}")
        assert "never send card numbers here" in said and "went wrong" not in said
    assert "card number" not in buyer.says("hello, I have orders 104233 104240 104251")
    buyer.says("I want to talk to a human")
    named = httpx.post(
        f"{site.url}/webhooks/rest/webhook", json={"sender": CARDS[0], "message": "hello human"}, timeout=60
    )
    assert named.status_code == 200

    (file,) = site.cases(buyer)
    assert file.handoff is not None
    texts = [turn["text"] for turn in file.handoff.transcript]
    assert "my card is [card number] please refund it" in texts
    kept = json.dumps(events_of(site.home, buyer.conversation_id), ensure_ascii=False)
    told = json.dumps([file.handoff.transcript, file.handoff.facts], ensure_ascii=False)
    files = files_of(site.home)
    assert any(name.startswith("refund-desk.db") for name in files) and "logs/server.log" in files
    for digits in DIGITS:
        assert digits not in kept and digits not in told and digits not in named.text
        assert [name for name, content in files.items() if digits.encode() in content] == []
        assert json.dumps(digits)[1:-1] not in kept


def test_words_names_and_addresses_stand_nowhere_in_plain(site: Site) -> None:
    number, _ = site.order(email=EMAIL, customer={"name": NAME, "email": EMAIL, "phone": PHONE})
    buyer = site.customer()
    buyer.says(f"I'm {NAME}, I want a refund for {number}, my email is {EMAIL}, my phone {PHONE}")
    buyer.says("the xylophone app never worked")
    buyer.says("I want to talk to a human")

    (file, *_) = site.cases(buyer)
    assert file.handoff is not None and NAME in file.handoff.transcript[0]["text"]
    for text in (NAME, EMAIL, "900123", "xylophone"):
        holding = [name for name, content in files_of(site.home).items() if text.encode() in content]
        assert holding == [], text


def test_errors_are_logged_without_what_the_customer_wrote(private: Site) -> None:
    number, _ = private.order()
    buyer = Customer(private.url, NAME)  # what the database is asked with stands in the texts of its errors
    buyer.says(f"I want a refund for {number}")
    # Each break makes Rasa or the action server fail with the message in its hands.
    with sqlite3.connect(private.home / "refund-desk.db") as database:
        database.execute("ALTER TABLE verification_attempts RENAME TO gone")
        database.execute("ALTER TABLE cases RENAME TO gone_too")
    buyer.says(f"I'm {NAME}, {EMAIL}, call {PHONE}")
    with sqlite3.connect(private.home / "refund-desk.db") as database:
        database.execute("ALTER TABLE events RENAME TO gone_as_well")
    buyer.says(f"I'm {NAME}, {EMAIL}, call {PHONE}")

    logs = (private.home / "logs" / "server.log").read_text() + (private.home / "logs" / "actions.log").read_text()
    assert "action.failed" in logs and "turn.failed" in logs and "handoff.failed" in logs
    for text in (NAME, "Zebedee", EMAIL, "900123"):
        assert text not in logs


def test_the_action_server_answers_an_error_with_its_kind_and_rasa_logs_no_more(private: Site) -> None:
    """The server's own log of a failing action call: rasa_sdk's answer would hold the whole request."""
    buyer = private.customer()
    buyer.says("hello")
    pid = pid_of(private, "actions")
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    try:
        buyer.says(f"I'm {NAME}, {EMAIL}, call {PHONE}")  # the call runs into its time-out
    finally:
        os.kill(pid, signal.SIGCONT)

    logs = (private.home / "logs" / "server.log").read_text()
    assert "Encountered an exception while running action" in logs and "TimeoutError" in logs
    for text in (NAME, EMAIL, "900123"):
        assert text not in logs


def test_an_erased_person_starts_anew_with_the_running_bot(site: Site) -> None:
    number, email = site.order()
    buyer = site.customer()
    buyer.says(f"I want a refund for {number}, my email is {email}")
    assert "reason" in buyer.says("hm")

    done = subprocess.run(
        [sys.executable, "-m", "bot", "privacy", "erase", email],
        cwd=PROJECT,
        env=environment(site.home),
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0 and done.stdout.startswith("Erased: the customer, 1 conversation with"), done.stderr
    time.sleep(5)

    said = buyer.says("hello")
    assert "went wrong" not in said and "refund" in said
    assert email not in json.dumps(events_of(site.home, buyer.conversation_id))
    buyer.says("I want a refund")
    assert "went wrong" not in buyer.says(f"order {number}, {email}"), "the address belongs to no order any more"
    assert site.cases(buyer) == []


@pytest.mark.parametrize("secret", ["", "one that the operator keeps"])
def test_the_servers_share_the_operators_secret_or_one_of_this_start(secret: str, tmp_path: Path) -> None:
    with running_site(tmp_path, action_secret=secret) as site:
        assert "order number" in site.customer().says("I want a refund")
