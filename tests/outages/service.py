"""``refund-desk run`` at one port over one data folder, which can be ended and started again, with a billing gateway
behind it."""

from __future__ import annotations

import os
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.bootstrap import bootstrap
from bot.settings import Settings
from tests.e2e.faulty import PROCESSES, pid_of
from tests.e2e.preloaded import started
from tests.e2e.running import Site, environment, wait_for
from tests.gateways.contract_server import ContractServer
from tests.ports import free_port

_STARTS = 5


@dataclass
class Service(Site):
    """A site whose process changes. ``words`` and ``variables`` are what it is started with."""

    gateway: ContractServer
    words: list[str]
    variables: dict[str, str]

    def start(self) -> None:
        """Start it, and wait until it answers; again where it ends by itself, as an init system does."""
        for attempt in range(_STARTS):
            self.process = started(self.words, self.variables)
            try:
                wait_for(self.url, self.process)
                return
            except AssertionError:
                if self.process.poll() is None or attempt == _STARTS - 1:
                    raise

    def end(self, number: signal.Signals) -> None:
        """Send a signal to the first process, and wait until it and its children are gone."""
        children = [pid for name in PROCESSES if (pid := pid_of(self, name))]
        os.kill(self.process.pid, number)
        self.process.wait(60)
        until = time.monotonic() + 60
        while any(_runs(child) for child in children):
            assert time.monotonic() < until, "children outlive the service"
            time.sleep(0.02)

    def order(self, **changes: Any) -> tuple[str, str]:
        """A new order that the gateway knows, too."""
        number, email = super().order(**changes)
        with self.services.unit_of_work() as uow:
            stored = uow.orders.find(number)
        assert stored is not None
        self.gateway.book.add(stored.order)
        return number, email


def begin(home: Path, gateway: ContractServer, settings: dict[str, str], database_url: str = "") -> Service:
    """A service with these settings, which runs. ``database_url`` is the way that the tests themselves take to the
    database, where the service takes another."""
    port = free_port()
    settings = {"gateway_url": gateway.url, "gateway_secret": gateway.secret.decode(), **settings}
    variables = {f"REFUND_DESK_{name.upper()}": value for name, value in settings.items()}
    words = ["bot", "run", "--no-browser", "--port", str(port)]
    given = {**environment(home), **variables}
    url, process = f"http://127.0.0.1:{port}", started(words, given)
    wait_for(url, process)
    own = {**settings, **({"database_url": database_url} if database_url else {})}
    return Service(url, home, bootstrap(Settings(home=home, **own)), process, gateway, words, given)


def _runs(pid: int) -> bool:
    """Whether a process still runs; one that nobody has waited for does not."""
    try:
        return ") Z " not in Path(f"/proc/{pid}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False
