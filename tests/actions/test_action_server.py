"""The action server as Rasa calls it: an error is answered with its kind, and logged without the request."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from actions.__main__ import CLOSE_SECONDS, LINGER_SECONDS, QUIET_SECONDS
from bot.setting_groups.server import ACTION_SECRET_HEADER
from bot.settings import PROJECT
from tests.e2e.running import environment
from tests.ports import free_port

SECRET = "the secret of this start, 32 bytes"
SHOWN = {ACTION_SECRET_HEADER: SECRET}
WORDS = "I'm Zebedee Quill, zebedee@example.org, +44 7700 900123"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """The address of a running action server, and its log."""
    home = tmp_path_factory.mktemp("actions")
    with serving(home) as (url, _):
        yield url, home / "log"


@contextmanager
def serving(home: Path) -> Iterator[tuple[str, subprocess.Popen[bytes]]]:
    """The address of a running action server, and its process."""
    port = free_port()
    with (home / "log").open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "actions", "--port", str(port)],
            cwd=PROJECT,
            env={**environment(home), "PYTHONWARNINGS": "ignore", "REFUND_DESK_ACTION_SECRET": SECRET},
            stdout=log,
            stderr=log,
        )
    try:
        for _ in range(300):
            try:
                httpx.get(f"http://127.0.0.1:{port}/health").raise_for_status()
                break
            except httpx.HTTPError:
                assert process.poll() is None, (home / "log").read_text()
                time.sleep(0.1)
        yield f"http://127.0.0.1:{port}", process
    finally:
        process.terminate()
        process.wait(30)


def call(**changes: Any) -> dict[str, Any]:
    """A call of an action as Rasa makes it."""
    message = {"text": WORDS, "intent": {"name": "greet", "confidence": 1.0}, "entities": []}
    tracker = {
        "sender_id": "talk",
        "slots": {},
        "latest_message": message,
        "events": [{"event": "user", "timestamp": 1.0, "text": WORDS, "parse_data": message}],
        "paused": False,
        "followup_action": None,
        "active_loop": {},
        "latest_action_name": None,
    }
    return {"version": "3.6.21", "next_action": "action_converse", "tracker": tracker, "domain": {}, **changes}


@pytest.mark.parametrize(
    "body",
    [
        call(tracker=WORDS),
        call(version=[WORDS]),
        [WORDS],
        WORDS,
    ],
)
def test_a_failing_call_tells_nothing_of_what_it_was_called_with(server: tuple[str, Path], body: Any) -> None:
    url, log = server
    answer = httpx.post(f"{url}/webhook", json=body, headers=SHOWN, timeout=30)

    assert answer.status_code == 500 and set(answer.json()) == {"error"}
    assert "request.failed" in log.read_text()
    for text in ("Zebedee", "example.org", "900123"):
        assert text not in answer.text and text not in log.read_text()


def test_an_action_that_fails_logs_its_name_and_the_kind_of_error(server: tuple[str, Path]) -> None:
    url, log = server
    body = call()
    body["tracker"]["slots"] = {"refund_reason": WORDS}  # its error will say: "…" is not a valid reason

    assert httpx.post(f"{url}/webhook", json=body, headers=SHOWN, timeout=30).status_code == 200

    written = log.read_text()
    assert "action.failed" in written and "action_converse" in written and "ValueError" in written
    for text in ("Zebedee", "example.org", "900123"):
        assert text not in written


def test_it_listens_on_this_machine_only_and_lets_no_page_in(server: tuple[str, Path]) -> None:
    url, _ = server
    answer = httpx.get(f"{url}/health", headers={"Origin": "http://elsewhere.example"})
    assert answer.json() == {"status": "ok"} and "access-control-allow-origin" not in answer.headers
    port = int(url.rsplit(":", 1)[1])
    listening = Path("/proc/net/tcp").read_text().splitlines()
    addresses = [line.split()[1] for line in listening if line.split()[1].endswith(f":{port:04X}")]
    assert any(address.startswith("0100007F") for address in addresses)
    assert not any(address.startswith("00000000") for address in addresses)


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({}, 403),
        ({ACTION_SECRET_HEADER: ""}, 403),
        ({ACTION_SECRET_HEADER: SECRET[:-1]}, 403),
        ({ACTION_SECRET_HEADER: "x" * 10_000}, 403),
        ({ACTION_SECRET_HEADER: "é"}, 403),
        ({**SHOWN, "Content-Type": "text/plain"}, 415),
        ({**SHOWN, "Content-Type": "application/x-www-form-urlencoded"}, 415),
        ({**SHOWN, "Content-Type": ""}, 415),
        ({**SHOWN, "Content-Type": "Application/JSON; charset=utf-8"}, 200),
    ],
)
def test_it_takes_orders_from_the_rasa_server_alone(
    server: tuple[str, Path], headers: dict[str, str], status: int
) -> None:
    """Another process of this machine does not know the secret; a page elsewhere can post plain text without asking."""
    sent = [(name.encode(), value.encode()) for name, value in {"Content-Type": "application/json", **headers}.items()]
    content = json.dumps(call()).encode()
    answer = httpx.post(f"{server[0]}/webhook", content=content, headers=sent, timeout=30)
    assert answer.status_code == status, answer.text
    assert httpx.get(f"{server[0]}/actions", headers=sent, timeout=30).status_code == status
    if status != 200:
        assert set(answer.json()) == {"error"}


def test_told_to_stop_it_waits_for_the_last_call_and_then_ends(tmp_path: Path) -> None:
    with serving(tmp_path) as (url, process), httpx.Client(headers=SHOWN, timeout=30) as rasa:
        for number in range(4):
            assert rasa.post(f"{url}/webhook", json=call()).status_code == 200, "the turn that is ended goes on"
            if not number:
                process.terminate()
            time.sleep(QUIET_SECONDS / 10)
        assert process.wait(LINGER_SECONDS + CLOSE_SECONDS) == 0


def test_without_a_secret_it_does_not_start(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "actions", "--port", str(free_port())]
    done = subprocess.run(command, cwd=PROJECT, env=environment(tmp_path), capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1].startswith("REFUND_DESK_ACTION_SECRET is not set")
