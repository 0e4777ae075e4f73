"""The real servers, started once: talked to over HTTP, read from the database."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Iterator

import pytest
from aiosmtpd.controller import Controller

from bot.bootstrap import bootstrap
from bot.settings import PROJECT, Settings
from tests.e2e.running import Site, environment, running_site, wait_for
from tests.e2e.shop import TOKEN_SECRET, Inbox
from tests.ports import free_port


@pytest.fixture(scope="package")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The demo, with its orders, as `make run` starts it."""
    with running_site(tmp_path_factory.mktemp("home"), demo=True) as site:
        yield site


@pytest.fixture(scope="session")
def mail_server() -> Iterator[tuple[Inbox, int]]:
    """A mail server, and its port."""
    inbox = Inbox()
    controller = Controller(inbox, hostname="127.0.0.1", port=free_port())
    controller.start()
    yield inbox, controller.port
    controller.stop()


@pytest.fixture(scope="package")
def strict_site(tmp_path_factory: pytest.TempPathFactory, mail_server: tuple[Inbox, int]) -> Iterator[Site]:
    """A bot with short limits, a listed origin, signed tokens, codes by mail, and second factors for leads; tests are
    told apart by X-Forwarded-For."""
    settings = {
        "MESSAGES_PER_MINUTE": "6",
        "ADDRESS_MESSAGES_PER_MINUTE": "15",
        "CONVERSATIONS_PER_ADDRESS": "12",
        "ALLOWED_ORIGINS": "https://shop.example",
        "TOKEN_SECRET": TOKEN_SECRET,
        "CONTACT": "desk@example.org",
        "EMAIL_CODE": "required",
        "SECOND_FACTOR": "leads",
        "SMTP_URL": f"smtp://127.0.0.1:{mail_server[1]}",
        "MAIL_FROM": "desk@example.org",
    }
    with running_site(
        tmp_path_factory.mktemp("strict"), **{name.lower(): value for name, value in settings.items()}
    ) as site:
        yield site


@pytest.fixture(scope="package")
def site_without_actions(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """The Rasa server alone, with no action server where it looks for one."""
    home = tmp_path_factory.mktemp("lonely")
    port = free_port()
    command = [sys.executable, "-m", "bot.http.app", "--host", "127.0.0.1", "--port", str(port)]
    command += ["--action-url", f"http://127.0.0.1:{free_port()}"]
    with (home / "server.log").open("wb") as log:
        process = subprocess.Popen(
            command, cwd=PROJECT, env=environment(home), stdin=subprocess.DEVNULL, stdout=log, stderr=log
        )
    url = f"http://127.0.0.1:{port}"
    try:
        health = wait_for(url, process, statuses=(503,)).json()
        while health["problems"] != ["the action server does not answer"]:
            time.sleep(0.2)
            health = wait_for(url, process, statuses=(503,)).json()
        yield Site(url, home, bootstrap(Settings(home=home)), process)
    finally:
        process.terminate()
        process.wait(30)
